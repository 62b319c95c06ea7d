//! Match, Velvet Curve's fine equalizer: sixteen bells that bring a song's balance to that of another.
//!
//! ```text
//! input → bells of 40 to 600 Hz → bells of 880 Hz to 13.5 kHz → output
//! ```
//!
//! Minimum phase, so it has no delay. The bells are 0.56 octaves apart: about as fine as the ear's critical bands above
//! 500 Hz, and finer than any resonance that the balance of another song asks for. No allocation in `process`.

use crate::{
    MATCH_BAND_COUNT, MATCH_HZ, Spec,
    block::{
        engagement::{Engageable, Engagement},
        processor::Processor,
        quantum::Quantum,
        ramp::{Glide, LEVEL_RAMP_MS},
    },
    filter::{block_filter::BlockFilter, network::Series, section::Section},
    simd::isa::Isa,
};

/// Wide enough that equal gains make a smooth curve (3 dB each give 5.2 dB with a ripple of 0.4 dB), and narrow enough to
/// tell neighbors apart.
const Q: f64 = 2.0;

/// Bells of one block filter; each has two states.
const HALF: usize = MATCH_BAND_COUNT / 2;

/// Sixteen bells in a row. Settings are their gains, dB.
#[derive(Clone, Debug)]
pub struct MatchEq(Engagement<Bells>);

#[derive(Clone, Debug)]
struct Bells {
    spec: Spec,
    gains_db: Glide<MATCH_BAND_COUNT>,
    halves: [BlockFilter<MATCH_BAND_COUNT, 1>; 2],
}

fn bell(band: usize, gains_db: &[f32; MATCH_BAND_COUNT], spec: Spec) -> Section {
    let (hz, gain_db) = (f64::from(MATCH_HZ[band]), f64::from(gains_db[band]));
    Section::bell(hz, Q, gain_db, spec.sample_rate_hz)
}

/// The bells of the lower half, 0, or of the upper one, 1.
fn bells(half: usize, gains_db: &[f32; MATCH_BAND_COUNT], spec: Spec) -> Series<HALF> {
    Series(core::array::from_fn(|i| {
        bell(half * HALF + i, gains_db, spec)
    }))
}

/// The filters in a row that have these gains in dB.
#[must_use]
pub fn match_sections(
    gains_db: &[f32; MATCH_BAND_COUNT],
    spec: Spec,
) -> [Section; MATCH_BAND_COUNT] {
    core::array::from_fn(|band| bell(band, gains_db, spec))
}

impl Engageable for Bells {
    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.gains_db.prepare_for(LEVEL_RAMP_MS, spec);
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.gains_db.reset();
        self.halves.iter_mut().for_each(BlockFilter::reset);
    }
}

impl Default for MatchEq {
    fn default() -> Self {
        let (spec, flat) = (Spec::default(), [0.0; MATCH_BAND_COUNT]);
        Self(Engagement::by_amount(Bells {
            spec,
            gains_db: Glide::new(),
            halves: [0, 1].map(|half| BlockFilter::new(&bells(half, &flat, spec))),
        }))
    }
}

impl Processor for MatchEq {
    type Settings = [f32; MATCH_BAND_COUNT];

    fn prepare(&mut self, spec: Spec) {
        self.0.prepare(spec);
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, gains_db: [f32; MATCH_BAND_COUNT], quantum: &mut Quantum) {
        let Some((effect, mix)) = self.0.advance(gains_db == [0.0; MATCH_BAND_COUNT]) else {
            return;
        };
        if effect.gains_db.advance(gains_db) {
            let gains_db = effect.gains_db.values();
            for (half, filter) in effect.halves.iter_mut().enumerate() {
                filter.set(&bells(half, &gains_db, effect.spec));
            }
        }
        let [lower] = effect.halves[0].process::<I>(quantum);
        let [wet] = effect.halves[1].process::<I>(&lower);
        mix.crossfade_to::<I>(quantum, wet);
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.0.is_at_rest()
    }
}
