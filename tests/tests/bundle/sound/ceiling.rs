//! The true peak stays below the ceiling, as measured by the reference meter.

use flow_audio_file::{Audio, gain_to_db};
use flow_host::clap::{Automation, Instance};
use flow_measure::true_peak::{true_peak, true_peak_dbtp, true_peak_within};
use flow_testkit::signals::torture;
use flow_testkit::testing::{automate, configure, flow_with, render, render_automated};

/// The overshoot that the design allows by a meter of ±32 samples.
const OVERSHOOT_DB: f64 = 0.02;

const STYLES: [&str; 3] = ["Clean", "Punch", "Loud"];

/// Runs `check` for every style with the extremes of link and release.
fn for_each_limiter_setting(flow: &mut Instance, mut check: impl FnMut(&mut Instance, &str)) {
    for style in STYLES {
        for link in ["0 %", "100 %"] {
            for release in ["10 ms", "1000 ms"] {
                configure(flow, &[("lstyl", style), ("link", link), ("rel", release)]);
                check(flow, &format!("{style}, link {link}, release {release}"));
            }
        }
    }
}

/// The length of a signal. It falls with the rate, because the number of samples decides which overshoots appear.
fn seconds_at(sample_rate_hz: u32) -> f64 {
    0.3 * 48_000.0 / f64::from(sample_rate_hz)
}

/// Renders torture signals and music, all 12 dB over full scale.
fn assert_ceiling_holds_at(sample_rate_hz: u32) {
    let mut flow = flow_with(&[]);
    let mut worst_db = f64::NEG_INFINITY;
    let mut check = |output: &Audio, ceiling_db: f64, signal: &str| {
        let over_db = true_peak_dbtp(output) - ceiling_db;
        worst_db = worst_db.max(over_db);
        assert!(
            over_db <= OVERSHOOT_DB,
            "{signal} at {sample_rate_hz} Hz: {over_db:.4} dB over the ceiling"
        );
    };
    let signals = torture::all(sample_rate_hz, seconds_at(sample_rate_hz), false);
    configure(&mut flow, &[("gain", "12 dB")]);
    for_each_limiter_setting(&mut flow, |flow, limiter_setting| {
        for signal in &signals {
            check(
                &render(flow, &signal.audio),
                -1.0,
                &format!("{}, {limiter_setting}", signal.name),
            );
        }
    });
    // Music peaks at −6 dBFS.
    configure(&mut flow, &[("gain", "18 dB")]);
    let music = flow_demo_song::demo_excerpt(
        sample_rate_hz,
        flow_demo_song::CHORUS_SECONDS,
        4.0 * seconds_at(sample_rate_hz),
    );
    for_each_limiter_setting(&mut flow, |flow, limiter_setting| {
        check(
            &render(flow, &music),
            -1.0,
            &format!("music, {limiter_setting}"),
        );
    });
    configure(
        &mut flow,
        &[("ceil", "-12 dB"), ("dith", "16 bit"), ("dshap", "on")],
    );
    for style in STYLES {
        configure(&mut flow, &[("lstyl", style)]);
        check(
            &render(&mut flow, &music),
            -12.0,
            &format!("music with dither, {style}"),
        );
    }
    println!("{sample_rate_hz} Hz: at worst {worst_db:.4} dB over the ceiling");
}

#[test]
fn ceiling_at_44_1_khz_holds() {
    assert_ceiling_holds_at(44_100);
}

#[test]
fn ceiling_at_48_khz_holds() {
    assert_ceiling_holds_at(48_000);
}

#[test]
fn ceiling_at_88_2_khz_holds() {
    assert_ceiling_holds_at(88_200);
}

#[test]
fn ceiling_at_96_khz_holds() {
    assert_ceiling_holds_at(96_000);
}

#[test]
fn ceiling_at_176_4_khz_holds() {
    assert_ceiling_holds_at(176_400);
}

#[test]
fn ceiling_at_192_khz_holds() {
    assert_ceiling_holds_at(192_000);
}

