//! Dither: grid, noise power, independence of the signal, noise shaping.

mod common;

use common::master;
use flow_audio_file::Audio;
use flow_dsp::{ChainSettings, DitherDepth, DitherSettings};

fn dithered(level: f64, depth: DitherDepth, noise_shaping: bool) -> Vec<f64> {
    let input = Audio::new(
        48_000,
        vec![vec![flow_dsp::math::narrow(level); 200_000]; 2],
    );
    let settings = ChainSettings {
        dither: DitherSettings {
            depth,
            noise_shaping,
        },
        ..ChainSettings::default()
    };
    let output = master(&settings, &input);
    output.channels[0][10_000..]
        .iter()
        .map(|&x| f64::from(x))
        .collect()
}

/// Lipshitz, Wannamaker, Vanderkooy 1992: mean 0 and variance 1/4 LSB² at every offset. 190 000 samples put the
/// standard error of the variance at 0.0008 LSB², of the mean at 0.0012 LSB.
#[test]
fn dither_error_has_mean_0_and_a_quarter_lsb_variance_at_every_offset() {
    let lsb = 2.0_f64.powi(-15);
    for offset in [0.0, 0.125, 0.25, 0.5, 0.75, 100.3] {
        let output = dithered(offset * lsb, DitherDepth::Bits16, false);
        let errors: Vec<f64> = output.iter().map(|x| x / lsb - offset).collect();
        let n = flow_dsp::math::count(errors.len());
        let mean = errors.iter().sum::<f64>() / n;
        let variance = errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / n;
        assert!(mean.abs() < 0.006, "mean {mean} at {offset}");
        assert!(
            (variance - 0.25).abs() < 0.004,
            "variance {variance} at {offset}"
        );
        assert!(
            output.iter().all(|x| (x / lsb).fract() == 0.0),
            "off the grid"
        );
    }
    let noise: f64 = dithered(0.0, DitherDepth::Bits16, false)
        .iter()
        .map(|x| x * x)
        .sum::<f64>()
        / 190_000.0;
    // 0.25 LSB² relative to a full-scale sine's power of 0.5.
    let dbfs = 10.0 * (2.0 * noise).log10();
    assert!((dbfs + 93.3).abs() < 0.1, "{dbfs} dBFS");
}

#[test]
fn dither_at_every_depth_outputs_multiples_of_its_lsb() {
    for (depth, bits) in [
        (DitherDepth::Bits16, 16),
        (DitherDepth::Bits20, 20),
        (DitherDepth::Bits24, 24),
    ] {
        for shaping in [false, true] {
            let scale = 2.0_f64.powi(bits - 1);
            let output = dithered(0.123_456_78, depth, shaping);
            assert!(
                output.iter().all(|x| (x * scale).fract() == 0.0),
                "{depth:?} {shaping}"
            );
            assert!(output.iter().any(|x| *x != output[0]));
        }
    }
}

/// Between 2 and 5 kHz, where hearing is most sensitive, shaping must gain at least 10 dB.
#[test]
fn noise_shaping_lowers_noise_from_2_to_5_khz_by_10_db() {
    let band = |samples: &[f64]| {
        let mut power = 0.0;
        for step in 0..30 {
            let omega = core::f64::consts::TAU * (2000.0 + 100.0 * f64::from(step)) / 48_000.0;
            for block in samples.chunks_exact(4_096) {
                let (mut re, mut im) = (0.0, 0.0);
                for (i, x) in block.iter().enumerate() {
                    let (s, c) = (omega * flow_dsp::math::count(i)).sin_cos();
                    re += x * c;
                    im += x * s;
                }
                power += re * re + im * im;
            }
        }
        power
    };
    let flat = band(&dithered(0.0, DitherDepth::Bits16, false));
    let shaped = band(&dithered(0.0, DitherDepth::Bits16, true));
    let gain_db = 10.0 * (flat / shaped).log10();
    assert!(gain_db > 10.0, "{gain_db} dB");
}
