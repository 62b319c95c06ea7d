//! Phase Weave, the third pillar: the stereo image.
//!
//! ```text
//! mid  ──────────────────────┬─ bass lift ───────┬──────────────────── sum
//!                            │ levels            │ levels
//! side → width by shelf → high-pass ─── safety gain of three bands ─── sum
//! ```
//!
//! All filters are on the side alone, with minimum phase, so nothing smears what is in the middle. No delay, no allocation
//! in `process`.

use crate::{
    QUANTUM, Spec, WeaveSettings,
    block::{
        engagement::{Engageable, Engagement},
        processor::Processor,
        quantum::{Quantum, energy},
        ramp::{Glide, Ramp, Segment},
    },
    filter::{
        block_filter::BlockFilter,
        crossover::{CROSSOVER_STATES, ThreeBands},
        gliding_filter::GlidingFilter,
        moving_shelf::{
            DoubleShelfPoles, ShelfPoles, double_high_shelf_shares, double_low_shelf_shares,
        },
        network::Series,
        section::Section,
    },
    lanes, math,
    simd::isa::Isa,
};

/// Below this frequency widening is a third of its decibels: wide bass is lost on vinyl, in clubs and in mono.
const WIDE_ABOVE_HZ: f64 = 250.0;
const BASS_SHARE: f32 = 1.0 / 3.0;
/// The highest lift of the middle's bass for the power that Mono below takes from the side: +1.5 dB.
const MOST_LIFT: f32 = 1.188_502;
/// Averaging times of the bass of middle and side, and of the lift.
const BASS_MS: f64 = 100.0;
const LIFT_MS: f64 = 40.0;
/// The bands of Mono safety.
const SAFETY_HZ: (f64, f64) = (250.0, 2500.0);
/// The loss is held this far below its limit, because the detector lags behind.
const SAFETY_MARGIN_DB: f32 = 0.3;
/// The cut of a side without a mid at an amount of a half; at the amount a it is a/(1 − a) times as large.
const MOST_DB: f32 = 24.0;
/// The lowest gain of a band, −80 dB.
const LEAST_GAIN: f32 = 1e-4;
/// The middle band stays above this share of both its neighbors, or their slopes would meet with too high shares.
const LEAST_MIDDLE: f32 = 0.01;
/// Lifts below this end.
const SMALLEST_LIFT: f32 = 1e-7;
/// Energy of a quantum (−172 dBFS) below which a band counts as silence.
const SILENCE: f32 = 1e-16;

/// Width, mono below and Mono safety.
#[derive(Clone, Debug)]
pub struct PhaseWeave {
    width: Engagement<Width>,
    mono_below: Engagement<MonoBelow>,
    safety: Engagement<Safety>,
}

#[derive(Clone, Debug)]
struct Width {
    shelf: GlidingFilter<1, 2, 1>,
    /// The side's gain above the shelf.
    gain: Ramp,
}

#[derive(Clone, Debug)]
struct MonoBelow {
    poles: GlidingFilter<1, 2, 2>,
    /// One-pole coefficients of powers and lift.
    rates: [f32; 2],
    /// Mean powers of mid and side below the frequency.
    powers: [f32; 2],
    /// Gain of the mid below the frequency, minus 1.
    lift: f32,
}

#[derive(Clone, Debug)]
struct Safety {
    spec: Spec,
    bands: BlockFilter<CROSSOVER_STATES, 3>,
    /// The side's shelves at the two frequencies of the bands.
    shelves: [BlockFilter<4, 4>; 2],
    /// Their gains at the end of the last quantum.
    shelf_gains: ShelfGains,
    detector_ms: f32,
    /// One-pole coefficients of the fast and the slow average, which lower and raise the gain.
    fall: f32,
    rise: f32,
    /// The fast average's coefficient while the side grows.
    onset: f32,
    /// Mean powers of mid and side in each band, for both averages. The last place is empty.
    powers: [[[f32; 4]; 2]; 2],
    amount: Glide<2>,
    lowest_gains: [f32; 3],
}

impl PhaseWeave {
    /// The lowest gain of Mono safety on the side of each band in the last quantum.
    #[must_use]
    pub fn safety_gains(&self) -> [f32; 3] {
        self.safety.effect.lowest_gains
    }
}

