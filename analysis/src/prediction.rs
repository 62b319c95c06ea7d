//! What a network says of a window.

use serde::{Deserialize, Serialize};

use crate::correction::Correction;
use crate::features::AnalysisWindow;

/// What of music a network tells apart, in the order of its outputs. The last one: music of no such style, or who knows.
pub const STYLES: [&str; 5] = ["electronic", "ambient", "orchestral", "rock", "unsure"];

/// A style is named from this probability on.
pub const MIN_STYLE_PROBABILITY: f32 = 0.6;

/// How music moves, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Little (0) to much (1) of it is as loud as its loudest moments.
    pub energy: f32,
    /// None (0) to ten or more (1) onsets a second.
    pub density: f32,
}

/// What a network says of a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// What is wrong.
    pub correction: Correction,
    /// Probabilities of [`STYLES`]; they add up to 1.
    pub style: [f32; STYLES.len()],
    /// How it moves.
    #[serde(rename = "pattern")]
    pub activity: Activity,
}

impl Prediction {
    /// The style that it is likely to be, with its probability; none if that can't be said.
    #[must_use]
    pub fn likely_style(&self) -> Option<(&'static str, f32)> {
        let named = STYLES.iter().zip(self.style).take(STYLES.len() - 1);
        let best = named.max_by(|a, b| a.1.total_cmp(&b.1))?;
        (best.1 >= MIN_STYLE_PROBABILITY).then_some((best.0, best.1))
    }

    /// How it moves, in two words.
    #[must_use]
    pub fn energy_word(&self) -> &'static str {
        match self.activity.energy {
            e if e < 0.33 => "low energy",
            e if e < 0.66 => "medium energy",
            _ => "high energy",
        }
    }
}

/// What has to be there for anything to be moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProposalThresholds {
    /// Moves that are less certain are left out, 0.5 to 1.
    pub least_certainty: f32,
    /// A balance that is off by less is left alone, dB RMS to the ear.
    pub least_db: f32,
    /// One that is off by less than this, dB RMS to the ear, is moved with care ...
    pub sure_db: f32,
    /// ... by no more than this in any band, dB.
    pub careful_db: f32,
}

impl ProposalThresholds {
    /// Everything that is more likely than not.
    pub const NONE: Self = Self {
        least_certainty: 0.5,
        least_db: 0.0,
        sure_db: 0.0,
        careful_db: f32::INFINITY,
    };

    /// How far a balance that is off by so much may be moved in any band, dB; none: not at all.
    pub(crate) fn reach_db(&self, off_db: f32) -> Option<f32> {
        let far = if off_db < self.sure_db {
            self.careful_db
        } else {
            f32::INFINITY
        };
        (off_db >= self.least_db).then_some(far)
    }
}

/// Someone who has heard a lot of music.
pub trait Predictor: Send {
    /// What it says of a window; none if that can't be said now.
    fn predict(&mut self, window: &AnalysisWindow) -> Option<Prediction>;

    /// What has to be there for anything to be proposed.
    fn thresholds(&self) -> ProposalThresholds;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_named_only_when_they_are_likely() {
        let prediction = |style| Prediction {
            correction: Correction::default(),
            style,
            activity: Activity {
                energy: 0.5,
                density: 0.5,
            },
        };
        let named = |style| prediction(style).likely_style();
        assert_eq!(
            named([0.7, 0.1, 0.1, 0.05, 0.05]),
            Some(("electronic", 0.7))
        );
        assert_eq!(named([0.5, 0.4, 0.05, 0.0, 0.05]), None);
        assert_eq!(
            named([0.05, 0.05, 0.05, 0.05, 0.8]),
            None,
            "unsure is no style"
        );
    }
}
