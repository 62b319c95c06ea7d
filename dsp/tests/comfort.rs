//! Comfort removes resonances and sibilance, and leaves songs alone that have none.

mod common;

use common::{processing::processed, spectra::spectrum};
use flow_audio_file::Audio;
use flow_dsp::{
    Chain, ChainSettings, CurveSettings, Monitor, Section, Spec, StyleTarget,
    internals::velvet_curve::VelvetCurve, math,
};
use flow_testkit::signals;
use std::f64::consts::TAU;

const RATE_HZ: u32 = 48_000;

fn comforted(input: &Audio, style: StyleTarget) -> Audio {
    let settings = CurveSettings {
        comfort: 1.0,
        ..CurveSettings::default()
    };
    processed(&mut VelvetCurve::default(), |_| (settings, style), input)
}

fn filtered(audio: &Audio, section: Section) -> Audio {
    let channels = audio.channels.iter().map(|channel| {
        let (mut a, mut b) = (0.0, 0.0);
        let tick = |x: &f32| math::narrow(section.tick([&mut a, &mut b], f64::from(*x)));
        channel.iter().map(tick).collect()
    });
    let channels = channels.collect();
    Audio::new(audio.sample_rate_hz, channels)
}

/// Noise that falls by `slope_db` per octave above 100 Hz and whose level moves by 12 dB, as music does.
fn music_like_noise(slope_db: f64, seconds: f64) -> Audio {
    let mut noise = signals::white_noise(RATE_HZ, 2, seconds, 0.3, 7);
    for i in 0..7 {
        let hz = 140.0 * f64::from(1 << i);
        let shelf = Section::high_shelf(hz, slope_db, f64::from(RATE_HZ));
        noise = filtered(&noise, shelf);
    }
    for channel in &mut noise.channels {
        for (i, x) in channel.iter_mut().enumerate() {
            let t = math::count(i) / f64::from(RATE_HZ);
            let level_db = 4.0 * (TAU * 0.7 * t).sin() + 2.0 * (TAU * 3.1 * t).sin();
            *x *= math::narrow(10.0_f64.powf(level_db / 20.0));
        }
    }
    noise
}

/// Power of each bin of the last 5.5 s, or of as many frames as a shorter signal has to a power of two.
fn powers(audio: &Audio) -> Vec<f64> {
    let frames = 1 << audio.frames().ilog2().min(18);
    let mut powers = vec![0.0; frames / 2 + 1];
    for channel in &audio.channels {
        let bins = spectrum(&channel[audio.frames() - frames..]);
        for (power, bin) in powers.iter_mut().zip(bins) {
            *power += bin.norm_sqr();
        }
    }
    powers
}

/// Level between two frequencies, dB.
fn level_db(powers: &[f64], edges_hz: [f64; 2]) -> f64 {
    let bins = 2.0 * math::count(powers.len() - 1);
    let [first, last] = edges_hz.map(|edge| math::samples(edge / f64::from(RATE_HZ) * bins));
    10.0 * powers[first..=last].iter().sum::<f64>().log10()
}

/// The cut of what lies between two frequencies, dB.
fn removed_db(input: &Audio, output: &Audio, edges_hz: [f64; 2]) -> f64 {
    level_db(&powers(input), edges_hz) - level_db(&powers(output), edges_hz)
}

/// The largest change of a third octave from 63 Hz to 16 kHz, dB.
fn largest_change_db(input: &Audio, output: &Audio) -> f64 {
    let [before, after] = [input, output].map(powers);
    let changes = (0..=24).map(|i| {
        let hz = 63.0 * 10.0_f64.powf(0.1 * f64::from(i));
        let band = [hz / 1.122, hz * 1.122];
        (level_db(&after, band) - level_db(&before, band)).abs()
    });
    changes.fold(0.0, f64::max)
}

