//! Predictions of a network.

use serde::{Deserialize, Serialize};

use crate::correction::{Correction, centered, weighted_rms_db};
use crate::report::Grade;

/// Styles in the order of the network's outputs. The last one stands for all other music.
pub const STYLES: [&str; 5] = ["electronic", "ambient", "orchestral", "rock", "unsure"];

/// Smallest probability of a named style.
pub const MIN_STYLE_PROBABILITY: f32 = 0.6;

/// Activity of music, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Share of the audio that is about as loud as its loudest moments.
    pub energy: f32,
    /// Onsets per second: 0 stands for none, 1 for ten or more.
    pub density: f32,
}

/// A network's prediction for a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The difference to the target.
    pub correction: Correction,
    /// Probabilities of [`STYLES`]; they add up to 1.
    pub style: [f32; STYLES.len()],
    /// Activity.
    #[serde(rename = "pattern")]
    pub activity: Activity,
}

impl Prediction {
    /// The likely style with its probability; `None` if none is likely.
    #[must_use]
    pub fn likely_style(&self) -> Option<(&'static str, f32)> {
        let named = STYLES.iter().zip(self.style).take(STYLES.len() - 1);
        let best = named.max_by(|a, b| a.1.total_cmp(&b.1))?;
        (best.1 >= MIN_STYLE_PROBABILITY).then_some((best.0, best.1))
    }

    /// The energy as text.
    #[must_use]
    pub fn energy_word(&self) -> &'static str {
        match self.activity.energy {
            e if e < 0.33 => "low energy",
            e if e < 0.66 => "medium energy",
            _ => "high energy",
        }
    }
}

/// The thresholds of proposals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProposalThresholds {
    /// Smallest certainty of a change, 0.5 to 1.
    pub least_certainty: f32,
    /// Smallest weighted RMS deviation of the balance that is corrected, dB.
    pub least_db: f32,
    /// Weighted RMS deviation from which a correction is not limited, dB.
    pub sure_db: f32,
    /// Largest change of any band below `sure_db`, dB.
    pub careful_db: f32,
}

impl ProposalThresholds {
    /// No thresholds: all changes that are more likely right than wrong.
    pub const NONE: Self = Self {
        least_certainty: 0.5,
        least_db: 0.0,
        sure_db: 0.0,
        careful_db: f32::INFINITY,
    };

    /// A network's correction as it is proposed, with its grade: what good songs differ by is taken off.
    pub(crate) fn soften(&self, correction: &Correction) -> (Correction, Grade) {
        let mut softened = *correction;
        softened.curve = centered(correction.curve);
        let off_db = weighted_rms_db(&softened.curve);
        let share = (1.0 - self.soft_db() / off_db.max(1e-3)).max(0.0);
        for estimate in &mut softened.curve {
            estimate.mean *= share;
        }
        let is_sure = off_db >= self.sure_db;
        let grade = if is_sure {
            Grade::Recommended
        } else {
            Grade::Possible
        };
        (softened, grade)
    }

    /// The deviation that is taken off, dB.
    fn soft_db(&self) -> f32 {
        0.5 * self.least_db
    }

    /// Largest change of any band for a deviation, dB; `None` if it is not corrected.
    pub(crate) fn reach_db(&self, off_db: f32) -> Option<f32> {
        let far = if off_db < self.sure_db {
            self.careful_db
        } else {
            f32::INFINITY
        };
        (off_db >= self.least_db).then_some(far)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_style_below_threshold_is_none() {
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
