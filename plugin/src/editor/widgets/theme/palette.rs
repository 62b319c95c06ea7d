//! The colors of each theme. A color has one meaning, the same in every theme.

use egui::Color32;
use flow_params::Pillar;

use crate::editor::model::preferences_file::display_options::ColorTheme;

/// The colors by their meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Palette {
    /// Whether texts are darker than their background.
    pub is_light: bool,
    /// Background of the window.
    pub background: Color32,
    /// Background of panels.
    pub panel: Color32,
    /// Background of displays and fields.
    pub well: Color32,
    /// Lines, and the unused part of tracks.
    pub line: Color32,
    /// Edges of fields, checkboxes and buttons whose fill hardly differs from the panel: contrast at least 3:1.
    pub edge: Color32,
    /// Values and main texts.
    pub text: Color32,
    /// Labels.
    pub secondary: Color32,
    /// Scales and hints.
    pub tertiary: Color32,
    /// The output signal, and controls that are on.
    pub output: Color32,
    /// The input signal.
    pub input: Color32,
    /// Targets of style, loudness and references.
    pub target: Color32,
    /// The assistant's proposals.
    pub proposed: Color32,
    /// Gain reduction and warnings.
    pub reduction: Color32,
    /// Levels above the ceiling, and errors.
    pub over: Color32,
    /// The anchors Body, Soul, Silk and Air.
    pub anchors: [Color32; 4],
    /// Harmonic Lattice. The other pillars have the color of an anchor or of the output.
    pub lattice: Color32,
}

impl Palette {
    /// The colors of a theme.
    #[must_use]
    pub fn of(theme: ColorTheme) -> &'static Self {
        match theme {
            ColorTheme::Dark => &DARK,
            ColorTheme::Light => &LIGHT,
            ColorTheme::HighContrast => &HIGH_CONTRAST,
            ColorTheme::ColorBlindSafe => &COLOR_BLIND_SAFE,
        }
    }

    /// Names and signs of controls that can do nothing at present.
    #[must_use]
    pub fn disabled(&self) -> Color32 {
        self.tertiary.gamma_multiply(0.8)
    }

    /// The color of a pillar.
    #[must_use]
    pub fn pillar(&self, pillar: Pillar) -> Color32 {
        match pillar {
            Pillar::VelvetFloor => self.anchors[0],
            Pillar::HarmonicLattice => self.lattice,
            Pillar::PhaseWeave => self.anchors[2],
            Pillar::VelvetCurve => self.anchors[3],
            Pillar::MasterChain => self.output,
        }
    }
}

/// The usual colors.
const DARK: Palette = Palette {
    is_light: false,
    background: Color32::from_rgb(0x0E, 0x11, 0x16),
    panel: Color32::from_rgb(0x16, 0x1B, 0x22),
    well: Color32::from_rgb(0x1C, 0x22, 0x2B),
    line: Color32::from_rgb(0x2A, 0x32, 0x3D),
    edge: Color32::from_rgb(0x65, 0x70, 0x83),
    text: Color32::from_rgb(0xE8, 0xEC, 0xF2),
    secondary: Color32::from_rgb(0x93, 0xA0, 0xB0),
    tertiary: Color32::from_rgb(0x86, 0x92, 0xA2),
    output: Color32::from_rgb(0x4F, 0xD1, 0xC0),
    input: Color32::from_rgb(0x7F, 0x91, 0xA9),
    target: Color32::from_rgb(0xBA, 0x8C, 0xE8),
    proposed: Color32::from_rgb(0x9B, 0xE5, 0x6B),
    reduction: Color32::from_rgb(0xF2, 0xB0, 0x5A),
    over: Color32::from_rgb(0xF2, 0x6B, 0x4F),
    anchors: [
        Color32::from_rgb(0xD9, 0x8E, 0x4A),
        Color32::from_rgb(0xDC, 0xD0, 0x4E),
        Color32::from_rgb(0x5F, 0xB7, 0xD4),
        Color32::from_rgb(0x82, 0xA2, 0xFF),
    ],
    lattice: Color32::from_rgb(0xE0, 0x82, 0xAD),
};