/// Hits of music-like noise four times a second, each of which decays by 60 dB in 0.4 s.
fn drum_hits(seconds: f64) -> Audio {
    let mut hits = music_like_noise(-4.5, seconds);
    let hit = RATE_HZ as usize / 4;
    for channel in &mut hits.channels {
        for (i, x) in channel.iter_mut().enumerate() {
            let t = math::count(i % hit) / f64::from(RATE_HZ);
            *x *= math::narrow((-t / 0.06).exp());
        }
    }
    hits
}

/// Harmonics that fall by 6 dB per octave, up to 15 kHz, in both channels.
fn add_note(audio: &mut Audio, hz: f64, frames: std::ops::Range<usize>, gain: f64) {
    let rate = f64::from(RATE_HZ);
    let numbers = (1..1000).map(f64::from);
    let harmonics: Vec<f64> = numbers.take_while(|n| n * hz < 15_000.0).collect();
    let last = frames.len();
    for i in 0..last {
        let t = math::count(i) / rate;
        let edge = (math::count(i.min(last - i)) / (0.01 * rate)).min(1.0);
        let wave = |n: &f64| (TAU * n * hz * t + n * n).sin() / n;
        let x = math::narrow(gain * edge * harmonics.iter().map(wave).sum::<f64>());
        for channel in &mut audio.channels {
            channel[frames.start + i] += x;
        }
    }
}

/// Notes over music-like noise that lies 30 dB below the level of that of the other tests.
fn tones(hz: &[f64], seconds: f64) -> Audio {
    let mut audio = music_like_noise(-4.5, seconds);
    for x in audio.channels.iter_mut().flatten() {
        *x *= 0.03;
    }
    let frames = audio.frames();
    for note_hz in hz {
        add_note(&mut audio, *note_hz, 0..frames, 0.1);
    }
    audio
}

fn bass_line(root_hz: f64, seconds: f64) -> Audio {
    let mut audio = tones(&[], seconds);
    let note = RATE_HZ as usize / 4;
    let semitones = [0, 0, 3, 5, 0, 7, 10, 0];
    for i in 0..audio.frames() / note {
        let hz = root_hz * 2.0_f64.powf(f64::from(semitones[i % 8]) / 12.0);
        add_note(&mut audio, hz, i * note..(i + 1) * note - 200, 0.2);
    }
    audio
}

#[test]
fn comfort_removes_60_percent_of_a_resonance_of_12_db() {
    for (name, sound) in [
        ("noise", music_like_noise(-4.5, 24.0)),
        // In a low band of hits it takes all of the memory to be sure.
        ("drum hits", drum_hits(56.0)),
    ] {
        for hz in [250.0, 400.0, 730.0, 1500.0, 3000.0, 5000.0, 8000.0] {
            // In the few bins of low bands short hits vary more than a narrow resonance stands out.
            let is_sure = name == "noise" || hz > 1000.0;
            for q in [4.0, 8.0].into_iter().take(if is_sure { 2 } else { 1 }) {
                let resonance = Section::bell(hz, q, 12.0, f64::from(RATE_HZ));
                let input = filtered(&sound, resonance);
                let output = comforted(&input, StyleTarget::Neutral);
                let removed = removed_db(&input, &output, [hz / 1.03, hz * 1.03]);
                println!("{name}, {hz} Hz, Q {q}: {removed:.1} dB");
                assert!(
                    removed > 7.2 && removed < 12.0,
                    "{name}, {hz} Hz, Q {q}: {removed:.1} dB"
                );
            }
        }
    }
}