/// The shelf that takes widening back in the bass. Narrowing is the same at all frequencies.
fn bass_shelf([width]: [f32; 1], spec: Spec) -> Series<1> {
    let widening_db = math::db_from_gain(f64::from(width)).max(0.0);
    Series([Section::low_shelf(
        WIDE_ABOVE_HZ,
        -widening_db * f64::from(1.0 - BASS_SHARE),
        spec.sample_rate_hz,
    )])
}

fn mono_poles([frequency_hz]: [f32; 1], spec: Spec) -> ShelfPoles {
    ShelfPoles::new(f64::from(frequency_hz), spec.sample_rate_hz)
}

fn safety_bands(spec: Spec) -> ThreeBands {
    ThreeBands::new(SAFETY_HZ.0, SAFETY_HZ.1, spec.sample_rate_hz)
}

fn safety_shelves(spec: Spec) -> [DoubleShelfPoles; 2] {
    [SAFETY_HZ.0, SAFETY_HZ.1].map(|hz| DoubleShelfPoles::new(hz, spec.sample_rate_hz))
}

impl Default for PhaseWeave {
    fn default() -> Self {
        let spec = Spec::default();
        Self {
            width: Engagement::by_amount(Width {
                shelf: GlidingFilter::new(&bass_shelf([1.0], spec)),
                gain: Ramp::new(),
            }),
            mono_below: Engagement::by_switch(MonoBelow {
                poles: GlidingFilter::new(&mono_poles([120.0], spec)),
                rates: [1.0; 2],
                powers: [0.0; 2],
                lift: 0.0,
            }),
            safety: Engagement::by_amount(Safety {
                spec,
                bands: BlockFilter::new(&safety_bands(spec)),
                shelves: safety_shelves(spec).map(|poles| BlockFilter::new(&poles)),
                shelf_gains: ShelfGains::UNITY,
                detector_ms: 0.0,
                fall: 1.0,
                rise: 1.0,
                onset: 1.0,
                powers: [[[0.0; 4]; 2]; 2],
                amount: Glide::new(),
                lowest_gains: [1.0; 3],
            }),
        }
    }
}

impl Processor for PhaseWeave {
    type Settings = WeaveSettings;

    fn prepare(&mut self, spec: Spec) {
        self.width.prepare(spec);
        self.mono_below.prepare(spec);
        self.safety.prepare(spec);
    }

    fn reset(&mut self) {
        self.width.reset();
        self.mono_below.reset();
        self.safety.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: WeaveSettings, quantum: &mut Quantum) {
        let (amount, mono_below, safety_amount) = if settings.on {
            (settings.width, settings.mono_below, settings.mono_safety)
        } else {
            (1.0, false, 0.0)
        };
        let width = self.width.advance(amount == 1.0);
        let mono = self.mono_below.advance(!mono_below);
        let safety = self.safety.advance(safety_amount == 0.0);
        if width.is_none() && mono.is_none() && safety.is_none() {
            return;
        }
        let mut mid_side = quantum.to_mid_side();
        if let Some((width, mix)) = width {
            width.process::<I>(amount, mix, &mut mid_side);
        }
        if let Some((mono, mix)) = mono {
            mono.process::<I>(settings.mono_below_hz, mix, &mut mid_side);
        }
        if let Some((safety, mix)) = safety {
            safety.process::<I>(&settings, safety_amount, mix, &mut mid_side);
        }
        *quantum = mid_side.to_left_right();
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.width.is_at_rest() && self.mono_below.is_at_rest() && self.safety.is_at_rest()
    }
}

impl Engageable for Width {
    fn prepare(&mut self, spec: Spec) {
        self.shelf.prepare(spec);
        self.gain.prepare(spec);
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.shelf.reset();
        self.gain.reset();
    }
}

impl Width {
    #[inline(always)]
    fn process<I: Isa>(&mut self, width: f32, mix: Segment, mid_side: &mut Quantum) {
        let side = &mid_side.channels[1];
        let [filtered] = self.shelf.process_one::<I, _>([width], bass_shelf, side);
        let gain = self.gain.advance(width).lane::<I>();
        let share = mix.lane::<I>();
        let side = &mut mid_side.channels[1];
        for i in 0..QUANTUM {
            let wet = filtered[i] * gain[i];
            side[i] += share[i] * (wet - side[i]);
        }
    }
}

