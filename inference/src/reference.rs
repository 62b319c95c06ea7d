//! Sound like this: what leads from a song to one or several references.

use flow_dsp::ChainSettings;
use flow_dsp::math::{count, narrow};
use serde::{Deserialize, Serialize};

use crate::analysis::Proposal;
use crate::assistant::proposals;
use crate::correction::{BANDS, Correction, Estimate, FIRST_BAND, centred, weights};
use crate::features::Summary;
use crate::solver::{self, Caution};

/// The most that a band is asked to change, dB: what differs by more is another instrument, not another balance.
const MOST_DB: f32 = 12.0;

/// A band below this against all of them is empty, dB: codecs and small rates end before 16 kHz.
const EMPTY_DB: f32 = -70.0;

/// What nothing is known of, dB.
const UNKNOWN: Estimate = Estimate {
    mean: 0.0,
    sd: 20.0,
};

/// A song that others shall sound like: its figures, which stay good when the file is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// For people.
    pub name: String,
    /// All that is asked of it.
    pub summary: Summary,
}

/// What leads from a sound to the mean of references, an amount of the way (1 is all of it, 0 to 1.5). None without
/// references.
#[must_use]
pub fn towards(from: &Summary, references: &[Reference], amount: f32) -> Option<Correction> {
    if references.is_empty() {
        return None;
    }
    let ways: Vec<Correction> = references
        .iter()
        .map(|reference| known(from, &reference.summary))
        .collect();
    let amount = amount.clamp(0.0, 1.5);
    let mean = |of: &dyn Fn(&Correction) -> Estimate| mean(ways.iter().map(of), amount);
    let curve = std::array::from_fn(|band| mean(&|c| c.curve[band]));
    Some(Correction {
        curve: centred(curve),
        width: std::array::from_fn(|anchor| mean(&|c| c.width[anchor])),
        plr: mean(&|c| c.plr),
        crest: mean(&|c| c.crest),
    })
}

/// The way to one reference, without what one of both doesn't have.
fn known(from: &Summary, to: &Summary) -> Correction {
    let level = |s: &Summary, band: usize| s.third_octaves_db[band + FIRST_BAND];
    let there = |s: &Summary, band: usize| {
        band + FIRST_BAND < s.third_octaves_heard && level(s, band) > EMPTY_DB
    };
    let both: [bool; BANDS] = std::array::from_fn(|band| there(from, band) && there(to, band));
    let way = |band: usize| level(to, band) - level(from, band);
    // Level is no balance, and what isn't there has none.
    let weights = weights();
    let bands = || (0..BANDS).filter(|band| both[*band]);
    let total: f32 = bands().map(|band| weights[band]).sum();
    let sum: f32 = bands().map(|band| weights[band] * way(band)).sum();
    let mean = sum / total.max(1e-6);
    Correction {
        curve: std::array::from_fn(|band| {
            if both[band] {
                Estimate::measured((way(band) - mean).clamp(-MOST_DB, MOST_DB))
            } else {
                UNKNOWN
            }
        }),
        ..Correction::between(from, to)
    }
}

/// Of several, each of which knows its way. Where they differ, the mean is less sure.
fn mean(ways: impl Iterator<Item = Estimate> + Clone, amount: f32) -> Estimate {
    let n = narrow(count(ways.clone().count()));
    let mean = ways.clone().map(|e| e.mean).sum::<f32>() / n;
    let variance = ways
        .map(|e| e.sd * e.sd + (e.mean - mean).powi(2))
        .sum::<f32>()
        / n;
    Estimate {
        mean: amount * mean,
        // Of the mean, not of each.
        sd: (variance / n).sqrt(),
    }
}

/// What brings a sound towards references: proposals for balance and width with their reasons, and what all of them
/// together do to each band, dB.
#[must_use]
pub fn match_to(
    from: &Summary,
    references: &[Reference],
    amount: f32,
    settings: &ChainSettings,
) -> Option<(Vec<Proposal>, [f32; BANDS])> {
    let correction = towards(from, references, amount)?;
    let solution = solver::solve(&correction, settings, Caution::NONE);
    let than = match references {
        [only] => only.name.clone(),
        several => format!("the mean of {} references", several.len()),
    };
    let proposals = proposals(&solution, &correction, &than);
    Some((proposals, solver::rendered_db(&solution.settings)))
}

