//! The mix: buses, panning, ducking and reverb.

use crate::reverb::Reverb;
use flow_audio_file::Audio;
use flow_dsp::math::{narrow, samples};
use flow_measure::low_pass;

/// Gain of the mix, which puts the highest peak at −6 dBFS.
const FADER: f64 = 0.57;

/// Transition band of the converter's filter as shares of the sample rate: 17.6 to 19.8 kHz at 44.1 kHz.
const BAND_PASS: f64 = 0.40;
const BAND_END: f64 = 0.45;

/// The buses that instruments play into.
pub(crate) struct Mixer {
    pub(crate) rate_hz: f64,
    /// The frame of the song at which the buses start.
    first_frame: usize,
    /// Drums, which aren't ducked.
    drums: [Vec<f64>; 2],
    /// Pitched instruments, which duck under the kick.
    tonal: [Vec<f64>; 2],
    /// Input of the reverb.
    send: [Vec<f64>; 2],
    /// Frames of the kick, counted from the start of the buses.
    pub(crate) kicks: Vec<isize>,
}

/// Panning and reverb of an instrument.
#[derive(Clone, Copy)]
pub(crate) struct Placement {
    /// −1 left to 1 right.
    pub(crate) pan: f64,
    pub(crate) gain: f64,
    /// Gain into the reverb.
    pub(crate) send: f64,
}

impl Mixer {
    pub(crate) fn new(sample_rate_hz: u32, from_seconds: f64, seconds: f64) -> Self {
        let rate_hz = f64::from(sample_rate_hz);
        let frames = samples(seconds * rate_hz);
        let bus = || [vec![0.0; frames], vec![0.0; frames]];
        Self {
            rate_hz,
            first_frame: samples(from_seconds * rate_hz),
            drums: bus(),
            tonal: bus(),
            send: bus(),
            kicks: Vec::new(),
        }
    }

    /// The frame at `seconds` into the song, counted from the start of the buses.
    pub(crate) fn frame_at(&self, seconds: f64) -> isize {
        samples(seconds * self.rate_hz)
            .wrapping_sub(self.first_frame)
            .cast_signed()
    }

    /// Adds `seconds` of a voice, which gets the time since its start and returns a sample.
    pub(crate) fn play(
        &mut self,
        is_drum: bool,
        at_seconds: f64,
        seconds: f64,
        place: Placement,
        voice: impl FnMut(f64) -> f64,
    ) {
        self.play_copies(is_drum, seconds, &[(at_seconds, place)], voice);
    }

    /// Adds the same sound at several times and places.
    pub(crate) fn play_copies(
        &mut self,
        is_drum: bool,
        seconds: f64,
        copies: &[(f64, Placement)],
        mut voice: impl FnMut(f64) -> f64,
    ) {
        let frames = self.send[0].len();
        let length = samples(seconds * self.rate_hz);
        let is_audible =
            |start: isize| start + length.cast_signed() > 0 && start < frames.cast_signed();
        if !copies.iter().any(|(at, _)| is_audible(self.frame_at(*at))) {
            return;
        }
        let sound: Vec<f64> = (0..length)
            .map(|i| voice(i as f64 / self.rate_hz))
            .collect();
        for (at_seconds, place) in copies {
            let start = self.frame_at(*at_seconds);
            // Equal power keeps the loudness at the sides as in the middle.
            let angle = (place.pan + 1.0) * std::f64::consts::FRAC_PI_4;
            let gains = [libm::cos(angle) * place.gain, libm::sin(angle) * place.gain];
            let bus = if is_drum {
                &mut self.drums
            } else {
                &mut self.tonal
            };
            let skipped = (-start).max(0).unsigned_abs();
            let from = start.max(0).unsigned_abs().min(frames);
            for side in 0..2 {
                let audible = sound.get(skipped..).unwrap_or_default();
                let dry = bus[side][from..].iter_mut();
                for ((sample, dry), wet) in
                    audible.iter().zip(dry).zip(&mut self.send[side][from..])
                {
                    *dry += gains[side] * sample;
                    *wet += gains[side] * place.send * sample;
                }
            }
        }
    }

    /// Mixes the buses.
    pub(crate) fn mix(mut self, sample_rate_hz: u32) -> Audio {
        self.duck();
        let mut reverb = Reverb::new(self.rate_hz);
        let frames = self.send[0].len();
        let mut out = [Vec::with_capacity(frames), Vec::with_capacity(frames)];
        for frame in 0..frames {
            let wet = reverb.process([self.send[0][frame], self.send[1][frame]]);
            for side in 0..2 {
                out[side].push(self.drums[side][frame] + self.tonal[side][frame] + wet[side]);
            }
        }
        // Recordings end at the converter's filter, and have no noise up to half the sample rate.
        let limited = out.iter().map(|c| low_pass(c, BAND_PASS, BAND_END));
        Audio::new(
            sample_rate_hz,
            limited
                .map(|c| c.iter().map(|s| narrow(s * FADER)).collect())
                .collect(),
        )
    }

    /// Ducks pads and bass at each kick, as a side-chain compressor does.
    fn duck(&mut self) {
        let length = samples(0.3 * self.rate_hz);
        let gain = |frame: usize| {
            let seconds = frame as f64 / self.rate_hz;
            // 4 ms down, about 100 ms back.
            1.0 - 0.45
                * (1.0 - libm::exp(-seconds / 0.004))
                * libm::exp(-(seconds / 0.12) * (seconds / 0.12))
        };
        let dip: Vec<f64> = (0..length).map(gain).collect();
        for start in &self.kicks {
            let from = start.max(&0).unsigned_abs();
            let dip = dip
                .get((-start).max(0).unsigned_abs()..)
                .unwrap_or_default();
            for side in &mut self.tonal {
                for (sample, gain) in side.iter_mut().skip(from).zip(dip) {
                    *sample *= gain;
                }
            }
        }
    }
}
