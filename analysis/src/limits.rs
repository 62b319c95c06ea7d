//! Limits that measurements of whole files share with the rules.

/// DC offset against the true peak that is worth removing, dB: it costs headroom and clicks at edits.
pub const MAX_DC_OFFSET_DB: f32 = -43.0;

/// From this correlation of left and right on, much of the sound cancels in mono.
pub const CANCELING_CORRELATION: f32 = -0.3;
