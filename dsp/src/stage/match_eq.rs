//! Match, Velvet Curve's fine equaliser: sixteen bells that bring a balance to another song's.
//!
//! ```text
//! input → bells of 40 to 600 Hz → bells of 880 Hz to 13.5 kHz → output
//! ```
//!
//! Minimum phase, so that it needs no time; 0.56 octaves apart, which is about as fine as the ear's own bands are above
//! 500 Hz, and finer than the resonances that one song can want of another.

use crate::{
    MATCH_BANDS, MATCH_HZ, Spec,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::Quantum,
    block::ramp::Glide,
    filter::block_filter::{BlockFilter, Network},
    filter::section::{HIGHEST_BAND, Section},
    simd::isa::Isa,
};

/// So wide that equal gains make a smooth curve (of 3 dB each one of 5.2 dB, which ripples by 0.4 dB), and narrow enough to
/// tell neighbours apart.
const Q: f64 = 2.0;

/// Bells of one block filter: each has two states.
const HALF: usize = MATCH_BANDS / 2;

/// Sixteen bells in a row. Settings are their gains, dB.
#[derive(Clone, Debug)]
pub struct MatchEq {
    spec: Spec,
    engagement: Engagement,
    gains_db: Glide<MATCH_BANDS>,
    halves: [BlockFilter<MATCH_BANDS, 1>; 2],
}

/// Half of the bells in a row.
struct Bells([Section; HALF]);

impl Bells {
    /// The lower half, or the upper.
    fn new(half: usize, gains_db: &[f32; MATCH_BANDS], spec: Spec) -> Self {
        Self(core::array::from_fn(|i| {
            let band = half * HALF + i;
            let hz = f64::from(MATCH_HZ[band]);
            // Beyond that there is hardly anything to hear.
            let gain_db = if hz <= HIGHEST_BAND * spec.sample_rate_hz {
                f64::from(gains_db[band])
            } else {
                0.0
            };
            Section::bell(hz, Q, gain_db, spec.sample_rate_hz)
        }))
    }
}

impl Network<MATCH_BANDS, 1> for Bells {
    fn tick(&self, state: &mut [f64; MATCH_BANDS], input: f64) -> [f64; 1] {
        let (pairs, _) = state.as_chunks_mut::<2>();
        let mut signal = input;
        for (section, [a, b]) in self.0.iter().zip(pairs) {
            signal = section.tick([a, b], signal);
        }
        [signal]
    }
}

impl MatchEq {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let spec = Spec::default();
        let flat = [0.0; MATCH_BANDS];
        Self {
            spec,
            engagement: Engagement::of_amounts(),
            gains_db: Glide::new(),
            halves: [0, 1].map(|half| BlockFilter::new(&Bells::new(half, &flat, spec))),
        }
    }
}

impl Default for MatchEq {
    fn default() -> Self {
        Self::new()
    }
}

impl Processor for MatchEq {
    type Settings = [f32; MATCH_BANDS];

    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.engagement.prepare(spec);
        self.gains_db.prepare(spec);
        self.reset();
    }

    fn reset(&mut self) {
        self.engagement.reset();
        self.gains_db.reset();
        self.halves.iter_mut().for_each(BlockFilter::reset);
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, gains_db: [f32; MATCH_BANDS], quantum: &mut Quantum) {
        let neutral = gains_db == [0.0; MATCH_BANDS];
        let Work::Engaged { mix, begins } = self.engagement.advance(neutral) else {
            return;
        };
        if begins {
            self.halves.iter_mut().for_each(BlockFilter::reset);
            self.gains_db.reset();
        }
        if self.gains_db.advance(gains_db) {
            let gains_db = self.gains_db.values();
            for (half, filter) in self.halves.iter_mut().enumerate() {
                filter.set(&Bells::new(half, &gains_db, self.spec));
            }
        }
        let [lower] = self.halves[0].process::<I>(quantum);
        let [mut wet] = self.halves[1].process::<I>(&lower);
        mix.crossfade(quantum, &mut wet);
        *quantum = wet;
    }

    fn latency_samples(&self) -> usize {
        0
    }
}
