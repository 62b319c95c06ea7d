//! Trials of analyses with known proposals.

use super::*;
use crate::features::AnalysisWindow;
use crate::pipeline::analyze;
use crate::report::{Context, Finding, FindingKind, Message, ParameterChange, Remedy, Severity};
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_dsp::{Delivery, Spec};

/// The output of a mix.
pub(super) const OUTPUT: OutputStats = OutputStats {
    loudness_lufs: -16.0,
    true_peak_dbtp: -3.0,
    plr_db: 13.0,
    range_lu: 6.0,
    anchors_db: [-20.0; 4],
    mono_anchors_db: [-21.0; 4],
    side_db: -8.0,
    front_db: 9.0,
    moments_db: [-10.0; 4],
    limiting_db: 0.0,
};

fn song() -> Vec<Vec<f32>> {
    demo_excerpt(48_000, CHORUS_SECONDS, 12.0).channels
}

fn excerpt_of(song: &[Vec<f32>]) -> Excerpt {
    Excerpt::of(Spec::default(), &song[0], &song[1])
}

/// An analysis whose only proposals are these, each with a finding.
fn with_proposals(song: &[Vec<f32>], proposals: Vec<Proposal>) -> Analysis {
    let window = AnalysisWindow::of(Spec::default(), &song[0], &song[1]);
    let mut analysis = analyze(&window, &Context::default());
    analysis.findings = proposals
        .iter()
        .map(|proposal| Finding {
            kind: FindingKind::Other,
            text: proposal.reason.clone(),
            severity: Severity::Notice,
            confidence: proposal.confidence,
            is_irreversible: false,
            remedy: Remedy::Proposal(proposal.id),
        })
        .collect();
    analysis.proposals = proposals;
    analysis
}

fn proposal(id: ParameterId, from: Value, to: Value) -> Proposal {
    Proposal {
        pillar: id.pillar(),
        id,
        from,
        to,
        joint: Vec::new(),
        linked: Vec::new(),
        grade: Grade::Recommended,
        further: 1.0,
        finding: Message::default(),
        reason: "Something is off.".into(),
        confidence: 0.9,
        effect: Effect::default(),
    }
}

#[test]
fn trial_of_harmless_proposal_in_bypass_measures_its_effect() {
    let song = song();
    let silk = proposal(
        ParameterId::Silk,
        Value::Decibels(0.0),
        Value::Decibels(-3.0),
    );
    let analysis = with_proposals(&song, vec![silk]);
    let bypassed = ChainSettings {
        bypass: true,
        ..ChainSettings::default()
    };
    let tried = try_proposals(analysis, bypassed, excerpt_of(&song));
    let effect = &tried.proposals[0].effect;
    assert!((-3.5..-1.5).contains(&effect.anchors_db[2]), "{effect:?}");
    assert!(effect.anchors_db[0].abs() < 0.3, "{effect:?}");
    let result = tried.trial.expect("it was tried");
    assert!(result.after.loudness_lufs < result.before.loudness_lufs);
}

#[test]
fn trial_of_width_of_inverted_channel_rejects_it_with_its_cost() {
    let mut song = song();
    song[1].iter_mut().for_each(|x| *x = -*x);
    let width = proposal(
        ParameterId::Width,
        Value::Percent(100.0),
        Value::Percent(40.0),
    );
    let analysis = with_proposals(&song, vec![width]);
    let tried = try_proposals(analysis, ChainSettings::default(), excerpt_of(&song));
    assert_eq!(tried.proposals, []);
    let finding = &tried.findings[0];
    assert!(
        matches!(finding.remedy, Remedy::None(NoProposal::Harmful(..))),
        "{finding:?}"
    );
    assert!(finding.text.contains("would cost"), "{}", finding.text);
}

#[test]
fn trial_of_gain_reaches_loudness_that_other_proposals_change() {
    let song = song();
    let context = Context {
        delivery: *Delivery::find("streaming").unwrap(),
        ..Context::default()
    };
    let window = AnalysisWindow::of(Spec::default(), &song[0], &song[1]);
    let analysis = analyze(&window, &context);
    let expected = analysis.proposals.clone();
    let gain = |proposals: &[Proposal]| {
        let gain = proposals.iter().find(|p| p.id == ParameterId::LoudnessGain);
        gain.map(|gain| gain.to)
    };
    assert!(gain(&expected).is_some(), "{expected:?}");
    let tried = try_proposals(analysis, ChainSettings::default(), excerpt_of(&song));
    assert!(gain(&tried.proposals).is_some());
    let after = tried.trial.unwrap().after;
    let wanted = tried.song.unwrap().lufs - tried.summary.integrated_lufs;
    // The excerpt has the song's loudness, less what its parts differ by.
    assert!(
        (after.loudness_lufs + wanted - context.delivery.target_lufs.unwrap()).abs() < 0.7,
        "{after:?}"
    );
}

