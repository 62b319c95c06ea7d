//! What the window costs. Clocks are not to be trusted on a machine that is shared, so the tests count; what takes time
//! is measured on demand:
//!
//! ```text
//! cargo test --release -p flow_plugin --test editor -- --ignored --nocapture measure
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use egui::{RawInput, Rect, pos2, vec2};
use flow_plugin::editor::screen::Screen;
use flow_plugin::editor::widgets::theme;

use crate::fixture::EditorFixture;
use crate::snapshots::WARM_AND_WIDE;

/// Frames of audio from one picture to the next, at 60 Hz.
const FRAMES: usize = 800;

/// A window without a harness around it, as the plug-in draws it.
struct Bare {
    fixture: EditorFixture,
    ctx: egui::Context,
    screen: Screen,
    song: flow_audio_file::Audio,
    played: usize,
    pictures: u32,
}

impl Bare {
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
            pictures: 0,
            fixture,
        }
    }

    fn play(&mut self, frames: usize) {
        for _ in 0..frames / 400 {
            let start = self.played % (self.song.frames() - 400);
            self.played += 400;
            let [left, right] = self.song.channels.as_slice() else {
                panic!("stereo")
            };
            let (mut left, mut right) = (
                left[start..start + 400].to_vec(),
                right[start..start + 400].to_vec(),
            );
            self.fixture.process(&mut [&mut left, &mut right]);
        }
    }

    /// Draws a picture; gives the number of shapes and of corners that the graphics card gets.
    fn draw(&mut self) -> (usize, usize) {
        self.pictures += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1240.0, 800.0))),
            time: Some(f64::from(self.pictures) / 60.0),
            ..RawInput::default()
        };
        let output = self.ctx.run_ui(input, |ui| self.screen.show(ui));
        let shapes = output.shapes.len();
        let meshes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let corners = meshes.iter().map(|clipped| match &clipped.primitive {
            egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.len(),
            egui::epaint::Primitive::Callback(_) => 0,
        });
        (shapes, corners.sum())
    }
}

/// Time that this thread has had a processor; right in sums, as it goes on with the clock's ticks.
fn cpu_time() -> Duration {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(schedule.split(' ').next().unwrap().parse().unwrap())
}

/// Memory that this process has in use, bytes.
fn memory() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    4096 * statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap()
}

fn middle<T: Ord + Copy>(values: &mut [T]) -> T {
    values.sort();
    values[values.len() / 2]
}

#[test]
fn a_picture_has_few_shapes_and_corners() {
    let mut window = Bare::new(&WARM_AND_WIDE);
    window.play(48_000 * 4);
    window.draw();
    let (shapes, corners) = window.draw();
    println!("{shapes} shapes, {corners} corners");
    assert!(shapes < 900, "{shapes} shapes");
    assert!(corners < 50_000, "{corners} corners");
}

/// Ten minutes of music, drawn twice a second.
#[test]
fn nothing_grows() {
    // At rest the stages take less time, and the window can't tell.
    let mut window = Bare::new(&[]);
    let mut minutes = Vec::new();
    for _ in 0..10 {
        let mut most = 0;
        for _ in 0..120 {
            window.play(24_000);
            most = window.draw().1.max(most);
        }
        minutes.push((most, memory()));
    }
    println!("corners and bytes in each minute: {minutes:?}");
    // The history is full after two minutes.
    let (third, tenth) = (minutes[2], minutes[9]);
    assert!(tenth.0 < third.0 + third.0 / 10, "corners");
    #[cfg(target_os = "linux")]
    assert!(tenth.1 < third.1 + 4_000_000, "memory");
}

#[test]
#[ignore = "a measurement"]
fn measure_drawing() {
    const PICTURES: u32 = 1200;
    let mut window = Bare::new(&WARM_AND_WIDE);
    // The history is full.
    for _ in 0..240 {
        window.play(24_000);
        window.draw();
    }
    let mut total = Duration::ZERO;
    for _ in 0..PICTURES {
        window.play(FRAMES);
        let began = cpu_time();
        window.draw();
        total += cpu_time() - began;
    }
    println!("a picture takes {:?}", total / PICTURES);
}

#[test]
#[ignore = "a measurement"]
fn measure_the_audio_thread() {
    const BLOCK: usize = 512;
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let shared = fixture.shared.clone();
    let song = flow_demo_song::demo_excerpt(48_000, 20.0, 8.0);
    let [left, right] = song.channels.as_slice() else {
        panic!("stereo")
    };
    let over = AtomicBool::new(false);
    let mut times = [Vec::new(), Vec::new()];
    std::thread::scope(|scope| {
        // A window on a thread of its own, which fetches and does nothing else.
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                shared.audio_taps.drain(|_| (), |_| ());
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        for i in 0..40_000 {
            let start = i * BLOCK % (song.frames() - BLOCK);
            let (mut left, mut right) = (
                left[start..start + BLOCK].to_vec(),
                right[start..start + BLOCK].to_vec(),
            );
            let open = i % 2;
            shared.set_editor_open(open == 1);
            let began = Instant::now();
            fixture.process(&mut [&mut left, &mut right]);
            times[open].push(began.elapsed());
        }
        over.store(true, Ordering::Relaxed);
    });
    let lost = shared.audio_taps.dropped_frames();
    let [closed, open] = times.map(|mut times| middle(&mut times));
    let more = 100.0 * (open.as_secs_f64() / closed.as_secs_f64() - 1.0);
    println!(
        "a block of {BLOCK} takes {closed:?}, with the window open {open:?}: {more:+.2} %, {lost} frames lost"
    );
}
