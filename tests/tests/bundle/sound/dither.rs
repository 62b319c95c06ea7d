//! Dither: quantized output, noise as in theory, and repeatable renders.

use flow_audio_file::Audio;
use flow_testkit::signals;
use flow_testkit::testing::{configure, flow_with, render};

/// One quantization step at 16 bits.
const LSB_16: f64 = 1.0 / 32_768.0;

fn noise_floor(
    settings: &[(&str, &str)],
    sample_rate_hz: u32,
    level: f64,
    seconds: f64,
) -> Vec<Vec<f64>> {
    let mut flow = flow_with(settings);
    let frames = flow_audio_file::seconds_to_samples(seconds, sample_rate_hz);
    let input = signals::sine(sample_rate_hz, 2, seconds, 0.0, level, 0.25);
    assert_eq!(input.frames(), frames);
    let output = render(&mut flow, &input);
    let error = |(out, dc): (&Vec<f32>, &Vec<f32>)| {
        let pairs = out.iter().zip(dc);
        // Skips the dithered silence of the latency.
        pairs
            .map(|(a, b)| (f64::from(*a) - f64::from(*b)) / LSB_16)
            .skip(4800)
            .collect()
    };
    output
        .channels
        .iter()
        .zip(&input.channels)
        .map(error)
        .collect()
}

fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}

fn variance(samples: &[f64]) -> f64 {
    let mean = mean(samples);
    samples.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / samples.len() as f64
}

#[test]
fn dither_at_every_depth_quantizes_the_output() {
    let mut input = signals::white_noise(48_000, 2, 0.5, 0.3, 1);
    input.append(&signals::sine(48_000, 2, 0.5, 997.0, 0.99, 0.0));
    for (depth, steps) in [
        ("16 bit", 32_768.0),
        ("20 bit", 524_288.0),
        ("24 bit", 8_388_608.0),
    ] {
        for shaping in ["off", "on"] {
            let mut flow = flow_with(&[("dith", depth), ("dshap", shaping)]);
            let output = render(&mut flow, &input);
            let off_grid = output
                .channels
                .iter()
                .flatten()
                .find(|s| (f64::from(**s) * steps).fract() != 0.0);
            assert_eq!(off_grid, None, "{depth}, shaping {shaping}");
        }
    }
}

#[test]
fn dither_at_any_offset_has_triangular_noise() {
    // Triangular noise of 2 LSB adds 1/6 and rounding 1/12: 0.25 LSB² at any offset between two steps. The variance of
    // 192 000 samples has a standard error of 0.3 %, so the tolerance of 2 % is safe.
    let mut variances = [f64::MAX, f64::MIN];
    for offset_lsb in [0.0, 0.1, 0.25, 0.5, 0.77, 1000.3, -4321.6] {
        let errors = noise_floor(&[("dith", "16 bit")], 48_000, offset_lsb * LSB_16, 4.0);
        for error in &errors {
            let (mean, variance) = (mean(error), variance(error));
            println!("offset {offset_lsb} LSB: mean {mean:.4} LSB, variance {variance:.4} LSB²");
            assert!(
                (variance - 0.25).abs() < 0.005,
                "{variance} LSB² at {offset_lsb} LSB"
            );
            variances = [variances[0].min(variance), variances[1].max(variance)];
            // Without distortion the mean error is zero; its standard error is 0.0012 LSB.
            assert!(mean.abs() < 0.006, "{mean} LSB at {offset_lsb} LSB");
        }
        let products: Vec<f64> = errors[0]
            .iter()
            .zip(&errors[1])
            .map(|(a, b)| a * b / 0.25)
            .collect();
        assert!(
            mean(&products).abs() < 0.02,
            "noise of left and right correlates: {}",
            mean(&products)
        );
    }
    let [least, most] = variances;
    println!("measured: {least:.4} to {most:.4} LSB²");
}