/// For bright rooms.
const LIGHT: Palette = Palette {
    is_light: true,
    background: Color32::from_rgb(0xE4, 0xE8, 0xED),
    panel: Color32::from_rgb(0xFB, 0xFC, 0xFD),
    well: Color32::from_rgb(0xEE, 0xF1, 0xF5),
    line: Color32::from_rgb(0xC3, 0xCB, 0xD5),
    edge: Color32::from_rgb(0x7A, 0x85, 0x94),
    text: Color32::from_rgb(0x12, 0x16, 0x1C),
    secondary: Color32::from_rgb(0x43, 0x4E, 0x5C),
    tertiary: Color32::from_rgb(0x56, 0x61, 0x6F),
    output: Color32::from_rgb(0x00, 0x55, 0x40),
    input: Color32::from_rgb(0x5C, 0x64, 0x73),
    target: Color32::from_rgb(0x86, 0x33, 0xA7),
    proposed: Color32::from_rgb(0x19, 0x76, 0x02),
    reduction: Color32::from_rgb(0x88, 0x4E, 0x1C),
    over: Color32::from_rgb(0xC3, 0x12, 0x27),
    anchors: [
        Color32::from_rgb(0x6B, 0x2E, 0x07),
        Color32::from_rgb(0x57, 0x5B, 0x02),
        Color32::from_rgb(0x00, 0x61, 0x8A),
        Color32::from_rgb(0x2C, 0x1A, 0xC2),
    ],
    lattice: Color32::from_rgb(0x8B, 0x2D, 0x67),
};

/// Contrast of texts to panels and wells at least 7:1.
const HIGH_CONTRAST: Palette = Palette {
    is_light: false,
    background: Color32::from_rgb(0x00, 0x00, 0x00),
    panel: Color32::from_rgb(0x00, 0x00, 0x00),
    well: Color32::from_rgb(0x15, 0x19, 0x1F),
    line: Color32::from_rgb(0x5E, 0x6B, 0x7B),
    edge: Color32::from_rgb(0x7F, 0x8C, 0x9C),
    text: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    secondary: Color32::from_rgb(0xE4, 0xE9, 0xF0),
    tertiary: Color32::from_rgb(0xC8, 0xD0, 0xDB),
    output: Color32::from_rgb(0xAB, 0xFD, 0xF6),
    input: Color32::from_rgb(0x9A, 0xA6, 0xB0),
    target: Color32::from_rgb(0xEF, 0xBC, 0xFA),
    proposed: Color32::from_rgb(0x76, 0xBB, 0x39),
    reduction: Color32::from_rgb(0xEE, 0xCC, 0x82),
    over: Color32::from_rgb(0xFA, 0x82, 0x86),
    anchors: [
        Color32::from_rgb(0xD7, 0x9A, 0x3B),
        Color32::from_rgb(0xEA, 0xFD, 0x5D),
        Color32::from_rgb(0x09, 0xD1, 0xEC),
        Color32::from_rgb(0x9B, 0x9A, 0xFF),
    ],
    lattice: Color32::from_rgb(0xFC, 0x77, 0xDB),
};

/// Signals, states and anchors differ in red, green and blue blindness too.
const COLOR_BLIND_SAFE: Palette = Palette {
    is_light: false,
    background: Color32::from_rgb(0x0E, 0x11, 0x16),
    panel: Color32::from_rgb(0x16, 0x1B, 0x22),
    well: Color32::from_rgb(0x1C, 0x22, 0x2B),
    line: Color32::from_rgb(0x2A, 0x32, 0x3D),
    edge: Color32::from_rgb(0x65, 0x70, 0x83),
    text: Color32::from_rgb(0xE8, 0xEC, 0xF2),
    secondary: Color32::from_rgb(0xA0, 0xAB, 0xBA),
    tertiary: Color32::from_rgb(0x8B, 0x96, 0xA6),
    output: Color32::from_rgb(0x39, 0xC9, 0x92),
    input: Color32::from_rgb(0xB7, 0xC5, 0xDE),
    target: Color32::from_rgb(0xD3, 0x7C, 0xDF),
    proposed: Color32::from_rgb(0xD2, 0xF9, 0xA9),
    reduction: Color32::from_rgb(0xF1, 0xB1, 0x28),
    over: Color32::from_rgb(0xFB, 0x67, 0x42),
    anchors: [
        Color32::from_rgb(0xDD, 0xA6, 0x6B),
        Color32::from_rgb(0xF9, 0xE4, 0x74),
        Color32::from_rgb(0x57, 0xF5, 0xD1),
        Color32::from_rgb(0xB7, 0xA8, 0xEE),
    ],
    lattice: Color32::from_rgb(0xDB, 0x5B, 0xB1),
};

#[cfg(test)]
mod tests;
