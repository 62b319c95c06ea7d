//! Finds resonances: narrow bands that stand out of the song's own spectrum all the time.
//!
//! A note raises a few bins of the spectrum while it sounds; a resonance raises whatever lies in its band, noise and the decay
//! of notes too, and does so all the time. So the logarithms of the bins are averaged over a fifth of an octave, each band is
//! held against its neighbors, and the mean of the differences over some seconds less their standard deviation counts. Allocates in `prepare` only.

use crate::{
    QUANTUM, Spec,
    block::quantum::{Quantum, energy},
    filter::sliced_fft::SlicedFft,
    lanes, math,
    simd::isa::Isa,
};
use core::f64::consts::TAU;

/// Bands per octave.
const PER_OCTAVE: usize = 6;
/// Number of bands, and the center of the first one: 62.5 Hz to 18 kHz.
const BANDS: usize = 50;
const FIRST_HZ: f64 = 62.5;
/// The neighbors of a band: 2 to 5 bands away, a third to five sixths of an octave.
const NEAREST: usize = 2;
const FARTHEST: usize = 5;
const NEIGHBORS: f32 = 4.0;
/// Share of the difference between the neighbors below and above that is no resonance but an edge of the spectrum, and the
/// most that the level around a band lies below the louder neighbors, dB.
const EDGE: f32 = 0.1;
const MOST_BELOW_DB: f32 = 6.0;
/// Least duration of a frame: bins of 6 Hz. Frames don't overlap, because the average is over many of them.
const FRAME_MS: f64 = 160.0;
const AVERAGE_MS: f64 = 6000.0;
/// Frames after which the average counts for half: the first ones say little.
const DOUBT: f32 = 1.0;
/// A frame below this share of the mean power (−25 dB) is a pause.
const PAUSE: f32 = 0.003;
/// Frames below this mean square (−70 dBFS) are silence.
const QUIET: f32 = 1e-7;
/// Mean less standard deviation of the level above the neighbors from which on a band is a resonance, dB.
const LIMIT_DB: f32 = 2.2;
/// Half of a band's width, octaves.
const HALF_WIDTH: f64 = 0.1;

/// A band that stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resonance {
    /// Position in octaves above 62.5 Hz.
    pub octaves: f32,
    /// Level above the limit, dB.
    pub excess_db: f32,
}

impl Resonance {
    /// Center frequency of a position, Hz.
    #[must_use]
    pub fn hz(octaves: f32) -> f64 {
        FIRST_HZ * math::exp2(f64::from(octaves))
    }
}

/// The detector.
#[derive(Clone, Debug)]
pub struct ResonanceDetector {
    fft: SlicedFft,
    window: Vec<f32>,
    /// First and last bin of each band that fits the sample rate.
    bands: Vec<[usize; 2]>,
    /// Samples of the frame so far.
    fill: usize,
    /// Slices that are done and bands that are measured, once the frame is full.
    slice: u32,
    band: usize,
    energy: f32,
    mean_power: f32,
    rate: f32,
    frames: f32,
    frame_db: [f32; BANDS],
    /// Means of the levels above the neighbors and of their squares.
    means_db: [f32; BANDS],
    squares: [f32; BANDS],
}

impl Default for ResonanceDetector {
    fn default() -> Self {
        Self {
            fft: SlicedFft::new(1),
            window: Vec::new(),
            bands: Vec::new(),
            fill: 0,
            slice: 0,
            band: 0,
            energy: 0.0,
            mean_power: 0.0,
            rate: 1.0,
            frames: 0.0,
            frame_db: [0.0; BANDS],
            means_db: [0.0; BANDS],
            squares: [0.0; BANDS],
        }
    }
}

impl ResonanceDetector {
    /// Sets everything that depends on the sample rate, and resets. Allocates.
    pub fn prepare(&mut self, spec: Spec) {
        let rate_hz = spec.sample_rate_hz;
        let mut slices = 5;
        while math::count(1 << slices) < 0.001 * FRAME_MS * rate_hz {
            slices += 1;
        }
        self.fft = SlicedFft::new(slices);
        let length = self.fft.length();
        self.window = (0..length)
            .map(|i| {
                let (_, cos) = math::sin_cos(TAU * math::count(i) / math::count(length));
                math::narrow(0.5 - 0.5 * cos)
            })
            .collect();
        let bin_hz = rate_hz / math::count(length);
        self.bands = (0..BANDS)
            .map(|band| bins(center_hz(band) / bin_hz))
            .take_while(|[_, last]| *last < length / 2)
            .collect();
        let frame_ms = 1000.0 * math::count(length) / rate_hz;
        self.rate = math::narrow(math::one_pole(AVERAGE_MS, 1000.0 / frame_ms));
        self.reset();
    }