#[test]
fn comfort_reading_is_the_gain_that_the_output_has() {
    let resonance = Section::bell(1500.0, 8.0, 12.0, f64::from(RATE_HZ));
    let mut input = filtered(&music_like_noise(-4.5, 24.0), resonance);
    // The limiter stays at rest.
    input.channels.iter_mut().flatten().for_each(|x| *x *= 0.1);
    let mut settings = ChainSettings::default();
    settings.curve.comfort = 1.0;
    let mut chain = Chain::new(Spec::default());
    let mut output = input.clone();
    let [left, right] = output.channels.as_mut_slice() else {
        panic!("stereo")
    };
    chain.process(&settings, Monitor::default(), &mut [left, right]);
    let cut = chain.readings().activity.comfort_cut;
    assert!(cut.gain_db(1500.0, 48_000.0) < -6.0, "{cut:?}");
    for hz in [300.0, 1200.0, 1400.0, 1500.0, 1600.0, 1900.0, 6000.0] {
        let removed = removed_db(&input, &output, [hz / 1.02, hz * 1.02]);
        let shown = f64::from(cut.gain_db(math::narrow(hz), 48_000.0));
        assert!((removed + shown).abs() < 0.7, "{hz} Hz: {removed} {shown}");
    }
}

#[test]
fn comfort_leaves_held_notes_and_bass_lines_alone() {
    let sounds = [
        ("a held chord", tones(&[220.0, 277.2, 329.6], 20.0)),
        ("a drone", tones(&[110.0], 20.0)),
        ("a sine", {
            let mut audio = tones(&[], 20.0);
            let frames = audio.frames();
            add_note(&mut audio, 7_600.0, 0..frames, 0.2);
            audio
        }),
        ("a bass line", bass_line(55.0, 20.0)),
        ("a bass line an octave higher", bass_line(110.0, 20.0)),
    ];
    for (name, input) in sounds {
        let change_db = largest_change_db(&input, &comforted(&input, StyleTarget::Neutral));
        println!("{name}: {change_db:.2} dB");
        assert!(change_db < 0.3, "{name}: {change_db:.2} dB");
    }
}

/// Where a song has a hole or no sound of its own, a resonance stands out less, and notes hide it.
#[test]
fn comfort_never_raises_a_resonance_in_a_song() {
    let song = flow_demo_song::demo_song(RATE_HZ);
    for hz in [160.0, 315.0, 630.0, 1250.0, 2500.0, 5000.0, 7500.0] {
        let resonance = Section::bell(hz, 4.0, 12.0, f64::from(RATE_HZ));
        let input = filtered(&song, resonance);
        let output = comforted(&input, StyleTarget::Neutral);
        let removed = removed_db(&input, &output, [hz / 1.06, hz * 1.06]);
        println!("{hz} Hz: {removed:.1} dB");
        assert!(removed > -0.1 && removed < 12.0, "{hz} Hz: {removed:.1} dB");
    }
}

/// Sound that comes again and again.
#[derive(Clone, Copy)]
struct Bursts {
    every_ms: f64,
    length_ms: f64,
}

/// Sibilants come every 1.5 s and last for 100 ms.
const SIBILANTS: Bursts = Bursts {
    every_ms: 1500.0,
    length_ms: 100.0,
};

impl Bursts {
    /// Gain at a frame, with edges of 10 ms. The first burst begins after 0.7 of a period.
    fn gain(self, frame: usize) -> f64 {
        let ms = math::count(frame) / f64::from(RATE_HZ) * 1000.0;
        let ms = (ms + 0.3 * self.every_ms) % self.every_ms;
        (ms / 10.0)
            .min((self.length_ms - ms) / 10.0)
            .clamp(0.0, 1.0)
    }

    /// Adds noise of a band to a sound, so many dB above the sound's own band.
    fn added_to(self, sound: &Audio, band_hz: [f64; 2], above_db: f64) -> Audio {
        let rate = f64::from(RATE_HZ);
        let mut hiss = signals::white_noise(RATE_HZ, 2, sound.seconds(), 0.3, 9);
        for _ in 0..2 {
            hiss = filtered(&hiss, Section::high_pass(band_hz[0], rate));
            hiss = filtered(&hiss, Section::low_pass(band_hz[1], rate));
        }
        let gain_db = removed_db(sound, &hiss, band_hz) + above_db;
        let gain = 10.0_f64.powf(gain_db / 20.0);
        let mut sum = sound.clone();
        for (channel, hiss) in sum.channels.iter_mut().zip(&hiss.channels) {
            for (i, x) in channel.iter_mut().enumerate() {
                *x += math::narrow(f64::from(hiss[i]) * self.gain(i) * gain);
            }
        }
        sum
    }

