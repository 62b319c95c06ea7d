//! The three-band compressor.
//!
//! ```text
//! input ─┬─ low shelf ── high shelf ── gain of the middle band ── make-up ── output
//!        └─ levels of three bands → compressors ↑ gains
//! ```
//!
//! No crossover lies in the signal path. Two shelves of minimum phase, whose gains move, give each band its gain: without
//! gain reduction nothing changes, phase included, and equal gains in all bands are one gain at all frequencies. No delay,
//! no allocation in `process`. See [`crate::dynamics::compressor`] for the gain computer and [`crate::dynamics::make_up`]
//! for the gain behind.

use crate::{
    MultibandSettings, Spec,
    block::{
        engagement::{Engageable, Engagement},
        processor::Processor,
        quantum::{Lane, Quantum},
        ramp::{Glide, LEVEL_RAMP_MS, Ramp, Segment},
    },
    dynamics::{
        compressor::{Compressors, lines},
        make_up::{MakeUp, Weighting},
    },
    filter::{
        band_envelopes::BandEnvelopes,
        block_filter::BlockFilter,
        moving_shelf::{ShelfPoles, high_shelf_shares, low_shelf_shares},
        point_filter::{POINT_SAMPLES, POINTS},
    },
    lanes, math,
    simd::isa::Isa,
};

/// The middle band stays above this share of its louder neighbor (−60 dB), because theirs are relative to it.
const LEAST_MIDDLE: f32 = 1e-3;
/// The middle band stays above this share of both its neighbors (−30 dB), which meet in it.
const LEAST_BETWEEN: f32 = 0.03;
/// The lowest gain of the middle band, far below every signal.
const SMALLEST: f32 = 1e-12;

/// Low, mid and high band compressor; both channels always get the same gain.
#[derive(Clone, Debug)]
pub struct Multiband(Engagement<BandCompressors>);

#[derive(Clone, Debug)]
struct BandCompressors {
    spec: Spec,
    crossovers_hz: Glide<2>,
    envelopes: BandEnvelopes,
    compressors: Compressors<3>,
    /// The low and the high shelf.
    shelves: [BlockFilter<2, 2>; 2],
    /// Their shares at the last point; none before the first quantum.
    shares: Option<[Shares; 2]>,
    /// Of the input and of its low and high band.
    weightings: [Weighting; 3],
    make_up: MakeUp,
    /// The settings of the last quantum.
    settings: MultibandSettings,
    amount: Ramp,
    gains_db: [f32; 3],
    gains: [f32; 3],
    /// The gain of each band behind its compressor: its own, or 0 while others are solo.
    levels: [f32; 3],
    fade: Fade,
    lowest_gains: [f32; 3],
}

/// The way of the shares from their values at a change of levels to those of the new levels: a crossfade.
///
/// Ramps of the levels would go through silence, where the shares of a shelf change fast.
#[derive(Clone, Copy, Debug)]
struct Fade {
    from: [Shares; 2],
    /// The share of the new levels.
    position: Ramp,
}

/// The shares of the signal, of its low-pass and of its band-pass; see [`crate::filter::moving_shelf`].
type Shares = [f32; 3];

/// The shares of both shelves that give low, mid and high band their gains, at each point.
#[inline(always)]
fn point_shares([low, mid, high]: &[[f32; POINTS]; 3]) -> [[[f32; POINTS]; 3]; 2] {
    let mid = lanes!(p, POINTS => {
        let (less, more) = if low[p] < high[p] { (low[p], high[p]) } else { (high[p], low[p]) };
        let least = higher(LEAST_BETWEEN * less, LEAST_MIDDLE * more);
        higher(mid[p], higher(least, SMALLEST))
    });
    let low = lanes!(p, POINTS => low[p] / mid[p]);
    let high = lanes!(p, POINTS => high[p] / mid[p]);
    // A boost is left to the second shelf, so that no signal between them is far above the output.
    let first = lanes!(p, POINTS => 1.0 / higher(low[p], 1.0));
    let second = lanes!(p, POINTS => mid[p] * higher(low[p], 1.0));
    let low_root = lanes!(p, POINTS => low[p].sqrt());
    let high_root = lanes!(p, POINTS => high[p].sqrt());
    [
        [
            first,
            lanes!(p, POINTS => first[p] * low_shelf_shares(low_root[p])[0]),
            lanes!(p, POINTS => first[p] * low_shelf_shares(low_root[p])[1]),
        ],
        [
            lanes!(p, POINTS => second[p] * (high_root[p] * high_root[p])),
            lanes!(p, POINTS => second[p] * high_shelf_shares(high_root[p])[0]),
            lanes!(p, POINTS => second[p] * high_shelf_shares(high_root[p])[1]),
        ],
    ]
}

#[inline(always)]
fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

