//! Comfort: a dynamic equaliser that gently holds harsh or boomy moments near the curve of the style target.
//!
//! ```text
//! input ─┬────────────────────────────────────────── + ─ output
//!        └─ four band-passes × (gain − 1) ────────────┘
//! ```
//!
//! A band is too much when its level over 60 ms stands further above the programme's level over 3 s than 90 % of
//! the moments of well-made music of the style do (`models/styles/`). Both are relative to the music itself, so nothing
//! depends on its loudness.

use crate::{
    QUANTUM, Spec, StyleTarget,
    block::engagement::{Engagement, Work},
    block::quantum::{Quantum, energy},
    block::ramp::{Glide, Segment},
    filter::block_filter::{BlockFilter, Network},
    filter::section::{HIGHEST_BAND, Section},
    lanes, math,
    simd::isa::Isa,
};

/// Boom, mud, harsh, fizz.
pub const COMFORT_HZ: [f64; 4] = [110.0, 300.0, 3200.0, 7500.0];
/// The bands' Q.
pub const COMFORT_Q: f64 = 0.9;
/// Share of the excess that is taken away at 100 %.
const STRENGTH: f32 = 0.7;
/// A moment is never cut by more.
const MOST_DB: f32 = 8.0;
/// The bend at the limit.
const KNEE_DB: f32 = 4.0;
const MOMENT_MS: f64 = 60.0;
const PROGRAMME_MS: f64 = 3000.0;
/// Programme power (−70 dBFS) below which nothing is held: silence has no harsh moments.
const QUIET: f32 = 1e-7;
/// Position of the 90th percentile in [`StyleFigures::moments_db`](crate::styles::StyleFigures).
const PERCENTILE_90: usize = 4;

/// Four bands that are turned down for moments.
#[derive(Clone, Debug)]
pub struct Comfort {
    engagement: Engagement,
    bands: BlockFilter<8, 4>,
    moment: f32,
    programme: f32,
    band_powers: [f32; 4],
    programme_power: f32,
    /// Quanta since the programme began, until the average is over its whole time.
    heard: f32,
    /// Limits of the bands, and amount.
    targets: Glide<5>,
    gains: [f32; 4],
}

/// The band-passes side by side.
struct Bands([Section; 4]);

impl Bands {
    fn new(spec: Spec) -> Self {
        let rate_hz = spec.sample_rate_hz;
        Self(COMFORT_HZ.map(|hz| {
            if hz <= HIGHEST_BAND * rate_hz {
                Section::band_pass(hz, COMFORT_Q, rate_hz)
            } else {
                // A band-pass at the top of a low rate would hold back what is neither harsh nor fizz.
                Section::silent()
            }
        }))
    }
}

impl Network<8, 4> for Bands {
    fn tick(&self, state: &mut [f64; 8], input: f64) -> [f64; 4] {
        let [a, b, c, d, e, f, g, h] = state;
        let [boom, mud, harsh, fizz] = &self.0;
        [
            boom.tick([a, b], input),
            mud.tick([c, d], input),
            harsh.tick([e, f], input),
            fizz.tick([g, h], input),
        ]
    }
}

impl Comfort {
    /// At rest. Allocates.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let mut comfort = Self {
            engagement: Engagement::of_amounts(),
            bands: BlockFilter::new(&Bands::new(spec)),
            moment: 1.0,
            programme: 1.0,
            band_powers: [0.0; 4],
            programme_power: 0.0,
            heard: 0.0,
            targets: Glide::new(),
            gains: [1.0; 4],
        };
        comfort.prepare(spec);
        comfort
    }

    /// As new at another sample rate.
    pub fn prepare(&mut self, spec: Spec) {
        let rate_hz = spec.sample_rate_hz / math::count(QUANTUM);
        self.moment = math::narrow(math::one_pole(MOMENT_MS, rate_hz));
        self.programme = math::narrow(math::one_pole(PROGRAMME_MS, rate_hz));
        self.bands.set(&Bands::new(spec));
        self.engagement.prepare(spec);
        self.targets.prepare(spec);
        self.reset();
    }

    /// As new.
    pub fn reset(&mut self) {
        self.engagement.reset();
        self.targets.reset();
        self.begin();
    }

    fn begin(&mut self) {
        self.bands.reset();
        self.band_powers = [0.0; 4];
        self.programme_power = 0.0;
        self.heard = 0.0;
        self.gains = [1.0; 4];
    }

    /// The gains of the bands at the end of the last quantum.
    #[must_use]
    pub fn gains(&self) -> [f32; 4] {
        self.gains
    }

    /// Holds the bands of one quantum.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, amount: f32, style: StyleTarget, quantum: &mut Quantum) {
        let Work::Engaged { mix, begins } = self.engagement.advance(amount == 0.0) else {
            self.gains = [1.0; 4];
            return;
        };
        if begins {
            self.begin();
            self.targets.reset();
        }
        let [boom, mud, harsh, fizz] = style.figures().moments_db[PERCENTILE_90];
        self.targets.advance([boom, mud, harsh, fizz, amount]);
        let [limits_db @ .., amount] = self.targets.values();

        let bands = self.bands.process::<I>(quantum);
        self.heard += 1.0;
        let share = 1.0 / self.heard;
        let rate = if share > self.programme {
            share
        } else {
            self.programme
        };
        self.programme_power += rate * (power::<I>(quantum) - self.programme_power);
        let moment = if share > self.moment {
            share
        } else {
            self.moment
        };
        for (mean, band) in self.band_powers.iter_mut().zip(&bands) {
            *mean += moment * (power::<I>(band) - *mean);
        }
        let [programme] = math::log2_lanes([self.programme_power]);
        let levels = math::log2_lanes(self.band_powers);
        let quiet = self.programme_power < QUIET;
        let mut cuts_db = [0.0; 4];
        for k in 0..4 {
            let over = (levels[k] - programme) * math::POWER_DB_PER_OCTAVE - limits_db[k];
            let inside = (over + 0.5 * KNEE_DB).clamp(0.0, KNEE_DB);
            let beyond = if over > 0.5 * KNEE_DB {
                over - 0.5 * KNEE_DB
            } else {
                0.0
            };
            let excess = inside * inside / (2.0 * KNEE_DB) + beyond;
            let cut = STRENGTH * excess;
            let cut = if cut > MOST_DB { MOST_DB } else { cut };
            cuts_db[k] = if quiet { 0.0 } else { amount * cut };
        }
        let gains = math::exp2_lanes(lanes!(k, 4 => -cuts_db[k] * math::OCTAVES_PER_DB));
        let share = mix.lane();
        for (k, band) in bands.iter().enumerate() {
            let gain = Segment {
                start: self.gains[k],
                end: gains[k],
            }
            .lane();
            for (channel, band) in quantum.channels.iter_mut().zip(&band.channels) {
                for i in 0..QUANTUM {
                    channel[i] = I::mul_add(band[i], share[i] * (gain[i] - 1.0), channel[i]);
                }
            }
        }
        self.gains = gains;
        if self.programme_power < 1e-20 {
            self.programme_power = 0.0;
            self.band_powers = [0.0; 4];
        }
    }
}

/// Mean power of both channels together.
#[inline(always)]
fn power<I: Isa>(quantum: &Quantum) -> f32 {
    let [left, right] = &quantum.channels;
    (energy::<I>(left) + energy::<I>(right)) * (1.0 / 16.0)
}
