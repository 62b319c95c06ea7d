//! The assistant's proposals in the editor.

use std::time::{Duration, Instant};

use egui::accesskit::Toggled;
use egui::epaint::ClippedShape;
use egui::{Rect, Shape, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_audio_file::Audio;
use flow_dsp::Compare;

use crate::fixture::{
    APPLY_ONE, DESIGN_SIZE, EditorFixture, HostEvent, draw_until, has_label, press, proposals,
    proposed_db, shrill_song,
};

#[test]
fn new_editor_explains_listening_and_shows_its_progress() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    window.get_by_label_contains("assistant: Play the loud part");
    press(&mut window, "Listen");
    window.get_by_label_contains("assistant: Waiting for sound");
    let begin = Instant::now();
    let mut from_s = 20.0;
    while !has_label(&window, "assistant: Listening") {
        fixture.play(&mut window, from_s, 0.2);
        from_s += 0.2;
        assert!(begin.elapsed() < Duration::from_secs(240), "no progress");
    }
    window.get_by_label_contains("of 10 s of sound");
    assert_eq!(fixture.shared.analysis.dropped_frames(), 0);
}

/// An editor with proposals, among them one for loudness gain.
fn proposing() -> (EditorFixture, Harness<'static>) {
    let mut fixture = EditorFixture::listening_for_club();
    let mut window = fixture.design_window();
    fixture.play_until(&mut window, APPLY_ONE);
    (fixture, window)
}

/// The label of the button for the gain begins with this.
const GAIN_ROW: &str = "apply Loudness gain";

/// Opens a proposal, whose line scrolls into view.
fn open(window: &mut Harness<'_>, button: &str) {
    window.get_by_label_contains(button).focus();
    window.run_steps(30);
}

/// Lowers the amount of the gain by keys, 5 % each.
fn lower_gain_amount(window: &mut Harness<'_>, steps: usize) {
    open(window, GAIN_ROW);
    window.get_by_label("Loudness gain amount").focus();
    window.run_steps(2);
    for _ in 0..steps {
        window.key_press(egui::Key::ArrowDown);
        window.run();
    }
}

fn apply_gain(window: &mut Harness<'_>) {
    open(window, GAIN_ROW);
    window.get_by_label_contains(GAIN_ROW).click();
    window.run();
}

fn apply_all(window: &mut Harness<'_>) {
    window.get_by_label_contains(APPLY_ONE).click();
    window.run();
}

fn gain_proposal(window: &Harness<'_>) -> Option<String> {
    let row = window.query_by_label_contains(GAIN_ROW);
    row.and_then(|row| row.accesskit_node().label())
}

#[test]
fn apply_all_sets_parameters_as_one_gesture_and_one_undo_step() {
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Club")]);
    let before = fixture.shared.params.chain_settings();
    fixture.shared.analysis.restart();
    let mut window = fixture.design_window();
    fixture.play_until(&mut window, APPLY_ONE);
    assert_eq!(fixture.shared.params.chain_settings(), before);
    assert!(!fixture.has_host_events());

    apply_all(&mut window);
    assert_ne!(fixture.shared.params.chain_settings(), before);
    {
        // All gestures begin, all values are set, all gestures end.
        let events = fixture.host_events.lock().unwrap();
        let phase = |event: &HostEvent| match event {
            HostEvent::Begin(_) => 0,
            HostEvent::Set(..) => 1,
            HostEvent::End(_) => 2,
        };
        assert!(events.is_sorted_by_key(phase), "{events:?}");
        let count = |which| events.iter().filter(|h| phase(h) == which).count();
        assert!(count(0) >= 1 && count(0) == count(1) && count(1) == count(2));
    }
    press(&mut window, "Undo last change");
    let settings = fixture.shared.params.chain_settings();
    assert_eq!(settings, before, "one undo step");
}

#[test]
fn listen_discards_proposals_and_a_click_applies_one() {
    let (mut fixture, mut window) = proposing();
    press(&mut window, "Listen");
    draw_until(&mut window, "no proposals", |window| {
        !has_label(window, APPLY_ONE)
    });
    fixture.play_until(&mut window, APPLY_ONE);
    let before = fixture.shared.params.chain_settings();
    let rows: Vec<_> = window.query_all_by_label_contains("apply ").collect();
    rows[0].click();
    drop(rows);
    window.run();
    assert_ne!(fixture.shared.params.chain_settings(), before);
    let events = fixture.host_events.lock().unwrap();
    let begins = events.iter().filter(|e| matches!(e, HostEvent::Begin(_)));
    assert_eq!(begins.count(), 1);
}

