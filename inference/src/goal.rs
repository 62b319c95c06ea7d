//! Whom analyses lead to: references, and how far.

use std::sync::Arc;

use flow_dsp::ChainSettings;
use flow_dsp::math::{count, narrow};
use serde::Serialize;

use crate::analysis::{Analysis, Context, Heard, Proposal};
use crate::assistant::{TONE, proposals};
use crate::correction::{BANDS, Correction};
use crate::features::Summary;
use crate::reference::{Reference, towards};
use crate::solver::{self, Caution};

/// References, and how much of the way to their mean is wanted. Copies share the references.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// None: balance and width are what the assistant thinks of them.
    pub references: Arc<[Reference]>,
    /// 1 is all of the way; 0 to 1.5.
    pub amount: f32,
}

impl Default for Goal {
    fn default() -> Self {
        Self {
            references: Arc::default(),
            amount: 1.0,
        }
    }
}

impl Goal {
    /// Whether there is nobody to follow.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.references.is_empty()
    }

    /// For people: the reference's name, or that there are several.
    #[must_use]
    pub fn name(&self) -> String {
        match &*self.references {
            [only] => only.name().to_owned(),
            several => format!("the mean of {} references", several.len()),
        }
    }

    /// The loudness of the references, LUFS: the mean of those that have one.
    #[must_use]
    pub fn loudness_lufs(&self) -> Option<f32> {
        let all = self.references.iter().map(|r| r.summary().integrated_lufs);
        let known: Vec<f32> = all.filter(|lufs| lufs.is_finite()).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f32>() / narrow(count(known.len())))
    }
}

/// Who led an analysis, and where from what was heard.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Led {
    /// The references' names.
    pub names: Vec<String>,
    /// As much of the way as was wanted.
    pub correction: Correction,
}

/// What leads to a goal.
struct Way {
    proposals: Vec<Proposal>,
    /// What all of them together do to each band, dB.
    predicted_db: [f32; BANDS],
    correction: Correction,
}

/// None without references.
fn way(from: &Summary, goal: &Goal, settings: &ChainSettings) -> Option<Way> {
    let correction = towards(from, &goal.references, goal.amount)?;
    let solution = solver::solve(&correction, settings, Caution::NONE);
    // However much of the way is wanted, reasons tell all that is between both.
    let all = towards(from, &goal.references, 1.0)?;
    Some(Way {
        proposals: proposals(&solution, &all, &goal.name()),
        predicted_db: solver::rendered_db(&solution.settings),
        correction,
    })
}

