//! The instruments. Each is a function of the time since its start in seconds, with its own state.

use super::filter::Filter;
use crate::noise::Noise;
use std::f64::consts::TAU;

/// The frequency of a MIDI note.
pub(super) fn note_hz(note: i32) -> f64 {
    440.0 * libm::exp2(f64::from(note - 69) / 12.0)
}

/// A rise of `attack` seconds, then a decay to 1/e in `decay` seconds.
fn strike(t: f64, attack: f64, decay: f64) -> f64 {
    (t / attack).min(1.0) * libm::exp(-t / decay)
}

/// A fade in and out around a held note.
fn hold(t: f64, length: f64, attack: f64, release: f64) -> f64 {
    let ramp = (t / attack).min(((length - t) / release).max(0.0));
    // A raised cosine makes no clicks.
    if ramp >= 1.0 {
        1.0
    } else {
        0.5 - 0.5 * libm::cos(std::f64::consts::PI * ramp)
    }
}

/// A sawtooth with its steps smoothed over two samples (polyBLEP), so that it hardly aliases.
struct Saw {
    phase: f64,
    rate_hz: f64,
}

impl Saw {
    fn tick(&mut self, frequency_hz: f64) -> f64 {
        let step = frequency_hz / self.rate_hz;
        self.phase += step;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
        }
        let residual = if self.phase < step {
            let x = self.phase / step;
            2.0 * x - x * x - 1.0
        } else if self.phase > 1.0 - step {
            let x = (self.phase - 1.0) / step;
            x * x + 2.0 * x + 1.0
        } else {
            0.0
        };
        2.0 * self.phase - 1.0 - residual
    }
}

/// A bass drum: a falling sine with a click in front.
pub(super) fn kick(rate_hz: f64) -> impl FnMut(f64) -> f64 {
    let mut phase = 0.0;
    let mut noise = Noise::new(1);
    move |t| {
        let frequency = 47.0 + 130.0 * libm::exp(-t / 0.028) + 400.0 * libm::exp(-t / 0.004);
        phase += frequency / rate_hz;
        let body = libm::sin(TAU * phase) * strike(t, 0.0008, 0.16);
        body + 0.12 * noise.bipolar() * libm::exp(-t / 0.003)
    }
}

/// A snare drum: two drum-skin tones and rattling wires.
pub(super) fn snare(rate_hz: f64, seed: u32) -> impl FnMut(f64) -> f64 {
    let mut noise = Noise::new(seed);
    let mut wires = Filter::new(rate_hz, 0.7);
    let mut air = Filter::new(rate_hz, 0.7);
    move |t| {
        let skin = libm::sin(TAU * 188.0 * t) * strike(t, 0.001, 0.07)
            + 0.5 * libm::sin(TAU * 331.0 * t) * libm::exp(-t / 0.04);
        let hiss = wires.tick(noise.bipolar(), || 2200.0).band * 1.2;
        let rattle =
            air.tick(hiss + 0.25 * noise.bipolar(), || 700.0).high * strike(t, 0.0008, 0.11);
        0.42 * skin + 1.1 * rattle
    }
}

/// A hi-hat: metallic noise; `decay` makes it closed or open.
pub(super) fn hat(rate_hz: f64, decay: f64, seed: u32) -> impl FnMut(f64) -> f64 {
    let mut noise = Noise::new(seed);
    let mut first = Filter::new(rate_hz, 0.8);
    let mut second = Filter::new(rate_hz, 1.4);
    move |t| {
        let ring: f64 = [5170.0, 6310.0, 7430.0]
            .iter()
            .map(|f| libm::sin(TAU * f * t).signum())
            .sum();
        let bright = first.tick(noise.bipolar() + 0.15 * ring, || 6000.0).high;
        second.tick(bright, || 7200.0).high * strike(t, 0.0005, decay)
    }
}

/// A cymbal that rings out.
pub(super) fn crash(rate_hz: f64) -> impl FnMut(f64) -> f64 {
    let mut noise = Noise::new(77);
    let mut body = Filter::new(rate_hz, 0.7);
    move |t| {
        let bands = body.tick(noise.bipolar(), || 4200.0);
        (bands.high + 0.4 * bands.band) * strike(t, 0.002, 0.55)
    }
}