#[test]
fn trial_in_small_steps_gives_the_same_as_at_once() {
    let song = song();
    let window = AnalysisWindow::of(Spec::default(), &song[0], &song[1]);
    let analysis = analyze(&window, &Context::default());
    let settings = ChainSettings::default();
    let at_once = try_proposals(analysis.clone(), settings, excerpt_of(&song));
    let mut trial = Trial::new(analysis, settings, excerpt_of(&song));
    let mut progress = vec![trial.progress()];
    while !trial.advance(13_000) {
        progress.push(trial.progress());
    }
    assert!(progress[0] == 0.0 && progress.len() > 30, "{progress:?}");
    let last = progress.last().copied().unwrap_or_default();
    assert!((0.9..1.0).contains(&last), "{progress:?}");
    assert_eq!(trial.finish(), at_once);
}

#[test]
fn trial_of_ceiling_of_loud_song_keeps_delivery_value() {
    let mut song = song();
    for x in song.iter_mut().flatten() {
        *x = (8.0 * *x).clamp(-0.9, 0.9);
    }
    let values = [-1.0, -2.0].map(Value::TruePeak);
    let ceiling = proposal(ParameterId::Ceiling, values[0], values[1]);
    let analysis = with_proposals(&song, vec![ceiling]);
    let tried = try_proposals(analysis, ChainSettings::default(), excerpt_of(&song));
    assert_eq!(tried.proposals[0].to, values[1]);
}

#[test]
fn trial_of_glue_that_holds_no_peaks_rejects_it_unless_it_is_taste() {
    let song = song();
    let amounts = [0.0, 60.0].map(Value::Percent);
    for (grade, is_kept) in [(Grade::Possible, false), (Grade::Taste, true)] {
        // A slow attack and a low threshold change the sound, and let peaks pass.
        let mut glue = proposal(ParameterId::GlueAmount, amounts[0], amounts[1]);
        glue.grade = grade;
        for (id, value) in [
            (ParameterId::GlueThreshold, Value::Decibels(-40.0)),
            (ParameterId::GlueAttack, Value::Milliseconds(200.0)),
        ] {
            glue.linked.push(ParameterChange {
                id,
                from: value,
                to: value,
            });
        }
        let analysis = with_proposals(&song, vec![glue]);
        let tried = try_proposals(analysis, ChainSettings::default(), excerpt_of(&song));
        assert_eq!(!tried.proposals.is_empty(), is_kept, "{grade:?}");
    }
}

#[test]
fn trial_of_boomy_moments_lets_the_low_band_hold_them() {
    let mut song = demo_excerpt(48_000, CHORUS_SECONDS, 30.0).channels;
    for channel in &mut song {
        for (i, x) in channel.iter_mut().enumerate() {
            let seconds = i as f64 / 48_000.0;
            let phase = std::f64::consts::TAU * 100.0 * seconds;
            if seconds % 2.0 < 0.5 {
                *x += flow_dsp::math::narrow(0.4 * phase.sin());
            }
        }
    }
    let window = AnalysisWindow::of(Spec::default(), &song[0], &song[1]);
    let analysis = analyze(&window, &Context::default());
    let tried = try_proposals(analysis, ChainSettings::default(), excerpt_of(&song));
    let mut proposals = tried.proposals.iter();
    let held = proposals.find(|p| p.id == ParameterId::MultibandAmount);
    let held = held.expect("a proposal for the low band");
    assert!(held.effect.moments_db[0] < -0.7, "{:?}", held.effect);
    assert!(held.finding.ends_with("dB too boomy"), "{}", held.finding);
}

#[test]
fn purpose_of_bell_follows_its_channels() {
    let values = [0.0, -4.0].map(Value::Decibels);
    let mut bell = proposal(ParameterId::Bell2Gain, values[0], values[1]);
    for (name, purpose) in [("Mid", Purpose::Tone), ("Side", Purpose::Image)] {
        bell.linked = vec![ParameterChange {
            id: ParameterId::Bell2Channels,
            from: Value::Choice(0, "Stereo"),
            to: Value::Choice(1, name),
        }];
        assert_eq!(Purpose::of(&bell), purpose);
    }
    assert_eq!(Purpose::Tone.with(Purpose::Image), Purpose::ToneAndImage);
    assert_eq!(Purpose::Tone.with(Purpose::Level), Purpose::Level);
}

