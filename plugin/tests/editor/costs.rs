//! The cost of the editor, in counts and in ratios of processor time, which hold on a busy machine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use egui::{RawInput, Rect, pos2, vec2};
use flow_plugin::editor::screen::Screen;
use flow_plugin::editor::widgets::theme;

use crate::fixture::EditorFixture;
use crate::snapshots::WARM_AND_WIDE;

/// Audio between two frames of the editor at 60 Hz, samples.
#[cfg(target_os = "linux")]
const SAMPLES_PER_FRAME: usize = 800;

/// An editor without a test harness, drawn as the plug-in does.
struct BareEditor {
    fixture: EditorFixture,
    ctx: egui::Context,
    screen: Screen,
    song: flow_audio_file::Audio,
    played: usize,
    frames: u32,
}

impl BareEditor {
    fn new(settings: &[(&str, &str)]) -> Self {
        let fixture = EditorFixture::new();
        fixture.set(settings);
        let ctx = egui::Context::default();
        theme::install(&ctx);
        Self {
            screen: fixture.screen(),
            ctx,
            song: flow_demo_song::demo_excerpt(48_000, 20.0, 8.0),
            played: 0,
            frames: 0,
            fixture,
        }
    }

    fn play(&mut self, samples: usize) {
        for _ in 0..samples / 400 {
            let start = self.played % (self.song.frames() - 400);
            self.played += 400;
            let mut block = self.song.range(start, start + 400).channels;
            let [left, right] = block.as_mut_slice() else {
                panic!("stereo")
            };
            self.fixture.process(&mut [left, right]);
        }
    }

    /// Draws a frame. Returns the numbers of shapes and vertices.
    fn draw(&mut self) -> (usize, usize) {
        self.frames += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1240.0, 800.0))),
            time: Some(f64::from(self.frames) / 60.0),
            ..RawInput::default()
        };
        let output = self.ctx.run_ui(input, |ui| self.screen.show(ui));
        let shapes = output.shapes.len();
        let meshes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let vertices = meshes.iter().map(|clipped| match &clipped.primitive {
            egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.len(),
            egui::epaint::Primitive::Callback(_) => 0,
        });
        (shapes, vertices.sum())
    }
}

/// Processor time of this thread. It advances with the scheduler's ticks, so only sums are exact.
#[cfg(target_os = "linux")]
fn cpu_time() -> Duration {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(schedule.split(' ').next().unwrap().parse().unwrap())
}

/// Memory in use by this process, bytes.
#[cfg(target_os = "linux")]
fn memory() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    4096 * statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap()
}

fn median(values: &mut [Duration]) -> Duration {
    values.sort();
    values[values.len() / 2]
}

#[test]
fn frame_with_music_has_few_shapes_and_vertices() {
    let mut editor = BareEditor::new(&WARM_AND_WIDE);
    editor.play(48_000 * 4);
    editor.draw();
    let (shapes, vertices) = editor.draw();
    println!("measured: {shapes} shapes, {vertices} vertices");
    assert!(shapes < 900, "{shapes} shapes");
    assert!(vertices < 50_000, "{vertices} vertices");
}

/// Draws ten minutes of music, two frames a second.
#[test]
#[cfg(target_os = "linux")]
fn vertices_and_memory_over_ten_minutes_do_not_grow() {
    // Stages at rest take less time, and the editor draws the same.
    let mut editor = BareEditor::new(&[]);
    let mut minutes = Vec::new();
    for _ in 0..10 {
        let mut max_vertices = 0;
        for _ in 0..120 {
            editor.play(24_000);
            max_vertices = editor.draw().1.max(max_vertices);
        }
        minutes.push((max_vertices, memory()));
    }
    println!("vertices and bytes in each minute: {minutes:?}");
    // The history is full after two minutes.
    let (third, tenth) = (minutes[2], minutes[9]);
    assert!(tenth.0 < third.0 + third.0 / 10, "vertices");
    assert!(tenth.1 < third.1 + 4_000_000, "memory");
}

/// The chain is the measure, as it runs on the same machine at the same time.
#[test]
#[cfg(target_os = "linux")]
fn frame_costs_a_bounded_multiple_of_processing_its_audio() {
    const FRAMES: u32 = 600;
    /// Three times the measured ratio of 5.1: a busy machine's caches slow drawing down more than the chain.
    const MAX_RATIO: f64 = 16.0;
    let mut editor = BareEditor::new(&WARM_AND_WIDE);
    // Fills the history.
    for _ in 0..240 {
        editor.play(24_000);
        editor.draw();
    }
    let (mut drawing, mut processing) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..FRAMES {
        let begin = cpu_time();
        editor.play(SAMPLES_PER_FRAME);
        let middle = cpu_time();
        editor.draw();
        processing += middle - begin;
        drawing += cpu_time() - middle;
    }
    let ratio = drawing.as_secs_f64() / processing.as_secs_f64();
    let frame = drawing / FRAMES;
    let frame_ms = 1000.0 * frame.as_secs_f64();
    println!("measured: {frame_ms:.2} ms, {ratio:.1} times that of its audio");
    assert!(ratio < MAX_RATIO, "{ratio:.1}");
}

/// Blocks with and without an editor alternate, so both see the same load of the machine.
#[test]
fn audio_thread_with_an_open_editor_costs_hardly_more() {
    const BLOCK: usize = 512;
    /// The target is 1.02, and 1.01 was measured. Medians on a busy machine vary by some percent, so the test fails above 1.1.
    const MAX_RATIO: f64 = 1.1;
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let shared = fixture.shared.clone();
    let song = flow_demo_song::demo_excerpt(48_000, 20.0, 8.0);
    let is_over = AtomicBool::new(false);
    let mut times = [Vec::new(), Vec::new()];
    std::thread::scope(|scope| {
        // An editor's thread that only fetches the audio.
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                shared.editor_taps.drain(|_| (), |_| ());
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        for i in 0..20_000 {
            let start = i * BLOCK % (song.frames() - BLOCK);
            let mut block = song.range(start, start + BLOCK).channels;
            let [left, right] = block.as_mut_slice() else {
                panic!("stereo")
            };
            let is_open = i % 2 == 1;
            shared.set_editor_open(is_open);
            let begin = Instant::now();
            fixture.process(&mut [left, right]);
            times[usize::from(is_open)].push(begin.elapsed());
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let [closed, open] = times.map(|mut times| median(&mut times));
    let ratio = open.as_secs_f64() / closed.as_secs_f64();
    let more = 100.0 * (ratio - 1.0);
    println!("a block takes {closed:?}, with an open editor {open:?}");
    println!("measured: {more:+.1} %");
    assert!(ratio < MAX_RATIO, "{more:+.2} %");
}
