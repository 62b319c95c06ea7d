//! Whom analyzes lead to: references, and how far.

use flow_dsp::{ChainSettings, MATCH_HZ};

use super::difference::towards;
use super::target::ReferenceTarget;
use flow_params::ParameterId;

use crate::correction::{BANDS, Correction};
use crate::effect_model;
use crate::features::{Anchor, Summary};
use crate::report::{
    Analysis, ContentClass, Context, Effect, Finding, Proposal, ReferenceMatch, Severity, Value,
};
use crate::solver::{self, TONE_PARAMETERS};
use crate::verdict::proposals;

/// Where no band needs more, the balance is the goal's, dB.
const LEAST_DB: f32 = 0.5;

/// What leads to a goal.
struct MatchPlan {
    proposals: Vec<Proposal>,
    /// What all of them together do to each band, dB.
    predicted_db: [f32; BANDS],
    correction: Correction,
}

/// None without references.
fn way(from: &Summary, goal: &ReferenceTarget, settings: &ChainSettings) -> Option<MatchPlan> {
    let correction = towards(from, &goal.references, goal.amount)?;
    // However much of the way is wanted, reasons tell all that is between both.
    let all = towards(from, &goal.references, 1.0)?;
    let widened = solver::solve_width(&correction, settings);
    let mut proposals = proposals(&widened, &all, &goal.name());
    if let Some(balance) = balance(&all, goal, settings) {
        proposals.insert(0, balance);
    }
    let then = effect_model::apply(settings, &proposals);
    Some(MatchPlan {
        proposals,
        predicted_db: solver::rendered_db(&then),
        correction,
    })
}

/// Match, which is all of the way at 100 %; none if it is there already. The other eq_parameters stay where they are, and count.
fn balance(all: &Correction, goal: &ReferenceTarget, settings: &ChainSettings) -> Option<Proposal> {
    let now = settings.curve.matching;
    let bands_db = solver::match_curve(&all.curve, settings);
    let most = bands_db
        .iter()
        .zip(MATCH_HZ)
        .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
    let is_needed = most.0.abs() >= LEAST_DB;
    let is_set = bands_db
        .iter()
        .zip(now.bands_db)
        .all(|(to, from)| (to - from).abs() < 0.05);
    // Of another curve, nothing is set.
    let from = if is_set || !is_needed {
        now.amount
    } else {
        0.0
    };
    let to = if is_needed { goal.amount } else { 0.0 };
    let percent = |amount: f32| Value::Percent((100.0 * amount).round());
    let proposal = Proposal {
        pillar: ParameterId::MatchAmount.pillar(),
        id: ParameterId::MatchAmount,
        from: percent(from),
        to: percent(to),
        linked: if is_needed {
            solver::match_changes(settings, &bands_db)
        } else {
            Vec::new()
        },
        finding: finding(all),
        reason: reason(all, &goal.name(), most),
        confidence: 1.0,
        effect: Effect::default(),
    };
    (settings.curve.on && !proposal.is_empty()).then_some(proposal)
}

/// How far each anchor is from the goal, dB.
fn off_db(all: &Correction) -> impl Iterator<Item = (&'static str, f32)> {
    Anchor::ALL
        .into_iter()
        .map(|anchor| (anchor.name(), -all.anchor_db(anchor)))
}

/// "Silk 3.1 dB below".
fn finding(all: &Correction) -> String {
    let most = off_db(all).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let (name, off) = most.unwrap_or_default();
    let side = if off > 0.0 { "above" } else { "below" };
    format!("{name} {:.1} dB {side}", off.abs())
}

/// "Against Night: Body +0.4, Soul −1.2, Silk −3.1, Air +0.6 dB. Sixteen bands lead there, at most 4.2 dB at 60 Hz."
fn reason(all: &Correction, name: &str, (most_db, hz): (&f32, f32)) -> String {
    let off: Vec<String> = off_db(all)
        .map(|(name, off)| format!("{name} {off:+.1}"))
        .collect();
    let off = off.join(", ").replace('-', "−");
    let most_db = format!("{most_db:+.1}").replace('-', "−");
    format!("Against {name}: {off} dB. Sixteen bands lead there, at most {most_db} dB at {hz} Hz.")
}

