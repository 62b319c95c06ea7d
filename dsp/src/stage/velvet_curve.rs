//! Velvet Curve, the fourth pillar: tonal balance in four anchors, and Comfort.
//!
//! ```text
//! input → gain, shelf at 200 Hz → shelf at 2 kHz → shelf at 8 kHz → Comfort → output
//! ```
//!
//! The anchors are the levels of four bands, and each shelf makes the step between two of them. So equal gains of all
//! anchors are a plain gain without ripple. No delay, no allocation in `process`. Match, its fine equalizer, is a stage of
//! its own ([`super::match_eq`]).

use super::comfort::{BellState, Comfort};
use crate::{
    ANCHOR_EDGES_HZ, CurveSettings, Spec, StyleTarget,
    block::{engagement::Engagement, processor::Processor, quantum::Quantum, ramp::LEVEL_RAMP_MS},
    filter::{gliding_filter::GlidingFilter, network::Series, section::Section},
    math,
    simd::isa::Isa,
};

/// Two octaves of Silk are too few for two shelves: at its center 12 % of the steps on both sides are missing, and 6 % at
/// the center of Air. Silk is moved further away from the mean of its neighbors, and Air from Silk, so that an anchor alone
/// reaches its gain within 0.2 dB.
const SILK_EXCESS: f64 = 0.14;
const AIR_EXCESS: f64 = 0.07;

/// Four anchors and Comfort.
#[derive(Clone, Debug)]
pub struct VelvetCurve {
    anchors: Engagement<GlidingFilter<4, 6, 1>>,
    comfort: Engagement<Comfort>,
}

/// The filters in a row that give Body, Soul, Silk and Air their gains in dB.
#[must_use]
pub fn anchor_sections(gains_db: [f32; 4], spec: Spec) -> [Section; 3] {
    let [body, soul, silk, air] = gains_db.map(f64::from);
    let levels_db = [
        body,
        soul,
        silk + SILK_EXCESS * (silk - 0.5 * (soul + air)),
        air + AIR_EXCESS * (air - silk),
    ];
    let mut sections = [0, 1, 2].map(|edge| {
        let step_db = levels_db[edge + 1] - levels_db[edge];
        let hz = f64::from(ANCHOR_EDGES_HZ[edge]);
        Section::high_shelf(hz, step_db, spec.sample_rate_hz)
    });
    sections[0] = sections[0].scaled(math::gain_from_db(body));
    sections
}

fn anchors(gains_db: [f32; 4], spec: Spec) -> Series<3> {
    Series(anchor_sections(gains_db, spec))
}

impl VelvetCurve {
    /// The gains of Comfort's bands at the end of the last quantum.
    #[must_use]
    pub fn comfort_gains(&self) -> [f32; 4] {
        self.comfort.effect.gains()
    }

    /// Comfort's bells on resonances at the end of the last quantum.
    #[must_use]
    pub fn comfort_bells(&self) -> [BellState; 4] {
        self.comfort.effect.bell_states()
    }

    /// The gain of Comfort's bell on sibilance at the end of the last quantum.
    #[must_use]
    pub fn sibilance_gain(&self) -> f32 {
        self.comfort.effect.sibilance_gain()
    }
}

impl Default for VelvetCurve {
    fn default() -> Self {
        let flat = anchors([0.0; 4], Spec::default());
        Self {
            anchors: Engagement::by_amount(GlidingFilter::new(&flat).gliding_for(LEVEL_RAMP_MS)),
            comfort: Engagement::by_amount(Comfort::default()),
        }
    }
}

impl Processor for VelvetCurve {
    type Settings = (CurveSettings, StyleTarget);

    fn prepare(&mut self, spec: Spec) {
        self.anchors.prepare(spec);
        self.comfort.prepare(spec);
    }

    fn reset(&mut self) {
        self.anchors.reset();
        self.comfort.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        (settings, style): (CurveSettings, StyleTarget),
        quantum: &mut Quantum,
    ) {
        let (gains_db, comfort) = if settings.on {
            let gains_db = [
                settings.body_db,
                settings.soul_db,
                settings.silk_db,
                settings.air_db,
            ];
            (gains_db, settings.comfort)
        } else {
            ([0.0; 4], 0.0)
        };
        if let Some((filter, mix)) = self.anchors.advance(gains_db == [0.0; 4]) {
            let [wet] = filter.process::<I, _>(gains_db, anchors, quantum);
            mix.crossfade_to::<I>(quantum, wet);
        }
        if let Some((effect, mix)) = self.comfort.advance(comfort == 0.0) {
            effect.process::<I>(comfort, style, mix, quantum);
        }
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.anchors.is_at_rest() && self.comfort.is_at_rest()
    }
}
