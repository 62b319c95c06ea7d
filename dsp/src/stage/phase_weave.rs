//! Phase Weave, the third pillar: the stereo image.
//!
//! ```text
//! mid  ─────────────────── all-pass ─────── three bands ──────────────── sum
//! side → width by shelf → high-pass ─────── three bands × safety gain ── sum
//! ```
//!
//! Every filter that turns the side's phase turns the mid's alike, so that the image stays in place. No delay, no
//! allocation in `process`.

use crate::{
    QUANTUM, Spec, WeaveSettings,
    block::{
        engagement::{Effect, Engagement},
        processor::Processor,
        quantum::{Quantum, energy},
        ramp::{Glide, Ramp, Segment},
    },
    filter::{
        block_filter::BlockFilter,
        crossover::{CROSSOVER_STATES, Split, ThreeBands},
        gliding_filter::GlidingFilter,
        network::{Network, Series},
        section::Section,
    },
    lanes, math,
    simd::isa::Isa,
};

/// Below this frequency widening is a third of its decibels: wide bass is lost on vinyl, in clubs and in mono.
const WIDE_ABOVE_HZ: f64 = 250.0;
const BASS_SHARE: f32 = 1.0 / 3.0;
/// The bands of Mono safety.
const SAFETY_HZ: (f64, f64) = (250.0, 2500.0);
/// The loss is held this far below its limit, because the detector lags behind.
const SAFETY_MARGIN_DB: f32 = 0.3;
/// The cut of a side without a mid at an amount of a half; at the amount a it is a/(1 − a) times as large.
const MOST_DB: f32 = 24.0;
/// Energy of a quantum (−172 dBFS) below which a band counts as silence.
const SILENCE: f32 = 1e-16;

/// Width, mono below and Mono safety.
#[derive(Clone, Debug)]
pub struct PhaseWeave {
    width: Engagement<Width>,
    mono_below: Engagement<GlidingFilter<1, 4, 2>>,
    safety: Engagement<Safety>,
}

#[derive(Clone, Debug)]
struct Width {
    shelf: GlidingFilter<1, 2, 1>,
    /// The side's gain above the shelf.
    gain: Ramp,
}

#[derive(Clone, Debug)]
struct Safety {
    spec: Spec,
    bands: BlockFilter<CROSSOVER_STATES, 3>,
    detector_ms: f32,
    /// One-pole coefficients of the fast and the slow average, which lower and raise the gain.
    fall: f32,
    rise: f32,
    /// The fast average's coefficient while the side grows.
    onset: f32,
    /// Mean powers of mid and side in each band, for both averages.
    powers: [[[f32; 2]; 3]; 2],
    amount: Glide<2>,
    gains: [f32; 3],
    lowest_gains: [f32; 3],
}

