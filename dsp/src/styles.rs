//! Style targets: percentiles of the tonal balance of well-made music in a style.
//!
//! `models/styles/` documents the music and the method. Neutral is a straight slope and no style.

mod figures;
mod table;

pub use figures::StyleFigures;
use table::{ALL_MUSIC, FIGURES, THIRD_OCTAVES_HZ};

/// Centers of the bands of [`StyleFigures::moments_db`], Hz: boom, mud, harsh, fizz.
pub const MOMENT_BANDS_HZ: [f64; 4] = [110.0, 300.0, 3200.0, 7500.0];
/// Q of these band-passes of the second order.
pub const MOMENT_BANDS_Q: f64 = 0.9;

/// The music that the tonal balance is compared with. The analysis never changes it by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StyleTarget {
    /// A straight slope of −4.5 dB per octave of spectral density.
    #[default]
    Neutral,
    /// Electronic music.
    Electronic,
    /// Orchestral music.
    Orchestral,
    /// Rock and metal.
    Rock,
    /// Ambient music.
    Ambient,
    /// The loaded reference track; Neutral while there is none.
    Reference,
}

impl StyleTarget {
    /// The statistics of the style.
    #[must_use]
    pub fn figures(self) -> &'static StyleFigures {
        let index = match self {
            Self::Neutral | Self::Reference => 0,
            Self::Electronic => 1,
            Self::Orchestral => 2,
            Self::Rock => 3,
            Self::Ambient => 4,
        };
        &FIGURES[index]
    }

    /// The statistics of songs: those of the style, or of all music where the target is no style.
    #[must_use]
    pub fn songs(self) -> &'static StyleFigures {
        match self {
            Self::Neutral | Self::Reference => &ALL_MUSIC,
            style => style.figures(),
        }
    }

    /// Centers of the third-octave bands, Hz.
    #[must_use]
    pub fn third_octaves_hz() -> &'static [f32; 30] {
        &THIRD_OCTAVES_HZ
    }
}
