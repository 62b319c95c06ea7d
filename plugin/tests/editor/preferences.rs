//! What is learnt of the user's taste, in the window.

use std::fs;

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_analysis::preferences::{ALL_PARAMETERS, Preferences};
use flow_platform::flags::{FLAGS, Flag};

use crate::fixture::EditorFixture;
use crate::proposals::proposing;

fn loud_fixture() -> EditorFixture {
    let fixture = EditorFixture::new();
    // Louder than the demo song is, so that there is something to propose.
    fixture.set(&[("deliv", "Club")]);
    fixture.shared.analysis.restart();
    fixture
}

/// The loudness gain that is proposed, dB.
fn gain_db(window: &Harness<'_>) -> f32 {
    let line = window.query_by_label_contains("apply Loudness gain");
    let told = line.and_then(|line| line.accesskit_node().label()).unwrap();
    let (_, to) = told.split_once("→ ").unwrap();
    to.split_once(" dB").unwrap().0.parse().unwrap()
}

fn learnt(fixture: &EditorFixture) -> Option<Preferences> {
    let text = fs::read_to_string(fixture.taste_file()).ok()?;
    Some(Preferences::from_text(&text).unwrap())
}

#[test]
fn what_was_decided_is_learnt_when_it_is_final_and_can_be_forgotten() {
    let mut fixture = loud_fixture();
    let mut window = fixture.learning_window();
    proposing(&mut fixture, &mut window);
    window.get_by_label_contains("Apply all").click();
    window.run();
    assert_eq!(learnt(&fixture), None, "it may still change");
    window.get_by_label("Listen").click();
    window.run();
    let first = learnt(&fixture).expect("a new song").decisions();
    assert!(first > 0);
    drop(window);
    assert_eq!(
        learnt(&fixture).unwrap().decisions(),
        first,
        "known already"
    );

    // As it was, so that the same is proposed again.
    fixture.set(&[("gain", "0 dB")]);
    let mut window = fixture.learning_window();
    proposing(&mut fixture, &mut window);
    window.get_by_label_contains("Apply all").click();
    window.run();
    drop(window);
    assert!(learnt(&fixture).unwrap().decisions() > first, "closed");

    let mut window = fixture.learning_window();
    window.run();
    window.get_by_label("More").click();
    window.run();
    window.get_by_label_contains("decisions");
    window.get_by_label("Forget my taste").click();
    window.run();
    window.get_by_label_contains("nothing learnt yet");
    assert_eq!(learnt(&fixture), None);
}

#[test]
fn proposals_begin_with_what_is_usually_kept_and_stay_there() {
    let mut plain = loud_fixture();
    let mut window = plain.window([1240.0, 800.0], 1.0);
    proposing(&mut plain, &mut window);
    let whole_db = gain_db(&window);
    drop(window);
    assert!(
        !plain.taste_file().exists(),
        "nothing is learnt unless it is asked for"
    );

    let mut taste = Preferences::default();
    (0..3).for_each(|_| taste.note(ALL_PARAMETERS, 0.8));
    let mut fixture = loud_fixture();
    fs::write(fixture.taste_file(), taste.to_text()).unwrap();
    let mut window = fixture.learning_window();
    proposing(&mut fixture, &mut window);
    let usual_db = gain_db(&window);
    assert!(
        (usual_db - 0.8 * whole_db).abs() < 0.3,
        "{usual_db} {whole_db}"
    );
    // Another instance learns something else meanwhile.
    (0..9).for_each(|_| taste.note(ALL_PARAMETERS, 1.2));
    fs::write(fixture.taste_file(), taste.to_text()).unwrap();
    fixture.play(&mut window, 20.0, 1.0);
    assert_eq!(gain_db(&window), usual_db);
    drop(window);

    // Switched off, it is as if there were none, and nothing is added.
    let before = learnt(&fixture);
    FLAGS.set(Flag::Preferences, false);
    let mut window = fixture.learning_window();
    window.get_by_label("Listen").click();
    window.run();
    proposing(&mut fixture, &mut window);
    assert!((gain_db(&window) - whole_db).abs() < 0.3);
    window.get_by_label_contains("Apply all").click();
    window.run();
    drop(window);
    assert_eq!(learnt(&fixture), before);
}
