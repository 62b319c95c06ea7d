//! The correction from a song to one or several references.

use flow_dsp::math::{count, narrow};

use super::song::Reference;
use crate::correction::{BANDS, Correction, Estimate, FIRST_BAND, centered};
use crate::features::Summary;
use crate::report::MAX_AMOUNT;
use crate::verdict::ramp;

/// Largest difference of a band of a whole song, dB. Larger ones come from other instruments, not from another balance.
const MAX_DIFFERENCE_DB: f32 = 12.0;

/// The same after some seconds, which may lack an instrument of the song, dB.
const MAX_EARLY_DIFFERENCE_DB: f32 = 6.0;

/// Durations up to which the smaller limit holds, and from which the larger one does, s.
const EARLY_S: [f32; 2] = [30.0, 90.0];

/// Level of an empty band against the total, dB. Codecs and low rates end before 16 kHz.
const EMPTY_DB: f32 = -70.0;

/// Largest side-to-mid ratio of a mono reference, dB: the residue of codecs and dither.
pub(crate) const MONO_REFERENCE_DB: f32 = -35.0;

/// An unknown difference, dB.
const UNKNOWN: Estimate = Estimate {
    mean: 0.0,
    sd: 20.0,
};

/// The correction towards the mean of references, scaled by an amount of 0 to
/// [`MAX_AMOUNT`]. `None` without references.
#[must_use]
pub fn towards(from: &Summary, references: &[Reference], amount: f32) -> Option<Correction> {
    if references.is_empty() {
        return None;
    }
    let corrections: Vec<Correction> = references
        .iter()
        .map(|reference| known(from, reference.summary()))
        .collect();
    let amount = amount.clamp(0.0, MAX_AMOUNT);
    let mean = |of: &dyn Fn(&Correction) -> Estimate| {
        let known = corrections.iter().map(of).filter(|e| *e != UNKNOWN);
        mean(known, amount)
    };
    let curve = centered(std::array::from_fn(|band| mean(&|c| c.curve[band])));
    // Whatever the overall level and the amount do to it.
    let most_db = max_difference_db(from.seconds);
    Some(Correction {
        curve: curve.map(|e| Estimate {
            mean: e.mean.clamp(-most_db, most_db),
            ..e
        }),
        width: std::array::from_fn(|anchor| mean(&|c| c.width[anchor])),
        plr: mean(&|c| c.plr),
        crest: mean(&|c| c.crest),
    })
}

/// The largest difference of a band after a duration in s, dB.
pub(super) fn max_difference_db(seconds: f32) -> f32 {
    let heard = ramp(seconds, EARLY_S[0], EARLY_S[1]);
    MAX_EARLY_DIFFERENCE_DB + heard * (MAX_DIFFERENCE_DB - MAX_EARLY_DIFFERENCE_DB)
}

/// The correction towards one reference, without bands that are empty in either.
fn known(from: &Summary, to: &Summary) -> Correction {
    let both: [bool; BANDS] = std::array::from_fn(|band| has(from, band) && has(to, band));
    let level = |s: &Summary, band: usize| s.third_octaves_db[band + FIRST_BAND];
    let difference = |band: usize| level(to, band) - level(from, band);
    // The middle of the common bands is level, not balance. Unlike their mean it doesn't follow an instrument that one of
    // both lacks.
    let mut common: Vec<f32> = (0..BANDS).filter(|b| both[*b]).map(difference).collect();
    common.sort_by(f32::total_cmp);
    let level_db = common.get(common.len() / 2).copied().unwrap_or(0.0);
    let most_db = max_difference_db(from.seconds);
    Correction {
        curve: std::array::from_fn(|band| {
            if both[band] {
                Estimate::measured((difference(band) - level_db).clamp(-most_db, most_db))
            } else {
                UNKNOWN
            }
        }),
        width: std::array::from_fn(|anchor| {
            let [from, to] = [from, to].map(|s| s.anchor_side_db[anchor]);
            if from.min(to) > MONO_REFERENCE_DB {
                Estimate::measured(to - from)
            } else {
                UNKNOWN
            }
        }),
        ..Correction::between(from, to)
    }
}

/// Whether a band of a correction has sound.
pub(crate) fn has(summary: &Summary, band: usize) -> bool {
    let band = band + FIRST_BAND;
    band < summary.third_octave_count && summary.third_octaves_db[band] > EMPTY_DB
}

/// The mean of the known differences, less certain where they differ; unknown without any.
fn mean(corrections: impl Iterator<Item = Estimate> + Clone, amount: f32) -> Estimate {
    let n = narrow(count(corrections.clone().count()));
    if n == 0.0 {
        return UNKNOWN;
    }
    let mean = corrections.clone().map(|e| e.mean).sum::<f32>() / n;
    let variance = corrections
        .map(|e| e.sd * e.sd + (e.mean - mean).powi(2))
        .sum::<f32>()
        / n;
    Estimate {
        mean: amount * mean,
        // The standard deviation of the mean.
        sd: (variance / n).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::song::tests::{brighter, summary};

    #[test]
    fn towards_after_ten_seconds_changes_no_band_by_more_than_6_db() {
        let song = summary();
        let mut early = song.clone();
        early.seconds = 10.24;
        // No cymbals yet.
        for level in &mut early.third_octaves_db[24..] {
            *level -= 21.0;
        }
        let mut whole = early.clone();
        whole.seconds = 240.0;
        let most_db = |from: &Summary| {
            let curve = towards(from, &[brighter(&song, 0.0)], 1.0).unwrap().curve;
            let levels = curve.map(|e| e.mean.abs());
            levels.into_iter().fold(0.0, f32::max)
        };
        assert!((4.0..6.0).contains(&most_db(&early)), "{}", most_db(&early));
        assert!(most_db(&whole) > 8.0, "{}", most_db(&whole));
    }

    #[test]
    fn towards_several_references_leads_to_their_mean() {
        let song = summary();
        let both = [brighter(&song, 2.0), brighter(&song, 6.0)];
        let mean = towards(&song, &both, 1.0).unwrap();
        let one = towards(&song, &[brighter(&song, 4.0)], 1.0).unwrap();
        for (a, b) in mean.curve.iter().zip(&one.curve) {
            assert!((a.mean - b.mean).abs() < 1e-3);
        }
        assert!(mean.curve[20].sd > one.curve[20].sd);
    }
}
