//! The loudness meters read the test signals of EBU Tech 3341 and 3342 within their tolerances: at the input, and below
//! the ceiling at the output too.

use super::playback::MeteredPlayback;
use flow_audio_file::Audio;
use flow_dsp::{Readings, SignalReadings};
use flow_measure::loudness::loudness;
use flow_measure::measure;
use flow_testkit::signals;
use flow_testkit::signals::ebu::{SILENCE, integrated_case, range_case, tones};

/// The tolerance of EBU Tech 3341 for loudness.
const TOLERANCE_LU: f32 = 0.1;
/// The tolerance of EBU Tech 3342.
const RANGE_TOLERANCE_LU: f32 = 1.0;
const RATES_HZ: [u32; 2] = [44_100, 48_000];

/// The readings of input and output with their names. The output lags by the latency, which no case detects.
fn sides(readings: &Readings) -> [(&'static str, &SignalReadings); 2] {
    [("input", &readings.input), ("output", &readings.output)]
}

fn assert_near(read: f32, expected: f64, tolerance: f32, case: &str) {
    let expected = nearest_f32(expected);
    assert!(
        (read - expected).abs() <= tolerance,
        "{case}: {read:.3} instead of {expected}"
    );
}

/// Rounds an expected value, which is a short decimal.
fn nearest_f32(value: f64) -> f32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the function rounds on purpose"
    )]
    let nearest = value as f32;
    nearest
}

/// Asserts a reading of input and output.
fn assert_sides(
    readings: &Readings,
    of: fn(&SignalReadings) -> f32,
    expected: f64,
    tolerance: f32,
    case: &str,
) {
    for (side, read) in sides(readings) {
        assert_near(of(read), expected, tolerance, &format!("{case}, {side}"));
    }
}

const MOMENTARY: fn(&SignalReadings) -> f32 = |read| read.momentary_lufs;
const SHORT_TERM: fn(&SignalReadings) -> f32 = |read| read.short_term_lufs;

fn assert_integrated_cases_at(rate: u32) {
    for case in 1..=5 {
        let (steps, expected) = integrated_case(case).unwrap();
        let readings = MeteredPlayback::new(&[]).play(&tones(rate, steps), |_, _| ());
        let check = |of, name: &str| {
            let case = format!("{name} of case {case}, {rate} Hz");
            assert_sides(&readings, of, expected, TOLERANCE_LU, &case);
        };
        check(|read| read.integrated_lufs, "I");
        if case <= 2 {
            check(MOMENTARY, "M");
            check(SHORT_TERM, "S");
        }
    }
}

#[test]
fn integrated_loudness_of_tech_3341_cases_1_to_5_at_44_1_khz_is_in_tolerance() {
    assert_integrated_cases_at(44_100);
}

#[test]
fn integrated_loudness_of_tech_3341_cases_1_to_5_at_48_khz_is_in_tolerance() {
    assert_integrated_cases_at(48_000);
}

/// Asserts a constant reading of −23 LUFS for steps that repeat, from a time on plus 5 ms for the output's latency.
fn assert_constant(
    of: fn(&SignalReadings) -> f32,
    cycle: [(f64, f64); 2],
    cycles: usize,
    from_seconds: f64,
) {
    let mut polls = 0;
    let audio = tones(48_000, &cycle.repeat(cycles));
    MeteredPlayback::new(&[]).play(&audio, |seconds, readings| {
        if seconds > from_seconds + 0.005 {
            polls += 1;
            assert_sides(
                readings,
                of,
                -23.0,
                TOLERANCE_LU,
                &format!("{seconds:.2} s"),
            );
        }
    });
    assert!(polls > 500, "{polls}");
}

#[test]
fn short_term_loudness_of_tech_3341_case_9_is_constant() {
    assert_constant(SHORT_TERM, [(-20.0, 1.34), (-30.0, 1.66)], 5, 3.0);
}

#[test]
fn momentary_loudness_of_tech_3341_case_12_is_constant() {
    assert_constant(MOMENTARY, [(-20.0, 0.18), (-30.0, 0.22)], 25, 1.0);
}

#[test]
fn short_term_maximum_of_tech_3341_case_10_is_in_tolerance() {
    let mut metered = MeteredPlayback::new(&[]);
    for i in 0..20 {
        let steps = [(SILENCE, 0.15 * f64::from(i)), (-23.0, 3.0), (SILENCE, 1.0)];
        assert_highest_short_term(&mut metered, &steps, -23.0, &format!("case 10, i = {i}"));
    }
}

#[test]
fn short_term_maximum_of_tech_3341_case_11_is_in_tolerance() {
    let mut metered = MeteredPlayback::new(&[]);
    for i in (0..20).map(f64::from) {
        let level = -38.0 + i;
        let steps = [(SILENCE, 0.15 * i), (level, 3.0), (SILENCE, 3.0 - 0.15 * i)];
        assert_highest_short_term(&mut metered, &steps, level, &format!("case 11, i = {i}"));
    }
}

