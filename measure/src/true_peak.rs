//! The reference true-peak meter: 32 times oversampling by a Kaiser-windowed sinc over ±32 input samples, in f64.
//!
//! At 32 times oversampling the reading is at most 0.011 dB below the true peak of a signal up to fs/2 (cos(π/64)), a tenth
//! of the limiter's allowed error. The window's β of 10 keeps the filter's ripple 99 dB down up to 0.45 fs, where the torture
//! signals end. It shares no code with the plug-in's own meter.

use crate::windowed_sinc::{kaiser, sinc};
use flow_audio_file::{Audio, gain_to_db};
use multiversion::multiversion;
use std::ops::Range;

/// Readings between two samples.
const PHASES: usize = 32;
/// Samples on each side of a reading.
const REACH: usize = 32;
const TAPS: usize = 2 * REACH;
const KAISER_BETA: f64 = 10.0;
/// Step between the phases that are always read: 4 times oversampling.
const COARSE_STEP: usize = PHASES / 4;
/// Windows that are read side by side.
const COARSE_LANES: usize = 8;
/// All phases are read where four times oversampling reads more than this share of the highest peak so far. It reads at
/// worst cos(π/8) = 0.924 of a peak nearby; the rest is margin.
const COARSE_SHARE: f64 = 0.85;
/// The other phases of four times oversampling are read where two times oversampling reads more than this share of the
/// highest peak so far. It reads at worst cos(π/4) = 0.707 of a peak nearby; the rest is margin.
const MIDDLE_SHARE: f64 = 0.65;
/// Windows that are searched at once.
const BATCH: usize = 8192;

/// The highest point of a signal, on its samples or between them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TruePeak {
    /// Absolute value, 1 at full scale.
    pub peak: f64,
    /// Index of its channel.
    pub channel: usize,
    /// Its position, samples from the start.
    pub position_samples: f64,
}

impl TruePeak {
    /// The level in dBTP; negative infinity for silence.
    #[must_use]
    pub fn dbtp(&self) -> f64 {
        gain_to_db(self.peak)
    }
}

/// Measures the true peak block by block.
pub struct TruePeakMeter {
    filter: Interpolator,
    /// For each channel the last samples that windows still need, and those that wait.
    channels: Vec<Vec<f32>>,
    /// The number of the first window over `channels`.
    first_window: usize,
    highest: TruePeak,
    is_finite: bool,
}

impl TruePeakMeter {
    /// A meter for this number of channels.
    #[must_use]
    pub fn new(channel_count: usize) -> Self {
        Self {
            filter: Interpolator::new(),
            // Ringing before the first sample counts too.
            channels: vec![vec![0.0; TAPS]; channel_count],
            first_window: 0,
            highest: TruePeak::default(),
            is_finite: true,
        }
    }

    /// Measures a block: one slice for each channel, all of one length.
    pub fn push(&mut self, block: &[&[f32]]) {
        for (to, from) in self.channels.iter_mut().zip(block) {
            self.is_finite &= from.iter().all(|s| s.is_finite());
            to.extend_from_slice(from);
        }
        if self.channels.iter().any(|c| c.len() >= BATCH + TAPS - 1) {
            self.search();
        }
    }

    /// The highest true peak of all blocks. Audio that isn't finite has an infinite peak.
    #[must_use]
    pub fn finish(mut self) -> TruePeak {
        if !self.is_finite {
            return TruePeak {
                peak: f64::INFINITY,
                channel: 0,
                position_samples: 0.0,
            };
        }
        // Ringing after the last sample counts too.
        for channel in &mut self.channels {
            channel.resize(channel.len() + TAPS, 0.0);
        }
        self.search();
        self.highest
    }

    /// Searches all complete windows and keeps the samples that later ones need.
    fn search(&mut self) {
        let mut windows = 0;
        for (channel, samples) in self.channels.iter_mut().enumerate() {
            let highest = &mut self.highest;
            self.filter
                .search(samples, self.first_window, channel, highest);
            windows = samples.len() + 1 - TAPS;
            samples.drain(..windows);
        }
        self.first_window += windows;
    }
}

