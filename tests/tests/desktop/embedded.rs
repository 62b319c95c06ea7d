//! The editor inside a host's window, opened through CLAP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap_sys::ext::gui::{CLAP_EXT_GUI, CLAP_WINDOW_API_X11, clap_plugin_gui};
use flow_audio_file::Audio;
use flow_host::clap::{Instance, Pixels};
use flow_testkit::raw_clap::RawBundle;
use flow_testkit::testing::{bundle_path, flow_with, open_bundle};
use x11rb::protocol::xproto::Window;

use crate::display::{DESIGN, Desktop, wait_for};

const RATE_HZ: u32 = 48_000;
const BLOCK: usize = 512;
/// The position of *Listen* in the window at 100 %. A real click must reach it.
const LISTEN: (i16, i16) = (1181, 272);

/// Plays `audio` in a loop at a sound card's pace, while `main` uses the instance on the main thread.
fn during_playback(flow: &mut Instance, audio: &Audio, main: impl FnOnce(&mut Instance)) {
    let is_over = AtomicBool::new(false);
    let mut session = flow.start(RATE_HZ, 2, BLOCK, false).unwrap();
    let mut output = vec![vec![0.0; BLOCK]; 2];
    session
        .on_audio_thread_while(
            |thread| {
                let block_time = Duration::from_secs_f64(BLOCK as f64 / f64::from(RATE_HZ));
                let mut starts = (0..audio.frames() / BLOCK).map(|i| i * BLOCK).cycle();
                while !is_over.load(Ordering::Relaxed) {
                    let start = starts.next().expect("the audio isn't empty");
                    let input: Vec<_> = audio
                        .channels
                        .iter()
                        .map(|c| &c[start..start + BLOCK])
                        .collect();
                    let mut output: Vec<_> = output.iter_mut().map(Vec::as_mut_slice).collect();
                    thread.process(&input, &mut output, &[]).unwrap();
                    std::thread::sleep(block_time);
                }
            },
            |instance, _| {
                // Ends the audio even if the test panics.
                struct Over<'a>(&'a AtomicBool);
                impl Drop for Over<'_> {
                    fn drop(&mut self) {
                        self.0.store(true, Ordering::Relaxed);
                    }
                }
                let _over = Over(&is_over);
                main(instance);
            },
        )
        .unwrap();
}

fn song() -> Audio {
    flow_demo_song::demo_excerpt(RATE_HZ, flow_demo_song::CHORUS_SECONDS, 4.0)
}

fn open(desktop: &Desktop, flow: &mut Instance, parent: Window) {
    flow.open_window(parent).unwrap();
    desktop.wait_for_picture(parent);
}

/// The number of threads and open files of this process, and its resident memory in bytes.
fn resources() -> (usize, usize, usize) {
    let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    (
        count("/proc/self/task"),
        count("/proc/self/fd"),
        4096 * pages,
    )
}

/// The name makes the real-time checks of `cargo xtask test` run it: a window must not make the audio thread allocate.
#[test]
fn real_time_audio_continues_while_the_window_opens_and_closes() {
    let desktop = Desktop::new();
    let mut flow = flow_with(&[("gain", "6 dB")]);
    during_playback(&mut flow, &song(), |flow| {
        for _ in 0..2 {
            let parent = desktop.window((0, 0), DESIGN);
            open(&desktop, flow, parent);
            desktop.wait_for_motion(parent);
            flow.close_window();
            assert!(
                desktop.children(parent).is_empty(),
                "the window is still open"
            );
        }
    });
}

#[test]
fn window_shown_late_by_the_host_draws() {
    let desktop = Desktop::new();
    during_playback(&mut flow_with(&[]), &song(), |flow| {
        let parent = desktop.window((0, 0), DESIGN);
        flow.open_window_with_delay(parent, Duration::from_millis(300))
            .unwrap();
        desktop.wait_for_picture(parent);
        desktop.wait_for_motion(parent);
        flow.close_window();
    });
}