impl Engageable for MonoBelow {
    fn prepare(&mut self, spec: Spec) {
        self.poles.prepare(spec);
        let rate_hz = spec.sample_rate_hz / math::count(QUANTUM);
        self.rates = [BASS_MS, LIFT_MS].map(|ms| math::narrow(math::one_pole(ms, rate_hz)));
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.poles.reset();
        self.powers = [0.0; 2];
        self.lift = 0.0;
    }
}

impl MonoBelow {
    /// Takes the bass from the side, and lifts the mid's bass by the power that both had: by √((M² + S²)/M²), within its
    /// limit. Without bass in the side the mid keeps its bits.
    #[inline(always)]
    fn process<I: Isa>(&mut self, frequency_hz: f32, mix: Segment, mid_side: &mut Quantum) {
        let [low, band] = self
            .poles
            .process::<I, _>([frequency_hz], mono_poles, mid_side);
        let [power_rate, lift_rate] = self.rates;
        for (mean, lane) in self.powers.iter_mut().zip(&low.channels) {
            follow(mean, energy::<I>(lane), power_rate);
        }
        let [mid, side] = self.powers;
        const MOST: f32 = MOST_LIFT * MOST_LIFT - 1.0;
        let wanted = if side > MOST * mid {
            MOST_LIFT - 1.0
        } else if side > 0.0 {
            (1.0 + side / mid).sqrt() - 1.0
        } else {
            0.0
        };
        let start = self.lift;
        self.lift += lift_rate * (wanted - self.lift);
        self.lift = if self.lift > SMALLEST_LIFT {
            self.lift
        } else {
            0.0
        };
        let lift = Segment {
            start,
            end: self.lift,
        }
        .lane::<I>();
        let share = mix.lane::<I>();
        let [mid, side] = &mut mid_side.channels;
        for i in 0..QUANTUM {
            // A low shelf of the gain 1 + lift, to the first order in lift; see `moving_shelf`.
            let shelf = I::mul_add(0.5, band.channels[0][i], low.channels[0][i]);
            mid[i] = I::mul_add(share[i] * lift[i], shelf, mid[i]);
            side[i] -= share[i] * (low.channels[1][i] + band.channels[1][i]);
        }
    }
}

/// Moves an average of powers towards the newest one. Silence ends at 0.
#[inline(always)]
fn follow(mean: &mut f32, now: f32, rate: f32) {
    *mean += rate * (now - *mean);
    *mean = if *mean > SILENCE { *mean } else { 0.0 };
}

impl Engageable for Safety {
    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.bands.set(&safety_bands(spec));
        for (shelf, poles) in self.shelves.iter_mut().zip(safety_shelves(spec)) {
            shelf.set(&poles);
        }
        self.detector_ms = 0.0;
        self.amount.prepare(spec);
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.bands.reset();
        self.shelves.iter_mut().for_each(BlockFilter::reset);
        self.shelf_gains = ShelfGains::UNITY;
        self.powers = [[[0.0; 4]; 2]; 2];
        self.amount.reset();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.lowest_gains = [1.0; 3];
    }
}

