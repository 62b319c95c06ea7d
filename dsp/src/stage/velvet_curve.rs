//! Velvet Curve, the fourth pillar: tonal balance in four anchors, and Comfort.
//!
//! ```text
//! input → body shelf → soul bell → silk bell → air shelf → Comfort → output
//! ```
//!
//! No delay, no allocation in `process`. Match, its fine equalizer, is a stage of its own ([`super::match_eq`]).

use super::comfort::Comfort;
use crate::{
    CurveSettings, Spec, StyleTarget,
    block::{engagement::Engagement, processor::Processor, quantum::Quantum},
    filter::{gliding_filter::GlidingFilter, network::Series, section::Section},
    simd::isa::Isa,
};

/// Corners of the body and air shelves, where they have half their gain in dB.
const BODY_HZ: f64 = 200.0;
const AIR_HZ: f64 = 8000.0;
/// Frequency and Q of the bells: the geometric means of 200 Hz to 2 kHz and of 2 to 8 kHz. At these edges 38 to 45 % of
/// the decibels are left.
const SOUL: (f64, f64) = (632.0, 0.45);
const SILK: (f64, f64) = (4000.0, 0.75);

/// Four anchors and Comfort.
#[derive(Clone, Debug)]
pub struct VelvetCurve {
    anchors: Engagement<GlidingFilter<4, 8, 1>>,
    comfort: Engagement<Comfort>,
}

/// The filters of body, soul, silk and air in this order, for their gains in dB.
#[must_use]
pub fn anchor_sections(gains_db: [f32; 4], spec: Spec) -> [Section; 4] {
    let rate_hz = spec.sample_rate_hz;
    let [body, soul, silk, air] = gains_db.map(f64::from);
    [
        Section::low_shelf(BODY_HZ, body, rate_hz),
        Section::bell(SOUL.0, SOUL.1, soul, rate_hz),
        Section::bell(SILK.0, SILK.1, silk, rate_hz),
        Section::high_shelf(AIR_HZ, air, rate_hz),
    ]
}

fn anchors(gains_db: [f32; 4], spec: Spec) -> Series<4> {
    Series(anchor_sections(gains_db, spec))
}

impl VelvetCurve {
    /// The gains of Comfort's bands at the end of the last quantum.
    #[must_use]
    pub fn comfort_gains(&self) -> [f32; 4] {
        self.comfort.effect.gains()
    }
}

impl Default for VelvetCurve {
    fn default() -> Self {
        let flat = anchors([0.0; 4], Spec::default());
        Self {
            anchors: Engagement::by_amount(GlidingFilter::new(&flat)),
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
            mix.crossfade_to(quantum, wet);
        }
        if let Some((effect, mix)) = self.comfort.advance(comfort == 0.0) {
            effect.process::<I>(comfort, style, mix, quantum);
        }
    }
}