fn shelf_poles(crossovers_hz: [f32; 2], spec: Spec) -> [ShelfPoles; 2] {
    crossovers_hz.map(|hz| ShelfPoles::new(f64::from(hz), spec.sample_rate_hz))
}

impl BandCompressors {
    fn new(spec: Spec) -> Self {
        let crossovers_hz = [120.0, 2500.0];
        Self {
            spec,
            crossovers_hz: Glide::new(),
            envelopes: BandEnvelopes::new(crossovers_hz, spec),
            compressors: Compressors::new(spec),
            shelves: shelf_poles(crossovers_hz, spec).map(|poles| BlockFilter::new(&poles)),
            shares: None,
            weightings: [Weighting::new(spec); 3],
            make_up: MakeUp::new(spec),
            settings: MultibandSettings::default(),
            amount: Ramp::new(),
            gains_db: [0.0; 3],
            gains: [1.0; 3],
            levels: [1.0; 3],
            fade: Fade {
                from: [[0.0; 3]; 2],
                position: Ramp::new(),
            },
            lowest_gains: [1.0; 3],
        }
    }

    /// The gain of each band's compressor at each point.
    #[inline(always)]
    fn band_gains<I: Isa>(&mut self, amount: Segment, quantum: &Quantum) -> [[f32; POINTS]; 3] {
        let [left, right] = self.envelopes.powers::<I>(quantum);
        let mut powers = [[0.0; POINTS]; 3];
        for (k, power) in powers.iter_mut().enumerate() {
            *power = lanes!(point, POINTS => left[k][point].max(right[k][point]));
        }
        self.compressors.point_gains(&powers, amount)
    }

    /// Sets the level of each band.
    #[inline(always)]
    fn set_levels(&mut self, settings: &MultibandSettings) {
        let gains_db = lanes!(k, 3 => settings.amount * settings.bands[k].gain_db);
        if gains_db != self.gains_db {
            self.gains_db = gains_db;
            self.gains = gains_db.map(|db| math::narrow(math::gain_from_db(f64::from(db))));
        }
        let any_solo = settings.bands.iter().any(|band| band.solo);
        let levels = lanes!(k, 3 => {
            if any_solo && !settings.bands[k].solo { 0.0 } else { self.gains[k] }
        });
        if levels != self.levels {
            self.levels = levels;
            if let Some(shares) = self.shares {
                self.fade.from = shares;
                self.fade.position.reset();
                self.fade.position.advance(0.0);
            }
        }
    }

    /// Gives each band of the signal its gain and its level. If the quantum is measured, returns the weighted power of all
    /// bands at their levels, without these gains and with them.
    ///
    /// The powers of a Butterworth low-pass and of the high-pass with the same poles add up to that of their input, and each
    /// shelf weighs them with the squares of its gains. So the powers of three bands and their gains give that of the output.
    #[inline(always)]
    fn apply<I: Isa>(
        &mut self,
        gains: &[[f32; POINTS]; 3],
        quantum: &mut Quantum,
    ) -> Option<[f32; 2]> {
        let levels = &self.levels;
        let at_level =
            core::array::from_fn(|k| lanes!(point, POINTS => gains[k][point] * levels[k]));
        let mut points = point_shares(&at_level);
        let position = self.fade.position.advance(1.0);
        if !position.is(1.0) {
            for (points, from) in points.iter_mut().zip(&self.fade.from) {
                for (points, from) in points.iter_mut().zip(from) {
                    for (share, step) in points.iter_mut().zip(STEP) {
                        let position = position.start + (position.end - position.start) * step;
                        *share = from + position * (*share - from);
                    }
                }
            }
        }
        let mut ends = [[0.0; 3]; 2];
        let mut starts = [[0.0; 3]; 2];
        for k in 0..2 {
            for n in 0..3 {
                starts[k][n] = points[k][n][0];
                ends[k][n] = points[k][n][POINTS - 1];
            }
        }
        if let Some(shares) = self.shares {
            starts = shares;
        }
        self.shares = Some(ends);
        let is_due = self.make_up.is_due();
        let [of_all, of_low_band, of_high_band] = &mut self.weightings;
        let [lower, upper] = &mut self.shelves;
        let all = if is_due {
            of_all.power::<I>(quantum)
        } else {
            0.0
        };
        let outputs = lower.process::<I>(quantum);
        let low = if is_due {
            of_low_band.power::<I>(&outputs[0])
        } else {
            0.0
        };
        let direct = mix_shares::<I>(&starts[0], &points[0], &outputs, quantum);
        let outputs = upper.process::<I>(quantum);
        let high_band = is_due.then(|| {
            let [low, band] = &outputs;
            let mut high = *quantum;
            for (c, channel) in high.channels.iter_mut().enumerate() {
                let (low, band) = (&low.channels[c], &band.channels[c]);
                *channel = lanes!(i => channel[i] - low[i] - band[i]);
            }
            high
        });
        mix_shares::<I>(&starts[1], &points[1], &outputs, quantum);
        let high_band = high_band?;
        let sample = Weighting::MIDDLE;
        // The first shelf has given the high band its direct share.
        let high = of_high_band.power::<I>(&high_band) / (direct[sample] * direct[sample]);
        let mut powers = [0.0; 2];
        for (k, power) in [low, all - low - high, high].into_iter().enumerate() {
            let (gain, level) = (gains[k][sample / POINT_SAMPLES], levels[k]);
            powers[0] += level * level * power;
            powers[1] += level * level * power * (gain * gain);
        }
        Some(powers)
    }
}

