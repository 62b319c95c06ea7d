//! Velvet Floor, the first pillar: the low end below about 150 Hz.
//!
//! ```text
//! input ─┬─ low cut → low band boosted ────────────────────────────────────── + ─ output
//!        └─ (behind the low cut) 30 to 110 Hz → two phases → harmonics of it ──┘
//! ```
//!
//! The harmonics are the powers of the band's analytic signal z = a·e^{jφ}: Re z²/a = a·cos 2φ and so on. A tone gets
//! exactly its second, third and fourth harmonic, at the same balance at every level. There is no constant part, and the
//! second power of two tones makes their sum and no difference, which is the part that muddies a saturator's bass. The
//! envelope that they are divided by is slow, so that it doesn't put sidebands on them. Nothing reaches above 1 kHz, so
//! nothing folds back and no oversampling is needed.
//!
//! Harmonics that stand in for a fundamental which a speaker can't play are the "missing fundamental" (Larsen & Aarts,
//! "Audio Bandwidth Extension", 2004, ch. 2). No delay, no allocation in `process`.

use super::low_cut::LowCut;
use crate::{
    DEPTH_DB, FloorSettings, QUANTUM, Spec, Translation,
    block::{
        engagement::{Engageable, Engagement},
        processor::Processor,
        quantum::Quantum,
        ramp::{Glide, Segment},
    },
    filter::{
        block_filter::BlockFilter,
        gliding_filter::GlidingFilter,
        network::{Network, Series},
        quadrature::Quadrature,
        section::Section,
    },
    lanes, math,
    simd::isa::Isa,
};

/// Boost of existing overtones by Warmth at 100 % in Subtle.
const OVERTONES_DB: f32 = 4.0;
/// Levels of the second, third and fourth harmonic at 100 % Warmth, relative to the fundamental.
const DEEP: [f32; 3] = [0.5, 0.4, 0.25];
const RESONANT: [f32; 3] = [0.25, 0.12, 0.05];

/// Broad (a shelf), tight and resonant low band, and overtones: frequency and Q.
const BROAD_HZ: f64 = 110.0;
const TIGHT: (f64, f64) = (62.0, 0.8);
const RESONANT_BAND: (f64, f64) = (52.0, 2.0);
const OVERTONES: (f64, f64) = (200.0, 0.8);

/// The band that the harmonics are made of.
const BAND_HZ: (f64, f64) = (30.0, 110.0);
/// Attack and release of the envelope that the harmonics are divided by. A second follower with the same times smooths
/// it, so that it hardly falls between the beats of two notes; a ripple at their difference would be an audible tone.
const ATTACK_MS: f64 = 1.0;
const RELEASE_MS: f64 = 180.0;
/// Samples from point to point of the envelope.
const STEP: usize = 4;
/// Level (−120 dBFS) below which the band counts as silence.
const SILENCE: f32 = 1e-6;

/// Low cut, low band and harmonics.
#[derive(Clone, Debug)]
pub struct VelvetFloor {
    low_cut: LowCut,
    band: Engagement<Band>,
    harmonics: Engagement<Harmonics>,
}

/// The boosted low band.
#[derive(Clone, Debug)]
struct Band {
    filter: GlidingFilter<4, 8, 1>,
    added_peak: f32,
}

/// The harmonics.
#[derive(Clone, Debug)]
struct Harmonics {
    levels: Glide<3>,
    analytic: BlockFilter<12, 2>,
    attack: f32,
    release: f32,
    /// The two followers of each channel, see [`RELEASE_MS`].
    envelopes: [[f32; 2]; 2],
    added_peak: f32,
}

/// Shelf and bells in a row; those at 0 dB do nothing.
fn boost(gains_db: [f32; 4], spec: Spec) -> Series<4> {
    let rate_hz = spec.sample_rate_hz;
    let [broad, tight, resonant, overtones] = gains_db.map(f64::from);
    let bell = |(hz, q): (f64, f64), db| Section::bell(hz, q, db, rate_hz);
    Series([
        Section::low_shelf(BROAD_HZ, broad, rate_hz),
        bell(TIGHT, tight),
        bell(RESONANT_BAND, resonant),
        bell(OVERTONES, overtones),
    ])
}