/// The loudness of references, LUFS: the mean of those that have one.
#[must_use]
pub fn loudness_lufs(references: &[Reference]) -> Option<f32> {
    let all = references.iter().map(|r| r.summary.integrated_lufs);
    let known: Vec<f32> = all.filter(|lufs| lufs.is_finite()).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f32>() / narrow(count(known.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Value;
    use crate::features::{Extractor, Window};
    use flow_dsp::Spec;

    fn summary() -> Summary {
        let song = flow_tests::music::demo_song(48_000).channels;
        let mut extractor = Extractor::new(Spec::default());
        let mut window = Window::new(800);
        extractor.push(&song[0], &song[1], |frame| window.push(frame));
        window.summary()
    }

    /// `summary` with some decibels more from 2 to 8 kHz.
    fn brighter(summary: &Summary, db: f32) -> Reference {
        let mut summary = summary.clone();
        summary.third_octaves_db[19..25]
            .iter_mut()
            .for_each(|level| *level += db);
        Reference {
            name: "Bright".into(),
            summary,
        }
    }

    fn silk(proposals: &[Proposal]) -> f32 {
        let silk = proposals.iter().find(|p| p.id == "crsil");
        match silk.map(|p| p.to) {
            Some(Value::Decibels(db)) => db,
            _ => 0.0,
        }
    }

    #[test]
    fn a_brighter_reference_raises_silk_and_says_why() {
        let song = summary();
        let settings = ChainSettings::default();
        let bright = [brighter(&song, 4.0)];
        let (all, predicted) = match_to(&song, &bright, 1.0, &settings).unwrap();
        assert!(silk(&all) > 2.0, "{all:?}");
        assert!(predicted[20] - predicted[8] > 3.0, "{predicted:?}");
        let reason = &all.iter().find(|p| p.id == "crsil").unwrap().reason;
        assert!(
            reason.contains("below Bright between 2 and 8 kHz"),
            "{reason}"
        );
        // Half of the way.
        let (half, _) = match_to(&song, &bright, 0.5, &settings).unwrap();
        assert!((silk(&half) - 0.5 * silk(&all)).abs() < 0.3, "{half:?}");
    }

    #[test]
    fn itself_asks_for_nothing_and_nothing_for_nothing() {
        let song = summary();
        let settings = ChainSettings::default();
        let (none, _) = match_to(&song, &[brighter(&song, 0.0)], 1.0, &settings).unwrap();
        assert_eq!(none, []);
        assert!(match_to(&song, &[], 1.0, &settings).is_none());
        let (none, _) = match_to(&song, &[brighter(&song, 4.0)], 0.0, &settings).unwrap();
        assert_eq!(none, []);
    }

    #[test]
    fn several_references_count_as_their_mean() {
        let song = summary();
        let both = [brighter(&song, 2.0), brighter(&song, 6.0)];
        let mean = towards(&song, &both, 1.0).unwrap();
        let one = towards(&song, &[brighter(&song, 4.0)], 1.0).unwrap();
        for (a, b) in mean.curve.iter().zip(&one.curve) {
            assert!((a.mean - b.mean).abs() < 1e-3);
        }
        assert!(mean.curve[20].sd > one.curve[20].sd);
        let lufs = loudness_lufs(&both).unwrap();
        assert!((lufs - song.integrated_lufs).abs() < 1e-3);
        assert_eq!(loudness_lufs(&[]), None);
    }

    /// A codec that ends at 11 kHz is no wish for less air.
    #[test]
    fn what_a_reference_does_not_have_is_not_asked_for() {
        let song = summary();
        let mut dull = brighter(&song, 0.0);
        dull.summary.third_octaves_heard = 26;
        dull.summary.third_octaves_db[26..].fill(-100.0);
        let (none, _) = match_to(&song, &[dull], 1.0, &ChainSettings::default()).unwrap();
        assert_eq!(none, []);
    }

    /// States keep references as text.
    #[test]
    fn a_reference_survives_being_written_down() {
        let reference = brighter(&summary(), 1.0);
        let text = serde_json::to_string(&reference).unwrap();
        assert_eq!(serde_json::from_str::<Reference>(&text).unwrap(), reference);
    }
}