/// A bass: a filtered saw over a pure octave below.
pub(super) fn bass(rate_hz: f64, note: i32, length: f64) -> impl FnMut(f64) -> f64 {
    let frequency = note_hz(note);
    let mut saw = Saw {
        phase: 0.3,
        rate_hz,
    };
    let mut filter = Filter::new(rate_hz, 1.1);
    move |t| {
        let corner = || 140.0 + 900.0 * libm::exp(-t / 0.11);
        let growl = filter.tick(saw.tick(frequency), corner).low;
        let round = libm::sin(TAU * frequency * t);
        (0.55 * growl + 0.65 * round)
            * hold(t, length, 0.006, 0.04)
            * (0.75 + 0.25 * libm::exp(-t / 0.15))
    }
}

/// One side of a pad voice: three detuned saws behind a slowly moving filter. Each side has its own `seed`, so the pad is
/// wide.
pub(super) fn pad(
    rate_hz: f64,
    note: i32,
    length: f64,
    brightness: f64,
    seed: u32,
) -> impl FnMut(f64) -> f64 {
    let frequency = note_hz(note);
    let mut noise = Noise::new(seed);
    let mut saws: Vec<(Saw, f64)> = (0..3)
        .map(|voice| {
            let cents = 7.0 * (f64::from(voice) - 1.0) + 2.5 * noise.bipolar();
            (
                Saw {
                    phase: noise.unipolar(),
                    rate_hz,
                },
                frequency * libm::exp2(cents / 1200.0),
            )
        })
        .collect();
    let mut filter = Filter::new(rate_hz, 0.75);
    let drift = noise.unipolar();
    move |t| {
        let sum: f64 = saws
            .iter_mut()
            .map(|(saw, frequency)| saw.tick(*frequency))
            .sum();
        let corner = || brightness * (1.0 + 0.3 * libm::sin(TAU * (drift + 0.21 * t)));
        filter.tick(sum / 3.0, corner).low * hold(t, length, 0.28, 0.35)
    }
}

/// A pluck like a small electric piano: two-operator frequency modulation whose brightness decays first.
pub(super) fn pluck(note: i32) -> impl FnMut(f64) -> f64 {
    let frequency = note_hz(note);
    move |t| {
        let bite = 1.9 * libm::exp(-t / 0.06) + 0.35;
        let modulator = bite * libm::sin(TAU * 2.0 * frequency * t);
        libm::sin(TAU * frequency * t + modulator) * strike(t, 0.002, 0.26)
    }
}

/// A lead: a soft saw with delayed vibrato.
pub(super) fn lead(rate_hz: f64, note: i32, length: f64) -> impl FnMut(f64) -> f64 {
    let frequency = note_hz(note);
    let mut saws = [
        Saw {
            phase: 0.0,
            rate_hz,
        },
        Saw {
            phase: 0.5,
            rate_hz,
        },
    ];
    let mut filter = Filter::new(rate_hz, 0.9);
    move |t| {
        let vibrato = 1.0 + 0.005 * (t / 0.35).min(1.0) * libm::sin(TAU * 5.3 * t);
        let sum =
            saws[0].tick(frequency * vibrato) + 0.7 * saws[1].tick(1.004 * frequency * vibrato);
        let corner = || (frequency * (2.2 + 2.5 * libm::exp(-t / 0.2))).min(7500.0);
        filter.tick(sum, corner).low * hold(t, length, 0.018, 0.09)
    }
}

/// Noise that rises into the next section.
pub(super) fn riser(rate_hz: f64, length: f64, seed: u32) -> impl FnMut(f64) -> f64 {
    let mut noise = Noise::new(seed);
    let mut filter = Filter::new(rate_hz, 2.0);
    move |t| {
        let progress = t / length;
        filter
            .tick(noise.bipolar(), || 300.0 * libm::exp2(4.5 * progress))
            .band
            * progress
            * progress
            * hold(t, length, 0.1, 0.02)
    }
}
