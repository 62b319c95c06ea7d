//! Phase Weave, the third pillar: the stereo image.
//!
//! ```text
//! mid  ─────────────────── all-pass ─────── three bands ──────────────── sum
//! side → width by shelf → high-pass ─────── three bands × safety gain ── sum
//! ```
//!
//! Whatever turns the side's phase turns the mid's alike, so that the image stays where it is.

use crate::{
    QUANTUM, Spec, WeaveSettings,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::{Quantum, energy},
    block::ramp::{Glide, Ramp, Segment},
    filter::block_filter::{BlockFilter, Network},
    filter::crossover::{CROSSOVER_STATES, Split, ThreeBands},
    filter::section::Section,
    lanes, math,
    simd::isa::Isa,
    stage::mid_side::{left_right_of, mid_side_of},
};

/// Below this, widening is held to a third (in decibels): wide bass is lost on vinyl, in clubs and in mono.
const WIDE_ABOVE_HZ: f64 = 250.0;
const BASS_SHARE: f32 = 1.0 / 3.0;
/// The bands of Mono safety.
const SAFETY_HZ: (f64, f64) = (250.0, 2500.0);
/// The limit aims this far below its setting, for what the detector hasn't seen yet.
const SAFETY_MARGIN_DB: f32 = 0.3;
/// What Mono safety takes from a side without a mid at an amount of a half; at `a` it is a/(1 − a) times that.
const MOST_DB: f32 = 24.0;
/// Energy of a quantum (−172 dBFS) below which a band counts as silence.
const SILENCE: f32 = 1e-16;

/// Width, mono below and Mono safety.
#[derive(Clone, Debug)]
pub struct Weave {
    spec: Spec,
    width: Width,
    mono_below: MonoBelow,
    safety: Safety,
}

#[derive(Clone, Debug)]
struct Width {
    engagement: Engagement,
    width: Glide<1>,
    filter: BlockFilter<2, 1>,
    /// The side's gain above the shelf.
    gain: Ramp,
}

#[derive(Clone, Debug)]
struct MonoBelow {
    engagement: Engagement,
    frequency_hz: Glide<1>,
    split: BlockFilter<4, 2>,
}

#[derive(Clone, Debug)]
struct Safety {
    engagement: Engagement,
    bands: BlockFilter<CROSSOVER_STATES, 3>,
    detector_ms: f32,
    /// Share of the way from quantum to quantum: towards less and towards more side.
    fall: f32,
    rise: f32,
    /// The faster one's, while the side grows.
    onset: f32,
    /// Mean powers of mid and side in each band, for both speeds.
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

impl Weave {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let spec = Spec::default();
        Self {
            spec,
            width: Width {
                engagement: Engagement::of_amounts(),
                width: Glide::new(),
                filter: BlockFilter::new(&bass_shelf(1.0, spec)),
                gain: Ramp::new(),
            },
            mono_below: MonoBelow {
                engagement: Engagement::of_switch(),
                frequency_hz: Glide::new(),
                split: BlockFilter::new(&Split::new(120.0, spec.sample_rate_hz)),
            },
            safety: Safety {
                engagement: Engagement::of_amounts(),
                bands: BlockFilter::new(&safety_bands(spec)),
                detector_ms: 0.0,
                fall: 1.0,
                rise: 1.0,
                onset: 1.0,
                powers: [[[0.0; 2]; 3]; 2],
                amount: Glide::new(),
                gains: [1.0; 3],
                lowest_gains: [1.0; 3],
            },
        }
    }

    /// The lowest gain that Mono safety gave to the side of each band in the last quantum.
    #[must_use]
    pub fn safety_gains(&self) -> [f32; 3] {
        self.safety.lowest_gains
    }
}

impl Default for Weave {
    fn default() -> Self {
        Self::new()
    }
}

/// The shelf that takes widening back in the bass. Narrowing is the same at all frequencies.
fn bass_shelf(width: f32, spec: Spec) -> Section {
    let widening_db = math::db_from_gain(f64::from(width)).max(0.0);
    Section::low_shelf(
        WIDE_ABOVE_HZ,
        -widening_db * f64::from(1.0 - BASS_SHARE),
        spec.sample_rate_hz,
    )
}

fn safety_bands(spec: Spec) -> ThreeBands {
    ThreeBands::new(SAFETY_HZ.0, SAFETY_HZ.1, spec.sample_rate_hz)
}