/// The highest true peak of all channels. Audio that isn't finite has an infinite peak.
#[must_use]
pub fn true_peak(audio: &Audio) -> TruePeak {
    let mut meter = TruePeakMeter::new(audio.channel_count());
    let frames = audio.frames();
    for start in (0..frames).step_by(BATCH) {
        let end = frames.min(start + BATCH);
        let block: Vec<&[f32]> = audio.channels.iter().map(|c| &c[start..end]).collect();
        meter.push(&block);
    }
    meter.finish()
}

/// The highest true peak in a range of frames. The filter takes the frames around it too, because a cut would make new
/// peaks.
#[must_use]
pub fn true_peak_within(audio: &Audio, frames: Range<usize>) -> TruePeak {
    // Window 33 reads from the first frame.
    let window = |frame: usize| frame.min(audio.frames()) + REACH + 1;
    let (first, end) = (window(frames.start), window(frames.end));
    let filter = Interpolator::new();
    let mut highest = TruePeak::default();
    for (channel, samples) in audio.channels.iter().enumerate() {
        let sample = |i: usize| {
            let sample = i.checked_sub(TAPS).and_then(|i| samples.get(i));
            sample.map_or(0.0, |s| *s)
        };
        let padded: Vec<f32> = (first..end + TAPS - 1).map(sample).collect();
        filter.search(&padded, first, channel, &mut highest);
    }
    highest
}

/// The highest true peak in dBTP.
#[must_use]
pub fn true_peak_dbtp(audio: &Audio) -> f64 {
    true_peak(audio).dbtp()
}

/// The windowed sinc, one row of taps for each phase.
struct Interpolator {
    rows: Vec<[f64; TAPS]>,
    /// The taps in the middle between two samples, and those of the other two phases of four times oversampling.
    middle: [f32; TAPS],
    quarters: [[f32; TAPS]; 2],
    /// The largest sum of the absolute taps of a row.
    largest_row: f64,
}

impl Interpolator {
    fn new() -> Self {
        let row = |phase: usize| {
            std::array::from_fn(|tap| {
                // Distance from the reading to this tap's sample; the reading lies between taps 31 and 32.
                let x = tap as f64 - (REACH - 1) as f64 - phase as f64 / PHASES as f64;
                sinc(x) * kaiser(x / REACH as f64, KAISER_BETA)
            })
        };
        let rows: Vec<[f64; TAPS]> = (0..PHASES).map(row).collect();
        let coarse = |phase: usize| rows[phase * COARSE_STEP].map(flow_dsp::math::narrow);
        let sums = rows.iter().map(|row| row.iter().map(|t| t.abs()).sum());
        Self {
            largest_row: sums.fold(0.0, f64::max),
            middle: coarse(2),
            quarters: [coarse(1), coarse(3)],
            rows,
        }
    }

    /// Raises `highest` to the peak of `samples` if that is higher. A window begins at each sample, the first with the number
    /// `first_window`. Window `w` reads from frame `w − 33` to the next one.
    fn search(&self, samples: &[f32], first_window: usize, channel: usize, highest: &mut TruePeak) {
        let Some((peak, window, phase)) = self.find(samples, highest.peak) else {
            return;
        };
        let frame = (first_window + window + REACH - 1) as f64 - TAPS as f64;
        *highest = TruePeak {
            peak,
            channel,
            position_samples: frame + phase as f64 / PHASES as f64,
        };
    }

    /// The highest reading above `peak`, its window and phase.
    fn find(&self, samples: &[f32], peak: f64) -> Option<(f64, usize, usize)> {
        find(self, samples, peak)
    }
}

