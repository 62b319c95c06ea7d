//! Statistics of a song for the comparison with references.

use flow_dsp::ChainSettings;
use flow_dsp::math::{count, db_from_power, exp2, narrow};
use serde::Serialize;

use super::difference::{MONO_REFERENCE_DB, has};
use super::song::Reference;
use crate::correction::{BANDS, FIRST_BAND};
use crate::effect_model::simulate;
use crate::features::{Anchor, Summary};
use crate::report::Effect;

/// Statistics of a song; `None` for those that it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SongStats {
    /// Level of each anchor against that of all, dB.
    pub anchors_db: [Option<f32>; 4],
    /// Gated loudness, LUFS.
    pub loudness_lufs: Option<f32>,
    /// Peak to loudness ratio, dB.
    pub plr_db: Option<f32>,
    /// Loudness range, LU.
    pub range_lu: Option<f32>,
    /// Side minus mid, dB.
    pub side_db: Option<f32>,
}

impl SongStats {
    /// Statistics of analyzed audio.
    #[must_use]
    pub fn of(summary: &Summary) -> Self {
        let is_whole = |anchor: Anchor| {
            let bands = anchor.third_octaves();
            let bands = bands.start.saturating_sub(FIRST_BAND)..bands.end - FIRST_BAND;
            bands
                .filter(|band| *band < BANDS)
                .all(|band| has(summary, band))
        };
        let anchors = Anchor::ALL.into_iter().zip(summary.anchors_db);
        let mut anchors = anchors.map(|(anchor, db)| is_whole(anchor).then_some(db));
        let sounds = summary.integrated_lufs.is_finite();
        Self {
            anchors_db: std::array::from_fn(|_| anchors.next().flatten()),
            loudness_lufs: sounds.then_some(summary.integrated_lufs),
            plr_db: sounds.then_some(summary.plr_db),
            range_lu: sounds.then_some(summary.loudness_range_lu),
            side_db: (summary.side_db > MONO_REFERENCE_DB).then_some(summary.side_db),
        }
    }

    /// The chain's simulated output with these settings.
    #[must_use]
    pub fn of_output(input: &Summary, settings: &ChainSettings) -> Self {
        Self::of(input).after(&simulate(input, settings))
    }

    /// The mean of references, for each value over those that have it.
    #[must_use]
    pub fn mean(references: &[Reference]) -> Self {
        let all: Vec<Self> = references.iter().map(|r| Self::of(r.summary())).collect();
        let mean = |of: &dyn Fn(&Self) -> Option<f32>| {
            let known: Vec<f32> = all.iter().filter_map(of).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f32>() / narrow(count(known.len())))
        };
        Self {
            anchors_db: std::array::from_fn(|i| mean(&|f| f.anchors_db[i])),
            loudness_lufs: mean(&|f| f.loudness_lufs),
            plr_db: mean(&|f| f.plr_db),
            range_lu: mean(&|f| f.range_lu),
            side_db: mean(&|f| f.side_db),
        }
    }

    /// The statistics after an effect.
    #[must_use]
    pub fn after(&self, effect: &Effect) -> Self {
        // Anchors are relative to the total level, which changes too.
        let power = |db: f32| exp2(f64::from(db) / 10.0 * std::f64::consts::LOG2_10);
        let both = self.anchors_db.into_iter().zip(effect.anchors_db);
        let known = both.filter_map(|(db, by)| Some((db?, by)));
        let (before, after) = known.fold((0.0, 0.0), |(before, after), (db, by)| {
            (before + power(db), after + power(db + by))
        });
        let all_db = if before > 0.0 {
            db_from_power(after / before)
        } else {
            0.0
        };
        let add = |figure: Option<f32>, by: f32| figure.map(|figure| figure + by);
        Self {
            anchors_db: std::array::from_fn(|i| {
                add(self.anchors_db[i], effect.anchors_db[i] - narrow(all_db))
            }),
            loudness_lufs: add(self.loudness_lufs, effect.loudness_lu),
            plr_db: add(self.plr_db, effect.plr_db),
            range_lu: self.range_lu,
            side_db: add(self.side_db, effect.side_db),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::AnalysisWindow;
    use crate::reference::song::tests::{reference, summary};
    use flow_dsp::Spec;

    #[test]
    fn mean_of_references_skips_missing_values() {
        let song = summary();
        let mut louder = song.clone();
        louder.integrated_lufs += 4.0;
        louder.anchors_db[3] = -90.0;
        louder.third_octaves_db[26..].fill(-100.0);
        louder.side_db = -60.0;
        let mean = SongStats::mean(&[reference(song.clone()), reference(louder)]);
        let own = SongStats::of(&song);
        let lufs = own.loudness_lufs.unwrap() + 2.0;
        assert!((mean.loudness_lufs.unwrap() - lufs).abs() < 1e-3);
        assert_eq!(mean.anchors_db, own.anchors_db, "no air, no figure of it");
        assert_eq!(mean.side_db, own.side_db, "no sides, no figure of them");
        assert_eq!(SongStats::mean(&[]).plr_db, None);
    }

    #[test]
    fn after_effect_changes_affected_values() {
        let own = SongStats::of(&summary());
        let mut settings = ChainSettings::default();
        let after = |settings: &ChainSettings| own.after(&simulate(&summary(), settings));
        let same = after(&settings);
        assert!((same.anchors_db[2].unwrap() - own.anchors_db[2].unwrap()).abs() < 0.1);
        settings.curve.silk_db = 4.0;
        settings.loudness_gain_db = 2.0;
        let brighter = after(&settings);
        let by = |i: usize| brighter.anchors_db[i].unwrap() - own.anchors_db[i].unwrap();
        assert!(by(2) > 2.0 && by(0) < 0.0, "{} {}", by(2), by(0));
        let by = brighter.loudness_lufs.unwrap() - own.loudness_lufs.unwrap();
        assert!(by > 2.0 && by < 5.0, "{by}");
    }

    #[test]
    fn stats_of_silence_and_mono_lack_values() {
        let nothing = SongStats::of(&AnalysisWindow::new(1).summary());
        assert_eq!(nothing.loudness_lufs, None);
        assert_eq!(nothing.anchors_db, [None; 4]);
        let song = flow_demo_song::demo_song(48_000).channels;
        let mono = AnalysisWindow::of(Spec::default(), &song[0], &song[0]).summary();
        assert_eq!(SongStats::of(&mono).side_db, None);
    }
}
