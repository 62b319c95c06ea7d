//! Velvet Floor, the first pillar: the low end below about 150 Hz.
//!
//! ```text
//! input ─┬─ low cut → low band lifted ─────────────────────────────────────── + ─ output
//!        └─ (from there) 30 to 110 Hz → two phases → harmonics of its envelope ┘
//! ```
//!
//! The harmonics are the powers of the band's analytic signal z = a·e^{jφ}: Re z²/a = a·cos 2φ and so on. So a tone
//! gets exactly its second, third and fourth harmonic, at the same balance at every level; nothing constant appears,
//! and of two tones the second power makes their sum and no difference, which is where saturators get muddy. The
//! envelope they are divided by is slow, so that it doesn't put sidebands on them. Nothing reaches above 1 kHz, so
//! nothing can fold back and no oversampling is needed.
//!
//! That harmonics stand in for a fundamental that a speaker can't play is the "missing fundamental" (Larsen & Aarts,
//! "Audio Bandwidth Extension", 2004, ch. 2).

use crate::{
    FloorSettings, QUANTUM, Spec, Translation,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::{Quantum, peak},
    block::ramp::{Glide, Segment},
    filter::block_filter::{BlockFilter, Network},
    filter::quadrature::Quadrature,
    filter::section::Section,
    lanes, math,
    simd::isa::Isa,
    stage::low_cut::LowCut,
};

/// What Depth adds at 100 %.
const DEPTH_DB: f32 = 6.0;
/// What Warmth adds to existing overtones at 100 % in Subtle.
const OVERTONES_DB: f32 = 4.0;
/// Levels of the second, third and fourth harmonic at 100 % Warmth, against the fundamental.
const DEEP: [f32; 3] = [0.5, 0.4, 0.25];
const RESONANT: [f32; 3] = [0.25, 0.12, 0.05];

/// Broad, tight and resonant low band, and overtones: frequency and Q (of the broad one: a shelf).
const BROAD_HZ: f64 = 110.0;
const TIGHT: (f64, f64) = (62.0, 0.8);
const RESONANT_BAND: (f64, f64) = (52.0, 2.0);
const OVERTONES: (f64, f64) = (200.0, 0.8);

/// The band whose harmonics are made.
const BAND_HZ: (f64, f64) = (30.0, 110.0);
/// Attack and release of the envelope that harmonics are divided by. It is followed by a second one with the same times,
/// so that it hardly falls before the next beat of two notes: what it does at their difference is heard as a tone.
const ATTACK_MS: f64 = 1.0;
const RELEASE_MS: f64 = 180.0;
/// The envelope is followed every four samples.
const STEP: usize = 4;
/// −120 dBFS: below this the band counts as silence.
const SILENCE: f32 = 1e-6;

/// Low cut, low band and harmonics.
#[derive(Clone, Debug)]
pub struct Floor {
    spec: Spec,
    low_cut: LowCut,
    band: Band,
    harmonics: Harmonics,
}

/// The lifted low band.
#[derive(Clone, Debug)]
struct Band {
    engagement: Engagement,
    gains_db: Glide<4>,
    filter: BlockFilter<8, 1>,
    added_peak: f32,
}

/// The harmonics.
#[derive(Clone, Debug)]
struct Harmonics {
    engagement: Engagement,
    levels: Glide<3>,
    analytic: BlockFilter<12, 2>,
    attack: f32,
    release: f32,
    /// Of each channel, and the same once more: see [`RELEASE_MS`].
    envelopes: [[f32; 2]; 2],
    added_peak: f32,
}

/// Shelf and bells in a row; those at 0 dB do nothing.
struct Lift([Section; 4]);

impl Lift {
    fn new(gains_db: [f32; 4], spec: Spec) -> Self {
        let rate_hz = spec.sample_rate_hz;
        let [broad, tight, resonant, overtones] = gains_db.map(f64::from);
        let bell = |(hz, q): (f64, f64), db| Section::bell(hz, q, db, rate_hz);
        Self([
            Section::low_shelf(BROAD_HZ, broad, rate_hz),
            bell(TIGHT, tight),
            bell(RESONANT_BAND, resonant),
            bell(OVERTONES, overtones),
        ])
    }
}