#[test]
fn ceiling_in_mono_holds() {
    let mut flow = flow_with(&[("gain", "12 dB")]);
    for signal in torture::all(48_000, 0.3, false) {
        let mono = Audio::new(48_000, vec![signal.audio.channels[0].clone()]);
        let over_db = true_peak_dbtp(&render(&mut flow, &mono)) + 1.0;
        assert!(
            over_db <= OVERSHOOT_DB,
            "{}: {over_db:.4} dB over the ceiling",
            signal.name
        );
    }
}

#[test]
fn ceiling_of_full_band_torture_holds_for_samples() {
    // The signals end at full level, and a meter reads the edge at the end. So only the samples are checked here; the tests
    // of flow_dsp check true peaks with silence behind.
    let mut flow = flow_with(&[("gain", "12 dB")]);
    for rate in [44_100, 96_000] {
        let mut worst_db = f64::NEG_INFINITY;
        for signal in torture::all(rate, seconds_at(rate), true) {
            for_each_limiter_setting(&mut flow, |flow, limiter_setting| {
                let output = render(flow, &signal.audio);
                let peak_db = gain_to_db(f64::from(output.sample_peak()));
                worst_db = worst_db.max(true_peak_dbtp(&output) + 1.0);
                // 1e-5 dB allows for rounding.
                assert!(
                    peak_db <= -1.0 + 1e-5,
                    "{} at {rate} Hz, {limiter_setting}: {peak_db:.6} dBFS",
                    signal.name
                );
            });
        }
        println!("full band at {rate} Hz: true peak at worst {worst_db:.3} dB over the ceiling");
    }
}

#[test]
fn ceiling_during_gain_automation_holds() {
    let mut flow = flow_with(&[]);
    let music = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 2.0);
    let jumps = ["24 dB", "0 dB", "18 dB", "-6 dB", "24 dB", "12 dB"];
    let automation: Vec<Automation> = (0..40)
        .map(|i| automate(&mut flow, 2_399 * i, "gain", jumps[i % jumps.len()]))
        .collect();
    for style in STYLES {
        configure(&mut flow, &[("lstyl", style)]);
        let output = render_automated(&mut flow, &music, &automation);
        let over_db = true_peak_dbtp(&output) + 1.0;
        println!("{style}: {over_db:.4} dB over the ceiling");
        assert!(
            over_db <= OVERSHOOT_DB,
            "{style}: {over_db:.4} dB at {:?}",
            true_peak(&output)
        );
    }
}

#[test]
fn ceiling_during_its_own_automation_holds() {
    // Around a change the higher of both ceilings applies: from the limiter's lookahead before it to the end of the
    // 50 ms ramp after it.
    const STEP: usize = 6_001;
    const SETTLE: usize = 2_400;
    let mut flow = flow_with(&[("gain", "18 dB")]);
    let music = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 2.0);
    let ceilings_db: [f64; 6] = [-1.0, -6.0, -2.0, -12.0, -0.1, -9.0];
    let ceiling_db = |step: usize| ceilings_db[step % ceilings_db.len()];
    let automation: Vec<Automation> = (0..16)
        .map(|step| {
            automate(
                &mut flow,
                STEP * step,
                "ceil",
                &format!("{} dB", ceiling_db(step)),
            )
        })
        .collect();
    for style in STYLES {
        configure(&mut flow, &[("lstyl", style)]);
        let output = render_automated(&mut flow, &music, &automation);
        for step in 1..15 {
            let change = STEP * step;
            let lookahead = flow.latency_samples() as usize;
            let around = true_peak_within(&output, change - lookahead..change + SETTLE).dbtp();
            let higher = ceiling_db(step).max(ceiling_db(step - 1));
            assert!(
                around <= higher + OVERSHOOT_DB,
                "{style}, step {step}: {around:.3} dBTP around a change"
            );
            let settled =
                true_peak_within(&output, change + SETTLE..change + STEP - lookahead).dbtp();
            assert!(
                settled <= ceiling_db(step) + OVERSHOOT_DB,
                "{style}, step {step}: {settled:.3} dBTP when settled"
            );
        }
    }
}
