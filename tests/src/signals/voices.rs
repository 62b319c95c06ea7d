//! Synthesized single voices: speech, and instruments that play a tune.

use std::f64::consts::TAU;

use super::Noise;
use flow_audio_file::Audio;
use flow_dsp::math::{narrow, samples};

/// Formants of vowels, Hz (Peterson and Barney, 1952, men).
const VOWELS: [[f64; 3]; 5] = [
    [730.0, 1090.0, 2440.0],
    [270.0, 2290.0, 3010.0],
    [530.0, 1840.0, 2480.0],
    [570.0, 840.0, 2410.0],
    [300.0, 870.0, 2240.0],
];

/// A resonance of two poles.
#[derive(Clone, Copy, Default)]
struct Resonance {
    before: [f64; 2],
}

impl Resonance {
    fn tick(&mut self, rate_hz: f64, hz: f64, x: f64) -> f64 {
        let radius = (-std::f64::consts::PI * 90.0 / rate_hz).exp();
        let [one, two] = self.before;
        let y = (1.0 - radius) * x + 2.0 * radius * (TAU * hz / rate_hz).cos() * one
            - radius * radius * two;
        self.before = [y, one];
        y
    }
}

/// Speech-like sound in every channel: five syllables a second, each of a noise consonant and a vowel with gliding pitch, in
/// phrases of seven with a pause. `pitch_hz` is the pitch of the voice.
#[must_use]
pub fn speech(sample_rate_hz: u32, channel_count: usize, seconds: f64, pitch_hz: f64) -> Audio {
    const SYLLABLE_S: f64 = 0.2;
    const IN_PHRASE: usize = 8;
    let rate_hz = f64::from(sample_rate_hz);
    let mut noise = Noise::new(3);
    let mut resonances = [Resonance::default(); 3];
    let (mut phase, mut hiss_before) = (0.0_f64, 0.0);
    let sample = |i: usize| {
        let time = i as f64 / rate_hz;
        let syllable = samples((time / SYLLABLE_S).floor());
        let within = (time / SYLLABLE_S).fract();
        let place = syllable % IN_PHRASE;
        // The last syllable is the pause.
        let speaks = place + 1 < IN_PHRASE;
        // The pitch rises and falls in each syllable, and falls over each phrase.
        let contour = 1.0 + 0.18 * (TAU * (0.7 * within + 0.3 * syllable as f64)).sin();
        phase += pitch_hz * contour * (1.15 - 0.04 * place as f64) / rate_hz;
        let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
        phase = phase.fract();
        let vowel = VOWELS[syllable * 3 % VOWELS.len()];
        let voiced = if speaks && within > 0.3 {
            ((within - 0.3) / 0.7 * std::f64::consts::PI).sin()
        } else {
            0.0
        };
        let mut voice = 40.0 * voiced * pulse;
        for (resonance, hz) in resonances.iter_mut().zip(vowel) {
            voice = 0.5 * voice + resonance.tick(rate_hz, hz, voice);
        }
        // The difference is a high-pass.
        let white = noise.bipolar();
        let hiss = white - std::mem::replace(&mut hiss_before, white);
        let consonant = if speaks && within < 0.25 { 0.02 } else { 0.0 };
        voice + consonant * hiss
    };
    let mut samples: Vec<f64> = (0..samples(seconds * rate_hz)).map(sample).collect();
    let peak = samples.iter().fold(1e-9_f64, |peak, x| peak.max(x.abs()));
    samples.iter_mut().for_each(|x| *x *= 0.5 / peak);
    let samples = samples.into_iter().map(narrow).collect();
    Audio::from_mono(sample_rate_hz, channel_count, samples)
}

/// A tune in every channel, one note after the other with six partials. `decay_s` is the time in which a note decays by
/// 8.7 dB, like a plucked string; infinity gives a sustained note.
#[must_use]
pub fn tune(sample_rate_hz: u32, channel_count: usize, seconds: f64, decay_s: f64) -> Audio {
    const NOTE_S: f64 = 0.4;
    const STEPS: [f64; 8] = [0.0, 4.0, 7.0, 5.0, 2.0, 9.0, 7.0, -3.0];
    let rate_hz = f64::from(sample_rate_hz);
    let mut phase = 0.0_f64;
    let sample = |i: usize| {
        let time = i as f64 / rate_hz;
        let note = samples((time / NOTE_S).floor());
        let within_s = (time / NOTE_S).fract() * NOTE_S;
        let vibrato = 1.0 + 0.003 * (TAU * 5.0 * time).sin();
        phase += 220.0 * (STEPS[note % STEPS.len()] / 12.0).exp2() * vibrato / rate_hz;
        // A fade avoids clicks.
        let edges = (within_s / 0.01).min((NOTE_S - within_s) / 0.02).min(1.0);
        let level = edges * (-within_s / decay_s).exp();
        let partials = (1..=6).map(|k| {
            let k = f64::from(k);
            (TAU * (k * phase).fract()).sin() / k
        });
        narrow(0.25 * level * partials.sum::<f64>())
    };
    let samples = (0..samples(seconds * rate_hz)).map(sample).collect();
    Audio::from_mono(sample_rate_hz, channel_count, samples)
}