    /// The frames at which this holds for the time since the last burst began, ms.
    fn frames(self, audio: &Audio, holds: impl Fn(f64) -> bool) -> Audio {
        let channels = audio.channels.iter().map(|channel| {
            let frames = channel.iter().enumerate().filter(|(i, _)| {
                let ms = math::count(*i) / f64::from(RATE_HZ) * 1000.0;
                holds((ms + 0.3 * self.every_ms) % self.every_ms)
            });
            frames.map(|(_, x)| *x).collect()
        });
        Audio::new(RATE_HZ, channels.collect())
    }
}

const HISS_HZ: [f64; 2] = [5000.0, 9000.0];

#[test]
fn comfort_removes_6_db_of_a_sibilant_of_18_db_and_nothing_after_it() {
    let input = SIBILANTS.added_to(&music_like_noise(-4.5, 8.0), HISS_HZ, 18.0);
    let output = comforted(&input, StyleTarget::Neutral);
    let removed = |holds: &dyn Fn(f64) -> bool| {
        let [input, output] = [&input, &output].map(|audio| SIBILANTS.frames(audio, holds));
        removed_db(&input, &output, HISS_HZ)
    };
    let inside = removed(&|ms| ms < 100.0);
    let behind = removed(&|ms| (300.0..1400.0).contains(&ms));
    println!("{inside:.1} dB, 200 ms after it {behind:.2} dB");
    assert!(inside > 6.0, "{inside:.1} dB");
    assert!(behind < 0.1, "{behind:.2} dB after the sibilants");
}

#[test]
fn comfort_leaves_hi_hats_shakers_and_dark_treble_alone() {
    let noise = music_like_noise(-4.5, 12.0);
    let hat = Bursts {
        every_ms: 250.0,
        length_ms: 50.0,
    };
    let shaker = Bursts {
        every_ms: 250.0,
        length_ms: 70.0,
    };
    let dark = music_like_noise(-14.0, 12.0);
    for (name, input, from) in [
        (
            "hi-hats",
            hat.added_to(&noise, [5000.0, 18_000.0], 18.0),
            0.0,
        ),
        ("a shaker", shaker.added_to(&noise, HISS_HZ, 18.0), 4.0),
        ("dark treble", SIBILANTS.added_to(&dark, HISS_HZ, 12.0), 0.0),
    ] {
        let output = comforted(&input, StyleTarget::Neutral);
        let from = math::samples(from * f64::from(RATE_HZ));
        let [input, output] = [input, output].map(|audio| audio.range(from, audio.frames()));
        let change_db = largest_change_db(&input, &output);
        println!("{name}: {change_db:.2} dB");
        assert!(change_db < 0.3, "{name}: {change_db:.2} dB");
    }
}

/// The sibilants of this test lie between 5 and 9 kHz at the lower rate.
#[test]
fn comfort_at_32_khz_leaves_sibilance_alone() {
    let mut input = SIBILANTS.added_to(&music_like_noise(-4.5, 4.0), [7500.0, 13_500.0], 18.0);
    input.sample_rate_hz = 32_000;
    let output = comforted(&input, StyleTarget::Neutral);
    assert_eq!(input.first_difference(&output), None);
}

/// Noise with a bell of 12 dB and Q 4 at 1.5 kHz.
fn resonant_noise(seconds: f64) -> Audio {
    let resonance = Section::bell(1500.0, 4.0, 12.0, f64::from(RATE_HZ));
    filtered(&music_like_noise(-4.5, seconds), resonance)
}

/// The cut of the resonance between two moments.
fn cut_db(input: &Audio, output: &Audio, seconds: [f64; 2]) -> f64 {
    let [from, to] = seconds.map(|seconds| math::samples(seconds * f64::from(RATE_HZ)));
    let [input, output] = [input, output].map(|audio| audio.range(from, to));
    removed_db(&input, &output, [1450.0, 1550.0])
}