#[test]
fn next_window_keeps_decisions_and_undo() {
    let (fixture, mut window) = proposing();
    let untouched = fixture.text("gain");
    lower_gain_amount(&mut window, 10);
    apply_all(&mut window);
    let applied = fixture.text("gain");
    assert_ne!(applied, untouched);
    drop(window);

    let mut window = fixture.design_window();
    assert_eq!(gain_proposal(&window), None, "half of it was applied");
    assert_eq!(fixture.text("gain"), applied);
    press(&mut window, "Undo last change");
    assert_eq!(fixture.text("gain"), untouched);
}

#[test]
fn proposal_with_lower_amount_applies_less_and_returns_after_undo() {
    let (fixture, mut window) = proposing();
    let untouched = fixture.text("gain");
    let full = gain_proposal(&window).expect("Club is louder than the song");

    lower_gain_amount(&mut window, 10);
    let half = gain_proposal(&window).expect("still open");
    let difference = proposed_db(&half) - 0.5 * proposed_db(&full);
    assert!(difference.abs() <= 0.1, "{half} {full}");
    assert_eq!(fixture.text("gain"), untouched, "an amount sets nothing");

    apply_gain(&mut window);
    assert_ne!(fixture.text("gain"), untouched);
    assert_eq!(gain_proposal(&window), None);
    press(&mut window, "Undo last change");
    window.run();
    assert!(gain_proposal(&window).is_some());

    // An amount of 0 sets nothing.
    lower_gain_amount(&mut window, 31);
    let events = fixture.host_events.lock().unwrap().len();
    apply_gain(&mut window);
    assert_eq!(fixture.host_events.lock().unwrap().len(), events);

    press(&mut window, "discard Loudness gain");
    window.run();
    assert_eq!(gain_proposal(&window), None);
    assert_eq!(fixture.text("gain"), untouched);
}

#[test]
fn details_list_all_proposals_and_playback_does_not_change_them() {
    let (mut fixture, mut window) = proposing();
    let before = proposals(&window);
    for part in 0..20 {
        fixture.play(&mut window, 20.0 + 0.2 * f64::from(part), 0.2);
    }
    assert_eq!(proposals(&window), before);

    press(&mut window, "Assistant details");
    window.get_by_label_contains("analysis: ");
    let rows = |window: &Harness<'_>| window.query_all_by_label_contains("proposal: ").count();
    let all = rows(&window);
    assert!(all >= before.len(), "{all} {before:?}");
    press(&mut window, "Discard Loudness gain");
    window.run();
    assert_eq!(rows(&window), all - 1);
    press(&mut window, "Back");
    window.get_by_label("Velvet Floor details");
}

/// The assistant's panel.
fn panel(window: &Harness<'_>) -> Rect {
    let title = window.get_by_label_contains("assistant: ").rect();
    let screen = window.ctx.content_rect();
    Rect::from_min_max(title.min, pos2(screen.right() - 15.0, f32::INFINITY))
}

/// The texts of the assistant's panel, and those of them that are cut.
fn panel_texts(window: &Harness<'_>) -> (String, Vec<String>) {
    fn collect(
        shape: &Shape,
        (place, clip): (Rect, Rect),
        all: &mut String,
        cut: &mut Vec<String>,
    ) {
        match shape {
            Shape::Vec(shapes) => {
                for shape in shapes {
                    collect(shape, (place, clip), all, cut);
                }
            }
            // Texts that are scrolled out of view don't count.
            Shape::Text(text) if place.contains(text.pos) && clip.contains(text.pos) => {
                *all += text.galley.text();
                *all += "\n";
                let is_outside = text.visual_bounding_rect().right() > place.right();
                if text.galley.elided || is_outside {
                    cut.push(text.galley.text().to_owned());
                }
            }
            _ => {}
        }
    }
    let place = panel(window);
    let (mut all, mut cut) = (String::new(), Vec::new());
    for clipped in &window.output().shapes {
        let places = (place, clipped.clip_rect);
        collect(&clipped.shape, places, &mut all, &mut cut);
    }
    (all, cut)
}

/// The sizes of the smallest, the usual and a tall window.
const SIZES: [[f32; 2]; 3] = [[930.0, 600.0], [1240.0, 800.0], [1240.0, 1100.0]];

#[test]
fn panel_has_every_reason_and_effect_and_cuts_no_text_at_any_size() {
    let (fixture, window) = proposing();
    drop(window);
    for size in SIZES {
        let mut window = fixture.window(size, 1.0);
        window.run();
        for label in proposals(&window) {
            open(&mut window, &label);
            let (all, cut) = panel_texts(&window);
            assert!(cut.is_empty(), "{size:?}: {cut:?}");
            let (_, words) = label.split_once(": ").unwrap();
            let words = words.split_inclusive(['.', '\n']).map(str::trim);
            for sentence in words.filter(|sentence| sentence.contains(' ')) {
                assert!(
                    all.contains(sentence.trim_end_matches('.')),
                    "{sentence}: {all}"
                );
            }
            assert!(all.contains("Measured: "), "{all}");
        }
    }
}