impl Processor for Weave {
    type Settings = WeaveSettings;

    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.width.engagement.prepare(spec);
        self.width.width.prepare(spec);
        self.width.gain.prepare(spec);
        self.mono_below.engagement.prepare(spec);
        self.mono_below.frequency_hz.prepare(spec);
        self.safety.engagement.prepare(spec);
        self.safety.bands.set(&safety_bands(spec));
        self.safety.detector_ms = 0.0;
        self.safety.amount.prepare(spec);
        self.reset();
    }

    fn reset(&mut self) {
        self.width.engagement.reset();
        self.width.width.reset();
        self.width.gain.reset();
        self.width.filter.reset();
        self.mono_below.engagement.reset();
        self.mono_below.frequency_hz.reset();
        self.mono_below.split.reset();
        self.safety.engagement.reset();
        self.safety.amount.reset();
        self.safety.begin();
        self.safety.lowest_gains = [1.0; 3];
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: WeaveSettings, quantum: &mut Quantum) {
        let width = if settings.on { settings.width } else { 1.0 };
        let mono_below = settings.on && settings.mono_below;
        let safety = if settings.on {
            settings.mono_safety
        } else {
            0.0
        };
        let width_work = self.width.engagement.advance(width == 1.0);
        let mono_work = self.mono_below.engagement.advance(!mono_below);
        let safety_work = self.safety.engagement.advance(safety == 0.0);
        if [width_work, mono_work, safety_work] == [Work::Rest; 3] {
            self.safety.lowest_gains = [1.0; 3];
            return;
        }
        let mut mid_side = mid_side_of(quantum);
        if let Work::Engaged { mix, begins } = width_work {
            self.width
                .process::<I>(width, self.spec, mix, begins, &mut mid_side);
        }
        if let Work::Engaged { mix, begins } = mono_work {
            self.mono_below.process::<I>(
                settings.mono_below_hz,
                self.spec,
                mix,
                begins,
                &mut mid_side,
            );
        }
        if let Work::Engaged { mix, begins } = safety_work {
            self.safety
                .process::<I>(&settings, safety, self.spec, mix, begins, &mut mid_side);
        } else {
            self.safety.lowest_gains = [1.0; 3];
        }
        *quantum = left_right_of(&mid_side);
    }

    fn latency_samples(&self) -> usize {
        0
    }
}

impl Width {
    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        width: f32,
        spec: Spec,
        mix: Segment,
        begins: bool,
        mid_side: &mut Quantum,
    ) {
        if begins {
            self.filter.reset();
            self.width.reset();
            self.gain.reset();
        }
        if self.width.advance([width]) {
            let [width] = self.width.values();
            self.filter.set(&bass_shelf(width, spec));
        }
        let gain = self.gain.advance(width).lane();
        // The mid goes through the filter's second channel as silence: only the side is filtered.
        let side = Quantum {
            channels: [mid_side.channels[1], [0.0; QUANTUM]],
        };
        let [filtered] = self.filter.process::<I>(&side);
        let share = mix.lane();
        let side = &mut mid_side.channels[1];
        for i in 0..QUANTUM {
            let wet = filtered.channels[0][i] * gain[i];
            side[i] += share[i] * (wet - side[i]);
        }
    }
}

impl MonoBelow {
    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        frequency_hz: f32,
        spec: Spec,
        mix: Segment,
        begins: bool,
        mid_side: &mut Quantum,
    ) {
        if begins {
            self.split.reset();
            self.frequency_hz.reset();
        }
        if self.frequency_hz.advance([frequency_hz]) {
            let [frequency_hz] = self.frequency_hz.values();
            self.split
                .set(&Split::new(f64::from(frequency_hz), spec.sample_rate_hz));
        }
        let [high, all] = self.split.process::<I>(mid_side);
        let mut wet = Quantum {
            channels: [all.channels[0], high.channels[1]],
        };
        mix.crossfade(mid_side, &mut wet);
        *mid_side = wet;
    }
}

impl Safety {
    fn begin(&mut self) {
        self.bands.reset();
        self.powers = [[[0.0; 2]; 3]; 2];
        self.gains = [1.0; 3];
    }

    /// The side's gain in each band is the one at which mid and side, averaged over the detector's time, fold down
    /// with the allowed loss: (M² + S²)/M² ≤ 10^(loss/10). The average that follows a rise of the side is four times
    /// as fast as the one that follows its fall; the stricter of the two counts.
    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        settings: &WeaveSettings,
        amount: f32,
        spec: Spec,
        mix: Segment,
        begins: bool,
        mid_side: &mut Quantum,
    ) {
        if begins {
            self.begin();
            self.amount.reset();
        }
        if settings.detector_ms != self.detector_ms {
            self.detector_ms = settings.detector_ms;
            let rate_hz = spec.sample_rate_hz / math::count(QUANTUM);
            let detector_ms = f64::from(settings.detector_ms);
            // An average over a window t and a one-pole of t/2 have the same noise.
            self.rise = math::narrow(math::one_pole(0.5 * detector_ms, rate_hz));
            self.fall = math::narrow(math::one_pole(0.125 * detector_ms, rate_hz));
            self.onset = math::narrow(math::one_pole(0.03 * detector_ms, rate_hz));
        }
        self.amount
            .advance([amount, settings.max_loss_db - SAFETY_MARGIN_DB]);
        let [amount, loss_db] = self.amount.values();
        // S²/M² that loses so much.
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
        // In decibels, `amount` of what it takes; √ because these are powers. What it takes has no end where there is
        // no mid, so below an amount of 1 it is given one, which lies beyond all music with a middle.
        let octaves = math::log2_lanes(ratios);
        let most = MOST_DB * math::OCTAVES_PER_DB / (1.0 - amount);
        let gains = math::exp2_lanes(lanes!(k, 4 => {
            let needed = 0.5 * octaves[k];
            amount * if needed > -most { needed } else { -most }
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
        mix.crossfade(mid_side, &mut wet);
        *mid_side = wet;
    }
}
