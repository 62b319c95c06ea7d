//! The loudness meter against EBU Tech 3341 case 6 and against the independent `ebur128` crate, and the measures after a reset of the
//! audio.

mod common;

use common::{chain, master, play};
use flow_audio_file::Audio;
use flow_dsp::{Baseline, ChainSettings, KWeighting, internals::loudness::LoudnessMeter};
use flow_measure::loudness;
use flow_testkit::{settings::everything_on, signals};

/// Loudness of five channels with the standard's weights. The chain has two, but the meter takes any sum.
#[test]
fn loudness_of_ebu_3341_case_6_reads_minus_23_lufs() {
    let rate = 48_000;
    let levels_and_weights = [
        (-28.0, 1.0),
        (-28.0, 1.0),
        (-24.0, 1.0),
        (-30.0, 1.41),
        (-30.0, 1.41),
    ];
    let amplitudes = levels_and_weights.map(|(db, _): (f64, f64)| 10.0_f64.powf(db / 20.0));
    let mut front = KWeighting::new(f64::from(rate));
    let mut back = KWeighting::new(f64::from(rate));
    let mut program = LoudnessMeter::new();
    let mut energy = 0.0;
    for i in 0..20 * rate {
        let sine = (core::f64::consts::TAU * 1000.0 * f64::from(i) / f64::from(rate)).sin();
        let [l, r, c, ls, rs] = amplitudes.map(|a| a * sine);
        let first = front.process::<Baseline>([l, r, c, 0.0]);
        let second = back.process::<Baseline>([ls, rs, 0.0, 0.0]);
        for (w, (_, weight)) in first[..3]
            .iter()
            .chain(&second[..2])
            .zip(levels_and_weights)
        {
            energy += weight * w * w;
        }
        if (i + 1) % 480 == 0 {
            program.step(energy / 480.0);
            energy = 0.0;
        }
    }
    assert!(
        (program.integrated_lufs + 23.0).abs() <= 0.1,
        "{}",
        program.integrated_lufs
    );
}

/// The limit of 0.02 LU leaves room for the histogram's bins, which are 0.1 LU wide: only the blocks in the bin that a
/// gate cuts can fall to its other side.
#[test]
fn loudness_of_music_agrees_with_ebur128_within_0_02_lu() {
    for rate in [22_050, 44_100, 48_000, 96_000] {
        let input = flow_demo_song::demo_song(rate);
        let mut chain = chain(rate);
        play(&mut chain, &ChainSettings::default(), &input);
        let own = chain.readings().input;
        let other = loudness::loudness(&input);
        let close = |a: f32, b: f64, tolerance: f64| (f64::from(a) - b).abs() <= tolerance;
        for (own, other, tolerance) in [
            (own.integrated_lufs, other.integrated_lufs, 0.02),
            (own.loudness_range_lu, other.loudness_range_lu, 0.2),
            (own.momentary_max_lufs, other.momentary_max_lufs, 0.1),
            (own.short_term_max_lufs, other.short_term_max_lufs, 0.1),
        ] {
            assert!(
                close(own, other, tolerance),
                "{own} for {other} at {rate} Hz"
            );
        }
        let peak = flow_measure::true_peak::true_peak_dbtp(&input);
        assert!(close(own.true_peak_dbtp, peak, 0.02), "{own:?} {peak}");
    }
}

#[test]
fn correlation_and_mono_loudness_read_their_theoretical_values() {
    let noise = signals::white_noise(48_000, 2, 2.0, 0.5, 7);
    let [left, right] = [&noise.channels[0], &noise.channels[1]];
    let reading = |channels: Vec<Vec<f32>>| {
        let mut chain = chain(48_000);
        let audio = Audio::new(48_000, channels);
        play(&mut chain, &ChainSettings::default(), &audio);
        chain.readings().input
    };
    let inverted: Vec<f32> = left.iter().map(|x| -x).collect();
    assert!((reading(vec![left.clone(), left.clone()]).correlation - 1.0).abs() < 1e-6);
    assert!((reading(vec![left.clone(), inverted]).correlation + 1.0).abs() < 1e-6);
    // 3 standard errors of the 19 000 independent samples in the meter's memory.
    assert!(reading(vec![left.clone(), right.clone()]).correlation.abs() < 0.03);
    // A mono program is one channel in BS.1770: 3.01 dB less than the same in both.
    let both = reading(vec![left.clone(), left.clone()]).integrated_lufs;
    let one = reading(vec![left.clone()]).integrated_lufs;
    assert!((both - one - 3.0103).abs() < 1e-3);
}

#[test]
fn chain_after_a_reset_of_the_audio_sounds_new_and_keeps_its_measures() {
    let loud = signals::white_noise(48_000, 2, 4.0, 0.5, 7);
    let quiet = signals::white_noise(48_000, 2, 1.0, 0.01, 8);
    let mut used = chain(48_000);
    play(&mut used, &everything_on(), &loud);
    let before = *used.readings();
    used.reset_audio();
    let cleared = used.readings().output;
    assert_eq!(cleared.short_term_lufs, f32::NEG_INFINITY);
    assert_eq!(cleared.integrated_lufs, before.output.integrated_lufs);
    let again = play(&mut used, &everything_on(), &quiet);
    assert_eq!(again, master(&everything_on(), &quiet));
    let after = used.readings();
    let mut fresh = chain(48_000);
    play(&mut fresh, &everything_on(), &quiet);
    for (before, after, fresh) in [
        (before.input, after.input, fresh.readings().input),
        (before.output, after.output, fresh.readings().output),
    ] {
        assert_eq!(after.measured_s, before.measured_s + fresh.measured_s);
        assert_eq!(after.true_peak_dbtp, before.true_peak_dbtp);
        assert_eq!(after.short_term_max_lufs, before.short_term_max_lufs);
        assert_eq!(after.momentary_max_lufs, before.momentary_max_lufs);
        assert_eq!(after.momentary_lufs, fresh.momentary_lufs);
        assert_eq!(after.short_term_lufs, fresh.short_term_lufs);
        assert_eq!(after.correlation, fresh.correlation);
        // The quiet second is below the relative gate.
        assert!((after.integrated_lufs - before.integrated_lufs).abs() < 0.1);
    }
    assert!(after.limiter_gain_min_db <= before.limiter_gain_min_db);
}
