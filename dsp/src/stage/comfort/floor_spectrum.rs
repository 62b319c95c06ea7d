//! The spectrum of the noise floor, between the notes.
//!
//! A held note fills a few bins of its band; noise, breath, decays and attacks fill all of them. So the level of a band is the lower
//! quartile of its bins. Frames don't overlap, because the statistics over them run for seconds, and while a frame is transformed and
//! measured, in small steps, the input is ignored. Allocates in `prepare` only.

use super::quantile::quantile;
use crate::{
    QUANTUM, Spec,
    block::quantum::{Quantum, energy},
    filter::sliced_fft::SlicedFft,
    math,
    simd::isa::Isa,
};

/// Bands per octave, their number, and the center of the first one: 62.5 Hz to 15.1 kHz.
pub(super) const PER_OCTAVE: f32 = 12.0;
pub(super) const BANDS: usize = 96;
const FIRST_HZ: f64 = 62.5;
/// Half of a band's width, octaves.
const HALF_WIDTH: f64 = 0.1;
/// Least duration of a frame: bins of 3 Hz.
const FRAME_SECONDS: f64 = 0.32;
/// The most bins of a band that are looked at, evenly spread.
const MOST_BINS: usize = 128;
/// A frame below this share of the mean power (−10 dB) is a pause, a soft passage or a fade-out, which says little about the song.
const PAUSE: f32 = 0.1;
/// Frames below this mean square (−70 dBFS) are silence.
const QUIET: f32 = 1e-7;
/// Frames over which the mean power is taken.
const FRAMES: f32 = 24.0;

/// A band of a frame, dB, not normalized.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BandLevel {
    /// The lower quartile of the bins.
    pub(super) floor_db: f32,
    /// The level of the mean power above it: 3 to 6 dB for noise, more for notes.
    pub(super) tones_db: f32,
}

/// Frames of a song, measured in bands.
#[derive(Clone, Debug)]
pub(super) struct FloorSpectrum {
    fft: SlicedFft,
    /// First and last bin of each band that fits the sample rate.
    bands: Vec<[usize; 2]>,
    levels: [BandLevel; BANDS],
    /// Powers of the bins of the band that is measured, their number, 0 before they are read, and their sum.
    powers: [f32; MOST_BINS],
    count: usize,
    sum: f32,
    /// Samples of the frame so far; then its slices, and then its bands.
    fill: usize,
    slice: usize,
    band: usize,
    energy: f32,
    mean_power: f32,
    frames: f32,
}

impl Default for FloorSpectrum {
    fn default() -> Self {
        Self {
            fft: SlicedFft::new(0),
            bands: Vec::new(),
            levels: [BandLevel::default(); BANDS],
            powers: [f32::MAX; MOST_BINS],
            count: 0,
            sum: 0.0,
            fill: 0,
            slice: 0,
            band: 0,
            energy: 0.0,
            mean_power: 0.0,
            frames: 0.0,
        }
    }
}

impl FloorSpectrum {
    /// Sets everything that depends on the sample rate, and resets. Allocates.
    pub(super) fn prepare(&mut self, spec: Spec) {
        let rate_hz = spec.sample_rate_hz;
        let mut passes = 1;
        while math::count(1 << passes) < FRAME_SECONDS * rate_hz {
            passes += 1;
        }
        self.fft = SlicedFft::new(passes);
        let length = self.fft.length();
        let bin_hz = rate_hz / math::count(length);
        self.bands = (0..BANDS)
            .map(|band| bins(center_hz(band) / bin_hz))
            .take_while(|[_, last]| *last < length / 2)
            .collect();
        self.reset();
    }

    /// Forgets the song.
    #[inline(always)]
    pub(super) fn reset(&mut self) {
        self.begin();
        self.mean_power = 0.0;
        self.frames = 0.0;
    }

    fn begin(&mut self) {
        self.fill = 0;
        self.slice = 0;
        self.band = 0;
        self.count = 0;
        self.energy = 0.0;
    }

    /// The bands of the last frame. They stand until the next frame has been transformed.
    pub(super) fn levels(&self) -> &[BandLevel] {
        &self.levels[..self.bands.len()]
    }

    /// Processes a quantum. Returns whether a frame is done.
    #[inline(always)]
    pub(super) fn process<I: Isa>(&mut self, quantum: &Quantum) -> bool {
        if self.fill < self.fft.length() {
            let [left, right] = &quantum.channels;
            self.fft.write::<I>(self.fill, quantum);
            self.energy += energy::<I>(left) + energy::<I>(right);
            self.fill += QUANTUM;
            if self.fill == self.fft.length() && self.is_pause() {
                self.begin();
            }
            return false;
        }
        if self.slice < self.fft.slices() {
            self.fft.run::<I>(self.slice);
            self.slice += 1;
            return false;
        }
        if self.band < self.bands.len() {
            if self.count == 0 {
                self.read(self.bands[self.band]);
            } else {
                self.levels[self.band] = self.level();
                self.count = 0;
                self.band += 1;
            }
            return false;
        }
        self.begin();
        true
    }

    /// Whether a full frame is too soft to say something about the song.
    fn is_pause(&mut self) -> bool {
        let power = self.energy / math::narrow(math::count(self.fft.length()));
        let is_pause = power < QUIET || power < PAUSE * self.mean_power;
        if !is_pause && self.frames < FRAMES {
            self.frames += 1.0;
        }
        let frames = if is_pause { FRAMES } else { self.frames };
        self.mean_power += (power - self.mean_power) / frames;
        is_pause
    }

    /// Reads the powers of a band.
    #[inline(always)]
    fn read(&mut self, [first, last]: [usize; 2]) {
        // −120 dBFS of white noise in both channels.
        let floor = 1e-12 * math::narrow(math::count(self.fft.length()));
        let step = (last - first) / MOST_BINS + 1;
        self.powers = [f32::MAX; MOST_BINS];
        self.sum = 0.0;
        for (power, bin) in self.powers.iter_mut().zip((first..=last).step_by(step)) {
            *power = floor + self.fft.power(bin);
            self.count += 1;
            self.sum += *power;
        }
    }

    /// The level of the band whose powers have been read.
    #[inline(always)]
    fn level(&self) -> BandLevel {
        let mean = self.sum / math::narrow(math::count(self.count));
        let floor = quantile(&self.powers, 0.25, self.count);
        let [floor, mean] = math::log2_lanes([floor, mean]);
        BandLevel {
            floor_db: math::POWER_DB_PER_OCTAVE * floor,
            tones_db: math::POWER_DB_PER_OCTAVE * (mean - floor),
        }
    }
}

/// Center frequency of a position in octaves above the first band, Hz.
pub(super) fn hz(octaves: f32) -> f64 {
    FIRST_HZ * math::exp2(f64::from(octaves))
}

/// Position of a band in octaves above the first one.
pub(super) fn octaves(band: usize) -> f32 {
    math::narrow(math::count(band)) / PER_OCTAVE
}

fn center_hz(band: usize) -> f64 {
    hz(octaves(band))
}

/// The first and the last bin of a band around a center in bins: two at least.
fn bins(center: f64) -> [usize; 2] {
    let half = (center * (math::exp2(HALF_WIDTH) - 1.0)).max(1.0);
    let edge = |position: f64| math::samples(position).max(1);
    [edge((center - half).ceil()), edge((center + half).floor())]
}
