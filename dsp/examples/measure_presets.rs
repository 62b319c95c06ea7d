//! Measures the factory presets on songs and prints the table of `docs/measurements.md`.
//!
//! ```text
//! cargo run --release -p flow_dsp --example measure_presets -- SONG [SONG ...]
//! ```
//!
//! Each preset processes 40 s of each song, from second 25 on, with its own loudness gain and ceiling. All changes are those
//! from the song to the output: the loudness, then at equal loudness the levels of four bands, and the width (side against
//! middle above 200 Hz), the loudness range, the peak to loudness ratio, and the mono sum against both channels. The
//! limiter's work is the mean over steps of 100 ms of the lowest gain in each.

use flow_audio_file::{Audio, read, seconds_to_samples};
use flow_dsp::{Chain, Monitor, Section, Spec};
use flow_measure::{measure, mix_balance::MixBalance};
use flow_params::{Preset, presets};
use flow_testkit::settings::of_preset;
use std::{error::Error, path::Path};

/// Edges of the bands, Hz.
const EDGES_HZ: [f64; 3] = [200.0, 2000.0, 8000.0];
const FROM_SECONDS: f64 = 25.0;
const SECONDS: f64 = 40.0;

/// The measured values of one song or of one output.
#[derive(Clone, Copy)]
struct Values {
    loudness_lufs: f64,
    bands_db: [f64; 4],
    width_db: f64,
    range_lu: f64,
    peak_to_loudness_db: f64,
    mono_db: f64,
    true_peak_dbtp: f64,
}

/// Two equal Butterworth filters in a row.
struct Split {
    section: Section,
    states: [[f64; 2]; 2],
}

impl Split {
    fn new(section: Section) -> Self {
        let states = [[0.0; 2]; 2];
        Self { section, states }
    }

    fn tick(&mut self, input: f64) -> f64 {
        let mut output = input;
        for [a, b] in &mut self.states {
            output = self.section.tick([a, b], output);
        }
        output
    }
}

/// The powers of mid and side in each band.
fn band_powers(audio: &Audio) -> [[f64; 4]; 2] {
    let rate_hz = f64::from(audio.sample_rate_hz);
    let [left, right] = &audio.channels[..] else {
        return [[0.0; 4]; 2];
    };
    [1.0, -1.0].map(|sign| {
        let mut low = EDGES_HZ.map(|hz| Split::new(Section::low_pass(hz, rate_hz)));
        let mut high = EDGES_HZ.map(|hz| Split::new(Section::high_pass(hz, rate_hz)));
        let mut powers = [0.0; 4];
        for (l, r) in left.iter().zip(right) {
            let mut rest = 0.5 * (f64::from(*l) + sign * f64::from(*r));
            for k in 0..3 {
                powers[k] += low[k].tick(rest).powi(2);
                rest = high[k].tick(rest);
            }
            powers[3] += rest.powi(2);
        }
        powers
    })
}

fn decibels(power: f64) -> f64 {
    10.0 * (power + 1e-20).log10()
}

fn values(audio: &Audio) -> Values {
    let measured = measure(audio);
    let [mid, side] = band_powers(audio);
    let above_bass = |powers: [f64; 4]| decibels(powers[1..].iter().sum());
    Values {
        loudness_lufs: measured.loudness.integrated_lufs,
        bands_db: std::array::from_fn(|k| decibels(mid[k] + side[k])),
        width_db: above_bass(side) - above_bass(mid),
        range_lu: measured.loudness.loudness_range_lu,
        peak_to_loudness_db: measured.plr_db(),
        mono_db: MixBalance::of(audio).mono_db,
        true_peak_dbtp: measured.true_peak.dbtp(),
    }
}

/// The output of a preset, without the latency, and the mean of the limiter's lowest gains, dB.
fn process(preset: &Preset, song: &Audio) -> Result<(Audio, f64), Box<dyn Error>> {
    let settings = of_preset(preset);
    let rate_hz = song.sample_rate_hz;
    let mut chain = Chain::new(Spec {
        sample_rate_hz: f64::from(rate_hz),
    });
    let latency = chain.latency_samples() as usize;
    let mut output = song.clone();
    for channel in &mut output.channels {
        channel.resize(channel.len() + latency, 0.0);
    }
    let [left, right] = &mut output.channels[..] else {
        return Err("a song must have two channels".into());
    };
    let step = seconds_to_samples(0.1, rate_hz);
    let mut gains_db = Vec::new();
    for (left, right) in left.chunks_mut(step).zip(right.chunks_mut(step)) {
        chain.process(&settings, Monitor::default(), &mut [left, right]);
        gains_db.push(f64::from(chain.readings().limiter_gain_min_db));
    }
    let mean = gains_db.iter().sum::<f64>() / gains_db.len() as f64;
    Ok((output.range(latency, output.frames()), mean))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        0.5 * (values[middle - 1] + values[middle])
    } else {
        values[middle]
    }
}

/// A number with a sign and one decimal.
fn signed(value: f64) -> String {
    if value.abs() < 0.05 {
        return "0".into();
    }
    format!("{value:+.1}").replace('-', "−")
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut songs = Vec::new();
    for path in std::env::args().skip(1) {
        let audio = read(Path::new(&path))?.audio;
        let at = |seconds| seconds_to_samples(seconds, audio.sample_rate_hz).min(audio.frames());
        let part = audio.range(at(FROM_SECONDS), at(FROM_SECONDS + SECONDS));
        let before = values(&part);
        songs.push((part, before));
    }
    if songs.is_empty() {
        return Err("no song is given".into());
    }
    println!(
        "| preset | loudness: median, range | Body, Soul, Silk, Air | width | mono | range | PLR | true peak, highest | limiter |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for preset in presets::all() {
        let mut rows = Vec::new();
        for (song, before) in &songs {
            let (output, limiter_db) = process(preset, song)?;
            rows.push((*before, values(&output), limiter_db));
        }
        let changes = |of: fn(&Values) -> f64| {
            let changes: Vec<f64> = rows.iter().map(|(a, b, _)| of(b) - of(a)).collect();
            changes
        };
        let middle = |of: fn(&Values) -> f64| signed(median(changes(of).into_iter()));
        let loudness = changes(|values| values.loudness_lufs);
        let bands: [String; 4] = std::array::from_fn(|k| {
            let relative = rows.iter().zip(&loudness);
            signed(median(relative.map(|((a, b, _), loudness)| {
                b.bands_db[k] - a.bands_db[k] - loudness
            })))
        });
        let least = loudness.iter().copied().fold(f64::INFINITY, f64::min);
        let most = loudness.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let peaks = rows.iter().map(|(_, after, _)| after.true_peak_dbtp);
        println!(
            "| {} | {}, {} to {} LU | {} dB | {} dB | {} dB | {} LU | {} dB | {} dBTP | {} dB |",
            preset.name,
            signed(median(loudness.iter().copied())),
            signed(least),
            signed(most),
            bands.join(", "),
            middle(|values| values.width_db),
            middle(|values| values.mono_db),
            middle(|values| values.range_lu),
            middle(|values| values.peak_to_loudness_db),
            format!("{:.2}", peaks.fold(f64::NEG_INFINITY, f64::max)).replace('-', "−"),
            signed(median(rows.iter().map(|(_, _, limiter_db)| *limiter_db))),
        );
    }
    Ok(())
}
