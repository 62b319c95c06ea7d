//! Flow's signal processing: the chain, its processors and its meters.
//!
//! Pure: no plug-in, window, thread or file code. [`Chain`] is the whole; every stage of it is a
//! [`processor::Processor`] that works on quanta of [`QUANTUM`] frames. Settings and readings are plain values.
//!
//! - **Signal path**: [`gain`], [`low_cut`], [`delay`], [`limiter`] (with [`interpolator`], [`fir`] and [`window`]), [`dither`],
//!   [`monitoring`].
//! - **Measuring**: [`meters`] (with [`k_weighting`] and [`programme`]), [`spectrum`].
//! - **Ground**: [`quantum`], [`ramp`], [`isa`], [`math`].
//!
//! ```
//! use flow_dsp::{Chain, ChainSettings, Monitor, Spec};
//!
//! let mut chain = Chain::new(Spec { sample_rate_hz: 48_000.0 });
//! let settings = ChainSettings { loudness_gain_db: 6.0, ..ChainSettings::default() };
//! let (mut left, mut right) = (vec![0.9; 4800], vec![0.9; 4800]);
//! chain.process(&settings, Monitor::default(), &mut [&mut left, &mut right]);
//!
//! // −1 dBTP, the default ceiling.
//! assert!(left.iter().all(|sample| sample.abs() <= 0.8913));
//! assert!(chain.readings().limiter_gain_db < -5.0);
//! ```

pub mod activity;
pub mod block_filter;
mod chain;
pub mod comfort;
pub mod compressor;
pub mod crossover;
pub mod curve;
pub mod delay;
mod delivery;
pub mod dither;
pub mod engagement;
pub mod fir;
pub mod floor;
pub mod gain;
pub mod glue;
pub mod interpolator;
pub mod isa;
pub mod k_weighting;
pub mod lattice;
pub mod limiter;
pub mod low_cut;
pub mod match_eq;
pub mod math;
pub mod meters;
pub mod mid_side;
pub mod monitoring;
pub mod multiband;
pub mod oversampling;
pub mod processor;
pub mod programme;
pub mod quadrature;
pub mod quantum;
pub mod ramp;
mod readings;
pub mod saturator;
pub mod section;
mod settings;
pub mod spectrum;
pub mod styles;
pub mod weave;
pub mod window;

pub use chain::Chain;
pub use delivery::{DELIVERIES, Delivery};
pub use readings::{Activity, ProgrammeReadings, Readings};
pub use settings::{
    BandSettings, ChainSettings, Character, Compare, CompressorSettings, CurveSettings,
    DitherDepth, DitherSettings, DynamicsSettings, FloorSettings, GlueRatio, GlueSettings,
    LatticeSettings, LimiterSettings, LimiterStyle, LowCutSettings, MATCH_BANDS, MATCH_HZ,
    MatchSettings, MidSideSettings, Monitor, MultibandSettings, Translation, WeaveSettings,
};
pub use styles::StyleTarget;

/// Frames that the chain works on at a time, and the grid on which settings are read.
pub const QUANTUM: usize = 16;

/// TEMP
pub const SAMPLE_RATES_HZ: std::ops::RangeInclusive<f64> = 22_050.0..=384_000.0;

/// The delay of a [`Chain`] at a sample rate, in samples; 0 outside [`SAMPLE_RATES_HZ`].
#[must_use]
pub fn latency_samples(sample_rate_hz: f64) -> u32 {
    if SAMPLE_RATES_HZ.contains(&sample_rate_hz) {
        Chain::latency_samples_at(sample_rate_hz)
    } else {
        0
    }
}

/// What a processor is prepared for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// 22 050 to 384 000 Hz.
    pub sample_rate_hz: f64,
}

impl Default for Spec {
    /// 48 kHz.
    fn default() -> Self {
        Self {
            sample_rate_hz: 48_000.0,
        }
    }
}
