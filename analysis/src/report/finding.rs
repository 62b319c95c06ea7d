//! Findings and anchor readings.

use serde::Serialize;

use crate::features::Anchor;

/// Severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Severity {
    /// For information.
    Info,
    /// Worth a look.
    Notice,
    /// A defect.
    Problem,
}

/// A fact about the audio.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// A sentence with numbers.
    pub text: String,
    /// Its severity.
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f32,
    /// Whether it is damage that no setting repairs.
    pub is_irreversible: bool,
}

/// The level of an anchor against the style target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AnchorReading {
    /// The anchor.
    pub anchor: Anchor,
    /// Level above the median of the style target, dB. Negative is below.
    pub above_median_db: f32,
    /// Share of the style's songs with a lower level, 0 to 100.
    pub percentile: f32,
}