/// The shrill song with a constant part.
fn faulty_song() -> Audio {
    let mut song = shrill_song();
    for sample in song.channels.iter_mut().flatten() {
        *sample += 0.02;
    }
    song
}

/// An editor with the proposals for the faulty song.
fn proposing_for_faults(size: [f32; 2]) -> (EditorFixture, Harness<'static>) {
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Spotify"), ("style", "Electronic")]);
    fixture.shared.analysis.restart();
    let mut window = fixture.window(size, 1.0);
    let song = faulty_song();
    let block = |at: usize| song.range(at % song.frames(), at % song.frames() + 9600);
    fixture.play_audio_until(&mut window, "Apply all ", block);
    fixture.shared.analysis.stop();
    window.run();
    (fixture, window)
}

#[test]
fn five_proposals_have_names_and_buttons_in_view_without_scrolling() {
    let (fixture, window) = proposing_for_faults(DESIGN_SIZE);
    drop(window);
    for size in SIZES {
        let mut window = fixture.window(size, 1.0);
        window.run();
        let buttons = window.query_all_by_label_contains("apply ");
        let buttons: Vec<_> = buttons.map(|button| button.rect()).collect();
        assert!(buttons.len() >= 5, "{:?}", proposals(&window));
        let shown = |rect: &Rect| {
            let is_shown = |clipped: &ClippedShape| match &clipped.shape {
                Shape::Text(text) => {
                    let place = text.visual_bounding_rect();
                    text.galley.text() == "Apply"
                        && rect.contains_rect(place)
                        && clipped.clip_rect.contains_rect(*rect)
                }
                _ => false,
            };
            window.output().shapes.iter().any(is_shown)
        };
        let in_view = buttons.iter().take_while(|rect| shown(rect)).count();
        assert!(in_view >= 5, "{size:?}: {in_view} of {}", buttons.len());
    }
}

#[test]
fn line_under_a_resting_pointer_or_with_the_focus_is_open() {
    let (_fixture, mut window) = proposing_for_faults(DESIGN_SIZE);
    let open_lines = |window: &Harness<'_>| {
        let lines = window.query_all_by_label_contains("proposed: ");
        let is_open = lines.map(|line| line.accesskit_node().toggled() == Some(Toggled::True));
        is_open.collect::<Vec<bool>>()
    };
    let only = |line: usize, count: usize| (0..count).map(|i| i == line).collect::<Vec<_>>();
    let lines = open_lines(&window);
    let count = lines.len();
    assert_eq!(lines, only(0, count), "at first the first one");
    let place = |window: &Harness<'_>, line: usize| {
        let mut lines = window.query_all_by_label_contains("proposed: ");
        lines.nth(line).unwrap().rect()
    };
    let before = place(&window, 3);
    window.hover_at(place(&window, 2).center());
    window.run_steps(20);
    assert_eq!(open_lines(&window), only(2, count));
    assert_eq!(place(&window, 3), before, "lines don't move");
    // The pointer rests, and the keyboard goes on from there.
    window.run_steps(40);
    window
        .query_all_by_label_contains("proposed: ")
        .nth(1)
        .unwrap()
        .focus();
    window.run_steps(10);
    assert_eq!(open_lines(&window), only(1, count));
    // Line, amount, Apply, cross, and the next line.
    let mut amount = None;
    for step in 1..=4 {
        window.key_press(egui::Key::Tab);
        window.run_steps(2);
        if step == 1 {
            let focused = window.query_all_by(|node| node.is_focused()).last();
            amount = focused.and_then(|node| node.accesskit_node().label());
        }
    }
    assert!(amount.is_some_and(|label| label.ends_with(" amount")));
    assert_eq!(open_lines(&window), only(2, count));
    window.hover_at(pos2(300.0, 200.0));
    window.run_steps(20);
    assert_eq!(open_lines(&window), only(2, count), "it stays");
}

#[test]
fn panel_applies_compares_and_undoes() {
    let (fixture, mut window) = proposing();
    let before = fixture.shared.params.chain_settings();
    let compare = || fixture.shared.monitor.get().chain.compare;
    apply_all(&mut window);
    for (button, side) in [
        ("Compare", Compare::Original),
        ("Master", Compare::Processed),
        ("End", Compare::Off),
    ] {
        press(&mut window, &format!("{button} beside the proposals"));
        assert_eq!(compare(), side, "{button}");
        let (_, cut) = panel_texts(&window);
        assert!(cut.is_empty(), "{button}: {cut:?}");
    }
    press(&mut window, "Undo");
    assert_eq!(fixture.shared.params.chain_settings(), before);
}