impl Network<4, 2> for Split {
    /// High band and all-pass.
    fn tick(&self, state: &mut [f64; 4], input: f64) -> [f64; 2] {
        let [a, b, c, d] = state;
        let [low, high] = self.tick([a, b, c, d], input);
        [high, low + high]
    }
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

fn mono_split([frequency_hz]: [f32; 1], spec: Spec) -> Split {
    Split::new(f64::from(frequency_hz), spec.sample_rate_hz)
}

fn safety_bands(spec: Spec) -> ThreeBands {
    ThreeBands::new(SAFETY_HZ.0, SAFETY_HZ.1, spec.sample_rate_hz)
}

impl Default for PhaseWeave {
    fn default() -> Self {
        let spec = Spec::default();
        Self {
            width: Engagement::by_amount(Width {
                shelf: GlidingFilter::new(&bass_shelf([1.0], spec)),
                gain: Ramp::new(),
            }),
            mono_below: Engagement::by_switch(GlidingFilter::new(&mono_split([120.0], spec))),
            safety: Engagement::by_amount(Safety {
                spec,
                bands: BlockFilter::new(&safety_bands(spec)),
                detector_ms: 0.0,
                fall: 1.0,
                rise: 1.0,
                onset: 1.0,
                powers: [[[0.0; 2]; 3]; 2],
                amount: Glide::new(),
                gains: [1.0; 3],
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
        if let Some((split, mix)) = mono {
            let frequency_hz = [settings.mono_below_hz];
            let [high, all] = split.process::<I, _>(frequency_hz, mono_split, &mid_side);
            let wet = Quantum {
                channels: [all.channels[0], high.channels[1]],
            };
            mix.crossfade_to(&mut mid_side, wet);
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

impl Effect for Width {
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
        // Only the side is filtered; the filter's second channel is silent.
        let side = Quantum {
            channels: [mid_side.channels[1], [0.0; QUANTUM]],
        };
        let [filtered] = self.shelf.process::<I, _>([width], bass_shelf, &side);
        let gain = self.gain.advance(width).lane();
        let share = mix.lane();
        let side = &mut mid_side.channels[1];
        for i in 0..QUANTUM {
            let wet = filtered.channels[0][i] * gain[i];
            side[i] += share[i] * (wet - side[i]);
        }
    }
}

impl Effect for Safety {
    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.bands.set(&safety_bands(spec));
        self.detector_ms = 0.0;
        self.amount.prepare(spec);
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.bands.reset();
        self.powers = [[[0.0; 2]; 3]; 2];
        self.gains = [1.0; 3];
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
            self.fall = math::narrow(math::one_pole(0.125 * detector_ms, rate_hz));
            self.onset = math::narrow(math::one_pole(0.03 * detector_ms, rate_hz));
        }
        self.amount
            .advance([amount, settings.max_loss_db - SAFETY_MARGIN_DB]);
        let [amount, loss_db] = self.amount.values();
        // The S²/M² at which the loss has this size.
        let [allowed] = math::exp2_lanes([2.0 * loss_db * math::OCTAVES_PER_DB]);
        let allowed = allowed - 1.0;

        let bands = self.bands.process::<I>(mid_side);
        let mut ratios = [1.0_f32; 4];
        for (k, band) in bands.iter().enumerate() {
            let now = [
                energy::<I>(&band.channels[0]),
                energy::<I>(&band.channels[1]),
            ];
            for (speed, rate) in [self.fall, self.rise].into_iter().enumerate() {
                let powers = &mut self.powers[speed][k];
                let grows = speed == 0 && now[1] > powers[1];
                let rates = [rate, if grows { self.onset } else { rate }];
                for ((mean, now), rate) in powers.iter_mut().zip(now).zip(rates) {
                    *mean += rate * (now - *mean);
                    *mean = if *mean > SILENCE { *mean } else { 0.0 };
                }
                let [mid, side] = *powers;
                if side > allowed * mid {
                    ratios[k] = ratios[k].min(allowed * mid / side);
                }
            }
        }
        // `amount` of the cut in decibels; half, because these are powers. Without a mid the cut would have no end, so below
        // an amount of 1 it ends at a value that no music with a mid reaches.
        let octaves = math::log2_lanes(ratios);
        let most = MOST_DB * math::OCTAVES_PER_DB / (1.0 - amount);
        let gains = math::exp2_lanes(lanes!(k, 4 => {
            let cut = 0.5 * octaves[k];
            amount * if cut > -most { cut } else { -most }
        }));
        let mut wet = Quantum::SILENCE;
        for (k, band) in bands.iter().enumerate() {
            let line = Segment {
                start: self.gains[k],
                end: gains[k],
            }
            .lane();
            self.gains[k] = gains[k];
            for i in 0..QUANTUM {
                wet.channels[0][i] += band.channels[0][i];
                wet.channels[1][i] = I::mul_add(band.channels[1][i], line[i], wet.channels[1][i]);
            }
        }
        self.lowest_gains = self.gains;
        mix.crossfade_to(mid_side, wet);
    }
}
