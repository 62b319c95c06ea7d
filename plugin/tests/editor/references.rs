//! Listening on request, and proposals towards references.

mod heard;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use flow_analysis::features::AnalysisWindow;
use flow_analysis::reference::Reference;
use flow_audio_file::OutputFormat;
use flow_demo_song::demo_excerpt;
use flow_dsp::{ChainSettings, Spec};
use flow_params::ParameterId;
use flow_plugin::host_connection::HostRequests;

use crate::fixture::{
    APPLY_ONE, DESIGN_SIZE, EditorFixture, TIMEOUT, draw_until, harness, has_label, press,
    proposals, wait_for_label,
};

/// A reference like the demo song, but brighter, with less bass and wider.
pub(crate) fn bright(name: &str, db: f32) -> Reference {
    let song = demo_excerpt(48_000, 20.0, 12.0).channels;
    let window = AnalysisWindow::of(Spec::default(), &song[0], &song[1]);
    let mut json = serde_json::to_value(Reference::new(name, &window).unwrap()).unwrap();
    let summary = &mut json["summary"];
    let mut add = |what: &str, places: std::ops::Range<usize>, db: f32| {
        for place in places {
            let value = &mut summary[what][place];
            *value = (value.as_f64().unwrap() + f64::from(db)).into();
        }
    };
    add("third_octaves_db", 19..25, db);
    add("third_octaves_db", 0..9, -0.5 * db);
    add("anchors_db", 2..3, db);
    add("anchors_db", 0..1, -0.5 * db);
    add("anchor_side_db", 0..4, 2.0);
    serde_json::from_value(json).unwrap()
}

pub(crate) fn open_references(window: &mut Harness<'_>) {
    press(window, "Assistant details");
    press(window, "References");
}

/// Types a path into the file browser, which may still be reading the music folder.
pub(crate) fn choose(window: &mut Harness<'_>, path: &Path) {
    window.get_by_label("path").focus();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.run_steps(2);
    let typed = path.display().to_string();
    window.get_by_label("path").type_text(&typed);
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(2);
}

/// Match's gain at 4.1 kHz, dB.
fn silk_db(settings: &ChainSettings) -> f32 {
    settings.curve.match_gains_db()[12]
}

#[test]
fn analysis_before_listen_and_after_stop_does_not_run() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    fixture.play(&mut window, 20.0, 3.0);
    fixture.wait_for_service_rounds();
    window.run();
    window.get_by_label_contains("assistant: Play the loud part");
    assert_eq!(fixture.shared.analysis.counts().slices, 0);

    // Stop ends listening.
    press(&mut window, "Listen");
    window.get_by_label_contains("assistant: Waiting for sound");
    fixture.play_until(&mut window, "assistant: Listening");
    press(&mut window, "Stop");
    window.get_by_label_contains("assistant: Play the loud part");
    assert!(!fixture.shared.analysis.is_listening());
    press(&mut window, "Listen");
    wait_for_label(&mut window, "assistant: Waiting for sound");
}

#[test]
fn closed_editor_pauses_listening_and_the_next_one_shows_the_analysis() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Listen");
    fixture.play_until(&mut window, APPLY_ONE);
    drop(window);
    fixture.shared.set_editor_open(false);
    assert!(fixture.shared.analysis.is_listening());
    fixture.shared.set_editor_open(true);
    let window = fixture.design_window();
    window.get_by_label_contains(" · 0:00–0:10");
    window.get_by_label_contains(APPLY_ONE);
}

