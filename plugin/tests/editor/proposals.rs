//! What the analysis service found, in the window.

use flow_params::ParameterId;
use std::thread::sleep;
use std::time::{Duration, Instant};

use egui_kittest::kittest::{NodeT, Queryable};

use crate::fixture::{EditorFixture, HostEvent};

#[test]
fn a_new_window_says_what_to_do_and_how_far_it_is() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    window.get_by_label_contains("assistant: Play the loud part");
    window.get_by_label("Listen").click();
    window.run();
    window.get_by_label_contains("assistant: Waiting for sound");
    let begin = Instant::now();
    let mut from_s = 20.0;
    while window
        .query_by_label_contains("assistant: Listening")
        .is_none()
    {
        fixture.play(&mut window, from_s, 0.2);
        from_s += 0.2;
        // The service looks for audio every few milliseconds, once it is prepared; what it can't fetch in time is dropped.
        sleep(Duration::from_millis(200));
        assert!(begin.elapsed() < Duration::from_secs(60), "nothing heard");
    }
    window.get_by_label_contains("of 10 s of sound");
    assert_eq!(fixture.shared.analysis.dropped_frames(), 0);
}

/// Until the analysis has something to propose.
pub(crate) fn proposing(fixture: &mut EditorFixture, window: &mut egui_kittest::Harness<'_>) {
    let begin = Instant::now();
    let mut from_s = 20.0;
    while window.query_by_label_contains("Apply all ").is_none() {
        fixture.play(window, from_s, 0.2);
        from_s = if from_s > 35.0 { 20.0 } else { from_s + 0.2 };
        sleep(Duration::from_millis(20));
        assert!(begin.elapsed() < Duration::from_secs(60), "no proposal");
    }
}

/// Turns what is wanted of all proposals down by keys, 5 % each.
fn want_less(window: &mut egui_kittest::Harness<'_>, steps: usize) {
    window.get_by_label("amount").focus();
    window.run();
    for _ in 0..steps {
        window.key_press(egui::Key::ArrowDown);
        window.run();
    }
}

#[test]
fn proposals_move_nothing_until_they_are_pressed_and_then_as_one_step() {
    let mut fixture = EditorFixture::new();
    // Louder than the demo song is, so that there is something to propose.
    fixture.set(&[("deliv", "Club")]);
    let before = fixture.shared.params.chain_settings();
    fixture.shared.analysis.restart();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    proposing(&mut fixture, &mut window);
    assert_eq!(fixture.shared.params.chain_settings(), before);
    assert!(
        fixture.host_events.lock().unwrap().is_empty(),
        "nothing was told to the host"
    );

    window.get_by_label_contains("Apply all").click();
    window.run();
    let applied = fixture.shared.params.chain_settings();
    assert_ne!(applied, before);
    {
        // All begin, all are set, all end: a host sees one gesture.
        let heard = fixture.host_events.lock().unwrap();
        let phase = |h: &HostEvent| match h {
            HostEvent::Begin(_) => 0,
            HostEvent::Set(..) => 1,
            HostEvent::End(_) => 2,
        };
        assert!(heard.is_sorted_by_key(phase), "{heard:?}");
        let count = |which| heard.iter().filter(|h| phase(h) == which).count();
        assert!(count(0) >= 1 && count(0) == count(1) && count(1) == count(2));
    }
    window.get_by_label("↩").click();
    window.run();
    assert_eq!(
        fixture.shared.params.chain_settings(),
        before,
        "one step back"
    );
}

#[test]
fn one_proposal_can_be_taken_and_listening_begun_anew() {
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Club")]);
    fixture.shared.analysis.restart();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    proposing(&mut fixture, &mut window);
    window.get_by_label("Listen").click();
    window.run();
    let forgotten = Instant::now();
    while window.query_by_label_contains("Apply all ").is_some() {
        window.step();
        sleep(Duration::from_millis(10));
        assert!(forgotten.elapsed() < Duration::from_secs(10), "still there");
    }
    proposing(&mut fixture, &mut window);
    let before = fixture.shared.params.chain_settings();
    let lines: Vec<_> = window.query_all_by_label_contains("apply ").collect();
    lines[0].click();
    drop(lines);
    window.run();
    assert_ne!(fixture.shared.params.chain_settings(), before);
    let heard = fixture.host_events.lock().unwrap();
    assert_eq!(
        heard
            .iter()
            .filter(|h| matches!(h, HostEvent::Begin(_)))
            .count(),
        1
    );
}

