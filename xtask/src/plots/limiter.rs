//! The plots of the limiter's gain around peaks and of the dither's noise.

use super::chart::{Chart, INKS, Ink, Plot, Points, Scale};
use super::plugin_measurement::{Part, PluginMeasurement, RATE_HZ, Steps, levels_db};
use anyhow::Result;
use flow_audio_file::Audio;
use std::f64::consts::TAU;

const STYLES: [&str; 3] = ["Clean", "Punch", "Loud"];
/// A period has eight samples, so that the gain has a value each sixth of a millisecond.
const TONE_HZ: f64 = 6000.0;
const QUIET_DBFS: f64 = -12.0;
/// 7 dB over the ceiling of −1 dBTP.
const LOUD_DBFS: f64 = 6.0;

pub(super) fn plots(plugin: &mut PluginMeasurement) -> Result<Vec<Plot>> {
    Ok(vec![
        ("limiter-peak", peak(plugin)?),
        ("limiter-release", release(plugin)?),
        ("dither", dither(plugin)?),
    ])
}

/// The gain around the end of a loud part, in ms from its end.
fn gain(plugin: &mut PluginMeasurement, style: &str, loud_seconds: f64) -> Result<Points> {
    let steps = Steps {
        frequency_hz: TONE_HZ,
        levels: &[
            (QUIET_DBFS, 0.5),
            (LOUD_DBFS, loud_seconds),
            (QUIET_DBFS, 2.0),
        ],
    };
    let input = steps.samples();
    let output = plugin.render(&[("lstyl", style)], &Part::Mid.audio(&input))?;
    let output = levels_db(&Part::Mid.of(&output), steps.window());
    let input = levels_db(&input, steps.window());
    let levels = input.iter().zip(&output).enumerate();
    Ok(levels
        .map(|(i, (input, output))| {
            let seconds = (i as f64 + 0.5) * steps.seconds() - 0.5 - loud_seconds;
            (1000.0 * seconds, output - input)
        })
        .collect())
}

fn peak(plugin: &mut PluginMeasurement) -> Result<Chart> {
    const PEAK_SECONDS: f64 = 0.001;
    let mut chart = Chart::new(
        "The limiter's gain around 1 ms that lies 7 dB over the ceiling",
        Scale::linear("Time, ms", -4.0, 8.0, 1.0),
        Scale::linear("Gain, dB", -8.0, 1.0, 1.0),
    );
    for (style, ink) in STYLES.into_iter().zip(INKS) {
        let gain = gain(plugin, style, PEAK_SECONDS)?;
        // Times count from the beginning of the peak.
        let from_start = gain
            .iter()
            .map(|(ms, db)| (ms + 1000.0 * PEAK_SECONDS, *db));
        let shown = from_start.filter(|(ms, _)| (-4.0..=8.0).contains(ms));
        chart.line(style, ink, shown.collect());
    }
    Ok(chart)
}

fn release(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "The limiter's gain after 2 ms and after 1 s at 7 dB over the ceiling, release 120 ms",
        Scale::linear("Time after the end, ms", -20.0, 400.0, 50.0),
        Scale::linear("Gain, dB", -8.0, 1.0, 1.0),
    );
    let cases = [
        ("Clean, after 2 ms", "Clean", 0.002),
        ("Punch, after 2 ms", "Punch", 0.002),
        ("Loud, after 2 ms", "Loud", 0.002),
        ("Clean, after 1 s", "Clean", 1.0),
        ("Punch, after 1 s", "Punch", 1.0),
        ("Loud, after 1 s", "Loud", 1.0),
    ];
    for ((label, style, seconds), ink) in cases.into_iter().zip(INKS) {
        let gain = gain(plugin, style, seconds)?.into_iter();
        let shown = gain.filter(|(ms, _)| (-20.0..=400.0).contains(ms));
        chart.line(label, ink, shown.step_by(12).collect());
    }
    Ok(chart)
}

fn dither(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let silence = Audio::silence(RATE_HZ, 2, 20 * RATE_HZ as usize);
    let mut chart = Chart::new(
        "Noise of the dither to 16 bits, silence at the input",
        Scale::linear("Frequency, kHz", 0.0, 24.0, 2.0),
        Scale::linear("Level in 500 Hz, dBFS", -140.0, -80.0, 10.0),
    );
    for (label, shaping, ink) in [
        ("TPDF", "off", Ink::Output),
        ("TPDF with noise shaping", "on", Ink::Body),
    ] {
        let output = plugin.render(&[("dith", "16 bit"), ("dshap", shaping)], &silence)?;
        chart.line(label, ink, noise_levels(&output.channels[0])?);
    }
    Ok(chart)
}

/// Mean levels of bands of 500 Hz relative to a sine at full scale, by frequency in kHz.
fn noise_levels(samples: &[f32]) -> Result<Points> {
    // The bins have a width of 50 Hz.
    const FRAMES: usize = 960;
    const BINS_A_BAND: usize = 10;
    let fft = flow_fft::real_forward_f64(FRAMES);
    let (mut frame, mut spectrum) = (fft.make_input_vec(), fft.make_output_vec());
    let mut powers = vec![0.0; spectrum.len()];
    for chunk in samples.chunks_exact(FRAMES) {
        for (i, (to, sample)) in frame.iter_mut().zip(chunk).enumerate() {
            let window = 0.5 - 0.5 * (TAU * i as f64 / FRAMES as f64).cos();
            *to = window * f64::from(*sample);
        }
        fft.process(&mut frame, &mut spectrum)?;
        powers
            .iter_mut()
            .zip(&spectrum)
            .for_each(|(sum, bin)| *sum += bin.norm_sqr());
    }
    let windows = (samples.len() / FRAMES) as f64;
    // The Hann window has 3/8 of the power of a rectangular one; a sine at full scale has half the power of a constant.
    let scale = 4.0 / (0.375 * (FRAMES as f64).powi(2) * windows);
    let band_khz = 0.001 * BINS_A_BAND as f64 * f64::from(RATE_HZ) / FRAMES as f64;
    let bands = powers[1..].chunks_exact(BINS_A_BAND).enumerate();
    Ok(bands
        .map(|(i, band)| {
            let power: f64 = band.iter().sum();
            ((i as f64 + 0.5) * band_khz, 10.0 * (scale * power).log10())
        })
        .collect())
}