/// Lets an analysis of music lead to the goal: what it proposes of balance and width gives way to what brings it there.
/// Without references it stays as it is.
pub(crate) fn lead(analysis: &mut Analysis, context: &Context) {
    if analysis.heard != Heard::Music {
        return;
    }
    let goal = &context.goal;
    if let Some(mut way) = way(&analysis.summary, goal, &context.settings) {
        analysis.proposals.retain(|p| !TONE.contains(&p.id));
        way.proposals.append(&mut analysis.proposals);
        analysis.proposals = way.proposals;
        analysis.predicted_db = Some(way.predicted_db);
        analysis.led = Some(Led {
            names: goal.references.iter().map(|r| r.name().into()).collect(),
            correction: way.correction,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Value;
    use crate::features::Window;
    use crate::reference::tests::{brighter, reference, song, summary};
    use crate::rules::Rules;
    use flow_dsp::Spec;

    fn goal(references: Vec<Reference>, amount: f32) -> Goal {
        Goal {
            references: references.into(),
            amount,
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
        let bright = vec![brighter(&song, 4.0)];
        let all = way(&song, &goal(bright.clone(), 1.0), &settings).unwrap();
        assert!(silk(&all.proposals) > 2.0, "{:?}", all.proposals);
        let predicted = all.predicted_db;
        assert!(predicted[20] - predicted[8] > 3.0, "{predicted:?}");
        let reason = &all.proposals.iter().find(|p| p.id == "crsil");
        let reason = &reason.unwrap().reason;
        assert!(
            reason.contains("below Bright between 2 and 8 kHz"),
            "{reason}"
        );
        // Half of the way.
        let half = way(&song, &goal(bright, 0.5), &settings).unwrap();
        let found = |way: &Way| {
            let silk = way.proposals.iter().find(|p| p.id == "crsil");
            silk.map(|p| p.finding.clone())
        };
        assert_eq!(found(&half), found(&all), "as far off as it is");
        let (half, all) = (silk(&half.proposals), silk(&all.proposals));
        assert!((half - 0.5 * all).abs() < 0.3, "{half} {all}");
    }

    #[test]
    fn itself_asks_for_nothing_and_nothing_for_nothing() {
        let song = summary();
        let settings = ChainSettings::default();
        let itself = goal(vec![brighter(&song, 0.0)], 1.0);
        assert_eq!(way(&song, &itself, &settings).unwrap().proposals, []);
        assert!(way(&song, &Goal::default(), &settings).is_none());
        let nothing = goal(vec![brighter(&song, 4.0)], 0.0);
        assert_eq!(way(&song, &nothing, &settings).unwrap().proposals, []);
    }

    #[test]
    fn the_loudness_of_several_is_their_mean() {
        let song = summary();
        let mut louder = song.clone();
        louder.integrated_lufs += 4.0;
        let both = goal(vec![reference(song.clone()), reference(louder)], 1.0);
        let lufs = both.loudness_lufs().unwrap();
        assert!((lufs - song.integrated_lufs - 2.0).abs() < 1e-3);
        assert_eq!(both.name(), "the mean of 2 references");
        assert_eq!(Goal::default().loudness_lufs(), None);
    }

    /// A codec that ends at 11 kHz is no wish for less air.
    #[test]
    fn what_a_reference_does_not_have_is_not_asked_for() {
        let song = summary();
        let mut dull = brighter(&song, 0.0).summary().clone();
        dull.third_octaves_heard = 26;
        dull.third_octaves_db[26..].fill(-100.0);
        let dull = goal(vec![reference(dull)], 1.0);
        let way = way(&song, &dull, &ChainSettings::default()).unwrap();
        assert_eq!(way.proposals, []);
    }

    #[test]
    fn balance_and_width_are_the_references_and_the_rest_is_the_analysis_own() {
        let window = song();
        let mut delivery = flow_dsp::DELIVERIES[1];
        delivery.target_lufs = Some(window.summary().integrated_lufs + 3.0);
        let mut context = Context {
            delivery,
            ..Context::default()
        };
        let plain = Rules.judge(&window, &context);
        assert_eq!(plain.led, None);
        let of =
            |analysis: &Analysis, id: &str| analysis.proposals.iter().find(|p| p.id == id).cloned();
        assert!(of(&plain, "gain").is_some());

        context.goal = goal(vec![brighter(&window.summary(), 4.0)], 1.0);
        let led = Rules.judge(&window, &context);
        assert!(silk(&led.proposals) > 2.0);
        assert!(
            led.proposals
                .iter()
                .all(|p| !TONE.contains(&p.id) || p.reason.contains("Bright")),
            "{:?}",
            led.proposals
        );
        // What the rules say of the rest counts on it.
        let gain = |analysis: &Analysis| match of(analysis, "gain").map(|p| p.to) {
            Some(Value::Decibels(db)) => db,
            _ => 0.0,
        };
        let gains = [gain(&led), gain(&plain)];
        assert!(gains[0] > 0.0 && gains[0] != gains[1], "{gains:?}");
        assert!(led.predicted_db.is_some());
        assert_eq!(led.led.as_ref().unwrap().names, ["Bright"]);
        assert_eq!(led, Rules.judge(&window, &context), "the same again");

        // What is no music goes nowhere.
        let silence = Rules.judge(&Window::new(1), &context);
        assert_eq!((silence.proposals, silence.led), (vec![], None));
    }

    /// Where a destination asks for no loudness, the references do.
    #[test]
    fn without_a_loudness_of_the_destination_the_references_count() {
        let window = song();
        let mut louder = window.summary();
        louder.integrated_lufs += 3.0;
        let gain = |amount: f32| {
            let context = Context {
                goal: goal(vec![reference(louder.clone())], amount),
                ..Context::default()
            };
            assert_eq!(context.delivery.target_lufs, None);
            let analysis = Rules.judge(&window, &context);
            let gain = analysis.proposals.iter().find(|p| p.id == "gain").cloned();
            gain.map(|p| (p.to, p.reason))
        };
        let (Value::Decibels(all), reason) = gain(1.0).unwrap() else {
            panic!("in dB")
        };
        assert!(reason.contains("below Bright"), "{reason}");
        let (Value::Decibels(half), _) = gain(0.5).unwrap() else {
            panic!("in dB")
        };
        assert!(all > 1.0 && (half - 0.5 * all).abs() < 0.1, "{half} {all}");
        assert_eq!(gain(0.0), None);
    }

    /// Nothing can make a mono song wide, and nobody wants a wide one made mono.
    #[test]
    fn a_mono_song_says_nothing_about_width() {
        let wide = summary();
        let song = flow_tests::music::demo_song(48_000).channels;
        let mono = Window::of(Spec::default(), &song[0], &song[0]).summary();
        let settings = ChainSettings::default();
        for (from, to) in [(&wide, &mono), (&mono, &wide)] {
            let to = goal(vec![reference(to.clone())], 1.0);
            let all = way(from, &to, &settings).unwrap().proposals;
            assert!(all.iter().all(|p| p.id != "wewid"), "{all:?}");
        }
        // A second reference that has sides is listened to.
        let mut wider = wide.clone();
        wider.anchor_side_db.iter_mut().for_each(|db| *db += 3.0);
        let both = goal(vec![reference(mono), reference(wider)], 1.0);
        let all = way(&wide, &both, &settings).unwrap().proposals;
        let width = all.iter().find(|p| p.id == "wewid").map(|p| p.to);
        assert_eq!(width, Some(Value::Percent(141.0)));
    }
}