#[test]
fn file_browser_adds_good_files_and_shows_errors_of_bad_ones() {
    let fixture = EditorFixture::new();
    let files = tempfile::tempdir().unwrap();
    fs::create_dir(files.path().join("Songs")).unwrap();
    let at = |name: &str| files.path().join("Songs").join(name);
    flow_audio_file::write(
        &at("Night.wav"),
        &OutputFormat::WAV_24,
        &demo_excerpt(48_000, 20.0, 11.0),
    )
    .unwrap();
    fs::write(at("Empty.wav"), "").unwrap();
    let mut window = fixture.design_window();
    open_references(&mut window);
    press(&mut window, "Add…");
    choose(&mut window, files.path());
    wait_for_label(&mut window, "Songs");
    press(&mut window, "Songs");
    wait_for_label(&mut window, "Night.wav");
    press(&mut window, "Night.wav");
    wait_for_label(&mut window, "reference Night");
    wait_for_label(&mut window, "Loudness: yours —, references −");
    // The reference does not need its file.
    fs::remove_file(at("Night.wav")).unwrap();
    press(&mut window, "Night.wav");
    let text = wait_for_label(&mut window, "no such file");
    assert!(text.contains("Night.wav") && !text.contains('\n'), "{text}");
    press(&mut window, "Empty.wav");
    wait_for_label(&mut window, "Empty.wav: the file is empty");
    assert_eq!(fixture.shared.params.references.list().len(), 1);

    press(&mut window, "Done");
    press(&mut window, "remove reference 1: Night");
    assert!(fixture.shared.params.references.target().is_empty());
    wait_for_label(&mut window, "Loudness: yours —, references —");
    assert!(!fixture.has_host_events());
}

/// Counts the reports of a new state.
struct StateCounter(Arc<AtomicU32>);

