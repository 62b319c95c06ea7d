//! Sibilance: the bell of Comfort that works for milliseconds.
//!
//! A sibilant is noise between 5 and 9 kHz. Its band rises while neither the voice nor the cymbals do: hi-hats and snares rise
//! as much above 12 kHz, loud passages in the mids too. So the rise of the band above its own mean of some seconds is held
//! against the larger rise of the two others. No delay, no allocation in `process`.

use super::dynamic_bell::add_band;
use crate::{
    QUANTUM, Spec,
    block::{
        quantum::{Quantum, energy},
        ramp::Segment,
    },
    filter::{
        block_filter::BlockFilter,
        network::Network,
        section::{HIGHEST_BAND, Section},
    },
    lanes, math,
    simd::isa::Isa,
};

/// Centers and Q of the band-passes, each of which is passed twice: sibilant, below, above.
const BANDS: [(f64, f64); 3] = [(Sibilance::HZ, 0.7), (2000.0, 0.8), (15_000.0, 2.0)];
/// The most power of a sibilant that the other bands pass: −13 dB.
const LEAK: f32 = 0.05;
/// Time constants of the levels of a moment and of the song.
const MOMENT_MS: f64 = 5.0;
const SONG_MS: f64 = 3000.0;
/// Rise above that of the other bands from which on sound is sibilant, dB.
const LIMIT_DB: f32 = 8.0;
/// Cut for one decibel above it, and the largest one, dB.
const SLOPE: f32 = 3.0;
const MOST_DB: f32 = 12.0;
/// Time constants of the cut.
const ATTACK_MS: f64 = 1.0;
const RELEASE_MS: f64 = 40.0;
/// Powers below this (−80 dBFS) are no sound.
const QUIET: f32 = 1e-8;

/// Detector and bell.
#[derive(Clone, Debug)]
pub struct Sibilance {
    bands: BlockFilter<12, 4>,
    /// The band-pass of the bell, from `detect` to `process`.
    band: Quantum,
    fits: bool,
    moment: f32,
    song: f32,
    attack: f32,
    release: f32,
    moments: [f32; 3],
    songs: [f32; 3],
    quanta: f32,
    cut_db: f32,
    gain: f32,
}

/// The three band-passes; the sibilant one once and twice.
struct Bands([Section; 3]);

impl Bands {
    fn new(spec: Spec) -> Self {
        Self(BANDS.map(|(hz, q)| Section::band_pass(hz, q, spec.sample_rate_hz)))
    }
}

impl Network<12, 4> for Bands {
    fn tick(&self, state: &mut [f64; 12], input: f64) -> [f64; 4] {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = state;
        let [sibilant, below, above] = &self.0;
        let once = sibilant.tick([a, b], input);
        let low = below.tick([e, f], input);
        let high = above.tick([i, j], input);
        [
            once,
            sibilant.tick([c, d], once),
            below.tick([g, h], low),
            above.tick([k, l], high),
        ]
    }
}

impl Default for Sibilance {
    fn default() -> Self {
        Self {
            bands: BlockFilter::new(&Bands::new(Spec::default())),
            band: Quantum::SILENCE,
            fits: true,
            moment: 1.0,
            song: 1.0,
            attack: 1.0,
            release: 1.0,
            moments: [0.0; 3],
            songs: [0.0; 3],
            quanta: 0.0,
            cut_db: 0.0,
            gain: 1.0,
        }
    }
}

impl Sibilance {
    /// Center of the bell, Hz.
    pub const HZ: f64 = 6800.0;

    /// Sets everything that depends on the sample rate.
    pub fn prepare(&mut self, spec: Spec) {
        let rate_hz = spec.sample_rate_hz / math::count(QUANTUM);
        let rate = |ms| math::narrow(math::one_pole(ms, rate_hz));
        self.moment = rate(MOMENT_MS);
        self.song = rate(SONG_MS);
        self.attack = rate(ATTACK_MS);
        self.release = rate(RELEASE_MS);
        self.bands.set(&Bands::new(spec));
        // Without the highest band sibilants can't be told from cymbals.
        self.fits = BANDS[2].0 <= HIGHEST_BAND * spec.sample_rate_hz;
    }

    /// Forgets the song.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.bands.reset();
        self.moments = [0.0; 3];
        self.songs = [0.0; 3];
        self.quanta = 0.0;
        self.cut_db = 0.0;
        self.gain = 1.0;
    }

    /// Measures one quantum; `frame_db` raises the limit.
    #[inline(always)]
    pub fn detect<I: Isa>(&mut self, frame_db: f32, quantum: &Quantum) {
        if !self.fits {
            return;
        }
        let [band, levels @ ..] = self.bands.process::<I>(quantum);
        self.band = band;
        self.quanta += 1.0;
        let share = 1.0 / self.quanta;
        let song = if share > self.song { share } else { self.song };
        let moment = if share > self.moment {
            share
        } else {
            self.moment
        };
        for k in 0..3 {
            let [left, right] = &levels[k].channels;
            let power = (energy::<I>(left) + energy::<I>(right)) * (1.0 / 16.0);
            self.moments[k] += moment * (power - self.moments[k]);
            self.songs[k] += song * (power - self.songs[k]);
        }
        let (moment, song) = (LEAK * self.moments[0], LEAK * self.songs[0]);
        let moments = [
            self.moments[0],
            (self.moments[1] - moment).max(0.0),
            (self.moments[2] - moment).max(0.0),
        ];
        let songs = [self.songs[0], self.songs[1] + song, self.songs[2] + song];
        let moments = math::log2_lanes(lanes!(k, 3 => moments[k] + QUIET));
        let songs = math::log2_lanes(lanes!(k, 3 => songs[k] + QUIET));
        let rises = lanes!(k, 3 => math::POWER_DB_PER_OCTAVE * (moments[k] - songs[k]));
        let others = if rises[1] > rises[2] {
            rises[1]
        } else {
            rises[2]
        };
        let others = if others > 0.0 { others } else { 0.0 };
        let over = rises[0] - others - LIMIT_DB - frame_db;
        // Treble that is softer than the voice's middle doesn't hiss.
        let loud = math::POWER_DB_PER_OCTAVE * (moments[0] - songs[1]);
        let over = if loud < over { loud } else { over };
        let cut = (SLOPE * over).clamp(0.0, MOST_DB);
        let rate = if cut > self.cut_db {
            self.attack
        } else {
            self.release
        };
        self.cut_db += rate * (cut - self.cut_db);
        if self.cut_db < 0.01 {
            self.cut_db = 0.0;
        }
    }

    /// Cuts what `detect` has found by `amount`, and returns the gain.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, amount: f32, mix: Segment, quantum: &mut Quantum) -> f32 {
        let [end] = math::exp2_lanes([-amount * self.cut_db * math::OCTAVES_PER_DB]);
        let gain = Segment {
            start: self.gain,
            end,
        };
        self.gain = end;
        if !gain.is(1.0) {
            add_band::<I>(quantum, &self.band, gain, mix);
        }
        end
    }
}
