//! The test signals of EBU Tech 3341 (loudness meters) and 3342 (loudness range). Levels are dBFS peak of each channel
//! of an in-phase stereo signal; a 1 kHz tone then reads the same number in LUFS.

use super::low_pass;
use flow_audio_file::{Audio, db_to_gain};
use flow_dsp::math::{narrow, samples};
use std::f64::consts::TAU;

const TONE_HZ: f64 = 1000.0;

/// A stereo 1 kHz tone with steps of (level in dBFS, seconds) and a continuous phase. A level of negative infinity is
/// silence.
#[must_use]
pub fn tones(sample_rate_hz: u32, steps: &[(f64, f64)]) -> Audio {
    let rate = f64::from(sample_rate_hz);
    let mut signal = Vec::new();
    let mut end_seconds = 0.0;
    for (level_dbfs, seconds) in steps {
        end_seconds += seconds;
        let amplitude = db_to_gain(*level_dbfs);
        let from = signal.len();
        let phase = |i: usize| TONE_HZ / rate * i as f64;
        signal.extend(
            (from..samples(end_seconds * rate))
                .map(|i| narrow(amplitude * (TAU * phase(i).fract()).sin())),
        );
    }
    Audio::from_mono(sample_rate_hz, 2, signal)
}

/// The level of silence for [`tones`].
pub const SILENCE: f64 = f64::NEG_INFINITY;

/// Tech 3341 cases 1 to 5: the steps, and the expected integrated loudness, LUFS.
#[must_use]
pub fn integrated_case(case: u32) -> Option<(&'static [(f64, f64)], f64)> {
    Some(match case {
        1 => (&[(-23.0, 20.0)], -23.0),
        2 => (&[(-33.0, 20.0)], -33.0),
        3 => (&[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
        4 => (
            &[
                (-72.0, 10.0),
                (-36.0, 10.0),
                (-23.0, 60.0),
                (-36.0, 10.0),
                (-72.0, 10.0),
            ],
            -23.0,
        ),
        5 => (&[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
        _ => return None,
    })
}

/// Tech 3342 cases 1 to 4: the steps, and the expected loudness range, LU.
#[must_use]
pub fn range_case(case: u32) -> Option<(&'static [(f64, f64)], f64)> {
    Some(match case {
        1 => (&[(-20.0, 20.0), (-30.0, 20.0)], 10.0),
        2 => (&[(-20.0, 20.0), (-15.0, 20.0)], 5.0),
        3 => (&[(-40.0, 20.0), (-20.0, 20.0)], 20.0),
        4 => (
            &[
                (-50.0, 20.0),
                (-35.0, 20.0),
                (-20.0, 20.0),
                (-35.0, 20.0),
                (-50.0, 20.0),
            ],
            15.0,
        ),
        _ => return None,
    })
}

/// Tech 3341 cases 15 to 23: the signal, and the expected true peak, dBTP.
#[must_use]
pub fn true_peak_case(case: u32, sample_rate_hz: u32) -> Option<(Audio, f64)> {
    let steady = |divisor: f64, degrees: f64, amplitude: f64, dbtp: f64| {
        Some((
            faded_sine(sample_rate_hz, 1.0 / divisor, degrees / 360.0, amplitude),
            dbtp,
        ))
    };
    match case {
        15 => steady(4.0, 0.0, 0.50, -6.0),
        16 => steady(4.0, 45.0, 0.50, -6.0),
        17 => steady(6.0, 60.0, 0.50, -6.0),
        18 => steady(8.0, 67.5, 0.50, -6.0),
        19 => steady(4.0, 45.0, 1.41, 3.0),
        20..=23 => Some((hidden_period(sample_rate_hz, (case - 20) as usize), 0.0)),
        _ => None,
    }
}

/// Half a second of a sine whose frequency is a share of the sample rate, with 10 ms fades.
fn faded_sine(sample_rate_hz: u32, frequency: f64, phase: f64, amplitude: f64) -> Audio {
    let frames = samples(0.5 * f64::from(sample_rate_hz));
    let fade = 0.01 * f64::from(sample_rate_hz);
    let samples = (0..frames).map(|i| {
        let edge = i.min(frames - 1 - i) as f64;
        narrow((edge / fade).min(1.0) * amplitude * (TAU * (phase + frequency * i as f64)).sin())
    });
    Audio::from_mono(sample_rate_hz, 2, samples.collect())
}

/// fs/6 at 0.50 with one phase-continuous period of fs/4 at 1.00 in its middle. It is made at four times the rate,
/// low-passed, and decimated from sample `offset` on, which moves the peak between the samples.
fn hidden_period(sample_rate_hz: u32, offset: usize) -> Audio {
    let rate = 4 * sample_rate_hz as usize;
    let frames = rate / 2;
    let fade = 0.01 * rate as f64;
    // 24 samples a period around, 16 within: the period starts and ends at a zero crossing.
    let from = frames / 2 / 24 * 24;
    let raw: Vec<f64> = (0..frames)
        .map(|i| {
            let turns = |period: f64, from: usize| (TAU * (i as f64 - from as f64) / period).sin();
            let edge = i.min(frames - 1 - i) as f64;
            let gain = (edge / fade).min(1.0);
            match i {
                _ if i < from => gain * 0.5 * turns(24.0, 0),
                _ if i < from + 16 => turns(16.0, from),
                _ => gain * 0.5 * turns(24.0, from + 16),
            }
        })
        .collect();
    // Up to half of the original rate: an eighth of this one.
    let smooth = low_pass(&raw, 0.115, 0.125);
    let samples = smooth.into_iter().skip(offset).step_by(4).map(narrow);
    Audio::from_mono(sample_rate_hz, 2, samples.collect())
}

#[cfg(test)]
mod tests {
    use super::true_peak_case;
    use flow_measure::true_peak::true_peak_dbtp;

    #[test]
    fn the_reference_meter_reads_the_true_peak_cases() {
        for rate in [44_100, 48_000] {
            for case in 15..=23 {
                let (audio, expected) = true_peak_case(case, rate).unwrap();
                let read = true_peak_dbtp(&audio);
                // The tolerance of Tech 3341.
                assert!(
                    (-0.4..=0.2).contains(&(read - expected)),
                    "case {case} at {rate} Hz: {read:.3}"
                );
            }
        }
    }
}