/// See [`Interpolator::find`].
#[multiversion(targets("x86_64+avx2+fma"))]
fn find(filter: &Interpolator, samples: &[f32], mut peak: f64) -> Option<(f64, usize, usize)> {
    let windows = (samples.len() + 1).saturating_sub(TAPS);
    let mut found = None;
    // The samples come first: the higher the known peak, the fewer windows need all phases.
    for window in 0..windows {
        let value = f64::from(samples[window + REACH - 1].abs());
        if value > peak {
            peak = value;
            found = Some((value, window, 0));
        }
    }
    for start in (0..windows).step_by(TAPS) {
        let end = (start + TAPS).min(windows);
        let in_reach = &samples[start..end + TAPS - 1];
        // No reading exceeds the largest sample times the sum of the taps, so quiet parts are skipped.
        let largest = f64::from(in_reach.iter().fold(0.0, |m: f32, s| m.max(s.abs())));
        if largest * filter.largest_row <= peak || largest == 0.0 {
            continue;
        }
        let mut at = start;
        for readings in in_reach
            .windows(COARSE_LANES + TAPS - 1)
            .step_by(COARSE_LANES)
        {
            let middle = middle_readings(filter, readings);
            if middle.iter().any(|m| f64::from(*m) > MIDDLE_SHARE * peak) {
                for (lane, coarse) in coarse_readings(filter, readings, middle).iter().enumerate() {
                    if f64::from(*coarse) > COARSE_SHARE * peak {
                        find_in_window(filter, samples, at + lane, &mut peak, &mut found);
                    }
                }
            }
            at += COARSE_LANES;
        }
        // The rest has fewer windows than lanes.
        for at in at..end {
            find_in_window(filter, samples, at, &mut peak, &mut found);
        }
    }
    found
}

/// Reads all phases of a window.
#[inline(always)]
fn find_in_window(
    filter: &Interpolator,
    samples: &[f32],
    at: usize,
    peak: &mut f64,
    found: &mut Option<(f64, usize, usize)>,
) {
    let mut window = [0.0; TAPS];
    for (to, from) in window.iter_mut().zip(&samples[at..]) {
        *to = f64::from(*from);
    }
    for phase in 1..PHASES {
        let value = dot(&filter.rows[phase], &window).abs();
        if value > *peak {
            *peak = value;
            *found = Some((value, at, phase));
        }
    }
}

/// The highest absolute value of two times oversampling in each of eight windows, side by side in SIMD lanes. Single
/// precision is enough for the comparison with [`MIDDLE_SHARE`].
#[inline(always)]
fn middle_readings(filter: &Interpolator, samples: &[f32]) -> [f32; COARSE_LANES] {
    let middle = points(&filter.middle, samples);
    std::array::from_fn(|lane| {
        let on_samples = samples[lane + REACH - 1]
            .abs()
            .max(samples[lane + REACH].abs());
        on_samples.max(middle[lane].abs())
    })
}

/// As [`middle_readings`], which gave `middle`, with four times oversampling.
#[inline(always)]
fn coarse_readings(
    filter: &Interpolator,
    samples: &[f32],
    middle: [f32; COARSE_LANES],
) -> [f32; COARSE_LANES] {
    let [before, after] = [0, 1].map(|i| points(&filter.quarters[i], samples));
    std::array::from_fn(|lane| middle[lane].max(before[lane].abs()).max(after[lane].abs()))
}

/// The readings of one phase in eight windows.
#[inline(always)]
fn points(taps: &[f32; TAPS], samples: &[f32]) -> [f32; COARSE_LANES] {
    // Sums that don't wait for each other.
    const SUMS: usize = 4;
    let mut sums = [[0.0_f32; COARSE_LANES]; SUMS];
    let (taps, _) = taps.as_chunks::<SUMS>();
    for (taps, start) in taps.iter().zip((0..).step_by(SUMS)) {
        for (i, sums) in sums.iter_mut().enumerate() {
            let window = &samples[start + i..start + i + COARSE_LANES];
            for lane in 0..COARSE_LANES {
                sums[lane] += taps[i] * window[lane];
            }
        }
    }
    let [a, b, c, d] = sums;
    std::array::from_fn(|lane| (a[lane] + b[lane]) + (c[lane] + d[lane]))
}

