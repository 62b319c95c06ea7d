//! The free bells of Velvet Curve: two bells of any frequency, gain and Q, for stereo, mid or side.
//!
//! ```text
//! input → mid and side → bell 1 → bell 2 (each of both with gains of its own) → left and right
//! ```
//!
//! A bell for mid or side alone has 0 dB in the other, so a change of its channels is a glide of two gains. Frequency and Q
//! glide in octaves. A channel without a gain is left out, and keeps its samples but for the rounding of sum and difference.
//! No delay, no allocation in `process`.

use crate::{
    BELL_COUNT, BellChannels, BellSettings, Spec,
    block::{
        engagement::Engagement,
        processor::Processor,
        quantum::{Lane, Quantum},
    },
    filter::{gliding_filter::GlidingFilter, network::Series, section::Section},
    lanes, math,
    simd::isa::Isa,
};

/// Of each bell: center in octaves above 1 Hz, Q in octaves above 1, gain in dB.
type Parameters = [f32; 3 * BELL_COUNT];

/// Two bells for mid and two for side. Settings are those of the bells.
#[derive(Clone, Debug)]
pub struct FreeBells {
    /// Of mid and of side.
    filters: [Engagement<GlidingFilter<6, 4, 1>>; 2],
    settings: [BellSettings; BELL_COUNT],
    /// The parameters of both filters at `settings`.
    targets: [Parameters; 2],
}

/// The parameters of mid and side.
fn parameters(settings: &[BellSettings; BELL_COUNT]) -> [Parameters; 2] {
    [BellChannels::Side, BellChannels::Mid].map(|other| {
        let mut parameters = [0.0; 3 * BELL_COUNT];
        for (of_bell, bell) in parameters.chunks_exact_mut(3).zip(settings) {
            let octaves = |value: f32| math::narrow(math::log2(f64::from(value)));
            let gain_db = if bell.channels == other {
                0.0
            } else {
                bell.gain_db
            };
            of_bell.copy_from_slice(&[octaves(bell.frequency_hz), octaves(bell.q), gain_db]);
        }
        parameters
    })
}

#[inline(always)]
fn is_neutral([_, _, first_db, _, _, second_db]: Parameters) -> bool {
    first_db == 0.0 && second_db == 0.0
}

fn bells([hz1, q1, db1, hz2, q2, db2]: Parameters, spec: Spec) -> Series<BELL_COUNT> {
    let value = |octaves| math::exp2(f64::from(octaves));
    let bell = |hz, q, db| Section::bell(value(hz), value(q), f64::from(db), spec.sample_rate_hz);
    Series([bell(hz1, q1, db1), bell(hz2, q2, db2)])
}

impl Default for FreeBells {
    fn default() -> Self {
        let settings = [BellSettings::default(); BELL_COUNT];
        let targets = parameters(&settings);
        let flat = bells(targets[0], Spec::default());
        Self {
            filters: [0, 1].map(|_| Engagement::by_amount(GlidingFilter::new(&flat))),
            settings,
            targets,
        }
    }
}

impl Processor for FreeBells {
    type Settings = [BellSettings; BELL_COUNT];

    fn prepare(&mut self, spec: Spec) {
        for filter in &mut self.filters {
            filter.prepare(spec);
        }
    }

    fn reset(&mut self) {
        self.filters.iter_mut().for_each(Engagement::reset);
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: Self::Settings, quantum: &mut Quantum) {
        if self.settings != settings {
            self.settings = settings;
            self.targets = parameters(&settings);
        }
        let [mid, side] = &mut self.filters;
        let [mid_targets, side_targets] = self.targets;
        let mid = mid.advance(is_neutral(mid_targets));
        let side = side.advance(is_neutral(side_targets));
        if mid.is_none() && side.is_none() {
            return;
        }
        let mut mid_side = quantum.to_mid_side();
        for (k, working) in [mid, side].into_iter().enumerate() {
            let Some((filter, mix)) = working else {
                continue;
            };
            let dry = mid_side.channels[k];
            let [wet]: [Lane; 1] = filter.process_one::<I, _>(self.targets[k], bells, &dry);
            mid_side.channels[k] = if mix.is(1.0) {
                wet
            } else {
                let share = mix.lane::<I>();
                lanes!(i => I::mul_add(share[i], wet[i] - dry[i], dry[i]))
            };
        }
        *quantum = mid_side.to_left_right();
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.filters.iter().all(Engagement::is_at_rest)
    }
}
