//! References with known differences.

use super::*;
use crate::effect_model;
use crate::features::AnalysisWindow;
use crate::pipeline::analyze;
use crate::reference::song::Reference;
use crate::reference::song::tests::{brighter, reference, song, summary};
use crate::report::{Analysis, Context, Message, Proposal, Value};
use crate::solver::TONE_PARAMETERS;
use flow_dsp::Spec;

fn target_of(references: Vec<Reference>, amount: f32) -> ReferenceTarget {
    ReferenceTarget {
        references: references.into(),
        amount,
    }
}

fn proposals(song: &Summary, target: &ReferenceTarget, settings: &ChainSettings) -> Vec<Proposal> {
    let tone = match_to_references(song, target, settings).unwrap();
    tone.verdicts.proposals
}

/// Gain of the proposals at 4 kHz, dB.
fn silk(proposals: &[Proposal]) -> f32 {
    let settings = effect_model::apply(&ChainSettings::default(), proposals);
    solver::rendered_db(&settings)[20]
}

#[test]
fn match_to_brighter_reference_raises_silk_by_requested_share() {
    let song = summary();
    let settings = ChainSettings::default();
    let bright = vec![brighter(&song, 4.0)];
    let target = target_of(bright.clone(), 1.0);
    let tone = match_to_references(&song, &target, &settings).unwrap();
    let whole = tone.verdicts.proposals;
    assert!(silk(&whole) > 2.0, "{whole:?}");
    let then = effect_model::apply(&settings, &whole);
    let predicted = solver::rendered_db(&then);
    assert!(predicted[20] - predicted[8] > 3.5, "{predicted:?}");
    let half = proposals(&song, &target_of(bright, 0.5), &settings);
    assert_eq!(half[0].finding, whole[0].finding, "the whole deviation");
    let (half, whole) = (silk(&half), silk(&whole));
    assert!((half - 0.5 * whole).abs() < 0.3, "{half} {whole}");
}

/// The proposal states the figures of the comparison with references.
#[test]
fn match_proposal_states_figures_of_reference_comparison() {
    let song = summary();
    let settings = ChainSettings::default();
    let target = target_of(vec![brighter(&song, 4.0)], 1.0);
    let own = SongStats::of_output(&song, &settings).anchors_db;
    let references = SongStats::mean(&target.references).anchors_db;
    let off_db = own[2].unwrap() - references[2].unwrap();
    let proposal = proposals(&song, &target, &settings).remove(0);
    assert_eq!(*proposal.finding, format!("Silk {:.1} dB below", -off_db));
    let stated = format!("Silk {off_db:+.1}").replace('-', "−");
    assert!(proposal.reason.contains(&stated), "{}", proposal.reason);
}

#[test]
fn match_to_itself_or_by_no_amount_proposes_nothing() {
    let song = summary();
    let settings = ChainSettings::default();
    let itself = target_of(vec![brighter(&song, 0.0)], 1.0);
    assert_eq!(proposals(&song, &itself, &settings), []);
    assert!(match_to_references(&song, &ReferenceTarget::default(), &settings).is_none());
    let nothing = target_of(vec![brighter(&song, 4.0)], 0.0);
    assert_eq!(proposals(&song, &nothing, &settings), []);
}

