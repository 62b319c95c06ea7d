//! Prints how often the rules find a fault, and how often they name it in the untouched song:
//! `cargo run --release -p flow_analysis --example check_rules SONG...`
//!
//! Each song gets each fault once, in its middle 30 s. Faults are added relative to the song's own level.

use std::path::Path;

use flow_analysis::features::AnalysisWindow;
use flow_analysis::pipeline::analyze;
use flow_analysis::report::{Analysis, ContentClass, Context};
use flow_dsp::math::narrow;
use flow_dsp::{Chain, ChainSettings, Monitor, Section, Spec};
use flow_testkit::signals::Noise;

const SECONDS: usize = 30;

type Channels = [Vec<f32>; 2];

/// A fault, and a word of the finding that names it.
struct Fault {
    name: &'static str,
    word: &'static str,
    add: fn(&mut Channels, f64, &mut Noise),
}

const FAULTS: [Fault; 14] = [
    Fault {
        name: "right channel inverted",
        word: "polarity",
        add: |[_, right], _, _| right.iter_mut().for_each(|x| *x = -*x),
    },
    Fault {
        name: "sides 9 dB louder",
        word: "or the sides are too loud",
        add: |song, _, _| scale_sides(song, 9.0),
    },
    Fault {
        name: "sides 12 dB softer",
        word: "narrow image",
        add: |song, _, _| scale_sides(song, -12.0),
    },
    Fault {
        name: "bass below 120 Hz inverted in one channel",
        word: "cancel there",
        add: |[_, right], rate_hz, _| {
            // Forth and back: no phase.
            let mut bass = right.clone();
            for _ in 0..2 {
                bass = filtered(&[Section::low_pass(120.0, rate_hz)], &bass);
                bass.reverse();
            }
            mix(right, &bass, -2.0);
        },
    },
    Fault {
        name: "DC of 1 % of the peak",
        word: "DC",
        add: |song, _, _| {
            let dc = 0.01 * song.iter().flatten().fold(0.0, |peak, x| x.abs().max(peak));
            song.iter_mut().flatten().for_each(|x| *x += dc);
        },
    },
    Fault {
        name: "noise of 10 to 25 Hz, 20 dB below the song",
        word: "rumble",
        add: |song, rate_hz, noise| add_rumble(song, rate_hz, noise, -20.0),
    },
    Fault {
        name: "the same, 26 dB below",
        word: "rumble",
        add: |song, rate_hz, noise| add_rumble(song, rate_hz, noise, -26.0),
    },
    Fault {
        name: "limited by 6 dB",
        word: "strong compression",
        add: |song, rate_hz, _| limit(song, rate_hz, 6.0),
    },
    Fault {
        name: "bursts of 5 to 9 kHz, 15 dB above the song there",
        word: "S sounds",
        add: |song, rate_hz, noise| add_sibilance(song, rate_hz, noise, 15.0),
    },
    Fault {
        name: "bell of +12 dB, 250 Hz to 6 kHz, Q 5 to 8",
        word: "narrow resonance",
        add: |song, rate_hz, noise| {
            let hz = 250.0 * 24.0_f64.powf(noise.unipolar());
            let q = 5.0 + 3.0 * noise.unipolar();
            equalize(song, Section::bell(hz, q, 12.0, rate_hz));
        },
    },
    Fault {
        name: "bell of +6 dB at 280 Hz, Q 1.4",
        word: "may be mud",
        add: |song, rate_hz, _| equalize(song, Section::bell(280.0, 1.4, 6.0, rate_hz)),
    },
    Fault {
        name: "bell of +6 dB at 900 Hz, Q 1.4",
        word: "may be a honk",
        add: |song, rate_hz, _| equalize(song, Section::bell(900.0, 1.4, 6.0, rate_hz)),
    },
    Fault {
        name: "bell of +12 dB at 110 Hz, Q 0.8, in 0.4 of 2 s",
        word: "sound too boomy",
        add: |song, rate_hz, _| lift_moments(song, rate_hz, 110.0),
    },
    Fault {
        name: "the same at 3200 Hz",
        word: "sound too harsh",
        add: |song, rate_hz, _| lift_moments(song, rate_hz, 3200.0),
    },
];

fn main() {
    let paths: Vec<_> = std::env::args_os().skip(1).collect();
    let mut found = [[0; 2]; FAULTS.len()];
    let mut songs = 0;
    for path in &paths {
        let song = match flow_audio_file::read(Path::new(path)) {
            Ok(song) => song.audio,
            Err(error) => {
                eprintln!("{} is left out: {error}", Path::new(path).display());
                continue;
            }
        };
        let rate_hz = f64::from(song.sample_rate_hz);
        let length = SECONDS * song.sample_rate_hz as usize;
        let cut = |channel: &Vec<f32>| {
            let start = channel.len().saturating_sub(length) / 2;
            channel[start..].iter().take(length).copied().collect()
        };
        let clean: Channels = [&song.channels[0], &song.channels[song.channels.len() - 1]].map(cut);
        let untouched = analyzed(&clean, rate_hz);
        if untouched.content != ContentClass::Music {
            continue;
        }
        songs += 1;
        // Each song gets noise of its own.
        let mut noise = Noise::new(songs);
        for (fault, found) in FAULTS.iter().zip(&mut found) {
            let mut spoilt = clean.clone();
            (fault.add)(&mut spoilt, rate_hz, &mut noise);
            let analyses = [&analyzed(&spoilt, rate_hz), &untouched];
            for (found, analysis) in found.iter_mut().zip(analyses) {
                *found += u32::from(names(analysis, fault.word));
            }
        }
    }
    println!("| fault | found | named in the untouched song |\n|---|---|---|");
    for (fault, [found, false_alarms]) in FAULTS.iter().zip(found) {
        println!("| {} | {found} | {false_alarms} |", fault.name);
    }
    println!("{songs} songs");
}