#[test]
fn dither_at_16_bit_has_noise_of_minus_93_3_dbfs() {
    // Relative to a full-scale sine, as in AES17.
    let errors = noise_floor(&[("dith", "16 bit")], 44_100, 0.0, 4.0);
    for error in errors {
        let power = variance(&error) * LSB_16 * LSB_16;
        let dbfs = 10.0 * (power / 0.5).log10();
        println!("measured: {dbfs:.2} dBFS");
        assert!((dbfs + 93.3).abs() < 0.2, "{dbfs} dBFS");
    }
}

#[test]
fn dither_at_20_and_24_bit_has_triangular_noise() {
    for (depth, scale) in [("20 bit", 16.0), ("24 bit", 256.0)] {
        let errors = noise_floor(&[("dith", depth)], 48_000, 0.3 * LSB_16 / scale, 2.0);
        let variance = variance(&errors[0]) * scale * scale;
        assert!((variance - 0.25).abs() < 0.01, "{variance} LSB² at {depth}");
    }
}

/// The mean power between two frequencies, in an arbitrary unit.
fn band_power(samples: &[f64], sample_rate_hz: u32, from_hz: f64, to_hz: f64) -> f64 {
    const LENGTH: usize = 4096;
    let fft = flow_fft::real_forward_f64(LENGTH);
    let mut spectrum = fft.make_output_vec();
    let bin_hz = f64::from(sample_rate_hz) / LENGTH as f64;
    let mut power = 0.0;
    let mut count = 0.0;
    for frame in samples.chunks_exact(LENGTH) {
        let window =
            |i: usize| 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / LENGTH as f64).cos();
        let mut windowed: Vec<f64> = frame
            .iter()
            .enumerate()
            .map(|(i, s)| s * window(i))
            .collect();
        fft.process(&mut windowed, &mut spectrum).unwrap();
        for (bin, value) in spectrum.iter().enumerate() {
            if (from_hz..to_hz).contains(&(bin as f64 * bin_hz)) {
                power += value.norm_sqr();
                count += 1.0;
            }
        }
    }
    power / count
}

#[test]
fn noise_shaping_at_any_rate_lowers_noise_between_1_and_5_khz() {
    // Hearing is most sensitive between 1 and 5 kHz.
    for rate in [44_100, 48_000, 96_000] {
        let plain = noise_floor(&[("dith", "16 bit")], rate, 0.0, 4.0);
        let shaped = noise_floor(&[("dith", "16 bit"), ("dshap", "on")], rate, 0.0, 4.0);
        let band = |errors: &[Vec<f64>]| band_power(&errors[0], rate, 1000.0, 5000.0);
        let lower_db = 10.0 * (band(&plain) / band(&shaped)).log10();
        let louder_db = 10.0 * (variance(&shaped[0]) / variance(&plain[0])).log10();
        println!(
            "{rate} Hz: {lower_db:.1} dB less between 1 and 5 kHz, {louder_db:.1} dB more in all"
        );
        assert!(lower_db >= 8.0, "{lower_db} dB at {rate} Hz");
    }
}

#[test]
fn dither_after_reset_repeats_its_noise() {
    let mut flow = flow_with(&[("dith", "16 bit"), ("dshap", "on")]);
    let input = Audio::silence(48_000, 2, 9600);
    let mut session = flow.start(48_000, 2, 512, false).unwrap();
    let first = session.process(&input, &[]).unwrap();
    let second = session.process(&input, &[]).unwrap();
    session.reset().unwrap();
    let again = session.process(&input, &[]).unwrap();
    assert_eq!(first.first_difference(&again), None);
    // Without a reset the noise doesn't repeat.
    assert!(first.first_difference(&second).is_some());
    drop(session);
    configure(&mut flow, &[("dshap", "off")]);
    assert!(
        first.first_difference(&render(&mut flow, &input)).is_some(),
        "noise shaping must change the output"
    );
}
