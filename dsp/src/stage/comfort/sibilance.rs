//! Sibilance: the bell of Comfort that works for milliseconds.
//!
//! A sibilant is noise between 5 and 9 kHz. Its band rises while neither the voice nor the cymbals do: hi-hats and snares rise
//! as much above 12 kHz, loud passages in the mids too. So the rise of the band above its own mean level of some seconds is
//! held against the larger rise of the two others, and it must last. The means are those of the levels in decibels, which a sibilant
//! hardly raises. A rise that lasts for more than a tenth of the time is the song's sound and no sibilant: the limit follows that quantile.
//!
//! The levels are those of the middle: a few frequencies of Fourier transforms of 1.3 ms, half overlapping. No delay; allocates in `prepare` only.

use crate::{
    QUANTUM, Spec,
    block::{quantum::Quantum, ramp::Segment},
    filter::{
        block_filter::BlockFilter,
        network::Series,
        section::{HIGHEST_BAND, Section},
    },
    lanes, math,
    simd::isa::Isa,
};
use core::f64::consts::TAU;

/// Frequencies of the transforms, Hz: four of a sibilant, two below, two above.
const PROBES_HZ: [f64; 8] = [
    5400.0, 6400.0, 7400.0, 8400.0, 2250.0, 3000.0, 14_000.0, 15_500.0,
];
/// Cosines and sines.
const ROWS: usize = 2 * PROBES_HZ.len();
/// Least duration of a transform: 64 samples at 48 kHz.
const WINDOW_SECONDS: f64 = 0.0012;
/// Q of the bell.
pub(super) const Q: f64 = 0.7;
/// Time constants of the levels of a moment and of the song.
const MOMENT_MS: f64 = 4.0;
const SONG_MS: f64 = 3000.0;
/// Time constant of the level of the mids that sibilants must exceed, so that a fade-out is left alone.
const LEVEL_MS: f64 = 20_000.0;
/// The level of the song is its mean power at least less this, dB: single sounds in silence are no sibilants.
const SPARSE_DB: f32 = 12.0;
/// Rise above that of the other bands from which on sound is sibilant, dB.
const LIMIT_DB: f32 = 12.0;
/// Speeds at which the usual rise follows the rise upwards and downwards, dB a second: their ratio makes it the quantile of 90 %.
const USUAL_DB_PER_SECOND: [f64; 2] = [27.0, 3.0];
/// Usual rises above this raise the limit, dB.
const USUAL_DB: f32 = 3.0;
/// Windows in a row that must exceed it, 5 ms: strokes of sticks and pedals are shorter.
const WINDOWS: usize = 8;
/// Cut for one decibel above it, and the largest one, dB.
const SLOPE: f32 = 5.0;
const MOST_DB: f32 = 15.0;
/// Time constants of the cut.
const ATTACK_MS: f64 = 1.0;
const RELEASE_MS: f64 = 40.0;
/// Powers below this (−80 dBFS) are no sound.
const QUIET: f32 = 1e-8;

/// Detector and bell.
#[derive(Clone, Debug)]
pub struct Sibilance {
    /// The transform's rows for each sample of a window.
    rows: Vec<[f32; ROWS]>,
    /// The sums of the window that began earlier, and of the one that began half a window later.
    sums: [[f32; ROWS]; 2],
    /// Samples of the later window so far.
    fill: usize,
    band: BlockFilter<2, 1>,
    /// The bell has signal to forget before it begins again.
    is_working: bool,
    moment: f32,
    song: f32,
    level: f32,
    /// Steps of the usual rise, upwards and downwards, dB.
    usual_steps_db: [f32; 2],
    attack: f32,
    release: f32,
    moments: [f32; 3],
    songs: [f32; 3],
    songs_db: [f32; 3],
    mids: f32,
    windows: f32,
    /// Rises in the last windows, dB, and the place of the next one.
    rises_db: [f32; WINDOWS],
    next: usize,
    usual_db: f32,
    cut_db: f32,
    gain: f32,
}

fn band(spec: Spec) -> Series<1> {
    Series([Section::band_pass(Sibilance::HZ, Q, spec.sample_rate_hz)])
}

impl Default for Sibilance {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            sums: [[0.0; ROWS]; 2],
            fill: 0,
            band: BlockFilter::new(&band(Spec::default())),
            is_working: false,
            moment: 1.0,
            song: 1.0,
            level: 1.0,
            usual_steps_db: [0.0; 2],
            attack: 1.0,
            release: 1.0,
            moments: [0.0; 3],
            songs: [0.0; 3],
            songs_db: [0.0; 3],
            mids: 0.0,
            windows: 0.0,
            rises_db: [0.0; WINDOWS],
            next: 0,
            usual_db: 0.0,
            cut_db: 0.0,
            gain: 1.0,
        }
    }
}

impl Sibilance {
    /// Center of the bell, Hz.
    pub const HZ: f64 = 6800.0;

    /// Sets everything that depends on the sample rate. Allocates.
    pub fn prepare(&mut self, spec: Spec) {
        let rate_hz = spec.sample_rate_hz;
        self.band.set(&band(spec));
        // Without the highest band sibilants can't be told from cymbals.
        let fits = PROBES_HZ[7] <= HIGHEST_BAND * rate_hz;
        let mut length = 2 * QUANTUM;
        while math::count(length) < WINDOW_SECONDS * rate_hz {
            length *= 2;
        }
        self.rows = (0..if fits { length } else { 0 })
            .map(|i| {
                let turns = (math::count(i) + 0.5) / math::count(length);
                // A sine's power is that of its mean square.
                let window = (1.0 - math::sin_cos(TAU * turns).1) / math::count(length);
                let mut row = [0.0; ROWS];
                for (pair, hz) in row.chunks_exact_mut(2).zip(PROBES_HZ) {
                    let (sin, cos) = math::sin_cos(TAU * hz / rate_hz * math::count(i));
                    pair[0] = math::narrow(window * cos);
                    pair[1] = math::narrow(window * sin);
                }
                row
            })
            .collect();
        let windows_hz = 2.0 * rate_hz / math::count(length);
        let rate = |ms| math::narrow(math::one_pole(ms, windows_hz));
        self.moment = rate(MOMENT_MS);
        self.song = rate(SONG_MS);
        self.level = rate(LEVEL_MS);
        self.usual_steps_db = USUAL_DB_PER_SECOND.map(|speed| math::narrow(speed / windows_hz));
        self.attack = rate(ATTACK_MS);
        self.release = rate(RELEASE_MS);
        self.reset();
    }