impl Safety {
    /// Turns the side of each band down until mid and side, averaged over the detector's time, lose no more than allowed
    /// when they are summed to mono: (M² + S²)/M² ≤ 10^(loss/10).
    ///
    /// The fast average follows a rise of the side, the slow one its fall; the stricter of the two counts.
    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        settings: &WeaveSettings,
        amount: f32,
        mix: Segment,
        mid_side: &mut Quantum,
    ) {
        if settings.detector_ms != self.detector_ms {
            self.detector_ms = settings.detector_ms;
            let rate_hz = self.spec.sample_rate_hz / math::count(QUANTUM);
            let detector_ms = f64::from(settings.detector_ms);
            // A one-pole of t/2 has the noise of an average over the time t.
            self.rise = math::narrow(math::one_pole(0.5 * detector_ms, rate_hz));
            self.fall = math::narrow(math::one_pole(0.1 * detector_ms, rate_hz));
            self.onset = math::narrow(math::one_pole(0.01 * detector_ms, rate_hz));
        }
        self.amount
            .advance([amount, settings.max_loss_db - SAFETY_MARGIN_DB]);
        let [amount, loss_db] = self.amount.values();
        // The S²/M² at which the loss has this size.
        let [allowed] = math::exp2_lanes([2.0 * loss_db * math::OCTAVES_PER_DB]);
        let allowed = allowed - 1.0;

        let bands = self.bands.process::<I>(mid_side);
        // Of mid and side, one lane for each band; the last lane is empty.
        let mut now = [[0.0; 4]; 2];
        for (k, band) in bands.iter().enumerate() {
            for (now, channel) in now.iter_mut().zip(&band.channels) {
                now[k] = energy::<I>(channel);
            }
        }
        let mut ratios = [1.0; 4];
        for (speed, rate) in [self.fall, self.rise].into_iter().enumerate() {
            let [mid, side] = &mut self.powers[speed];
            for k in 0..4 {
                let grows = speed == 0 && now[1][k] > side[k];
                follow(&mut mid[k], now[0][k], rate);
                follow(
                    &mut side[k],
                    now[1][k],
                    if grows { self.onset } else { rate },
                );
            }
            ratios = lanes!(k, 4 => {
                let most = allowed * mid[k];
                let ratio = most / side[k];
                if side[k] > most && ratio < ratios[k] { ratio } else { ratios[k] }
            });
        }
        // `amount` of the cut in decibels; half, because these are powers. Without a mid the cut would have no end, so below
        // an amount of 1 it ends at a value that no music with a mid reaches.
        let octaves = math::log2_lanes(ratios);
        let most = MOST_DB * math::OCTAVES_PER_DB / (1.0 - amount);
        let gains = math::exp2_lanes(lanes!(k, 4 => {
            let cut = 0.5 * octaves[k];
            amount * if cut > -most { cut } else { -most }
        }));
        self.apply::<I>(lanes!(k, 3 => gains[k].max(LEAST_GAIN)), mix, mid_side);
    }

    /// Gives the side of each band its gain: the middle band's to all, and two shelves make the others of it.
    #[inline(always)]
    fn apply<I: Isa>(&mut self, gains: [f32; 3], mix: Segment, mid_side: &mut Quantum) {
        let start = core::mem::replace(&mut self.shelf_gains, ShelfGains::new(gains));
        let end = &self.shelf_gains;
        let mut side = mid_side.channels[1];
        for (k, shelf) in self.shelves.iter_mut().enumerate() {
            let outputs = shelf.process_one::<I>(&side);
            let direct = Segment {
                start: start.direct[k],
                end: end.direct[k],
            }
            .lane::<I>();
            for i in 0..QUANTUM {
                side[i] *= direct[i];
            }
            for (n, output) in outputs.iter().enumerate() {
                let share = Segment {
                    start: start.shares[k][n],
                    end: end.shares[k][n],
                }
                .lane::<I>();
                for i in 0..QUANTUM {
                    side[i] = I::mul_add(share[i], output[i], side[i]);
                }
            }
        }
        self.lowest_gains = gains;
        let share = mix.lane::<I>();
        let dry = &mut mid_side.channels[1];
        for i in 0..QUANTUM {
            dry[i] += share[i] * (side[i] - dry[i]);
        }
    }
}

/// The gains of the bands as shares of the shelves' signals.
#[derive(Clone, Copy, Debug)]
struct ShelfGains {
    /// The shares of the shelves' inputs: the middle band's gain, and the high shelf's.
    direct: [f32; 2],
    shares: [[f32; 4]; 2],
}

impl ShelfGains {
    const UNITY: Self = Self {
        direct: [1.0; 2],
        shares: [[0.0; 4]; 2],
    };

    #[inline(always)]
    fn new([low, mid, high]: [f32; 3]) -> Self {
        let neighbors = if low < high { low } else { high };
        let mid = mid.max(LEAST_MIDDLE * neighbors);
        let fourth_root = |gain: f32| (gain / mid).sqrt().sqrt();
        let (low, high) = (fourth_root(low), fourth_root(high));
        Self {
            direct: [mid, high * high * high * high],
            shares: [
                double_low_shelf_shares(low).map(|share| mid * share),
                double_high_shelf_shares(high),
            ],
        }
    }
}