#[test]
fn trial_without_audio_gives_no_proposal() {
    let song = song();
    let silk = proposal(
        ParameterId::Silk,
        Value::Decibels(0.0),
        Value::Decibels(-3.0),
    );
    let analysis = with_proposals(&song, vec![silk]);
    let tried = try_proposals(analysis, ChainSettings::default(), Excerpt::default());
    assert_eq!((tried.proposals.len(), tried.trial), (0, None));
}

/// A recommended proposal, its value after a trial at these settings, and whether it was halved.
fn tried_value(song: &[Vec<f32>], settings: ChainSettings, proposal: Proposal) -> Option<Value> {
    let analysis = with_proposals(song, vec![proposal]);
    let tried = try_proposals(analysis, settings, excerpt_of(song));
    tried.proposals.first().map(|proposal| proposal.to)
}

#[test]
fn trial_of_rest_of_halved_proposal_refuses_harm_of_whole() {
    let song = song();
    let plain = ChainSettings::default();
    let candidates = [
        (
            ParameterId::Width,
            Value::Percent(100.0),
            Value::Percent(200.0),
        ),
        (ParameterId::Air, Value::Decibels(0.0), Value::Decibels(6.0)),
        (
            ParameterId::Silk,
            Value::Decibels(0.0),
            Value::Decibels(6.0),
        ),
        (
            ParameterId::Body,
            Value::Decibels(0.0),
            Value::Decibels(6.0),
        ),
    ];
    let halved = candidates.into_iter().filter_map(|(id, from, to)| {
        let half = tried_value(&song, plain, proposal(id, from, to))?;
        (half != to).then_some((id, half, to))
    });
    let halved: Vec<_> = halved.collect();
    assert!(!halved.is_empty());
    for (id, half, to) in halved {
        let mut settings = plain;
        id.set(&mut settings, half.into()).unwrap();
        let more = tried_value(&song, settings, proposal(id, half, to));
        assert_ne!(more, Some(to), "{id}");
    }
}

#[test]
fn combination_that_does_harm_keeps_the_match_to_the_references() {
    let song = song();
    let mut trial = Trial::new(
        with_proposals(&song, Vec::new()),
        ChainSettings::default(),
        excerpt_of(&song),
    );
    let percent = |id, from, to| proposal(id, Value::Percent(from), Value::Percent(to));
    let mut matched = percent(ParameterId::MatchAmount, 0.0, 100.0);
    matched.confidence = 0.8;
    trial.kept = vec![matched, percent(ParameterId::Width, 100.0, 200.0)];
    let mut after = OUTPUT;
    after.mono_anchors_db[2] -= 2.4;
    assert!(trial.ease_harmful_combination(&OUTPUT, &after));
    let grades: Vec<Grade> = trial.kept.iter().map(|p| p.grade).collect();
    assert_eq!(grades, [Grade::Recommended, Grade::Possible]);
}

#[test]
fn combination_that_does_harm_makes_its_least_certain_proposal_possible() {
    let song = song();
    let mut trial = Trial::new(
        with_proposals(&song, Vec::new()),
        ChainSettings::default(),
        excerpt_of(&song),
    );
    let decibels = |id, to| proposal(id, Value::Decibels(0.0), Value::Decibels(to));
    let switch = |id| proposal(id, Value::Switch(false), Value::Switch(true));
    let mut low_cut = switch(ParameterId::LowCut);
    low_cut.confidence = 0.5;
    low_cut.effect.plr_db = 1.9;
    let mut silk = decibels(ParameterId::Silk, -2.0);
    silk.confidence = 0.8;
    trial.kept = vec![low_cut, silk, decibels(ParameterId::Body, 2.0)];
    let before = OUTPUT;
    // The peaks that the low cut alone raises.
    let mut after = before;
    after.plr_db += 2.5;
    assert!(!trial.ease_harmful_combination(&before, &after));
    after.range_lu += 1.8;
    let grades = |trial: &Trial| -> Vec<Grade> { trial.kept.iter().map(|p| p.grade).collect() };
    use Grade::{Possible, Recommended};
    assert!(trial.ease_harmful_combination(&before, &after));
    assert_eq!(grades(&trial), [Recommended, Possible, Recommended]);
    let reason = &trial.kept[1].reason;
    assert!(
        reason.contains("it would cost 1.8 LU of evenness"),
        "{reason}"
    );
    assert!(trial.ease_harmful_combination(&before, &after));
    assert_eq!(grades(&trial), [Recommended, Possible, Possible]);
    assert!(
        !trial.ease_harmful_combination(&before, &after),
        "safety stays"
    );
}
