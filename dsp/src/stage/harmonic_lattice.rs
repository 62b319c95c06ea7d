//! Harmonic Lattice, the second pillar: upper warmth.
//!
//! ```text
//! input → presence bell → sheen shelf → saturator → output
//! ```

use crate::{
    Character, LatticeSettings, Spec,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::Quantum,
    block::ramp::Glide,
    filter::block_filter::{BlockFilter, Network},
    filter::section::Section,
    simd::isa::Isa,
    stage::saturator::{Saturator, SaturatorSettings},
};

/// Presence: its half-gain points lie near 1 and 3 kHz.
const PRESENCE_HZ: f64 = 1732.0;
const PRESENCE_Q: f64 = 0.87;
/// Sheen has half its gain here.
const SHEEN_HZ: f64 = 7000.0;

/// Two equaliser bands and a saturator.
#[derive(Clone, Debug)]
pub struct Lattice {
    spec: Spec,
    engagement: Engagement,
    gains_db: Glide<2>,
    equaliser: BlockFilter<4, 1>,
    saturator: Saturator,
}

struct Equaliser {
    presence: Section,
    sheen: Section,
}

impl Equaliser {
    fn new([presence_db, sheen_db]: [f32; 2], spec: Spec) -> Self {
        let rate_hz = spec.sample_rate_hz;
        Self {
            presence: Section::bell(PRESENCE_HZ, PRESENCE_Q, f64::from(presence_db), rate_hz),
            sheen: Section::high_shelf(SHEEN_HZ, f64::from(sheen_db), rate_hz),
        }
    }
}

impl Network<4, 1> for Equaliser {
    fn tick(&self, state: &mut [f64; 4], input: f64) -> [f64; 1] {
        let [a, b, c, d] = state;
        [self.sheen.tick([c, d], self.presence.tick([a, b], input))]
    }
}

/// The balance of each character's harmonics, found by ear and by measuring (docs/pillars/harmonic-lattice.md shows them).
fn shape(character: Character, drive: f32) -> SaturatorSettings {
    let (gain, even, emphasis_db, tone_db) = match character {
        Character::Neutral => (1.0, 0.0, 0.0, 0.0),
        Character::Warm => (0.8, 0.45, -4.0, -3.0),
        // Half the gain, for the emphasis doubles it.
        Character::Bright => (0.5, 0.1, 6.0, -6.0),
        Character::Vintage => (1.0, 0.3, -1.0, -6.0),
    };
    SaturatorSettings {
        drive,
        gain,
        even,
        emphasis_db,
        tone_db,
    }
}

impl Lattice {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let spec = Spec::default();
        Self {
            spec,
            engagement: Engagement::of_amounts(),
            gains_db: Glide::new(),
            equaliser: BlockFilter::new(&Equaliser::new([0.0; 2], spec)),
            saturator: Saturator::new(),
        }
    }

    /// The highest sample of the added harmonics in the last quantum.
    #[must_use]
    pub fn harmonics_peak(&self) -> f32 {
        self.saturator.added_peak()
    }
}

impl Default for Lattice {
    fn default() -> Self {
        Self::new()
    }
}

impl Processor for Lattice {
    type Settings = LatticeSettings;

    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.engagement.prepare(spec);
        self.gains_db.prepare(spec);
        self.saturator.prepare(spec);
        self.reset();
    }

    fn reset(&mut self) {
        self.engagement.reset();
        self.gains_db.reset();
        self.equaliser.reset();
        self.saturator.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: LatticeSettings, quantum: &mut Quantum) {
        let (gains_db, drive) = if settings.on {
            ([settings.presence_db, settings.sheen_db], settings.drive)
        } else {
            ([0.0; 2], 0.0)
        };
        let neutral = gains_db == [0.0; 2];
        if let Work::Engaged { mix, begins } = self.engagement.advance(neutral) {
            if begins {
                self.equaliser.reset();
                self.gains_db.reset();
            }
            if self.gains_db.advance(gains_db) {
                self.equaliser
                    .set(&Equaliser::new(self.gains_db.values(), self.spec));
            }
            let [mut wet] = self.equaliser.process::<I>(quantum);
            mix.crossfade(quantum, &mut wet);
            *quantum = wet;
        }
        self.saturator
            .process::<I>(shape(settings.character, drive), quantum);
    }

    fn latency_samples(&self) -> usize {
        self.saturator.latency_samples()
    }
}