fn assert_highest_short_term(
    metered: &mut MeteredPlayback,
    steps: &[(f64, f64)],
    expected: f64,
    case: &str,
) {
    let mut polled = [f32::NEG_INFINITY; 2];
    let readings = metered.play(&tones(48_000, steps), |_, readings| {
        for (highest, (_, read)) in polled.iter_mut().zip(sides(readings)) {
            *highest = highest.max(read.short_term_lufs);
        }
    });
    let of = |read: &SignalReadings| read.short_term_max_lufs;
    assert_sides(&readings, of, expected, TOLERANCE_LU, case);
    for polled in polled {
        assert_near(polled, expected, TOLERANCE_LU, &format!("{case}, polled"));
    }
}

#[test]
fn momentary_maximum_of_tech_3341_case_13_is_in_tolerance() {
    let mut metered = MeteredPlayback::new(&[]);
    for rate in RATES_HZ {
        for i in (0..20).map(f64::from) {
            let steps = [(SILENCE, 0.02 * i), (-23.0, 0.4), (SILENCE, 1.0)];
            let case = format!("case 13, i = {i}, {rate} Hz");
            assert_highest_momentary(&mut metered, rate, &steps, -23.0, &case);
        }
    }
}

#[test]
fn momentary_maximum_of_tech_3341_case_14_is_in_tolerance() {
    let mut metered = MeteredPlayback::new(&[]);
    for i in (0..20).map(f64::from) {
        let (level, end) = (-38.0 + i, 0.42 - 0.02 * i);
        let steps = [(SILENCE, 0.02 * i), (level, 0.4), (SILENCE, end)];
        let case = format!("case 14, i = {i}");
        assert_highest_momentary(&mut metered, 48_000, &steps, level, &case);
    }
}

fn assert_highest_momentary(
    metered: &mut MeteredPlayback,
    rate: u32,
    steps: &[(f64, f64)],
    expected: f64,
    case: &str,
) {
    let readings = metered.play(&tones(rate, steps), |_, _| ());
    let of = |read: &SignalReadings| read.momentary_max_lufs;
    assert_sides(&readings, of, expected, TOLERANCE_LU, case);
}

#[test]
fn loudness_range_of_tech_3342_cases_1_to_4_is_in_tolerance() {
    for case in 1..=4 {
        let (steps, expected) = range_case(case).unwrap();
        let readings = MeteredPlayback::new(&[]).play(&tones(48_000, steps), |_, _| ());
        let of = |read: &SignalReadings| read.loudness_range_lu;
        let case = format!("case {case}");
        assert_sides(&readings, of, expected, RANGE_TOLERANCE_LU, &case);
    }
}

#[test]
fn loudness_of_music_equals_the_reference_meter() {
    // The limiter makes input and output differ.
    let mut metered = MeteredPlayback::new(&[("gain", "9 dB")]);
    let song = flow_demo_song::demo_song(48_000);
    let readings = metered.play(&song, |_, _| ());
    let mut output = flow_testkit::testing::render(&mut metered.flow, &song);
    // The meter hasn't received the last 5 ms.
    output = output.range(0, output.frames() - metered.flow.latency_samples() as usize);
    for ((side, read), audio) in sides(&readings).into_iter().zip([&song, &output]) {
        let expected = loudness(audio);
        println!("{side}: {read:?}");
        // Both follow the same standard, but their blocks may start at other samples.
        for (name, read, expected, tolerance) in [
            ("I", read.integrated_lufs, expected.integrated_lufs, 0.05),
            (
                "LRA",
                read.loudness_range_lu,
                expected.loudness_range_lu,
                0.1,
            ),
            (
                "max M",
                read.momentary_max_lufs,
                expected.momentary_max_lufs,
                0.1,
            ),
            (
                "max S",
                read.short_term_max_lufs,
                expected.short_term_max_lufs,
                0.1,
            ),
            ("PLR", read.plr_db, measure(audio).plr_db(), 0.3),
        ] {
            assert_near(read, expected, tolerance, &format!("{side} {name}"));
        }
    }
}

#[test]
fn correlation_of_known_signals_reads_right() {
    let rate = 48_000;
    let noise = signals::white_noise(rate, 2, 2.0, 0.1, 1);
    let left = &noise.channels[0];
    let mono = Audio::from_mono(rate, 2, left.clone());
    let one_channel = Audio::new(rate, vec![left.clone()]);
    let inverted = left.iter().map(|sample| -sample).collect();
    let inverted = Audio::new(rate, vec![left.clone(), inverted]);
    for (audio, expected, tolerance) in [
        (&mono, 1.0, 0.001),
        (&one_channel, 1.0, 0.001),
        (&inverted, -1.0, 0.001),
        (&noise, measure(&noise).faults.correlation, 0.05),
    ] {
        let readings = MeteredPlayback::new(&[]).play(audio, |_, _| ());
        let found = readings.input.correlation;
        assert_near(found, expected, tolerance, "correlation");
    }
}

#[test]
fn meters_of_silence_read_nothing() {
    let readings =
        MeteredPlayback::new(&[]).play(&Audio::silence(48_000, 2, 48_000 * 4), |_, _| ());
    for (side, read) in sides(&readings) {
        for level in [
            read.integrated_lufs,
            read.momentary_lufs,
            read.short_term_lufs,
            read.true_peak_dbtp,
        ] {
            assert!(
                level == f32::NEG_INFINITY || level < -100.0,
                "{side}: {level}"
            );
        }
        assert_eq!(read.loudness_range_lu, 0.0, "{side}");
        assert_eq!(read.correlation, 0.0, "{side}");
    }
}
