//! The reported latency is exact, constant and short.

use flow_audio_file::Audio;
use flow_host::clap::{Instance, ParameterEvent, RenderOptions, host_id};
use flow_testkit::signals;
use flow_testkit::testing::{RATES_HZ, configure, flow_with, render_with};

/// The design's limit from 44.1 to 192 kHz.
const MAX_LATENCY_SECONDS: f64 = 0.0049;
/// Far below the ceiling at any gain, so that no level-dependent stage changes the shape.
const IMPULSE: f32 = 0.05;
const IMPULSE_FRAME: usize = 100;

fn uncompensated() -> RenderOptions<'static> {
    RenderOptions {
        compensate_latency: false,
        ..RenderOptions::default()
    }
}

/// The delay of an impulse in samples.
fn measured(flow: &mut Instance, sample_rate_hz: u32, channel_count: usize) -> usize {
    let frames = IMPULSE_FRAME + max_lag(sample_rate_hz);
    let input = signals::impulse(
        sample_rate_hz,
        channel_count,
        frames,
        IMPULSE_FRAME,
        IMPULSE,
    );
    let output = render_with(flow, &input, &uncompensated());
    let loudest = |channel: &Vec<f32>| {
        (0..frames).max_by(|a, b| channel[*a].abs().total_cmp(&channel[*b].abs()))
    };
    let places: Vec<usize> = output.channels.iter().filter_map(loudest).collect();
    assert!(
        places.iter().all(|place| *place == places[0]),
        "the channels differ: {places:?}"
    );
    places[0] - IMPULSE_FRAME
}

/// 10 ms, twice the limit, in samples.
fn max_lag(sample_rate_hz: u32) -> usize {
    flow_audio_file::seconds_to_samples(0.01, sample_rate_hz)
}

/// The lag with the highest correlation of `input` and `output`.
fn best_lag(input: &Audio, output: &Audio, largest: usize) -> usize {
    let fit = |lag: usize| {
        let pairs = input.channels[0].iter().zip(&output.channels[0][lag..]);
        pairs
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum::<f64>()
    };
    (0..largest)
        .max_by(|a, b| fit(*a).total_cmp(&fit(*b)))
        .unwrap_or(0)
}

#[test]
fn latency_at_every_rate_equals_the_report() {
    let mut flow = flow_with(&[]);
    for rate in [
        22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000, 384_000,
    ] {
        for channel_count in [2, 1] {
            let found = measured(&mut flow, rate, channel_count);
            let reported = flow.latency_samples();
            let milliseconds = 1000.0 * f64::from(reported) / f64::from(rate);
            println!(
                "{rate} Hz, {channel_count} ch: reported {reported}, measured {found}, {milliseconds:.3} ms"
            );
            assert_eq!(
                found, reported as usize,
                "{rate} Hz, {channel_count} channels"
            );
            if channel_count == 2 {
                println!("measured: {found} samples, {milliseconds:.2} ms at {rate} Hz");
            }
            if RATES_HZ.contains(&rate) {
                assert!(
                    f64::from(reported) <= MAX_LATENCY_SECONDS * f64::from(rate),
                    "{milliseconds} ms at {rate} Hz"
                );
            }
        }
    }
}

#[test]
fn latency_during_an_activation_never_changes() {
    let mut flow = flow_with(&[]);
    let reported: Vec<u32> = (0..3)
        .map(|_| flow.start(48_000, 2, 512, false).unwrap().latency_samples())
        .collect();
    assert!(
        reported.iter().all(|r| *r == reported[0] && *r > 0),
        "{reported:?}"
    );
    // The first activation at a rate may report one change. No later event may report another.
    let (changes, restarts) = (flow.latency_changes(), flow.restart_requests());
    assert!(
        changes <= 1 && restarts <= 1,
        "{changes} changes, {restarts} restarts"
    );
    let mut session = flow.start(48_000, 2, 512, false).unwrap();
    let input = signals::white_noise(48_000, 2, 0.1, 0.5, 1);
    for parameter in session.instance().parameters() {
        let events = [
            ParameterEvent::new(7, &parameter, parameter.max),
            ParameterEvent::new(900, &parameter, parameter.min),
        ];
        session.process(&input, &events).unwrap();
    }
    session.reset().unwrap();
    assert_eq!(session.latency_samples(), reported[0]);
    drop(session);
    assert_eq!(
        (flow.latency_changes(), flow.restart_requests()),
        (changes, restarts)
    );
}

#[test]
fn latency_of_limited_music_equals_the_report() {
    // With an active limiter a misalignment of gain and signal would be visible.
    let mut flow = flow_with(&[("gain", "12 dB")]);
    for rate in RATES_HZ {
        let input = flow_demo_song::demo_excerpt(rate, flow_demo_song::CHORUS_SECONDS, 0.1);
        let output = render_with(&mut flow, &input, &uncompensated());
        assert_eq!(
            best_lag(&input, &output, max_lag(rate)),
            flow.latency_samples() as usize,
            "{rate} Hz"
        );
    }
}

#[test]
fn latency_with_any_setting_stays_the_same() {
    let mut flow = flow_with(&[]);
    let expected = measured(&mut flow, 48_000, 2);
    for parameter in flow.parameters() {
        let steps = if parameter.is_stepped {
            parameter.max - parameter.min
        } else {
            4.0
        };
        for step in 0..=13 {
            let value = parameter.min + f64::from(step) * (parameter.max - parameter.min) / steps;
            if value > parameter.max {
                break;
            }
            flow.set(&parameter, value).unwrap();
            // The all-pass of an active band split shifts the impulse's phase, which can move its highest sample by one.
            let turns_phase = ["wesaf", "mbamt", "wemon"].map(host_id);
            let tolerance = usize::from(turns_phase.contains(&parameter.id));
            let measured = measured(&mut flow, 48_000, 2);
            assert!(
                measured.abs_diff(expected) <= tolerance,
                "{} at {value}: {measured} instead of {expected}",
                parameter.name
            );
            assert_eq!(
                flow.latency_samples() as usize,
                expected,
                "{} at {value}",
                parameter.name
            );
        }
        flow.set(&parameter, parameter.default).unwrap();
    }
    // Several away from their defaults at once.
    configure(
        &mut flow,
        &[
            ("trim", "-3 dB"),
            ("gain", "9 dB"),
            ("lcut", "on"),
            ("lstyl", "Loud"),
            ("link", "0 %"),
            ("rel", "10 ms"),
            ("dith", "24 bit"),
            ("dshap", "on"),
        ],
    );
    assert_eq!(measured(&mut flow, 48_000, 2), expected);
}
