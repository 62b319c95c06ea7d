//! Comfort: a dynamic equalizer that holds harsh or boomy moments near the curve of the style target.
//!
//! ```text
//! input ─┬────────────────────────────────────────── + ─ output
//!        └─ four band-passes × (gain − 1) ────────────┘
//! ```
//!
//! A band is too loud when its level over 60 ms exceeds the program's level over 3 s by more than it does in 90 % of the
//! moments of well-made music of the style (`models/styles/`). Both levels are relative to the music itself, so its
//! loudness doesn't matter. No delay, no allocation in `process`.

use crate::{
    QUANTUM, Spec, StyleTarget,
    block::{
        engagement::Effect,
        quantum::{Quantum, energy},
        ramp::{Glide, Segment},
    },
    filter::{
        block_filter::BlockFilter,
        network::Network,
        section::{HIGHEST_BAND, Section},
    },
    lanes, math,
    simd::isa::Isa,
};

/// Centers of the bands: boom, mud, harsh, fizz.
pub const COMFORT_HZ: [f64; 4] = [110.0, 300.0, 3200.0, 7500.0];
/// Q of the bands.
pub const COMFORT_Q: f64 = 0.9;
/// Share of the excess in decibels that is removed at 100 %.
const STRENGTH: f32 = 0.7;
/// The largest cut.
const MOST_DB: f32 = 8.0;
/// Width of the knee at the limit.
const KNEE_DB: f32 = 4.0;
/// Time constants of the levels of a moment and of the program.
const MOMENT_MS: f64 = 60.0;
const PROGRAM_MS: f64 = 3000.0;
/// Program power (−70 dBFS) below which nothing is cut: silence has no harsh moments.
const QUIET: f32 = 1e-7;
/// Position of the 90th percentile in [`StyleFigures::moments_db`](crate::styles::StyleFigures).
const PERCENTILE_90: usize = 4;

/// Four bands that are turned down for moments.
#[derive(Clone, Debug)]
pub struct Comfort {
    bands: BlockFilter<8, 4>,
    /// One-pole coefficients.
    moment: f32,
    program: f32,
    band_powers: [f32; 4],
    program_power: f32,
    /// Quanta since the start. Until a time constant has passed, the averages run over these quanta only.
    quanta: f32,
    /// Limits of the bands, dB, and the amount.
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
                // A band-pass at the top of a low rate would cut sound that is neither harsh nor fizz.
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

impl Default for Comfort {
    fn default() -> Self {
        Self {
            bands: BlockFilter::new(&Bands::new(Spec::default())),
            moment: 1.0,
            program: 1.0,
            band_powers: [0.0; 4],
            program_power: 0.0,
            quanta: 0.0,
            targets: Glide::new(),
            gains: [1.0; 4],
        }
    }
}

impl Effect for Comfort {
    fn prepare(&mut self, spec: Spec) {
        let rate_hz = spec.sample_rate_hz / math::count(QUANTUM);
        self.moment = math::narrow(math::one_pole(MOMENT_MS, rate_hz));
        self.program = math::narrow(math::one_pole(PROGRAM_MS, rate_hz));
        self.bands.set(&Bands::new(spec));
        self.targets.prepare(spec);
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.bands.reset();
        self.band_powers = [0.0; 4];
        self.program_power = 0.0;
        self.quanta = 0.0;
        self.targets.reset();
        self.rest();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.gains = [1.0; 4];
    }
}

impl Comfort {
    /// The gains of the bands at the end of the last quantum.
    #[must_use]
    pub fn gains(&self) -> [f32; 4] {
        self.gains
    }

    /// Turns the bands of one quantum down by `amount`, 0 to 1, of their excess over the style's limits.
    #[inline(always)]
    pub fn process<I: Isa>(
        &mut self,
        amount: f32,
        style: StyleTarget,
        mix: Segment,
        quantum: &mut Quantum,
    ) {
        let [boom, mud, harsh, fizz] = style.figures().moments_db[PERCENTILE_90];
        self.targets.advance([boom, mud, harsh, fizz, amount]);
        let [limits_db @ .., amount] = self.targets.values();

        let bands = self.bands.process::<I>(quantum);
        self.quanta += 1.0;
        let share = 1.0 / self.quanta;
        let rate = if share > self.program {
            share
        } else {
            self.program
        };
        self.program_power += rate * (power::<I>(quantum) - self.program_power);
        let moment = if share > self.moment {
            share
        } else {
            self.moment
        };
        for (mean, band) in self.band_powers.iter_mut().zip(&bands) {
            *mean += moment * (power::<I>(band) - *mean);
        }
        let [program] = math::log2_lanes([self.program_power]);
        let levels = math::log2_lanes(self.band_powers);
        let quiet = self.program_power < QUIET;
        let mut cuts_db = [0.0; 4];
        for k in 0..4 {
            let over = (levels[k] - program) * math::POWER_DB_PER_OCTAVE - limits_db[k];
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
        if self.program_power < 1e-20 {
            self.program_power = 0.0;
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