/// Lets an analysis of music lead to the goal: what it proposes of balance and width gives way to what brings it there.
/// Without references it stays as it is.
pub(crate) fn match_to_references(analysis: &mut Analysis, context: &Context) {
    // Whoever names a reference for a single instrument, or for speech, leaves nothing to guess.
    if !analysis.content.is_conclusive() && analysis.content != ContentClass::Speech {
        return;
    }
    let goal = &context.reference_target;
    if let Some(mut way) = way(&analysis.summary, goal, &context.settings) {
        analysis
            .proposals
            .retain(|p| !TONE_PARAMETERS.contains(&p.id));
        way.proposals.append(&mut analysis.proposals);
        analysis.proposals = way.proposals;
        analysis.predicted_db = Some(way.predicted_db);
        if !context.settings.curve.on {
            let text = format!(
                "Velvet Curve is off, so that no Match leads to {}.",
                goal.name()
            );
            analysis.findings.push(Finding {
                severity: Severity::Info,
                confidence: 1.0,
                is_irreversible: false,
                text,
            });
        }
        analysis.reference_match = Some(ReferenceMatch {
            names: goal.references.iter().map(|r| r.name().into()).collect(),
            correction: way.correction,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::AnalysisWindow;
    use crate::pipeline::analyze;
    use crate::reference::song::Reference;
    use crate::reference::song::tests::{brighter, reference, song, summary};
    use crate::report::Value;
    use flow_dsp::Spec;

    fn goal(references: Vec<Reference>, amount: f32) -> ReferenceTarget {
        ReferenceTarget {
            references: references.into(),
            amount,
        }
    }

    /// What all of them do at 4 kHz, dB.
    fn silk(proposals: &[Proposal]) -> f32 {
        let settings = effect_model::apply(&ChainSettings::default(), proposals);
        solver::rendered_db(&settings)[20]
    }

    #[test]
    fn a_brighter_reference_raises_silk_and_says_why() {
        let song = summary();
        let settings = ChainSettings::default();
        let bright = vec![brighter(&song, 4.0)];
        let all = way(&song, &goal(bright.clone(), 1.0), &settings).unwrap();
        assert!(silk(&all.proposals) > 2.0, "{:?}", all.proposals);
        let predicted = all.predicted_db;
        assert!(predicted[20] - predicted[8] > 3.5, "{predicted:?}");
        let reason = &all.proposals[0].reason;
        assert!(reason.contains("Against Bright: Body +"), "{reason}");
        assert!(all.proposals[0].finding.contains("Silk 2."), "{reason}");
        // Half of the way.
        let half = way(&song, &goal(bright, 0.5), &settings).unwrap();
        let found = |way: &MatchPlan| way.proposals[0].finding.clone();
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
        assert!(way(&song, &ReferenceTarget::default(), &settings).is_none());
        let nothing = goal(vec![brighter(&song, 4.0)], 0.0);
        assert_eq!(way(&song, &nothing, &settings).unwrap().proposals, []);
    }

    #[test]
    fn what_is_set_already_is_not_proposed_again() {
        let song = summary();
        let to = |db: f32, amount: f32, settings: &ChainSettings| {
            let goal = goal(vec![brighter(&song, db)], amount);
            way(&song, &goal, settings).unwrap().proposals
        };
        let mut settings = ChainSettings::default();
        settings = effect_model::apply(&settings, &to(4.0, 1.0, &settings));
        assert_eq!(settings.curve.matching.amount, 1.0);
        assert_eq!(to(4.0, 1.0, &settings), []);
        // Less of the same, another curve, and none at all.
        let moved = |all: Vec<Proposal>| all.first().map(|p| (p.from, p.to, p.linked.len()));
        let percent = |from, to, with| Some((Value::Percent(from), Value::Percent(to), with));
        assert_eq!(moved(to(4.0, 0.6, &settings)), percent(100.0, 60.0, 16));
        assert_eq!(moved(to(-3.0, 1.0, &settings)), percent(0.0, 100.0, 16));
        assert_eq!(moved(to(0.0, 1.0, &settings)), percent(100.0, 0.0, 0));
        // A knob that does it leaves nothing to be done.
        let mut by_hand = ChainSettings::default();
        by_hand.curve.silk_db = 4.0;
        assert!(silk(&to(4.0, 1.0, &by_hand)) < 1.5);
        by_hand.curve.on = false;
        assert_eq!(to(4.0, 1.0, &by_hand), []);
    }

    #[test]
    fn what_is_switched_off_is_not_made_up_for() {
        let song = summary();
        let itself = goal(vec![brighter(&song, 0.0)], 1.0);
        let mut settings = ChainSettings::default();
        settings.lattice.presence_db = 5.0;
        settings.lattice.sheen_db = 5.0;
        assert_ne!(way(&song, &itself, &settings).unwrap().proposals, []);
        settings.lattice.on = false;
        settings.weave.width = 1.41;
        settings.weave.on = false;
        assert_eq!(way(&song, &itself, &settings).unwrap().proposals, []);
    }

    #[test]
    fn a_width_that_nobody_wants_any_more_goes_back() {
        let song = summary();
        let mut wide = song.clone();
        wide.anchor_side_db.iter_mut().for_each(|db| *db += 3.0);
        let mut settings = ChainSettings::default();
        let mut to = |summary: &Summary, amount: f32| {
            let goal = goal(vec![reference(summary.clone())], amount);
            let all = way(&song, &goal, &settings).unwrap().proposals;
            settings = effect_model::apply(&settings, &all);
            let width = all.iter().find(|p| p.id == ParameterId::Width).cloned();
            width.map(|p| p.to)
        };
        assert_eq!(to(&wide, 1.0), Some(Value::Percent(141.0)));
        assert_eq!(to(&wide, 1.0), None);
        assert_eq!(to(&wide, 0.0), Some(Value::Percent(100.0)));
        assert_eq!(to(&song, 1.0), None);
        assert_eq!(to(&wide, 1.0), Some(Value::Percent(141.0)));
        assert_eq!(to(&song, 1.0), Some(Value::Percent(100.0)));
    }

    /// A codec that ends at 11 kHz is no wish for less air.
    #[test]
    fn what_a_reference_does_not_have_is_not_asked_for() {
        let song = summary();
        let mut dull = brighter(&song, 0.0).summary().clone();
        dull.third_octave_count = 26;
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
        let plain = analyze(&window, &context);
        assert_eq!(plain.reference_match, None);
        let of = |analysis: &Analysis, id: ParameterId| {
            analysis.proposals.iter().find(|p| p.id == id).cloned()
        };
        assert!(of(&plain, ParameterId::LoudnessGain).is_some());

        context.reference_target = goal(vec![brighter(&window.summary(), 4.0)], 1.0);
        let reference_match = analyze(&window, &context);
        assert!(silk(&reference_match.proposals) > 2.0);
        assert!(
            reference_match
                .proposals
                .iter()
                .all(|p| !TONE_PARAMETERS.contains(&p.id) || p.reason.contains("Bright")),
            "{:?}",
            reference_match.proposals
        );
        // What the rules say of the rest counts on it.
        let gain = |analysis: &Analysis| match of(analysis, ParameterId::LoudnessGain).map(|p| p.to)
        {
            Some(Value::Decibels(db)) => db,
            _ => 0.0,
        };
        let gains = [gain(&reference_match), gain(&plain)];
        assert!(gains[0] > 0.0 && gains[0] != gains[1], "{gains:?}");
        assert!(reference_match.predicted_db.is_some());
        assert_eq!(
            reference_match.reference_match.as_ref().unwrap().names,
            ["Bright"]
        );
        assert_eq!(
            reference_match,
            analyze(&window, &context),
            "the same again"
        );

        // Speech too, and nothing else that is no music.
        let mut spoken = plain.clone();
        spoken.content = ContentClass::Speech;
        match_to_references(&mut spoken, &context);
        assert!(silk(&spoken.proposals) > 2.0 && spoken.is_conclusive());
        let silence = analyze(&AnalysisWindow::new(1), &context);
        assert_eq!((silence.proposals, silence.reference_match), (vec![], None));
    }

    /// Where a destination asks for no loudness, the references do.
    #[test]
    fn without_a_loudness_of_the_destination_the_references_count() {
        let window = song();
        let mut louder = window.summary();
        louder.integrated_lufs += 3.0;
        let gain_from = |gain_db: f32, amount: f32| {
            let mut context = Context {
                reference_target: goal(vec![reference(louder.clone())], amount),
                allow_gain_reduction: true,
                ..Context::default()
            };
            context.settings.loudness_gain_db = gain_db;
            assert_eq!(context.delivery.target_lufs, None);
            let analysis = analyze(&window, &context);
            let gain = analysis
                .proposals
                .iter()
                .find(|p| p.id == ParameterId::LoudnessGain)
                .cloned();
            gain.map(|p| (p.to, p.reason))
        };
        let gain = |amount: f32| gain_from(0.0, amount);
        let (Value::Decibels(all), reason) = gain(1.0).unwrap() else {
            panic!("in dB")
        };
        assert!(reason.contains("below Bright"), "{reason}");
        let (Value::Decibels(half), reason) = gain(0.5).unwrap() else {
            panic!("in dB")
        };
        assert!(reason.contains("below 50 % of the way to"), "{reason}");
        assert!(all > 1.0 && (half - 0.5 * all).abs() < 0.1, "{half} {all}");
        assert_eq!(gain(0.0), None);
        // The same from wherever the gain is now.
        assert_eq!(gain_from(half, 0.5), None);
        let to = |found: Option<(Value, String)>| match found {
            Some((Value::Decibels(db), _)) => db,
            other => panic!("{other:?}"),
        };
        assert!((to(gain_from(half, 1.0)) - all).abs() < 0.1);
        assert!((to(gain_from(all, 0.5)) - half).abs() < 0.1);
        assert!(to(gain_from(all, 0.0)).abs() < 0.1);
    }

    /// Nothing can make a mono song wide, and nobody wants a wide one made mono.
    #[test]
    fn a_mono_song_says_nothing_about_width() {
        let wide = summary();
        let song = flow_demo_song::demo_song(48_000).channels;
        let mono = AnalysisWindow::of(Spec::default(), &song[0], &song[0]).summary();
        let settings = ChainSettings::default();
        for (from, to) in [(&wide, &mono), (&mono, &wide)] {
            let to = goal(vec![reference(to.clone())], 1.0);
            let all = way(from, &to, &settings).unwrap().proposals;
            assert!(all.iter().all(|p| p.id != ParameterId::Width), "{all:?}");
        }
        // A second reference that has sides is listened to.
        let mut wider = wide.clone();
        wider.anchor_side_db.iter_mut().for_each(|db| *db += 3.0);
        let both = goal(vec![reference(mono), reference(wider)], 1.0);
        let all = way(&wide, &both, &settings).unwrap().proposals;
        let width = all
            .iter()
            .find(|p| p.id == ParameterId::Width)
            .map(|p| p.to);
        assert_eq!(width, Some(Value::Percent(141.0)));
    }
}