#[test]
fn match_that_is_set_is_not_proposed_again() {
    let song = summary();
    let to = |db: f32, amount: f32, settings: &ChainSettings| {
        let target = target_of(vec![brighter(&song, db)], amount);
        proposals(&song, &target, settings)
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
    // Other equalizers count.
    let mut by_hand = ChainSettings::default();
    by_hand.curve.silk_db = 4.0;
    assert!(silk(&to(4.0, 1.0, &by_hand)) < 1.5);
    by_hand.curve.on = false;
    assert_eq!(to(4.0, 1.0, &by_hand), []);
}

#[test]
fn match_ignores_parameters_of_pillars_that_are_off() {
    let song = summary();
    let itself = target_of(vec![brighter(&song, 0.0)], 1.0);
    let mut settings = ChainSettings::default();
    settings.lattice.presence_db = 5.0;
    settings.lattice.sheen_db = 5.0;
    assert_ne!(proposals(&song, &itself, &settings), []);
    settings.lattice.on = false;
    settings.weave.width = 1.41;
    settings.weave.on = false;
    assert_eq!(proposals(&song, &itself, &settings), []);
}

#[test]
fn width_without_reason_returns_to_100_percent() {
    let song = summary();
    let mut wide = song.clone();
    wide.anchor_side_db.iter_mut().for_each(|db| *db += 3.0);
    let mut settings = ChainSettings::default();
    let mut to = |summary: &Summary, amount: f32| {
        let target = target_of(vec![reference(summary.clone())], amount);
        let all = proposals(&song, &target, &settings);
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
fn bands_missing_in_reference_are_not_matched() {
    let song = summary();
    let mut dull = brighter(&song, 0.0).summary().clone();
    dull.third_octave_count = 26;
    dull.third_octaves_db[26..].fill(-100.0);
    let dull = target_of(vec![reference(dull)], 1.0);
    assert_eq!(proposals(&song, &dull, &ChainSettings::default()), []);
}

#[test]
fn analysis_with_references_keeps_loudness_of_rules() {
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

    context.reference_target = target_of(vec![brighter(&window.summary(), 4.0)], 1.0);
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
    // The loudness includes the matched balance.
    let gain = |analysis: &Analysis| match of(analysis, ParameterId::LoudnessGain).map(|p| p.to) {
        Some(Value::Decibels(db)) => db,
        _ => 0.0,
    };
    let gains = [gain(&reference_match), gain(&plain)];
    assert!(gains[0] > 0.0 && gains[0] != gains[1], "{gains:?}");
    assert_eq!(
        reference_match.reference_match.as_ref().unwrap().names,
        ["Bright"]
    );
    assert_eq!(
        reference_match,
        analyze(&window, &context),
        "the same again"
    );

    let silence = analyze(&AnalysisWindow::new(1), &context);
    assert_eq!((silence.proposals, silence.reference_match), (vec![], None));
}

/// Where a destination asks for no loudness, the references do.
#[test]
fn gain_without_delivery_target_follows_references() {
    let window = song();
    let mut louder = window.summary();
    louder.integrated_lufs += 3.0;
    let gain_from = |gain_db: f32, amount: f32| {
        let mut context = Context {
            reference_target: target_of(vec![reference(louder.clone())], amount),
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
    let to = |found: Option<(Value, Message)>| match found {
        Some((Value::Decibels(db), _)) => db,
        other => panic!("{other:?}"),
    };
    assert!((to(gain_from(half, 1.0)) - all).abs() < 0.1);
    assert!((to(gain_from(all, 0.5)) - half).abs() < 0.1);
    assert!(to(gain_from(all, 0.0)).abs() < 0.1);
}

/// A mono song can't be widened, and a mono reference is no reason to narrow a song.
#[test]
fn mono_reference_or_song_gives_no_width_proposal() {
    let wide = summary();
    let song = flow_demo_song::demo_song(48_000).channels;
    let mono = AnalysisWindow::of(Spec::default(), &song[0], &song[0]).summary();
    let settings = ChainSettings::default();
    for (from, to) in [(&wide, &mono), (&mono, &wide)] {
        let to = target_of(vec![reference(to.clone())], 1.0);
        let all = proposals(from, &to, &settings);
        assert!(all.iter().all(|p| p.id != ParameterId::Width), "{all:?}");
    }
    // A second reference that has sides is listened to.
    let mut wider = wide.clone();
    wider.anchor_side_db.iter_mut().for_each(|db| *db += 3.0);
    let both = target_of(vec![reference(mono), reference(wider)], 1.0);
    let all = proposals(&wide, &both, &settings);
    let width = all
        .iter()
        .find(|p| p.id == ParameterId::Width)
        .map(|p| p.to);
    assert_eq!(width, Some(Value::Percent(141.0)));
}

/// The output of the chain for a recording.
fn rendered(song: &[Vec<f32>], settings: &ChainSettings) -> Vec<Vec<f32>> {
    let mut played = song.to_vec();
    let [left, right] = played.as_mut_slice() else {
        panic!("stereo")
    };
    let mut chain = flow_dsp::Chain::new(Spec::default());
    chain.process(settings, flow_dsp::Monitor::default(), &mut [left, right]);
    played
}

/// The window keeps 30 s, and the balance of everything that was heard.
#[test]
fn match_in_window_after_full_pass_is_within_0_4_db_in_four_bands() {
    // The limiter is at rest.
    let mut song = flow_demo_song::demo_song(48_000).channels;
    song.iter_mut().flatten().for_each(|x| *x *= 0.25);
    let mut other = ChainSettings::default();
    other.curve.body_db = -3.0;
    other.curve.silk_db = 4.0;
    other.curve.air_db = 2.0;
    let wanted = rendered(&song, &other);
    let wanted = AnalysisWindow::of(Spec::default(), &wanted[0], &wanted[1]);
    let context = Context {
        reference_target: target_of(vec![Reference::new("Other", &wanted).unwrap()], 1.0),
        ..Context::default()
    };
    // A quiet passage is the last that is heard.
    let mut heard = song.clone();
    let intro = flow_demo_song::demo_excerpt(48_000, 0.0, 8.0).channels;
    for (channel, intro) in heard.iter_mut().zip(intro) {
        (0..4).for_each(|_| channel.extend(intro.iter().map(|x| 0.03 * x)));
    }
    let window = AnalysisWindow::default().with_recording(Spec::default(), &heard[0], &heard[1]);
    let analysis = analyze(&window, &context);
    let tone = analysis.proposals.iter();
    let tone = tone.filter(|p| TONE_PARAMETERS.contains(&p.id) || p.id == ParameterId::MatchAmount);
    let settings = effect_model::apply(&context.settings, tone);
    let output = rendered(&song, &settings);
    let output = AnalysisWindow::of(Spec::default(), &output[0], &output[1]).summary();
    let [output, wanted] = [&output, &wanted.summary()].map(|s| s.anchors_db);
    for (output, wanted) in output.iter().zip(&wanted) {
        assert!((output - wanted).abs() < 0.4, "{output} {wanted}");
    }
}

#[test]
fn match_after_ten_seconds_moves_no_band_by_more_than_6_db() {
    use proptest::prelude::*;
    let song = summary();
    let bands = proptest::array::uniform30(-25.0_f32..25.0);
    proptest!(ProptestConfig::with_cases(32), |(offsets in bands, amount in 0.5_f32..1.5)| {
        let mut early = song.clone();
        early.seconds = 10.24;
        for (level, offset) in early.third_octaves_db.iter_mut().zip(offsets) {
            *level += offset;
        }
        let target = target_of(vec![brighter(&song, 0.0)], amount);
        let changes = proposals(&early, &target, &ChainSettings::default());
        let settings = effect_model::apply(&ChainSettings::default(), &changes);
        let gains_db = solver::gains_db(&settings);
        prop_assert!(gains_db.iter().all(|db| db.abs() <= 6.01), "{gains_db:?}");
    });
}