#[test]
fn window_in_silence_is_still() {
    let desktop = Desktop::new();
    let silence = Audio::silence(RATE_HZ, 2, BLOCK);
    during_playback(&mut flow_with(&[]), &silence, |flow| {
        let parent = desktop.window((0, 0), DESIGN);
        open(&desktop, flow, parent);
        assert!(desktop.is_still(parent, Duration::from_secs(1)));
        flow.close_window();
    });
}

#[test]
fn listening_before_the_button_is_pressed_is_off() {
    let desktop = Desktop::new();
    let bundle = open_bundle();
    let slices = || bundle.service_stats().map_or(0, |stats| stats.slices);
    during_playback(&mut bundle.instantiate().unwrap(), &song(), |flow| {
        let parent = desktop.window((0, 0), DESIGN);
        open(&desktop, flow, parent);
        desktop.wait_for_motion(parent);
        assert_eq!(
            slices(),
            0,
            "the analysis ran before the button was pressed"
        );
        desktop.click(parent, LISTEN);
        wait_for("slice of analysis", || (slices() > 0).then_some(()));
        flow.close_window();
    });
}

#[test]
fn window_destroyed_right_after_creation_closes() {
    let desktop = Desktop::new();
    let _screen = desktop.window((0, 0), DESIGN);
    let bundle = RawBundle::open(&bundle_path());
    let flow = bundle.create();
    let gui: &clap_plugin_gui = flow.extension(CLAP_EXT_GUI);
    for round in 0..40 {
        // SAFETY: a living instance, on its main thread.
        unsafe {
            let is_open = gui.create.unwrap()(flow.plugin, CLAP_WINDOW_API_X11.as_ptr(), false);
            assert!(is_open, "round {round}");
            // The test runner ends a test that hangs here.
            gui.destroy.unwrap()(flow.plugin);
        }
    }
}

#[test]
fn windows_opened_300_times_leak_nothing() {
    /// The number of windows after which the measurement begins.
    const WARM: usize = 100;
    /// The software renderer keeps compiled shaders, about half a megabyte for each window that draws. On a busy machine more of
    /// the 200 windows draw before they are closed; there it was 132 MB.
    const MAX_GROWTH_BYTES: usize = 200_000_000;
    let desktop = Desktop::new();
    let parent = desktop.window((0, 0), DESIGN);
    let mut flow = flow_with(&[]);
    during_playback(&mut flow, &song(), |flow| {
        let mut before = (0, 0, 0);
        for i in 0..300 {
            if i == WARM {
                before = resources();
            }
            flow.open_window(parent).unwrap();
            flow.idle();
            // Most close before their first frame.
            if i % 30 == 0 {
                desktop.wait_for_picture(parent);
            }
            flow.close_window();
        }
        // The kernel may list an ended thread for a moment.
        wait_for("end of all threads", || {
            (resources().0 <= before.0).then_some(())
        });
        let after = resources();
        println!("threads, files and bytes after {WARM}: {before:?}, after 300: {after:?}");
        assert!(after.1 <= before.1, "files leak");
        assert!(after.2 < before.2 + MAX_GROWTH_BYTES, "memory leaks");
        open(&desktop, flow, parent);
        desktop.wait_for_motion(parent);
        flow.close_window();
    });
}

#[test]
fn windows_of_four_instances_draw_at_once() {
    let desktop = Desktop::new();
    let bundle = open_bundle();
    let mut instances: Vec<Instance> = (0..4).map(|_| bundle.instantiate().unwrap()).collect();
    let places = [(0, 0), (1240, 0), (0, 800), (1240, 800)];
    let parents = places.map(|place| desktop.window(place, DESIGN));
    for (flow, parent) in instances.iter_mut().zip(parents) {
        flow.open_window(parent).unwrap();
    }
    for parent in parents {
        desktop.wait_for_picture(parent);
    }
    let moved = instances.last_mut().unwrap();
    during_playback(moved, &song(), |_| desktop.wait_for_motion(parents[3]));
    // Closing the first must not affect the others.
    drop(instances.remove(0));
    assert!(desktop.children(parents[0]).is_empty());
    for parent in &parents[1..] {
        desktop.wait_for_picture(*parent);
    }
    for flow in &mut instances {
        flow.close_window();
    }
}

