//! Flow's signal processing: the chain, its settings and readings, and the meters.
//!
//! [`Chain`] processes audio with [`ChainSettings`] and gives [`Readings`]. The crate has no plug-in, editor, thread or file
//! code. The stages work on quanta of [`QUANTUM`] frames; they are public to the crate's own tests only.
//!
//! - `block`: the quantum, ramps, memories, engagement, and the interface of a processor.
//! - `simd`: instruction sets.
//! - `filter`: linear filters, crossovers, interpolation, oversampling.
//! - `dynamics`: gain computers.
//! - `stage`: the stages in a file each; `chain/stages.rs` lists them in their order.
//! - `meter`: loudness, true peak, correlation, spectrum, activity.
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

// The documentation of `internals` may link to private items.
#![allow(rustdoc::private_intra_doc_links)]

mod block;
mod chain;
mod delivery;
mod dynamics;
mod filter;
pub mod math;
mod meter;
mod readings;
mod settings;
mod simd;
mod stage;
mod styles;

pub use block::quantum::Quantum;
pub use chain::Chain;
pub use delivery::{DELIVERIES, Delivery, STREAMING_LUFS};
pub use dynamics::{
    limiter_release::LimiterRelease,
    low_frequency_hold::{LowFrequencies, LowFrequencyHold, LowLevel},
};
pub use filter::{
    interpolator::{Interpolator, Points},
    section::Section,
};
pub use meter::{
    k_weighting::KWeighting,
    loudness::{ABSOLUTE_GATE_LUFS, LOUDNESS_STEPS_PER_SECOND, LoudnessMeter, lufs},
    spectrum::{Spectrum, SpectrumFrame},
};
pub use readings::{
    Activity, ComfortBell, ComfortCut, READINGS_EXTENSION, Readings, ReadingsExtension,
    SignalReadings,
};
pub use settings::{
    ANCHOR_EDGES_HZ, BELL_COUNT, BandSettings, BellChannels, BellSettings, ChainSettings,
    Character, Compare, CompressorSettings, CurveSettings, DEPTH_DB, DitherDepth, DitherSettings,
    DynamicsSettings, FloorSettings, GlueRatio, GlueSettings, LatticeSettings, LimiterSettings,
    LimiterStyle, LowCutSettings, MATCH_BAND_COUNT, MATCH_HZ, MAX_MATCH_DB, MatchSettings,
    MidSideSettings, Monitor, MultibandSettings, SettingRange, SoloStage, Translation,
    WeaveSettings,
};
pub(crate) use simd::lanes::lanes;
pub use simd::{isa::Baseline, level::SimdLevel};
pub use stage::{
    limiter::LIMITER_MARGIN_DB, match_eq::match_sections, velvet_curve::anchor_sections,
};
pub use styles::{MOMENT_BANDS_HZ, MOMENT_BANDS_Q, StyleFigures, StyleTarget};

/// The processors and their parts, for this crate's own tests and benchmarks only: no stable interface. They are no feature of
/// the crate, because cargo would compile the crate once with it and once without.
#[doc(hidden)]
pub mod internals {
    pub use crate::{block::*, dynamics::*, filter::*, meter::*, simd::*, stage::*};
}

use core::ops::RangeInclusive;

/// Frames that the chain processes at a time, and the grid on which settings are read.
pub const QUANTUM: usize = 16;

/// The sample rates that a [`Chain`] takes, Hz.
///
/// At all of them the chain is stable, the ceiling holds, the latency is constant and a neutral chain is a pure delay.
/// The sound is tuned for 44.1 kHz and above; these limits hold at the ends of the range:
///
/// - **Below 44.1 kHz** bells between 0.455 and 0.5 of the rate fade out, and those above are off. Below 34.5 kHz Comfort
///   leaves sibilance alone.
/// - **Below 22.05 kHz** the latency is 140 samples, which is 17.5 ms at 8 kHz. Crossovers above 0.49 of the rate move
///   there, and shelves end at half the rate. Drive adds harmonics up to 0.28 of the rate (2.2 kHz at 8 kHz). Noise shaping
///   is plain dither, because the whole band is audible.
/// - **Above 384 kHz** the compressors follow envelopes up to about 30 kHz without ripple.
pub const SAMPLE_RATES_HZ: RangeInclusive<f64> = 8_000.0..=768_000.0;

/// The conditions that a processor is prepared for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// One of [`SAMPLE_RATES_HZ`].
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