/// The low band in two phases.
struct Analytic {
    high_pass: Section,
    low_pass: Section,
    phases: Quadrature<3>,
}

impl Analytic {
    fn new(spec: Spec) -> Self {
        let rate_hz = spec.sample_rate_hz;
        Self {
            high_pass: Section::high_pass(BAND_HZ.0, rate_hz),
            low_pass: Section::low_pass(BAND_HZ.1, rate_hz),
            phases: Quadrature::bass(rate_hz),
        }
    }
}

impl Network<12, 2> for Analytic {
    fn tick(&self, state: &mut [f64; 12], input: f64) -> [f64; 2] {
        let [a, b, c, d, e, f, rest @ ..] = state;
        let band = self.high_pass.tick([a, b], input);
        let band = self.low_pass.tick([c, d], band);
        let band = self.low_pass.tick([e, f], band);
        let ([first, second], _) = rest.as_chunks_mut::<3>() else {
            unreachable!("six states are two rows of three");
        };
        self.phases.tick([first, second], band)
    }
}

impl VelvetFloor {
    /// The highest samples of the added low band and of the added harmonics in the last quantum.
    #[must_use]
    pub fn added_peaks(&self) -> [f32; 2] {
        [
            self.band.effect.added_peak,
            self.harmonics.effect.added_peak,
        ]
    }
}

impl Default for VelvetFloor {
    fn default() -> Self {
        let spec = Spec::default();
        Self {
            low_cut: LowCut::default(),
            band: Engagement::by_amount(Band {
                filter: GlidingFilter::new(&boost([0.0; 4], spec)),
                added_peak: 0.0,
            }),
            harmonics: Engagement::by_amount(Harmonics {
                levels: Glide::new(),
                analytic: BlockFilter::new(&Analytic::new(spec)),
                attack: 1.0,
                release: 1.0,
                envelopes: [[0.0; 2]; 2],
                added_peak: 0.0,
            }),
        }
    }
}

impl Processor for VelvetFloor {
    type Settings = FloorSettings;

    fn prepare(&mut self, spec: Spec) {
        self.low_cut.prepare(spec);
        self.band.prepare(spec);
        self.harmonics.prepare(spec);
    }

    fn reset(&mut self) {
        self.low_cut.reset();
        self.band.reset();
        self.harmonics.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: FloorSettings, quantum: &mut Quantum) {
        let mut low_cut = settings.low_cut;
        low_cut.on &= settings.on;
        self.low_cut.process::<I>(low_cut, quantum);

        let (depth, warmth) = if settings.on {
            (settings.depth * DEPTH_DB, settings.warmth)
        } else {
            (0.0, 0.0)
        };
        let (gains_db, levels) = match settings.translation {
            Translation::Subtle => ([depth, 0.0, 0.0, warmth * OVERTONES_DB], [0.0; 3]),
            Translation::Deep => ([0.0, depth, 0.0, 0.0], lanes!(k, 3 => DEEP[k] * warmth)),
            Translation::Resonant => ([0.0, 0.0, depth, 0.0], lanes!(k, 3 => RESONANT[k] * warmth)),
        };
        // Both take the same signal, so that more Depth doesn't make more harmonics.
        let input = *quantum;
        if let Some((band, mix)) = self.band.advance(gains_db == [0.0; 4]) {
            band.process::<I>(gains_db, mix, quantum);
        }
        if let Some((harmonics, mix)) = self.harmonics.advance(levels == [0.0; 3]) {
            harmonics.process::<I>(levels, mix, &input, quantum);
        }
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.low_cut.is_at_rest() && self.band.is_at_rest() && self.harmonics.is_at_rest()
    }
}