#[test]
fn instance_dropped_with_open_window_closes_it() {
    let desktop = Desktop::new();
    let parent = desktop.window((0, 0), DESIGN);
    for _ in 0..3 {
        let mut flow = flow_with(&[]);
        open(&desktop, &mut flow, parent);
        drop(flow);
        assert!(desktop.children(parent).is_empty());
    }
}

/// The editor's size at a scale in percent.
fn percent(scale: u32) -> Pixels {
    (1240 * scale / 100, 8 * scale)
}

fn small(size: Pixels) -> (u16, u16) {
    (size.0.try_into().unwrap(), size.1.try_into().unwrap())
}

#[test]
fn window_resized_between_75_and_200_percent_draws() {
    let desktop = Desktop::new();
    let parent = desktop.window((0, 0), small(percent(200)));
    let mut flow = flow_with(&[]);
    assert!(flow.window_can_be_resized());
    assert_eq!(
        flow.window_size(),
        Some(percent(100)),
        "the size before opening"
    );
    flow.open_window(parent).unwrap();
    let [window] = desktop.children(parent)[..] else {
        panic!("the parent has one child")
    };
    for scale in [75, 100, 130, 200] {
        let size = percent(scale);
        assert_eq!(flow.nearest_window_size(size), Some(size));
        flow.resize_window(size).unwrap();
        flow.idle();
        assert_eq!(flow.window_size(), Some(size));
        wait_for("new size", || {
            (desktop.size(window) == Some(small(size))).then_some(())
        });
        desktop.wait_for_picture(window);
    }
    // All proportions are supported, but scales only from 75 to 310 %.
    assert_eq!(flow.nearest_window_size((2000, 900)), Some((2000, 900)));
    assert_eq!(flow.nearest_window_size((10, 10)), Some(percent(75)));
    assert_eq!(flow.nearest_window_size((9999, 9999)), Some(percent(310)));
    flow.close_window();
}

#[test]
fn window_size_in_state_is_restored() {
    let desktop = Desktop::new();
    let parent = desktop.window((0, 0), small(percent(200)));
    let mut flow = flow_with(&[]);
    flow.open_window(parent).unwrap();
    flow.resize_window(percent(150)).unwrap();
    flow.close_window();
    let state = flow.save_state().unwrap();
    drop(flow);

    let mut flow = flow_with(&[]);
    flow.load_state(&state).unwrap();
    assert_eq!(flow.window_size(), Some(percent(150)));
    flow.open_window(parent).unwrap();
    let window = desktop.children(parent)[0];
    assert_eq!(desktop.size(window), Some(small(percent(150))));
    desktop.wait_for_picture(window);
    flow.close_window();
}

/// At a scale factor of 1.5 the window's logical size stays the same each time it opens.
#[test]
fn window_at_scale_factor_1_5_keeps_its_logical_size() {
    let desktop = Desktop::new();
    let parent = desktop.window((0, 0), small(percent(200)));
    let mut flow = flow_with(&[]);
    for _ in 0..3 {
        flow.open_window(parent).unwrap();
        flow.scale_window(1.5).unwrap();
        let window = desktop.children(parent)[0];
        wait_for("size", || {
            flow.idle();
            (desktop.size(window) == Some(small(percent(150)))).then_some(())
        });
        assert_eq!(flow.window_size(), Some(percent(150)));
        desktop.wait_for_picture(window);
        flow.close_window();
    }
}
