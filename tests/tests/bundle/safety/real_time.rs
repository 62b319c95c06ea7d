//! The audio thread never allocates, locks, waits or calls the system.
//!
//! `cargo xtask test` runs these tests also with a bundle that asserts that `process` doesn't allocate, and with
//! RealtimeSanitizer around every process call. Both end the process at the first violation.

use crate::sound::random_automation;
use flow_audio_file::Audio;
use flow_host::clap::{BlockSizes, RenderOptions};
use flow_testkit::testing::{flow_with, render_with};

/// All parameters jump: in stereo and mono, at several rates and block sizes, over music, silence and NaN.
#[test]
fn real_time_process_with_all_parameters_moving_gives_finite_output() {
    let mut flow = flow_with(&[]);
    for rate_hz in [44_100, 96_000] {
        for channel_count in [2, 1] {
            let mut input =
                flow_demo_song::demo_excerpt(rate_hz, flow_demo_song::CHORUS_SECONDS, 4.0);
            input.channels.truncate(channel_count);
            input.append(&Audio::silence(
                rate_hz,
                channel_count,
                rate_hz as usize / 2,
            ));
            input.channels[0][1_000..1_100].fill(f32::NAN);
            let automation = random_automation(&mut flow, input.frames(), 11);
            for blocks in [BlockSizes::Fixed(64), BlockSizes::Cycle(&[1, 512, 3, 8192])] {
                let options = RenderOptions {
                    block: blocks,
                    automation: &automation,
                    ..RenderOptions::default()
                };
                assert!(render_with(&mut flow, &input, &options).is_finite());
            }
        }
    }
}

/// An allocation in the real-time context must end the process; otherwise the checks above prove nothing.
#[cfg(feature = "rtsan")]
#[test]
fn real_time_sanitizer_with_allocation_ends_the_process() {
    const VIOLATE: &str = "FLOW_TEST_VIOLATES";
    if std::env::var_os(VIOLATE).is_some() {
        let allocation =
            flow_host::real_time::in_real_time(|| std::hint::black_box(vec![0_u8; 4096]));
        drop(allocation);
        return;
    }
    let violator = std::process::Command::new(std::env::current_exe().expect("this test's binary"))
        .args([
            "--exact",
            "safety::real_time::real_time_sanitizer_with_allocation_ends_the_process",
        ])
        .env(VIOLATE, "1")
        .output()
        .expect("this test's binary runs");
    assert!(!violator.status.success(), "an allocation went unnoticed");
    let report = String::from_utf8_lossy(&violator.stderr);
    assert!(report.contains("RealtimeSanitizer"), "{report}");
}