impl Network<8, 1> for Lift {
    fn tick(&self, state: &mut [f64; 8], input: f64) -> [f64; 1] {
        let (pairs, _) = state.as_chunks_mut::<2>();
        let mut signal = input;
        for (section, [a, b]) in self.0.iter().zip(pairs) {
            signal = section.tick([a, b], signal);
        }
        [signal]
    }
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

impl Floor {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let spec = Spec::default();
        Self {
            spec,
            low_cut: LowCut::new(),
            band: Band {
                engagement: Engagement::of_amounts(),
                gains_db: Glide::new(),
                filter: BlockFilter::new(&Lift::new([0.0; 4], spec)),
                added_peak: 0.0,
            },
            harmonics: Harmonics {
                engagement: Engagement::of_amounts(),
                levels: Glide::new(),
                analytic: BlockFilter::new(&Analytic::new(spec)),
                attack: 1.0,
                release: 1.0,
                envelopes: [[0.0; 2]; 2],
                added_peak: 0.0,
            },
        }
    }

    /// The highest samples of the added low band and of the added harmonics in the last quantum.
    #[must_use]
    pub fn added_peaks(&self) -> [f32; 2] {
        [self.band.added_peak, self.harmonics.added_peak]
    }
}

impl Default for Floor {
    fn default() -> Self {
        Self::new()
    }
}

impl Processor for Floor {
    type Settings = FloorSettings;

    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.low_cut.prepare(spec);
        self.band.engagement.prepare(spec);
        self.band.gains_db.prepare(spec);
        self.harmonics.engagement.prepare(spec);
        self.harmonics.levels.prepare(spec);
        self.harmonics.analytic.set(&Analytic::new(spec));
        let point_rate_hz = spec.sample_rate_hz / math::count(STEP);
        self.harmonics.attack = math::narrow(math::one_pole(ATTACK_MS, point_rate_hz));
        self.harmonics.release = math::narrow(math::one_pole(RELEASE_MS, point_rate_hz));
        self.reset();
    }

    fn reset(&mut self) {
        self.low_cut.reset();
        self.band.engagement.reset();
        self.band.gains_db.reset();
        self.band.filter.reset();
        self.band.added_peak = 0.0;
        self.harmonics.engagement.reset();
        self.harmonics.levels.reset();
        self.harmonics.begin();
        self.harmonics.added_peak = 0.0;
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
        // Both listen to the same signal, so that more Depth doesn't make more harmonics.
        let input = *quantum;
        self.band.process::<I>(gains_db, self.spec, quantum);
        self.harmonics.process::<I>(levels, &input, quantum);
    }

    fn latency_samples(&self) -> usize {
        self.low_cut.latency_samples()
    }
}

impl Band {
    #[inline(always)]
    fn process<I: Isa>(&mut self, gains_db: [f32; 4], spec: Spec, quantum: &mut Quantum) {
        let Work::Engaged { mix, begins } = self.engagement.advance(gains_db == [0.0; 4]) else {
            self.added_peak = 0.0;
            return;
        };
        if begins {
            self.filter.reset();
            self.gains_db.reset();
        }
        if self.gains_db.advance(gains_db) {
            self.filter.set(&Lift::new(self.gains_db.values(), spec));
        }
        let [mut wet] = self.filter.process::<I>(quantum);
        mix.crossfade(quantum, &mut wet);
        let [left, right] = &wet.channels;
        let [dry_left, dry_right] = &quantum.channels;
        self.added_peak = peak(&lanes!(i => left[i] - dry_left[i]))
            .max(peak(&lanes!(i => right[i] - dry_right[i])));
        *quantum = wet;
    }
}

impl Harmonics {
    fn begin(&mut self) {
        self.analytic.reset();
        self.envelopes = [[0.0; 2]; 2];
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, levels: [f32; 3], input: &Quantum, output: &mut Quantum) {
        let Work::Engaged { mix, begins } = self.engagement.advance(levels == [0.0; 3]) else {
            self.added_peak = 0.0;
            return;
        };
        if begins {
            self.begin();
            self.levels.reset();
        }
        let before = self.levels.values();
        self.levels.advance(levels);
        let now = self.levels.values();
        let before = if begins { now } else { before };
        let mut shares = [[0.0; QUANTUM]; 3];
        for k in 0..3 {
            let (start, end) = (before[k], now[k]);
            shares[k] = Segment { start, end }.lane();
        }
        let mix = mix.lane();

        let [first, second] = self.analytic.process::<I>(input);
        let mut peaks = [0.0; 2];
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

            let mut added = [0.0; QUANTUM];
            for i in 0..QUANTUM {
                // z/|z|, then its powers: (u + jv)ⁿ, times the divisor again.
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
            peaks[c] = peak(&added);
        }
        self.added_peak = peaks[0].max(peaks[1]);
    }
}
