//! The statistics of one style.

/// Statistics of one style, relative to the program's own level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StyleFigures {
    /// Number of songs.
    pub songs: u16,
    /// Percentiles 10, 25, 50, 75, 90 over songs: level of each third-octave band relative to the whole song, dB.
    pub third_octaves_db: [[f32; 30]; 5],
    /// Percentiles 10, 25, 50, 75, 90, 95, 99 over moments (60 ms) of the median song: level of each of
    /// [`MOMENT_BANDS_HZ`](super::MOMENT_BANDS_HZ) relative to the program (3 s), dB.
    pub moments_db: [[f32; 4]; 7],
}
