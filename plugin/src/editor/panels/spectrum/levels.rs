//! The levels that the spectrum draws.

use crate::editor::model::analyzers::{Analyzers, Curve};

/// A program level below this is silence, dBFS.
pub(super) const SILENCE_DB: f32 = -80.0;

/// The levels that are drawn, dB.
pub(super) struct Levels {
    pub(super) input: Curve,
    pub(super) output: Curve,
    pub(super) peaks: Curve,
    /// Broadband levels.
    pub(super) input_program_db: f32,
    pub(super) output_program_db: f32,
    /// Whether the output has sound now and doesn't pause.
    pub(super) has_sound: bool,
}

impl Levels {
    pub(super) fn now(analyzers: &Analyzers) -> Self {
        let Analyzers { input, output, .. } = analyzers;
        Self {
            input: input.average(),
            output: output.average(),
            peaks: output.peaks,
            input_program_db: input.program_db(),
            output_program_db: output.program_db(),
            has_sound: output.has_sound(),
        }
    }
}