fn analyzed(song: &Channels, rate_hz: f64) -> Analysis {
    let spec = Spec {
        sample_rate_hz: rate_hz,
    };
    let window = AnalysisWindow::default().with_recording(spec, &song[0], &song[1]);
    analyze(&window, &Context::default())
}

fn names(analysis: &Analysis, word: &str) -> bool {
    let findings = analysis.findings.iter();
    findings.map(|f| &f.text).any(|text| text.contains(word))
}

fn filtered(sections: &[Section], channel: &[f32]) -> Vec<f32> {
    let mut states = vec![[0.0; 2]; sections.len()];
    let tick = |x: &f32| {
        let filters = sections.iter().zip(&mut states);
        narrow(filters.fold(f64::from(*x), |x, (section, [a, b])| {
            section.tick([a, b], x)
        }))
    };
    channel.iter().map(tick).collect()
}

fn mix(channel: &mut [f32], other: &[f32], gain: f32) {
    for (x, other) in channel.iter_mut().zip(other) {
        *x += gain * other;
    }
}

fn scale_sides([left, right]: &mut Channels, by_db: f32) {
    let gain = 10_f32.powf(by_db / 20.0);
    for (left, right) in left.iter_mut().zip(right) {
        let (mid, side) = (0.5 * (*left + *right), 0.5 * gain * (*left - *right));
        (*left, *right) = (mid + side, mid - side);
    }
}

fn rms(channel: &[f32]) -> f32 {
    let sum: f32 = channel.iter().map(|x| x * x).sum();
    (sum / channel.len() as f32).sqrt()
}

fn add_rumble(song: &mut Channels, rate_hz: f64, noise: &mut Noise, level_db: f32) {
    let white: Vec<f32> = song[0].iter().map(|_| narrow(noise.bipolar())).collect();
    let band = [
        Section::high_pass(10.0, rate_hz),
        Section::high_pass(10.0, rate_hz),
        Section::low_pass(25.0, rate_hz),
        Section::low_pass(25.0, rate_hz),
    ];
    let rumble = filtered(&band, &white);
    let gain = 10_f32.powf(level_db / 20.0) * rms(&song[0]) / rms(&rumble);
    song.iter_mut().for_each(|x| mix(x, &rumble, gain));
}

fn equalize(song: &mut Channels, section: Section) {
    song.iter_mut().for_each(|x| *x = filtered(&[section], x));
}

/// Equalizes 0.4 of every 2 s, with fades of 10 ms.
fn lift_moments(song: &mut Channels, rate_hz: f64, center_hz: f64) {
    for channel in song {
        let lifted = filtered(&[Section::bell(center_hz, 0.8, 12.0, rate_hz)], channel);
        for (i, (x, lifted)) in channel.iter_mut().zip(lifted).enumerate() {
            let at_s = (i as f64 / rate_hz) % 2.0;
            let share = (at_s.min(0.4 - at_s) / 0.01).clamp(0.0, 1.0);
            *x += narrow(share) * (lifted - *x);
        }
    }
}

/// Peaks of the song exceed the limiter's ceiling by `over_db`.
fn limit(song: &mut Channels, rate_hz: f64, over_db: f32) {
    let peak = song
        .iter()
        .flatten()
        .fold(0.0_f32, |peak, x| x.abs().max(peak));
    let mut settings = ChainSettings::default();
    settings.loudness_gain_db = settings.limiter.ceiling_db - 20.0 * peak.log10() + over_db;
    let spec = Spec {
        sample_rate_hz: rate_hz,
    };
    let [left, right] = song;
    Chain::new(spec).process(&settings, Monitor::default(), &mut [left, right]);
}

/// A burst of 100 ms every 1.6 s in the middle.
fn add_sibilance(song: &mut Channels, rate_hz: f64, noise: &mut Noise, level_db: f32) {
    // Steep skirts: S sounds leave cymbals alone.
    let [low, high] = [
        Section::high_pass(5000.0, rate_hz),
        Section::low_pass(9000.0, rate_hz),
    ];
    let band = [low, low, low, low, high, high, high, high];
    let white: Vec<f32> = song[0].iter().map(|_| narrow(noise.bipolar())).collect();
    let mut bursts = filtered(&band, &white);
    let [song_level, burst_level] = [&song[0], &bursts].map(|x| rms(&filtered(&band, x)));
    let gain = 10_f32.powf(level_db / 20.0) * song_level / burst_level;
    for (i, x) in bursts.iter_mut().enumerate() {
        let at_s = (i as f64 / rate_hz) % 1.6 - 0.8;
        let envelope = if (0.0..0.1).contains(&at_s) {
            (at_s.min(0.1 - at_s) / 0.01).min(1.0)
        } else {
            0.0
        };
        *x *= narrow(envelope);
    }
    song.iter_mut().for_each(|x| mix(x, &bursts, gain));
}
