//! The readings of the meters as plain values.

use std::ffi::CStr;

/// Loudness, true peak and correlation of one signal since the last reset. Unmeasured levels are `f32::NEG_INFINITY`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct SignalReadings {
    /// Loudness of the last 400 ms (ITU-R BS.1770-5, EBU Tech 3341).
    pub momentary_lufs: f32,
    /// Highest momentary loudness.
    pub momentary_max_lufs: f32,
    /// Loudness of the last 3 s.
    pub short_term_lufs: f32,
    /// Highest short-term loudness.
    pub short_term_max_lufs: f32,
    /// Gated loudness since reset.
    pub integrated_lufs: f32,
    /// Loudness range (EBU Tech 3342), LU.
    pub loudness_range_lu: f32,
    /// Highest true peak since reset.
    pub true_peak_dbtp: f32,
    /// Peak to loudness ratio: true peak minus integrated loudness, dB.
    pub plr_db: f32,
    /// Correlation of left and right over about 0.4 s, −1 to +1; 0 in silence, 1 for a mono signal.
    pub correlation: f32,
    /// Measured time since reset, s.
    pub measured_s: f32,
}

impl Default for SignalReadings {
    fn default() -> Self {
        const NONE: f32 = f32::NEG_INFINITY;
        Self {
            momentary_lufs: NONE,
            momentary_max_lufs: NONE,
            short_term_lufs: NONE,
            short_term_max_lufs: NONE,
            integrated_lufs: NONE,
            loudness_range_lu: 0.0,
            true_peak_dbtp: NONE,
            plr_db: 0.0,
            correlation: 0.0,
            measured_s: 0.0,
        }
    }
}

/// All readings of the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Readings {
    /// The input.
    pub input: SignalReadings,
    /// The output before monitor states.
    pub output: SignalReadings,
    /// Lowest limiter gain in the last call of `process`, dB, 0 or less.
    pub limiter_gain_db: f32,
    /// Lowest limiter gain since reset, dB, 0 or less.
    pub limiter_gain_min_db: f32,
    /// The activity of the stages.
    pub activity: Activity,
    /// Gain of the output against the input in the monitored signal, dB: that of a comparison or of automatic gain;
    /// otherwise 0.
    pub monitor_gain_db: f32,
}

/// The activity of each stage in the last call of `process`. Gains are the lowest ones applied, levels the highest added
/// samples.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Activity {
    /// Velvet Floor's parallel low band, dBFS.
    pub floor_band_db: f32,
    /// Velvet Floor's harmonics, dBFS.
    pub floor_harmonics_db: f32,
    /// Harmonic Lattice's harmonics, dBFS.
    pub lattice_harmonics_db: f32,
    /// Mono safety's gain of the side below 250 Hz, to 2.5 kHz and above, dB, 0 or less.
    pub weave_side_gains_db: [f32; 3],
    /// Comfort's gain of its four bands, dB, 0 or less.
    pub comfort_gains_db: [f32; 4],
    /// The bells of Comfort.
    pub comfort_cut: ComfortCut,
    /// Gain of mid and side dynamics, dB, 0 or less.
    pub mid_side_gains_db: [f32; 2],
    /// Gain of the three bands' compressors, dB, 0 or less.
    pub multiband_gains_db: [f32; 3],
    /// Gain of the glue compressor, dB, 0 or less.
    pub glue_gain_db: f32,
    /// Harmonics of Drive, dBFS.
    pub drive_harmonics_db: f32,
}

/// The bells of Comfort. [`gain_db`](Self::gain_db) is their gain at a frequency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct ComfortCut {
    /// The bells on resonances at the end of the call.
    pub bells: [ComfortBell; 4],
    /// The lowest gain of the bell on sibilance in the call, dB, 0 or less.
    pub sibilance_gain_db: f32,
}

/// A bell on a resonance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct ComfortBell {
    /// Its center, Hz. No meaning without a gain.
    pub frequency_hz: f32,
    /// Its gain, dB, 0 or less.
    pub gain_db: f32,
}

impl Default for Activity {
    fn default() -> Self {
        const NONE: f32 = f32::NEG_INFINITY;
        Self {
            floor_band_db: NONE,
            floor_harmonics_db: NONE,
            lattice_harmonics_db: NONE,
            weave_side_gains_db: [0.0; 3],
            comfort_gains_db: [0.0; 4],
            comfort_cut: ComfortCut::default(),
            mid_side_gains_db: [0.0; 2],
            multiband_gains_db: [0.0; 3],
            glue_gain_db: 0.0,
            drive_harmonics_db: NONE,
        }
    }
}

/// The id of Flow's own CLAP extension, which gives the [`Readings`] of one instance. It has the version of their layout, and
/// changes with it.
pub const READINGS_EXTENSION: &CStr = c"flow.readings/4";

/// The plug-in's side of [`READINGS_EXTENSION`]. `P` is the type `clap_plugin` of the CLAP bindings.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ReadingsExtension<P> {
    /// `[any]` Copies the readings after the last call of `process` to `out`. Returns false and leaves `out` unchanged if
    /// a pointer is null. `out` must be aligned and valid for writing one [`Readings`].
    pub read: Option<unsafe extern "C" fn(plugin: *const P, out: *mut Readings) -> bool>,
}
