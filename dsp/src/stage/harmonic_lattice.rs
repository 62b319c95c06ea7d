//! Harmonic Lattice, the second pillar: upper warmth.
//!
//! ```text
//! input → presence bell → sheen shelf → saturator → output
//! ```
//!
//! The delay is that of the saturator. No allocation in `process`.

use super::saturator::{Saturator, SaturatorSettings};
use crate::{
    Character, LatticeSettings, Spec,
    block::{engagement::Engagement, processor::Processor, quantum::Quantum},
    filter::{gliding_filter::GlidingFilter, network::Series, section::Section},
    simd::isa::Isa,
};

/// Center of Presence; its half-gain points lie near 1 and 3 kHz.
const PRESENCE_HZ: f64 = 1732.0;
const PRESENCE_Q: f64 = 0.87;
/// Corner of Sheen, where it has half its gain in dB.
const SHEEN_HZ: f64 = 7000.0;

/// Two equalizer bands and a saturator.
#[derive(Clone, Debug)]
pub struct HarmonicLattice {
    equalizer: Engagement<GlidingFilter<2, 4, 1>>,
    saturator: Saturator,
}

fn equalizer([presence_db, sheen_db]: [f32; 2], spec: Spec) -> Series<2> {
    let rate_hz = spec.sample_rate_hz;
    Series([
        Section::bell(PRESENCE_HZ, PRESENCE_Q, f64::from(presence_db), rate_hz),
        Section::high_shelf(SHEEN_HZ, f64::from(sheen_db), rate_hz),
    ])
}

/// The balance of each character's harmonics, found by ear and by measurement; docs/pillars/harmonic-lattice.md plots it.
fn saturation(character: Character, drive: f32) -> SaturatorSettings {
    let (gain, even, emphasis_db, tone_db) = match character {
        // Less than the others, because odd harmonics alone mix two tones more strongly.
        Character::Neutral => (0.6, 0.0, 0.0, 0.0),
        Character::Warm => (0.8, 0.45, -4.0, -3.0),
        // Half the gain, because the emphasis doubles it.
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

impl HarmonicLattice {
    /// The highest sample of the added harmonics in the last quantum.
    #[must_use]
    pub fn harmonics_peak(&self) -> f32 {
        self.saturator.added_peak()
    }
}

impl Default for HarmonicLattice {
    fn default() -> Self {
        let flat = equalizer([0.0; 2], Spec::default());
        Self {
            equalizer: Engagement::by_amount(GlidingFilter::new(&flat)),
            saturator: Saturator::default(),
        }
    }
}

impl Processor for HarmonicLattice {
    type Settings = LatticeSettings;

    fn prepare(&mut self, spec: Spec) {
        self.equalizer.prepare(spec);
        self.saturator.prepare(spec);
    }

    fn reset(&mut self) {
        self.equalizer.reset();
        self.saturator.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: LatticeSettings, quantum: &mut Quantum) {
        let (gains_db, drive) = if settings.on {
            ([settings.presence_db, settings.sheen_db], settings.drive)
        } else {
            ([0.0; 2], 0.0)
        };
        if let Some((filter, mix)) = self.equalizer.advance(gains_db == [0.0; 2]) {
            let [wet] = filter.process::<I, _>(gains_db, equalizer, quantum);
            mix.crossfade_to::<I>(quantum, wet);
        }
        self.saturator
            .process::<I>(saturation(settings.character, drive), quantum);
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.equalizer.is_at_rest() && self.saturator.is_at_rest()
    }

    #[inline(always)]
    fn pass(&mut self, quantum: &mut Quantum) {
        self.saturator.pass(quantum);
    }

    fn latency_samples(&self) -> usize {
        self.saturator.latency_samples()
    }
}