    /// Forgets the song.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.sums = [[0.0; ROWS]; 2];
        self.fill = 0;
        self.band.reset();
        self.is_working = false;
        self.moments = [0.0; 3];
        self.songs = [0.0; 3];
        self.songs_db = [0.0; 3];
        self.mids = 0.0;
        self.windows = 0.0;
        self.rises_db = [0.0; WINDOWS];
        self.next = 0;
        self.usual_db = 0.0;
        self.cut_db = 0.0;
        self.gain = 1.0;
    }

    /// Measures one quantum; `frame_db` raises the limit.
    #[inline(always)]
    pub fn detect<I: Isa>(&mut self, frame_db: f32, quantum: &Quantum) {
        if self.rows.is_empty() {
            return;
        }
        let half = self.rows.len() / 2;
        let [left, right] = &quantum.channels;
        let later = &self.rows[self.fill..self.fill + QUANTUM];
        let earlier = &self.rows[half + self.fill..half + self.fill + QUANTUM];
        let [mut sums, mut next] = self.sums.map(|sums| [I::load(&sums), I::load(&sums[8..])]);
        for i in 0..QUANTUM {
            let x = I::splat(0.5 * (left[i] + right[i]));
            for k in 0..2 {
                sums[k] = I::mul_add_eight(I::load(&earlier[i][8 * k..]), x, sums[k]);
                next[k] = I::mul_add_eight(I::load(&later[i][8 * k..]), x, next[k]);
            }
        }
        for (to, eights) in self.sums.iter_mut().zip([sums, next]) {
            I::store(eights[0], to);
            I::store(eights[1], &mut to[8..]);
        }
        self.fill += QUANTUM;
        if self.fill == half {
            self.fill = 0;
            let done = core::mem::replace(&mut self.sums[0], [0.0; ROWS]);
            self.sums.swap(0, 1);
            self.follow(frame_db, &done);
        }
    }

    /// Follows the levels of a window.
    #[inline(always)]
    fn follow(&mut self, frame_db: f32, sums: &[f32; ROWS]) {
        let squares = lanes!(k, ROWS => sums[k] * sums[k]);
        let power = |from: usize, to: usize| squares[from..to].iter().sum::<f32>();
        let powers = [0.5 * power(0, 8), power(8, 12), power(12, 16)];
        self.windows += 1.0;
        let share = 1.0 / self.windows;
        let [moment, song, level] = [self.moment, self.song, self.level]
            .map(|rate| if share > rate { share } else { rate });
        for k in 0..3 {
            self.moments[k] += moment * (powers[k] - self.moments[k]);
            self.songs[k] += song * (powers[k] - self.songs[k]);
        }
        self.mids += level * (powers[1] - self.mids);
        let octaves = math::log2_lanes(lanes!(k, 7 => QUIET + match k {
            0..3 => self.moments[k],
            3..6 => self.songs[k - 3],
            _ => self.mids,
        }));
        let levels_db = lanes!(k, 7 => math::POWER_DB_PER_OCTAVE * octaves[k]);
        for k in 0..3 {
            self.songs_db[k] += song * (levels_db[k] - self.songs_db[k]);
        }
        let rises = lanes!(k, 3 => {
            levels_db[k] - self.songs_db[k].max(levels_db[k + 3] - SPARSE_DB)
        });
        let others = rises[1].max(rises[2]).max(0.0);
        self.rises_db[self.next] = rises[0] - others;
        self.next = (self.next + 1) % WINDOWS;
        let rise = self.rises_db.iter().copied().fold(f32::INFINITY, f32::min);
        let [up, down] = self.usual_steps_db;
        self.usual_db += if rise > self.usual_db { up } else { -down };
        let limit = LIMIT_DB + frame_db + (self.usual_db - USUAL_DB).max(0.0);
        // Treble that is softer than the voice's middle doesn't hiss.
        let over = (rise - limit).min(levels_db[0] - levels_db[6]);
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

    /// Cuts sibilants found by `detect` by `amount`, and returns the gain.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, amount: f32, mix: Segment, quantum: &mut Quantum) -> f32 {
        let end = if self.cut_db == 0.0 {
            1.0
        } else {
            let [gain] = math::exp2_lanes([-amount * self.cut_db * math::OCTAVES_PER_DB]);
            gain
        };
        let gain = Segment {
            start: self.gain,
            end,
        };
        self.gain = end;
        if gain.is(1.0) {
            self.is_working = false;
            return end;
        }
        if !self.is_working {
            self.is_working = true;
            self.band.reset();
        }
        let [band] = self.band.process::<I>(quantum);
        let (gain, mix) = (gain.lane::<I>(), mix.lane::<I>());
        for (channel, band) in quantum.channels.iter_mut().zip(&band.channels) {
            for i in 0..QUANTUM {
                channel[i] = I::mul_add(band[i], mix[i] * (gain[i] - 1.0), channel[i]);
            }
        }
        end
    }
}
