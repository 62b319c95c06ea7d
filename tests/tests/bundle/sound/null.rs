//! Neutral settings are a pure delay, and bypass passes the input bit for bit.

use crate::settings::flow_at_work;
use flow_audio_file::Audio;
use flow_host::clap::Automation;
use flow_testkit::signals;
use flow_testkit::testing::{
    RATES_HZ, assert_same, automate, configure, flow_with, render, render_automated,
};

/// The design's limit for neutral settings.
const NULL_DBFS: f64 = -120.0;

#[test]
fn neutral_chain_at_any_rate_is_a_pure_delay() {
    let mut flow = flow_with(&[]);
    let mut worst = f64::NEG_INFINITY;
    for rate in RATES_HZ {
        // Peaks at −6 dBFS stay below the default ceiling of −1 dBTP.
        let input = flow_demo_song::demo_excerpt(rate, flow_demo_song::CHORUS_SECONDS, 1.0);
        let difference = render(&mut flow, &input).difference_db(&input);
        println!("{rate} Hz: {difference:.1} dBFS");
        assert!(difference <= NULL_DBFS, "{difference} dBFS at {rate} Hz");
        worst = worst.max(difference);
    }
    if worst == f64::NEG_INFINITY {
        println!("measured: the same bits");
    } else {
        println!("measured: {worst:.1} dBFS");
    }
}

#[test]
fn neutral_chain_in_mono_and_at_unusual_rates_is_a_pure_delay() {
    let mut flow = flow_with(&[]);
    for (rate, channel_count) in [(48_000, 1), (22_050, 2), (32_000, 2), (384_000, 2)] {
        let input = signals::white_noise(rate, channel_count, 0.5, 0.2, 3);
        let difference = render(&mut flow, &input).difference_db(&input);
        assert!(
            difference <= NULL_DBFS,
            "{difference} dBFS at {rate} Hz, {channel_count} channels"
        );
    }
}

#[test]
fn switched_off_pillars_with_any_setting_are_a_pure_delay() {
    let mut flow = flow_at_work();
    let switches = ["flr", "lat", "wev", "crv", "mst", "lcut"].map(|id| (id, "off"));
    configure(&mut flow, &switches);
    configure(&mut flow, &[("trim", "0 dB"), ("gain", "0 dB")]);
    let input = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 1.0);
    let difference = render(&mut flow, &input).difference_db(&input);
    assert!(difference <= NULL_DBFS, "{difference} dBFS");
}

#[test]
fn trim_against_equal_gain_nulls_the_input() {
    let mut flow = flow_with(&[("trim", "-7.3 dB"), ("gain", "7.3 dB")]);
    let input = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 1.0);
    let difference = render(&mut flow, &input).difference_db(&input);
    // Rounding each gain to f32 leaves about −140 dB.
    assert!(difference <= NULL_DBFS, "{difference} dBFS");
}

#[test]
fn bypass_above_the_ceiling_passes_the_input_unchanged() {
    let settings = [
        ("byp", "on"),
        ("gain", "12 dB"),
        ("trim", "-3 dB"),
        ("dith", "16 bit"),
        ("ceil", "-6 dB"),
    ];
    let mut flow = flow_at_work();
    configure(&mut flow, &settings);
    for rate in [44_100, 48_000, 96_000] {
        // At +12 dBFS, because bypass has no ceiling.
        let mut input = signals::white_noise(rate, 2, 0.3, 4.0, 5);
        input.append(&flow_demo_song::demo_excerpt(
            rate,
            flow_demo_song::CHORUS_SECONDS,
            0.3,
        ));
        assert_same(&render(&mut flow, &input), &input, &format!("{rate} Hz"));
    }
}

#[test]
fn bypass_switched_during_audio_makes_no_click() {
    let mut flow = flow_with(&[("gain", "6 dB"), ("lcut", "on"), ("lcutf", "40 Hz")]);
    let input = signals::sine(48_000, 2, 2.0, 100.0, 0.25, 0.0);
    let automation: Vec<Automation> = (0..7)
        .map(|i| {
            automate(
                &mut flow,
                12_000 + 9_001 * i,
                "byp",
                if i % 2 == 0 { "on" } else { "off" },
            )
        })
        .collect();
    let output = render_automated(&mut flow, &input, &automation);
    let click_dbfs = above_2_khz_dbfs(&output);
    println!("loudest above 2 kHz: {click_dbfs:.1} dBFS");
    // A hard switch from 0.5 to 0.25 reaches about −20 dBFS there. The two corners of a straight 20 ms fade reach −67.
    assert!(click_dbfs < -60.0, "{click_dbfs} dBFS");
    // Bypass was on after the first change, and at the end.
    for (from, to) in [(16_000, 20_000), (75_000, 90_000)] {
        assert_same(&output.range(from, to), &input.range(from, to), "bypassed");
    }
}

/// The peak above 2 kHz, without the ends of the file.
pub(crate) fn above_2_khz_dbfs(audio: &Audio) -> f64 {
    let rate = f64::from(audio.sample_rate_hz);
    let margin = flow_audio_file::seconds_to_samples(0.05, audio.sample_rate_hz);
    let loudest = |samples: &Vec<f32>| {
        let samples: Vec<f64> = samples.iter().map(|s| f64::from(*s)).collect();
        let low = signals::low_pass(&samples, 1500.0 / rate, 2000.0 / rate);
        let high = samples.iter().zip(low).map(|(all, low)| (all - low).abs());
        high.skip(margin)
            .take(samples.len() - 2 * margin)
            .fold(0.0, f64::max)
    };
    flow_audio_file::gain_to_db(audio.channels.iter().map(loudest).fold(0.0, f64::max))
}
