//! Corrections: the difference between audio and its target, with uncertainties.
//!
//! A correction names no parameters: the [`solver`](crate::solver) turns it into settings.

use flow_dsp::StyleTarget;
use flow_dsp::math::narrow;
use serde::{Deserialize, Serialize};

use crate::features::{Anchor, Summary};

/// Bands of a correction curve: the third octaves from 40 Hz to 16 kHz.
pub const BANDS: usize = 27;

/// The first of them among all third octaves. Spectra of 100 ms are too coarse below.
pub const FIRST_BAND: usize = 2;

/// The usual difference between good songs of one style in a band, dB.
pub(crate) const GOOD_SONGS_SD_DB: f32 = 3.0;

/// A value that isn't known exactly: mean and standard deviation, dB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Mean, dB.
    pub mean: f32,
    /// Standard deviation, dB.
    pub sd: f32,
}

impl Estimate {
    /// A value with the uncertainty of a measurement.
    #[must_use]
    pub fn measured(mean: f32) -> Self {
        Self { mean, sd: 0.1 }
    }

    /// Probability that the sign is right, 0.5 to 1.
    #[must_use]
    pub fn certainty(self) -> f32 {
        normal_cdf(self.mean.abs() / self.sd.max(1e-3))
    }
}

/// The normal distribution, by a logistic curve: within 0.0002.
pub(crate) fn normal_cdf(z: f32) -> f32 {
    let z = f64::from(z);
    narrow(1.0 / (1.0 + flow_dsp::math::exp(-z * (1.597_6 + 0.070_56 * z * z))))
}

/// The difference to add to the audio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// Level of each third octave, in dB; only differences between bands count.
    pub curve: [Estimate; BANDS],
    /// Level of the sides against the middle in each anchor.
    pub width: [Estimate; 4],
    /// Peak to loudness ratio.
    pub plr: Estimate,
    /// Peak to RMS.
    pub crest: Estimate,
}

/// RMS of a curve, weighted by auditory bandwidths, dB.
pub(crate) fn weighted_rms_db(curve: &[Estimate; BANDS]) -> f32 {
    let squares = curve.iter().zip(weights());
    squares
        .map(|(e, w)| w * e.mean * e.mean)
        .sum::<f32>()
        .sqrt()
}

impl Correction {
    /// No change, of which nothing is known.
    #[must_use]
    pub(crate) fn unknown() -> Self {
        let nothing = Estimate {
            mean: 0.0,
            sd: GOOD_SONGS_SD_DB,
        };
        Self {
            curve: [nothing; BANDS],
            width: [nothing; 4],
            plr: nothing,
            crest: nothing,
        }
    }

    /// The difference between two recordings.
    #[must_use]
    pub fn between(from: &Summary, to: &Summary) -> Self {
        let curve = std::array::from_fn(|band| {
            let band = band + FIRST_BAND;
            Estimate::measured(to.third_octaves_db[band] - from.third_octaves_db[band])
        });
        Self {
            curve: centered(curve),
            width: std::array::from_fn(|i| {
                // Without a side signal the difference is meaningless.
                let audible = |s: &Summary| s.anchor_side_db[i].clamp(-40.0, 40.0);
                Estimate::measured(audible(to) - audible(from))
            }),
            plr: Estimate::measured(to.plr_db - from.plr_db),
            crest: Estimate::measured(to.crest_db - from.crest_db),
        }
    }

    /// The mean of the curve in an anchor, dB.
    #[must_use]
    pub fn anchor_db(&self, anchor: Anchor) -> f32 {
        let bands = anchor.third_octaves();
        let bands = bands.start.max(FIRST_BAND) - FIRST_BAND..(bands.end - FIRST_BAND).min(BANDS);
        let sum: f32 = self.curve[bands.clone()].iter().map(|e| e.mean).sum();
        sum / narrow(flow_dsp::math::count(bands.len()))
    }
}

/// Removes the weighted mean, which is loudness and not balance.
#[must_use]
pub fn centered(curve: [Estimate; BANDS]) -> [Estimate; BANDS] {
    let weights = weights();
    let mean: f32 = curve.iter().zip(&weights).map(|(e, w)| e.mean * w).sum();
    curve.map(|e| Estimate {
        mean: e.mean - mean,
        ..e
    })
}

/// Weight of each band: its share of the equivalent rectangular bandwidths (Glasberg and Moore, 1990). The sum is 1.
#[must_use]
pub fn weights() -> [f32; BANDS] {
    let centers = &StyleTarget::third_octaves_hz()[FIRST_BAND..];
    // A third octave is 23 % of its center wide.
    let erbs: [f32; BANDS] =
        std::array::from_fn(|i| 0.232 * centers[i] / (24.7 * (4.37e-3 * centers[i] + 1.0)));
    let sum: f32 = erbs.iter().sum();
    erbs.map(|e| e / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_follow_auditory_bandwidths() {
        let weights = weights();
        assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        // From 40 Hz to 16 kHz an ERB grows from 29 to 1752 Hz: low third octaves hold less than one, high ones two.
        assert!(weights[0] < 0.3 * weights[14], "{weights:?}");
        assert!((weights[26] / weights[14] - 1.2).abs() < 0.2, "{weights:?}");
    }

    #[test]
    fn certainty_of_estimate_is_probability_of_its_sign() {
        let certainty = |mean, sd| Estimate { mean, sd }.certainty();
        assert!((certainty(0.0, 1.0) - 0.5).abs() < 1e-3);
        assert!((certainty(-1.0, 1.0) - 0.841).abs() < 2e-3);
        assert!(certainty(3.0, 0.0) > 0.999);
    }

    #[test]
    fn centered_curve_has_no_level() {
        let curve = centered([Estimate { mean: 5.0, sd: 1.0 }; BANDS]);
        assert!(curve.iter().all(|e| e.mean.abs() < 1e-5 && e.sd == 1.0));
    }
}