impl Engageable for Band {
    fn prepare(&mut self, spec: Spec) {
        self.filter.prepare(spec);
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.filter.reset();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.added_peak = 0.0;
    }
}

impl Band {
    #[inline(always)]
    fn process<I: Isa>(&mut self, gains_db: [f32; 4], mix: Segment, quantum: &mut Quantum) {
        let [mut wet] = self.filter.process::<I, _>(gains_db, boost, quantum);
        mix.crossfade::<I>(quantum, &mut wet);
        let ([left, right], [dry_left, dry_right]) = (&wet.channels, &quantum.channels);
        let added = Quantum {
            channels: [
                lanes!(i => left[i] - dry_left[i]),
                lanes!(i => right[i] - dry_right[i]),
            ],
        };
        self.added_peak = added.peak::<I>();
        *quantum = wet;
    }
}

impl Engageable for Harmonics {
    fn prepare(&mut self, spec: Spec) {
        self.levels.prepare(spec);
        self.analytic.set(&Analytic::new(spec));
        let point_rate_hz = spec.sample_rate_hz / math::count(STEP);
        self.attack = math::narrow(math::one_pole(ATTACK_MS, point_rate_hz));
        self.release = math::narrow(math::one_pole(RELEASE_MS, point_rate_hz));
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.levels.reset();
        self.analytic.reset();
        self.envelopes = [[0.0; 2]; 2];
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.added_peak = 0.0;
    }
}

impl Harmonics {
    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        levels: [f32; 3],
        mix: Segment,
        input: &Quantum,
        output: &mut Quantum,
    ) {
        let (_, levels) = self.levels.segments(levels);
        let mut shares = [[0.0; QUANTUM]; 3];
        for k in 0..3 {
            shares[k] = levels[k].lane::<I>();
        }
        let mix = mix.lane::<I>();

        let [first, second] = self.analytic.process::<I>(input);
        let mut added = Quantum::SILENCE;
        for c in 0..2 {
            let (x, y) = (&first.channels[c], &second.channels[c]);
            let magnitudes = lanes!(i => I::mul_add(x[i], x[i], y[i] * y[i]).sqrt());
            let mut divisors = [0.0; QUANTUM];
            for (steps, divisors) in magnitudes
                .as_chunks::<STEP>()
                .0
                .iter()
                .zip(divisors.as_chunks_mut::<STEP>().0)
            {
                let from = self.envelopes[c][1];
                let mut to = steps[STEP - 1];
                for envelope in &mut self.envelopes[c] {
                    let rate = if to > *envelope {
                        self.attack
                    } else {
                        self.release
                    };
                    *envelope += rate * (to - *envelope);
                    to = *envelope;
                }
                for (i, divisor) in divisors.iter_mut().enumerate() {
                    #[allow(clippy::cast_precision_loss)]
                    let share = (i as f32 + 1.0) / STEP as f32;
                    let slow = from + share * (to - from);
                    let larger = if slow > steps[i] { slow } else { steps[i] };
                    *divisor = if larger > SILENCE { larger } else { SILENCE };
                }
            }
            for envelope in &mut self.envelopes[c] {
                *envelope = if *envelope < SILENCE { 0.0 } else { *envelope };
            }

            let added = &mut added.channels[c];
            for i in 0..QUANTUM {
                // u + jv is z divided by its envelope; its powers are multiplied by the envelope again.
                let inverse = 1.0 / divisors[i];
                let (u, v) = (x[i] * inverse, y[i] * inverse);
                let (u2, v2) = (u * u - v * v, 2.0 * u * v);
                let u3 = u2 * u - v2 * v;
                let u4 = u2 * u2 - v2 * v2;
                let sum = shares[0][i] * u2 + shares[1][i] * u3 + shares[2][i] * u4;
                added[i] = mix[i] * divisors[i] * sum;
            }
            for i in 0..QUANTUM {
                output.channels[c][i] += added[i];
            }
        }
        self.added_peak = added.peak::<I>();
    }
}
