//! Predictions of a network.

use serde::{Deserialize, Serialize};

use flow_dsp::StyleTarget;
use flow_dsp::math::{count, narrow};

use crate::correction::{BANDS, Correction, Estimate, centered, weighted_rms_db};
use crate::message::key;
use crate::report::Intensity;

/// Styles in the order of the network's outputs. The last one stands for all other music.
pub const STYLES: [&str; 5] = [
    key!("electronic"),
    key!("ambient"),
    key!("orchestral"),
    key!("rock"),
    key!("unsure"),
];

/// Smallest probability of a named style.
pub const MIN_STYLE_PROBABILITY: f32 = 0.6;

/// Activity of music, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// How dense the level is, by the peak to loudness ratio: 1 for a low ratio.
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

    /// The style that counts: the one that the user names, or else the likely one of a prediction.
    pub(crate) fn style_for(prediction: Option<&Self>, target: StyleTarget) -> StyleTarget {
        if !matches!(target, StyleTarget::Neutral | StyleTarget::Reference) {
            return target;
        }
        match prediction.and_then(Self::likely_style) {
            Some(("electronic", _)) => StyleTarget::Electronic,
            Some(("ambient", _)) => StyleTarget::Ambient,
            Some(("orchestral", _)) => StyleTarget::Orchestral,
            Some(("rock", _)) => StyleTarget::Rock,
            _ => target,
        }
    }

    /// The energy as text.
    #[must_use]
    pub fn energy_word(&self) -> &'static str {
        match self.activity.energy {
            e if e < 0.33 => key!("low energy"),
            e if e < 0.66 => key!("medium energy"),
            _ => key!("high energy"),
        }
    }
}

/// How clear a correction is: its weighted RMS over the mean standard deviation of its bands. Good songs differ from the
/// average of such music too, so that a small or uncertain correction says little.
///
/// The numbers are those of held-out sources: `models/README.md` has the results.
fn clearness(curve: &[Estimate; BANDS]) -> f32 {
    let sd_db = curve.iter().map(|e| e.sd).sum::<f32>() / narrow(count(BANDS));
    weighted_rms_db(curve) / sd_db.max(0.1)
}

/// The part of a correction that helps on average, for the user to choose.
pub(crate) fn possible_part(correction: &Correction, intensity: Intensity) -> Correction {
    const FACTOR: f32 = 1.1;
    const NONE_BELOW: f32 = 0.46;
    const ALL_ABOVE: f32 = 0.7;
    let curve = centered(correction.curve);
    let share = (clearness(&curve) - NONE_BELOW) / (ALL_ABOVE - NONE_BELOW);
    let factor = FACTOR * intensity.possible_factor();
    scaled(correction, factor * share.clamp(0.0, 1.0))
}

/// The part of a correction that makes nearly no song worse. It is bounded, because some good songs look far off.
pub(crate) fn recommended_part(correction: &Correction, intensity: Intensity) -> Correction {
    const FACTOR: f32 = 1.4;
    const NONE_BELOW: f32 = 0.775;
    const MOST_DB: f32 = 1.4;
    let curve = centered(correction.curve);
    let share = FACTOR * (1.0 - NONE_BELOW / clearness(&curve).max(0.01)).max(0.0);
    let off_db = weighted_rms_db(&curve).max(1e-3);
    let share = intensity.recommended_factor() * share.min(MOST_DB / off_db);
    scaled(correction, share)
}

fn scaled(correction: &Correction, share: f32) -> Correction {
    let curve = centered(correction.curve).map(|estimate| Estimate {
        mean: share * estimate.mean,
        // The certainty of the whole is that of a part.
        sd: share * estimate.sd,
    });
    Correction {
        curve,
        ..*correction
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