/// The dot product in eight partial sums, which the compiler keeps in SIMD lanes.
#[inline(always)]
fn dot(taps: &[f64; TAPS], window: &[f64; TAPS]) -> f64 {
    let mut sums = [0.0; 8];
    for (t, w) in taps.chunks_exact(8).zip(window.chunks_exact(8)) {
        for lane in 0..8 {
            sums[lane] += t[lane] * w[lane];
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_testkit::signals::Noise;
    use std::f64::consts::PI;

    /// The peak of all phases, without skipping.
    fn brute_force(samples: &[f32]) -> f64 {
        let filter = Interpolator::new();
        let mut padded = vec![0.0; samples.len() + 2 * TAPS];
        for (to, from) in padded[TAPS..].iter_mut().zip(samples) {
            *to = f64::from(*from);
        }
        let windows = padded
            .windows(TAPS)
            .map(|w| <&[f64; TAPS]>::try_from(w).unwrap());
        windows
            .flat_map(|w| filter.rows.iter().map(move |row| dot(row, w).abs()))
            .fold(0.0, f64::max)
    }

    #[test]
    fn true_peak_of_a_sine_between_samples_reads_its_amplitude() {
        // The samples of fs/4 at 45° reach only 0.707 of the amplitude. The fades keep the edges silent.
        let n = 2000;
        let samples = (0..n).map(|i| {
            let fade = 0.5 - 0.5 * (2.0 * PI * f64::from(i) / f64::from(n)).cos();
            flow_dsp::math::narrow(fade * 0.5 * (PI / 2.0 * f64::from(i) + PI / 4.0).sin())
        });
        let audio = Audio::new(48_000, vec![samples.collect()]);
        // 32 times oversampling at fs/4 reads at most 0.012 dB too low.
        assert!(
            (true_peak(&audio).peak / 0.5 - 1.0).abs() < 0.0014,
            "{:?}",
            true_peak(&audio)
        );
    }

    #[test]
    fn true_peak_of_noise_equals_the_brute_force_peak() {
        for seed in 0..20 {
            let mut noise = Noise::new(seed);
            // The level of the noise varies, so that there are quiet parts to skip.
            let samples: Vec<f32> = (0..3000)
                .map(|i| {
                    let level = 0.5 + 0.5 * (f64::from(i) * 0.01 + f64::from(seed)).sin();
                    flow_dsp::math::narrow(noise.bipolar() * level.powi(3))
                })
                .collect();
            let expected = brute_force(&samples);
            let audio = Audio::new(48_000, vec![samples]);
            assert!((true_peak(&audio).peak - expected).abs() < 1e-12);
            let mut meter = TruePeakMeter::new(1);
            for block in audio.channels[0].chunks(77) {
                meter.push(&[block]);
            }
            assert_eq!(meter.finish(), true_peak(&audio), "in other blocks");
        }
    }

    #[test]
    fn true_peak_between_two_samples_has_its_channel_and_position() {
        let mut audio = Audio::silence(48_000, 2, 1000);
        audio.channels[1][400] = 0.5;
        audio.channels[1][401] = 0.5;
        let peak = true_peak(&audio);
        assert_eq!(peak.channel, 1);
        assert!((peak.position_samples - 400.5).abs() < 0.1, "{peak:?}");
        assert_eq!(true_peak_within(&audio, 400..401), peak);
        // The readings at a frame belong to the range that starts with it.
        assert!(true_peak_within(&audio, 401..500).peak <= 0.5 + 1e-12);
        assert!(true_peak_within(&audio, 300..400).peak < peak.peak);
        assert!(true_peak(&Audio::silence(48_000, 2, 100)).dbtp() == f64::NEG_INFINITY);
    }
}
