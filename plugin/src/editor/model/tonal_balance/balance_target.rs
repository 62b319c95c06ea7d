//! The balance that Match leads to.

use flow_analysis::reference::ReferenceTarget;
use flow_dsp::StyleTarget;
use flow_dsp::math::{count, narrow};

use crate::editor::language::{text, translate_message};

/// Bands below this are empty, dB against the broadband level.
const EMPTY_DB: f32 = -70.0;

/// Third octaves against the broadband level, dB, and their name.
pub(crate) struct BalanceTarget {
    levels_db: [f32; 30],
    pub(crate) name: String,
}

impl BalanceTarget {
    /// The mean of the references, or the middle of the style.
    #[must_use]
    pub(crate) fn new(references: &ReferenceTarget, style: StyleTarget, style_name: &str) -> Self {
        if references.is_empty() {
            return Self {
                levels_db: style.figures().third_octaves_db[2],
                name: text!("middle of the style {style_name}", style_name),
            };
        }
        let songs = &references.references;
        let mean = |band: usize| {
            let levels = songs
                .iter()
                .map(|song| song.summary().third_octaves_db[band]);
            let known: Vec<f32> = levels.filter(|db| *db > EMPTY_DB).collect();
            known.iter().sum::<f32>() / narrow(count(known.len().max(1)))
        };
        let has_sound = |band: usize| {
            let mut levels = songs
                .iter()
                .map(|song| song.summary().third_octaves_db[band]);
            levels.any(|db| db > EMPTY_DB)
        };
        Self {
            levels_db: std::array::from_fn(|band| {
                if has_sound(band) {
                    mean(band)
                } else {
                    EMPTY_DB
                }
            }),
            name: translate_message(&references.name()),
        }
    }

    /// Frequency and level of all bands with sound.
    pub(crate) fn bands(&self) -> impl Iterator<Item = (f32, f32)> + '_ {
        let bands = StyleTarget::third_octaves_hz().iter().zip(&self.levels_db);
        let bands = bands.filter(|(hz, db)| **hz >= 20.0 && **hz <= 20_000.0 && **db > EMPTY_DB);
        bands.map(|(hz, db)| (*hz, *db))
    }
}
