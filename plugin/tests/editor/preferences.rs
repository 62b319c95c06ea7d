//! Recorded preferences and their effect on proposals.

use std::fs;

use egui::accesskit::Toggled;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_analysis::preferences::{PreferenceKey, Preferences};
use flow_analysis::report::Intensity;
use flow_platform::flags::{FLAGS, Flag};

use crate::fixture::{APPLY_ONE, EditorFixture, press, shrill_song};

/// Plays until there are proposals.
fn propose(fixture: &mut EditorFixture, window: &mut Harness<'_>) {
    fixture.play_until(window, APPLY_ONE);
}

/// Plays a thin song until its low end is among the proposals.
fn propose_body(fixture: &mut EditorFixture, window: &mut Harness<'_>) {
    let song = shrill_song();
    let block = |at: usize| song.range(at % song.frames(), at % song.frames() + 9600);
    fixture.play_audio_until(window, "apply Body", block);
}

/// The amount of all proposals, 0 to 1.5.
fn overall_amount(window: &Harness<'_>) -> f64 {
    let field = window.get_by_label("amount").accesskit_node();
    (100.0 * field.numeric_value().unwrap()).round() / 100.0
}

fn apply_all(window: &mut Harness<'_>) {
    let several = window.query_by_label_contains("Apply all ");
    let button = several.or_else(|| window.query_by_label_contains(APPLY_ONE));
    button.unwrap().click();
    window.run();
}

fn preferences(fixture: &EditorFixture) -> Option<Preferences> {
    let text = fs::read_to_string(fixture.preferences_path()).ok()?;
    Some(Preferences::from_text(&text).unwrap())
}

#[test]
fn preferences_after_listen_or_close_hold_the_decisions_until_reset() {
    let mut fixture = EditorFixture::listening_for_club();
    let mut window = fixture.personalized_window();
    propose_body(&mut fixture, &mut window);
    apply_all(&mut window);
    assert_eq!(preferences(&fixture), None, "decisions may still change");
    press(&mut window, "Listen");
    let first = preferences(&fixture).expect("the decisions").decisions();
    assert!(first > 0);
    drop(window);
    let decisions = preferences(&fixture).unwrap().decisions();
    assert_eq!(decisions, first, "recorded once");

    // The low end at its default is proposed again.
    fixture.set(&[("crbod", "0 dB"), ("fldep", "0 %")]);
    let mut window = fixture.personalized_window();
    propose_body(&mut fixture, &mut window);
    apply_all(&mut window);
    drop(window);
    assert!(preferences(&fixture).unwrap().decisions() > first);

    let mut window = fixture.personalized_window();
    window.run();
    press(&mut window, "More");
    window.get_by_label_contains("decisions");
    press(&mut window, "Reset personalization");
    window.get_by_label_contains("no decisions yet");
    assert_eq!(preferences(&fixture), None);
}

#[test]
fn proposals_with_preferences_start_at_the_usual_share() {
    let mut plain = EditorFixture::listening_for_club();
    let mut window = plain.design_window();
    propose(&mut plain, &mut window);
    assert_eq!(overall_amount(&window), 1.0);
    drop(window);
    assert!(!plain.preferences_path().exists(), "nothing is recorded");

    let mut recorded = Preferences::default();
    (0..3).for_each(|_| recorded.note(PreferenceKey::All, 0.8));
    let mut fixture = EditorFixture::listening_for_club();
    fs::write(fixture.preferences_path(), recorded.to_text()).unwrap();
    let mut window = fixture.personalized_window();
    propose(&mut fixture, &mut window);
    assert_eq!(overall_amount(&window), 0.8);
    // Another instance records meanwhile; the proposals on the screen stay.
    (0..9).for_each(|_| recorded.note(PreferenceKey::All, 1.2));
    fs::write(fixture.preferences_path(), recorded.to_text()).unwrap();
    fixture.play(&mut window, 20.0, 1.0);
    assert_eq!(overall_amount(&window), 0.8);
    drop(window);

    // With the flag off, preferences are neither used nor changed.
    let before = preferences(&fixture);
    FLAGS.set(Flag::Preferences, false);
    let mut window = fixture.personalized_window();
    press(&mut window, "Listen");
    propose(&mut fixture, &mut window);
    assert_eq!(overall_amount(&window), 1.0);
    apply_all(&mut window);
    drop(window);
    assert_eq!(preferences(&fixture), before);
}

#[test]
fn intensity_in_details_is_remembered_by_next_window() {
    let fixture = EditorFixture::listening_for_club();
    let mut window = fixture.personalized_window();
    window.run();
    press(&mut window, "Assistant details");
    press(&mut window, "Strong");
    drop(window);
    let chosen = preferences(&fixture).map(|p| p.intensity);
    assert_eq!(chosen, Some(Intensity::Strong));

    let other = EditorFixture::listening_for_club();
    fs::copy(fixture.preferences_path(), other.preferences_path()).unwrap();
    let mut window = other.personalized_window();
    window.run();
    press(&mut window, "Assistant details");
    let is_lit = |name: &str| {
        let button = window.get_by_label(name).accesskit_node();
        button.toggled() == Some(Toggled::True)
    };
    assert_eq!(
        ["Gentle", "Normal", "Strong"].map(is_lit),
        [false, false, true]
    );
}