#[test]
fn comfort_cuts_a_resonance_after_8_s_and_in_full_after_15_s() {
    let input = resonant_noise(22.0);
    let output = comforted(&input, StyleTarget::Neutral);
    let begin = 8 * RATE_HZ as usize;
    let [first, same] = [&input, &output].map(|audio| audio.range(0, begin));
    assert_eq!(first.first_difference(&same), None);
    let removed = cut_db(&input, &output, [15.0, 21.0]);
    assert!(removed > 7.2, "{removed:.1} dB");
}

#[test]
fn comfort_on_a_resonance_that_begins_later_waits_for_most_of_its_memory() {
    let mut input = music_like_noise(-4.5, 90.0);
    let resonant = resonant_noise(90.0);
    let begin = 20 * RATE_HZ as usize;
    for (channel, resonant) in input.channels.iter_mut().zip(&resonant.channels) {
        channel[begin..].copy_from_slice(&resonant[begin..]);
    }
    let output = comforted(&input, StyleTarget::Neutral);
    let early = cut_db(&input, &output, [20.5, 50.0]);
    let late = cut_db(&input, &output, [84.0, 89.9]);
    println!("{early:.2} dB, later {late:.1} dB");
    assert!(early < 0.3, "{early:.2} dB");
    assert!(late > 6.0, "{late:.1} dB");
}

#[test]
fn comfort_at_another_level_removes_the_same() {
    let input = resonant_noise(22.0);
    let of = |input: &Audio| {
        let output = comforted(input, StyleTarget::Neutral);
        cut_db(input, &output, [15.0, 21.0])
    };
    let difference_db = of(&input) - of(&input.clone().gained(-30.0));
    assert!(difference_db.abs() < 0.1, "{difference_db:.2} dB");
}

#[test]
fn comfort_gives_both_channels_the_same_cut() {
    let mut input = resonant_noise(16.0);
    input.channels[1] = input.channels[0].iter().map(|x| 0.25 * x).collect();
    let output = comforted(&input, StyleTarget::Neutral);
    assert!(cut_db(&input, &output, [14.0, 15.9]) > 3.0);
    let [left, right] = &output.channels[..] else {
        panic!("two channels");
    };
    assert!(left.iter().zip(right).all(|(a, b)| 0.25 * a == *b));
}

/// A fade-out in which little but one sound is left.
#[test]
fn comfort_in_a_soft_end_finds_nothing_new() {
    let mut input = music_like_noise(-4.5, 24.0);
    let resonant = resonant_noise(24.0);
    let begin = 6 * RATE_HZ as usize;
    for (channel, resonant) in input.channels.iter_mut().zip(&resonant.channels) {
        for i in begin..channel.len() {
            let seconds = math::count(i - begin) / f64::from(RATE_HZ);
            let level_db = -12.0 - 2.0 * seconds;
            channel[i] = resonant[i] * math::narrow(10.0_f64.powf(level_db / 20.0));
        }
    }
    let output = comforted(&input, StyleTarget::Neutral);
    assert_eq!(input.first_difference(&output), None);
}

#[test]
fn comfort_leaves_songs_without_resonances_alone() {
    let demo = flow_demo_song::demo_song(RATE_HZ);
    let songs = [
        ("dark", music_like_noise(-6.0, 16.0)),
        ("balanced", music_like_noise(-4.5, 16.0)),
        ("bright", music_like_noise(-2.0, 16.0)),
        ("drum hits", drum_hits(16.0)),
        ("demo song", demo),
    ];
    for (name, input) in songs {
        for style in [
            StyleTarget::Neutral,
            StyleTarget::Electronic,
            StyleTarget::Rock,
        ] {
            let change_db = largest_change_db(&input, &comforted(&input, style));
            println!("{name}, {style:?}: {change_db:.2} dB");
            assert!(change_db < 0.3, "{name}, {style:?}: {change_db:.2} dB");
        }
    }
}
