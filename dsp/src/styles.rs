//! Style targets: how well-made music of a style is balanced, as figures with percentiles.
//!
//! The figures come from `models/styles/`, which says from which music and how. Neutral is not a style but a straight
//! slope; the reasons stand there too.

mod table;

use table::{FIGURES, THIRD_OCTAVES_HZ};

/// Which music the tonal balance is held against. The analysis never changes it by itself.
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

/// The figures of one style, relative to the programme's own level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StyleFigures {
    /// Songs that they are of.
    pub songs: u16,
    /// Percentiles 10, 25, 50, 75, 90 over songs of the level of each third-octave band against that of the whole
    /// song, dB.
    pub third_octaves_db: [[f32; 30]; 5],
    /// Percentiles 10, 25, 50, 75, 90, 95, 99 over moments (60 ms) of the level of each band of Comfort against the
    /// programme (3 s), dB: the median song.
    pub moments_db: [[f32; 4]; 7],
}

impl StyleTarget {
    /// What is known of the style.
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

    /// Centres of the third-octave bands, Hz.
    #[must_use]
    pub fn third_octaves_hz() -> &'static [f32; 30] {
        &THIRD_OCTAVES_HZ
    }
}