/// Settings of the balance and everything else.
fn gain_text(fixture: &EditorFixture) -> String {
    let param = fixture.shared.params.get(ParameterId::LoudnessGain);
    param.text(param.normalized())
}

/// Half of the gain is taken, and no more is wanted: the next window neither asks again nor forgets the way back.
#[test]
fn what_was_decided_and_done_outlives_the_window() {
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Club")]);
    fixture.shared.analysis.restart();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    proposing(&mut fixture, &mut window);
    let untouched = gain_text(&fixture);
    want_less(&mut window, 10);
    window.get_by_label_contains("Apply all ").click();
    window.run();
    let taken = gain_text(&fixture);
    assert_ne!(taken, untouched);
    drop(window);

    let mut window = fixture.window([1240.0, 800.0], 1.0);
    sleep(Duration::from_millis(600));
    window.run();
    assert!(
        window
            .query_by_label_contains("apply Loudness gain")
            .is_none()
    );
    assert_eq!(gain_text(&fixture), taken);
    window.get_by_label("↩").click();
    window.run();
    assert_eq!(gain_text(&fixture), untouched);
}

#[test]
fn less_can_be_had_of_a_proposal_and_none_and_a_taken_one_comes_back_with_undo() {
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Club")]);
    fixture.shared.analysis.restart();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    proposing(&mut fixture, &mut window);
    let untouched = gain_text(&fixture);
    let told = |window: &egui_kittest::Harness<'_>| {
        let line = window.query_by_label_contains("apply Loudness gain");
        line.and_then(|line| line.accesskit_node().label())
    };
    println!(
        "{:?}",
        window
            .query_all_by_label_contains("apply ")
            .map(|line| line.accesskit_node().label())
            .collect::<Vec<_>>()
    );
    let whole = told(&window).expect("Club asks for loudness");

    // Half of everything, by keys.
    want_less(&mut window, 10);
    let half = told(&window).expect("still there");
    assert_ne!(half, whole);
    let number = |text: &str| -> f32 {
        let (_, to) = text.split_once("→ ").unwrap();
        to.split_once(" dB").unwrap().0.parse().unwrap()
    };
    assert!(
        (number(&half) - 0.5 * number(&whole)).abs() <= 0.1,
        "{half} {whole}"
    );
    assert_eq!(gain_text(&fixture), untouched, "an amount moves nothing");

    // Taken, it is no longer proposed; taken back, it is again.
    window
        .query_by_label_contains("apply Loudness gain")
        .expect("still there")
        .click();
    window.run();
    assert_ne!(gain_text(&fixture), untouched);
    assert_eq!(told(&window), None);
    window.get_by_label("↩").click();
    window.run();
    assert!(told(&window).is_some());

    // Nothing of it is nothing to set.
    want_less(&mut window, 31);
    let heard_before = fixture.host_events.lock().unwrap().len();
    window.get_by_label("Apply all").click();
    window.run();
    assert_eq!(fixture.host_events.lock().unwrap().len(), heard_before);

    window.get_by_label("discard Loudness gain").click();
    window.run();
    assert_eq!(told(&window), None);
    assert_eq!(gain_text(&fixture), untouched);
}

#[test]
fn the_details_have_all_of_it_and_what_was_heard_stays_as_it_was() {
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Club")]);
    fixture.shared.analysis.restart();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    proposing(&mut fixture, &mut window);
    let told = |window: &egui_kittest::Harness<'_>| -> Vec<Option<String>> {
        let lines = window.query_all_by_label_contains("apply ");
        lines.map(|line| line.accesskit_node().label()).collect()
    };
    let before = told(&window);
    // Playing on moves nothing under the pointer.
    for part in 0..20 {
        fixture.play(&mut window, 20.0 + 0.2 * f64::from(part), 0.2);
        sleep(Duration::from_millis(20));
    }
    assert_eq!(told(&window), before);

    window.get_by_label("Assistant details").click();
    window.run();
    window.get_by_label_contains("heard: ");
    let rows = window.query_all_by_label_contains("proposal: ").count();
    assert!(rows >= before.len(), "{rows} {before:?}");
    window.get_by_label("drop Loudness gain").click();
    window.run();
    assert_eq!(
        window.query_all_by_label_contains("proposal: ").count(),
        rows - 1
    );
    window.get_by_label("Back").click();
    window.run();
    window.get_by_label("Velvet Floor details");
}