    /// Forgets the song.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.fill = 0;
        self.slice = 0;
        self.band = 0;
        self.energy = 0.0;
        self.mean_power = 0.0;
        self.frames = 0.0;
        self.means_db = [0.0; BANDS];
        self.squares = [0.0; BANDS];
    }

    /// Processes a quantum. Returns whether the averages have changed.
    ///
    /// While a frame is transformed and measured, one slice or band with each quantum, the input is ignored.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, quantum: &Quantum) -> bool {
        let length = self.fft.length();
        if self.fill < length {
            let [left, right] = &quantum.channels;
            for i in 0..QUANTUM {
                let weight = self.window[self.fill + i];
                self.fft
                    .write(self.fill + i, weight * left[i], weight * right[i]);
            }
            self.energy += energy::<I>(left) + energy::<I>(right);
            self.fill += QUANTUM;
            return false;
        }
        if self.slice < self.fft.slices() {
            self.fft.run(self.slice);
            self.slice += 1;
            return false;
        }
        if self.band < self.bands.len() {
            self.frame_db[self.band] = self.level_db(self.bands[self.band]);
            self.band += 1;
            return false;
        }
        let power = self.energy / math::narrow(math::count(length));
        self.fill = 0;
        self.slice = 0;
        self.band = 0;
        self.energy = 0.0;
        self.average(power)
    }

    /// Adds the frame to the averages, unless it is a pause.
    #[inline(never)]
    fn average(&mut self, power: f32) -> bool {
        let share = 1.0 / (self.frames + 1.0);
        let rate = if share > self.rate { share } else { self.rate };
        if power < QUIET || power < PAUSE * self.mean_power {
            self.mean_power += self.rate * (power - self.mean_power);
            return false;
        }
        self.mean_power += rate * (power - self.mean_power);
        self.frames += 1.0;
        let levels_db = &self.frame_db;
        for band in FARTHEST..self.bands.len().saturating_sub(FARTHEST) {
            let (mut below, mut above) = (0.0, 0.0);
            for away in NEAREST..=FARTHEST {
                below += levels_db[band - away];
                above += levels_db[band + away];
            }
            let [below, above] = [below, above].map(|sum| sum * (1.0 / NEIGHBORS));
            let around = 0.5 * (below + above) + EDGE * (below - above).abs();
            let around = around.max(below.max(above) - MOST_BELOW_DB);
            let difference = levels_db[band] - around;
            let (mean, square) = (&mut self.means_db[band], &mut self.squares[band]);
            *mean += rate * (difference - *mean);
            *square += rate * (difference * difference - *square);
        }
        true
    }

    /// Mean level of a band's bins, dB, not normalized.
    #[inline(always)]
    fn level_db(&self, [first, last]: [usize; 2]) -> f32 {
        const LANES: usize = 8;
        let length = self.fft.length();
        // −120 dBFS of white noise in both channels.
        let floor = 1e-12 * math::narrow(math::count(length));
        let mut sum = 0.0;
        for start in (first..=last).step_by(LANES) {
            // Left is the real part and right the imaginary one: both mirror images add up to their power.
            let powers = lanes!(i, LANES => {
                let bin = if start + i < last { start + i } else { last };
                floor + self.fft.power(bin) + self.fft.power(length - bin)
            });
            let octaves = math::log2_lanes(powers);
            let count = (last + 1 - start).min(LANES);
            sum += octaves[..count].iter().sum::<f32>();
        }
        math::POWER_DB_PER_OCTAVE * sum / math::narrow(math::count(last + 1 - first))
    }

    /// Level of a position above its limit, dB; `frame_db` raises the limit.
    #[inline(always)]
    #[must_use]
    pub fn excess_db(&self, octaves: f32, frame_db: impl Fn(f32) -> f32) -> f32 {
        let position = octaves * math::narrow(math::count(PER_OCTAVE));
        let below = math::samples(f64::from(position).floor()).min(BANDS - 2);
        let part = position - math::narrow(math::count(below));
        let [a, b] = [below, below + 1].map(|band| self.band_excess_db(band, &frame_db));
        a + part * (b - a)
    }

    fn band_excess_db(&self, band: usize, frame_db: &impl Fn(f32) -> f32) -> f32 {
        let position = math::narrow(math::count(band));
        let mean_db = self.means_db[band];
        let deviation_db = (self.squares[band] - mean_db * mean_db).max(0.0).sqrt();
        let certainty = self.frames / (self.frames + DOUBT);
        certainty * (mean_db - deviation_db)
            - LIMIT_DB
            - frame_db(position / math::narrow(math::count(PER_OCTAVE)))
    }

    /// The `N` strongest resonances, the strongest first; unused places have no excess.
    #[must_use]
    pub fn strongest<const N: usize>(&self, frame_db: impl Fn(f32) -> f32) -> [Resonance; N] {
        let mut found = [Resonance::default(); N];
        let bands = FARTHEST..self.bands.len().saturating_sub(FARTHEST);
        for band in bands {
            let at = |band| self.band_excess_db(band, &frame_db);
            let [below, excess_db, above] = [band - 1, band, band + 1].map(at);
            let is_peak = excess_db > 0.0 && excess_db >= below && excess_db > above;
            if !is_peak {
                continue;
            }
            // The vertex of the parabola through the three.
            let bend = 2.0 * excess_db - below - above;
            let offset = (0.5 * (above - below) / bend).clamp(-0.5, 0.5);
            let position = math::narrow(math::count(band)) + offset;
            let mut next = Resonance {
                octaves: position / math::narrow(math::count(PER_OCTAVE)),
                excess_db: excess_db + 0.25 * (above - below) * offset,
            };
            for slot in &mut found {
                if next.excess_db > slot.excess_db {
                    core::mem::swap(slot, &mut next);
                }
            }
        }
        found
    }
}

fn center_hz(band: usize) -> f64 {
    FIRST_HZ * math::exp2(math::count(band) / math::count(PER_OCTAVE))
}

/// The first and the last bin of a band around a center in bins: two at least.
fn bins(center: f64) -> [usize; 2] {
    let half = (center * (math::exp2(HALF_WIDTH) - 1.0)).max(1.0);
    let edge = |position: f64| math::samples(position).max(1);
    [edge((center - half).ceil()), edge((center + half).floor())]
}
