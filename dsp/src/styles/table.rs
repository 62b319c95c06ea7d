//! Placeholder.
use super::StyleFigures;
/// Centres of the third-octave bands, Hz.
pub(super) const THIRD_OCTAVES_HZ: [f32; 30] = [1000.0; 30];
const NONE: StyleFigures = StyleFigures {
    songs: 0,
    third_octaves_db: [[0.0; 30]; 5],
    moments_db: [[0.0; 4]; 7],
};
/// In the order of `StyleTarget`.
pub(super) const FIGURES: [StyleFigures; 5] = [NONE; 5];