/// Mixes a signal with the outputs of its shelf by their shares, from `start` through the points. Returns the share of the
/// signal itself.
#[inline(always)]
fn mix_shares<I: Isa>(
    start: &Shares,
    points: &[[f32; POINTS]; 3],
    [low, band]: &[Quantum; 2],
    quantum: &mut Quantum,
) -> Lane {
    let direct = lines::<I>(start[0], &points[0]);
    let of_low = lines::<I>(start[1], &points[1]);
    let of_band = lines::<I>(start[2], &points[2]);
    for (c, channel) in quantum.channels.iter_mut().enumerate() {
        for i in 0..channel.len() {
            let mixed = I::mul_add(of_low[i], low.channels[c][i], direct[i] * channel[i]);
            channel[i] = I::mul_add(of_band[i], band.channels[c][i], mixed);
        }
    }
    direct
}

/// The positions of the points in the quantum.
const STEP: [f32; POINTS] = [0.25, 0.5, 0.75, 1.0];

impl Engageable for BandCompressors {
    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.crossovers_hz.prepare(spec);
        self.compressors = Compressors::new(spec);
        self.weightings = [Weighting::new(spec); 3];
        self.make_up = MakeUp::new(spec);
        self.amount.prepare_for(LEVEL_RAMP_MS, spec);
        self.fade.position.prepare_for(LEVEL_RAMP_MS, spec);
    }

    fn reset(&mut self) {
        self.begin();
        self.amount.reset();
    }

    /// The amount goes on from 0, where it was at rest.
    #[inline(always)]
    fn begin(&mut self) {
        self.crossovers_hz.reset();
        self.envelopes.reset();
        self.compressors.reset();
        self.shelves.iter_mut().for_each(BlockFilter::reset);
        self.shares = None;
        self.weightings.iter_mut().for_each(Weighting::reset);
        self.make_up.reset();
        self.fade.position.reset();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.lowest_gains = [1.0; 3];
    }
}

impl Multiband {
    /// The lowest gain of each band's compressor in the last quantum, without the make-up gain.
    #[must_use]
    pub fn lowest_gains(&self) -> [f32; 3] {
        self.0.effect.lowest_gains
    }

    /// The make-up gain at the end of the last quantum.
    #[must_use]
    pub fn make_up_gain(&self) -> f32 {
        self.0.effect.make_up.gain()
    }
}

impl Default for Multiband {
    fn default() -> Self {
        Self(Engagement::by_amount(BandCompressors::new(Spec::default())))
    }
}

impl Processor for Multiband {
    type Settings = MultibandSettings;

    fn prepare(&mut self, spec: Spec) {
        self.0.prepare(spec);
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: MultibandSettings, quantum: &mut Quantum) {
        let Some((effect, mix)) = self.0.advance(settings.amount == 0.0) else {
            return;
        };
        let amount = effect.amount.advance(settings.amount);
        let [low, mid, high] = &settings.bands;
        effect
            .compressors
            .set(&[low.compressor, mid.compressor, high.compressor], false);
        effect.set_levels(&settings);
        let crossovers_hz = [settings.low_crossover_hz, settings.high_crossover_hz];
        if effect.crossovers_hz.advance(crossovers_hz) {
            let crossovers_hz = effect.crossovers_hz.values();
            effect.envelopes.set(crossovers_hz, effect.spec);
            let poles = shelf_poles(crossovers_hz, effect.spec);
            for (shelf, poles) in effect.shelves.iter_mut().zip(poles) {
                shelf.set(&poles);
            }
        }
        let gains = effect.band_gains::<I>(amount, quantum);
        let mut wet = *quantum;
        let powers = effect.apply::<I>(&gains, &mut wet);
        let has_changed = effect.settings != settings;
        effect.settings = settings;
        let make_up = effect.make_up.advance(has_changed, powers);
        if !make_up.is(1.0) {
            let make_up = make_up.lane::<I>();
            for channel in &mut wet.channels {
                for (sample, gain) in channel.iter_mut().zip(&make_up) {
                    *sample *= gain;
                }
            }
        }
        mix.crossfade_to::<I>(quantum, wet);
        effect.lowest_gains = effect.compressors.lowest_gains();
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.0.is_at_rest()
    }
}
