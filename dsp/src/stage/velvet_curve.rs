//! Velvet Curve, the fourth pillar: tonal balance in four anchors, and Comfort.
//!
//! ```text
//! input → body shelf → soul bell → silk bell → air shelf → Comfort → output
//! ```

use crate::{
    CurveSettings, Spec, StyleTarget,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::Quantum,
    block::ramp::Glide,
    filter::block_filter::{BlockFilter, Network},
    filter::section::Section,
    simd::isa::Isa,
    stage::comfort::Comfort,
};

/// Body turns here, and Air there; both have half their gain.
const BODY_HZ: f64 = 200.0;
const AIR_HZ: f64 = 8000.0;
/// Geometric middles of 200 Hz to 2 kHz and 2 to 8 kHz; at those edges 38 to 45 % of the decibels are left.
const SOUL: (f64, f64) = (632.0, 0.45);
const SILK: (f64, f64) = (4000.0, 0.75);

/// Four anchors and Comfort.
#[derive(Clone, Debug)]
pub struct Curve {
    spec: Spec,
    engagement: Engagement,
    gains_db: Glide<4>,
    anchors: BlockFilter<8, 1>,
    comfort: Comfort,
}

/// The filters of body, soul, silk and air for some gains, one after the other.
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

/// The anchors' sections in a row.
struct Anchors([Section; 4]);

impl Anchors {
    fn new(gains_db: [f32; 4], spec: Spec) -> Self {
        Self(anchor_sections(gains_db, spec))
    }
}

impl Network<8, 1> for Anchors {
    fn tick(&self, state: &mut [f64; 8], input: f64) -> [f64; 1] {
        let (pairs, _) = state.as_chunks_mut::<2>();
        let mut signal = input;
        for (section, [a, b]) in self.0.iter().zip(pairs) {
            signal = section.tick([a, b], signal);
        }
        [signal]
    }
}

impl Curve {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let spec = Spec::default();
        Self {
            spec,
            engagement: Engagement::of_amounts(),
            gains_db: Glide::new(),
            anchors: BlockFilter::new(&Anchors::new([0.0; 4], spec)),
            comfort: Comfort::new(spec),
        }
    }

    /// The gains of Comfort's bands at the end of the last quantum.
    #[must_use]
    pub fn comfort_gains(&self) -> [f32; 4] {
        self.comfort.gains()
    }
}

impl Default for Curve {
    fn default() -> Self {
        Self::new()
    }
}

impl Processor for Curve {
    type Settings = (CurveSettings, StyleTarget);

    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.engagement.prepare(spec);
        self.gains_db.prepare(spec);
        self.comfort.prepare(spec);
        self.reset();
    }

    fn reset(&mut self) {
        self.engagement.reset();
        self.gains_db.reset();
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
        if let Work::Engaged { mix, begins } = self.engagement.advance(gains_db == [0.0; 4]) {
            if begins {
                self.anchors.reset();
                self.gains_db.reset();
            }
            if self.gains_db.advance(gains_db) {
                self.anchors
                    .set(&Anchors::new(self.gains_db.values(), self.spec));
            }
            let [mut wet] = self.anchors.process::<I>(quantum);
            mix.crossfade(quantum, &mut wet);
            *quantum = wet;
        }
        self.comfort.process::<I>(comfort, style, quantum);
    }

    fn latency_samples(&self) -> usize {
        0
    }
}