impl HostRequests for StateCounter {
    fn state_changed(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn wake(&self) {}

    fn request_menu(&self, _param: ParameterId) {}

    fn perform_menu(&self, _param: ParameterId, _action: u32) {}
}

#[test]
fn import_goes_on_after_the_window_is_closed() {
    let fixture = EditorFixture::new();
    let reports = Arc::<AtomicU32>::default();
    fixture.shared.host.connect(StateCounter(reports.clone()));
    // Five minutes each.
    let song = |name: &str, from_s: f64| {
        let path = fixture.folder.path().join(name);
        let mut song = demo_excerpt(48_000, from_s, 20.0);
        song.channels.iter_mut().for_each(|c| *c = c.repeat(15));
        flow_audio_file::write(&path, &OutputFormat::WAV_24, &song).unwrap();
        path
    };
    let paths = [song("Night.wav", 10.0), song("Day.wav", 20.0)];
    let mut window = fixture.design_window();
    open_references(&mut window);
    press(&mut window, "Add…");
    choose(&mut window, &paths[0]);
    wait_for_label(&mut window, "Analyzing Night.wav");
    choose(&mut window, &paths[1]);
    wait_for_label(&mut window, ", 1 more");
    drop(window);
    fixture.shared.set_editor_open(false);
    assert_eq!(
        reports.load(Ordering::Relaxed),
        1,
        "there will be more to save"
    );
    let begin = Instant::now();
    let references = &fixture.shared.params.references;
    while references.list().len() < paths.len() {
        assert!(begin.elapsed() < TIMEOUT, "{:?}", references.list());
        sleep(Duration::from_millis(5));
    }
    let names: Vec<_> = references.list().into_iter().map(|l| l.name).collect();
    assert_eq!(names, ["Night", "Day"]);
    // The next window tells the host about them, and has nothing left to do.
    let mut window = fixture.design_window();
    assert_eq!(reports.load(Ordering::Relaxed), 2);
    open_references(&mut window);
    window.get_by_label("reference Day");
    assert!(!has_label(&window, "Analyzing"));
}

#[test]
fn removed_reference_comes_back_by_undo() {
    let fixture = EditorFixture::new();
    let references = &fixture.shared.params.references;
    references.add(bright("Night", 4.0));
    references.add(bright("Day", 3.0));
    let mut window = fixture.design_window();
    open_references(&mut window);
    press(&mut window, "remove reference 1: Night");
    assert_eq!(references.target().references.len(), 1);
    press(&mut window, "Undo last change");
    window.get_by_label("remove reference 1: Night");
    window.get_by_label("remove reference 2: Day");
    press(&mut window, "Redo last change");
    window.get_by_label("remove reference 1: Day");
}

/// Two references, and an analysis of the demo song.
fn matched() -> (EditorFixture, Harness<'static>) {
    let mut fixture = EditorFixture::new();
    let references = &fixture.shared.params.references;
    assert!(references.add(bright("Night", 4.0)) && references.add(bright("Day", 5.0)));
    let mut window = fixture.design_window();
    press(&mut window, "Listen");
    fixture.play_until(&mut window, ". Towards Night +1");
    (fixture, window)
}

fn wait_for_proposals(window: &mut Harness<'_>, condition: impl Fn(&[String]) -> bool) {
    draw_until(window, "proposals", |window| condition(&proposals(window)));
}

#[test]
fn same_playback_and_references_give_the_same_proposals() {
    let [first, second] = std::array::from_fn(|_| {
        let (fixture, window) = matched();
        assert_eq!(fixture.shared.analysis.dropped_frames(), 0);
        proposals(&window)
    });
    assert_eq!(first, second);
}

#[test]
fn match_amount_scales_proposals_and_apply_all_is_one_undo_step() {
    let (fixture, mut window) = matched();
    let references = &fixture.shared.params.references;
    let all = proposals(&window);
    let balance = all.iter().find(|line| line.contains("apply Match"));
    let balance = balance.unwrap_or_else(|| panic!("{all:?}"));
    assert!(balance.contains("the mean of 2 references"), "{balance}");
    // The amount needs no new audio.
    references.set_amount(0.5);
    wait_for_proposals(&mut window, |now| now != all);
    references.set_amount(1.0);
    wait_for_proposals(&mut window, |now| now == all);
    // The words name the largest of the sixteen bands, and none that stays.
    let words = proposals(&window).join(" ");
    assert!(words.contains("Largest bands: "), "{words}");
    assert!(
        !words.contains("0.0 → 0.0") && !words.contains("Also Match"),
        "{words}"
    );

    let before = fixture.shared.params.chain_settings();
    assert!(!fixture.has_host_events());
    window.get_by_label_contains("Apply all ").click();
    window.run();
    let applied = fixture.shared.params.chain_settings();
    assert!(silk_db(&applied) > 1.0, "{:?}", applied.curve);
    press(&mut window, "Undo last change");
    assert_eq!(
        fixture.shared.params.chain_settings(),
        before,
        "one undo step"
    );
    // Without references the style target counts.
    (0..2).for_each(|_| references.remove(0));
    draw_until(&mut window, "an analysis without references", |window| {
        let heading = window.query_by_label_contains(". Towards");
        heading.is_none()
            && proposals(window)
                .iter()
                .all(|line| !line.contains("references"))
    });
}

#[test]
fn match_amount_changes_with_arrow_keys() {
    let fixture = EditorFixture::new();
    let references = &fixture.shared.params.references;
    references.add(bright("Night", 4.0));
    references.set_amount(0.8);
    let mut window = fixture.design_window();
    open_references(&mut window);
    window.run();
    window.get_by_label("match amount").focus();
    window.run();
    for _ in 0..3 {
        window.key_press(Key::ArrowDown);
        window.run();
    }
    let amount = references.target().amount;
    assert!((amount - 0.65).abs() < 1e-3, "{amount}");
    window.get_by_label_contains("proposed towards Night");
    assert!(!fixture.has_host_events());
}

#[test]
fn lower_match_amount_after_apply_proposes_the_way_back() {
    let mut fixture = EditorFixture::new();
    fixture.shared.params.references.add(bright("Night", 4.0));
    let mut window = fixture.design_window();
    press(&mut window, "Listen");
    fixture.play_until(&mut window, ". Towards Night");
    window.get_by_label_contains("Apply all ").click();
    window.run();
    assert!(
        proposals(&window)
            .iter()
            .all(|line| !line.contains("Match"))
    );
    let silk = |fixture: &EditorFixture| silk_db(&fixture.shared.params.chain_settings());
    let applied_db = silk(&fixture);
    fixture.shared.params.references.set_amount(0.2);
    wait_for_label(&mut window, "apply Match");
    window.get_by_label_contains("Apply all ").click();
    window.run();
    assert!(
        silk(&fixture) < applied_db - 0.5,
        "{} {applied_db}",
        silk(&fixture)
    );
}

#[test]
fn browser_offers_the_dialog_of_the_system_only_where_there_is_one() {
    for is_available in [false, true] {
        let fixture = EditorFixture::new();
        let screen = fixture.screen().with_file_dialog(is_available);
        let mut window = harness(screen, DESIGN_SIZE, 1.0);
        window.run();
        open_references(&mut window);
        press(&mut window, "Add…");
        wait_for_label(&mut window, "Done");
        assert_eq!(has_label(&window, "System…"), is_available);
    }
}
