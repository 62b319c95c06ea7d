//! Faults that must be found, and sound that must not be taken for one.

use flow_audio_file::Audio;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_dsp::math::{count, narrow, sin_cos};
use flow_dsp::{Section, StyleTarget};
use flow_params::ParameterId;

use super::{evaluated, finished, proposal};
use crate::features::Summary;
use crate::features::tests::window_of;
use crate::pipeline::analyze;
use crate::report::{Analysis, Context, FindingKind, Grade, NoProposal, Remedy};

fn song() -> Audio {
    demo_excerpt(48_000, CHORUS_SECONDS, 14.0)
}

fn analyzed(audio: &Audio) -> Analysis {
    analyze(&window_of(audio), &Context::default())
}

fn text_with<'a>(analysis: &'a Analysis, word: &str) -> Option<&'a str> {
    let texts = analysis.findings.iter().map(|finding| &*finding.text);
    texts.into_iter().find(|text| text.contains(word))
}

fn scale(audio: &mut Audio, gain: f32) {
    audio.channels.iter_mut().flatten().for_each(|x| *x *= gain);
}

#[test]
fn inverted_channel_is_named_without_proposals_for_the_image() {
    let mut audio = song();
    assert_eq!(text_with(&analyzed(&audio), "polarity"), None);
    audio.channels[1].iter_mut().for_each(|x| *x = -*x);
    for gain in [1.0, 0.03] {
        scale(&mut audio, gain);
        let analysis = analyzed(&audio);
        let text = text_with(&analysis, "polarity").expect("is found");
        assert!(text.contains("Invert one channel at its source."), "{text}");
        for id in [
            ParameterId::Width,
            ParameterId::MonoBelow,
            ParameterId::MonoSafety,
            // The sides of an inverted song are its middle.
            ParameterId::Bell2Gain,
        ] {
            assert_eq!(proposal(&analysis.proposals, id), None);
        }
    }
}

#[test]
fn wide_song_with_strong_middle_is_not_taken_for_inverted() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.correlation = 0.0;
    summary.side_db = 0.0;
    summary.faults.side_excess_db = 0.5;
    let verdicts = evaluated(&summary, &Context::default());
    assert!(
        verdicts
            .findings
            .iter()
            .all(|f| !f.text.contains("polarity"))
    );
    assert!(proposal(&verdicts.proposals, ParameterId::MonoSafety).is_some());
}

#[test]
fn bass_that_cancels_in_mono_is_folded_and_wide_bass_is_not() {
    let mut summary = finished(StyleTarget::Neutral);
    for (excess_db, is_folded) in [(-9.0, false), (-0.5, false), (2.0, true)] {
        summary.faults.bass_side_excess_db = excess_db;
        let verdicts = evaluated(&summary, &Context::default());
        let mono_below = proposal(&verdicts.proposals, ParameterId::MonoBelow);
        assert_eq!(mono_below.is_some(), is_folded, "{excess_db}");
        let is_fine = verdicts.checks.iter().any(|c| c.name == "Low end in mono");
        assert_eq!(is_fine, !is_folded, "{excess_db}");
        // Bass that cancels has no right polarity.
        let is_right = verdicts.checks.iter().any(|c| c.name == "Polarity");
        assert_eq!(is_right, !is_folded, "{excess_db}");
    }
    summary.faults.bass_side_excess_db = -0.5;
    summary.faults.mono_bass_loss_db = 2.9;
    let checks = evaluated(&summary, &Context::default()).checks;
    assert!(checks.iter().all(|c| c.name != "Low end in mono"));
}

#[test]
fn sides_above_a_middle_with_bass_may_be_too_loud_or_inverted() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.correlation = -0.4;
    summary.faults.side_excess_db = 3.0;
    summary.faults.bass_side_excess_db = -4.0;
    let verdicts = evaluated(&summary, &Context::default());
    let text = &verdicts.findings[0].text;
    assert!(text.contains("or the sides are too loud"), "{text}");
    assert!(
        !text.contains("Invert one channel at its source."),
        "{text}"
    );
}

#[test]
fn dc_of_a_hundredth_of_the_peak_is_cut_low_at_any_level() {
    let clean = song();
    let dc = 0.01 * clean.sample_peak();
    let mut audio = clean.clone();
    audio.channels[0].iter_mut().for_each(|x| *x += dc);
    for gain in [1.0, 0.03] {
        scale(&mut audio, gain);
        let analysis = analyzed(&audio);
        let finding = analysis
            .findings
            .iter()
            .find(|f| f.kind == FindingKind::DcOffset);
        assert!(finding.is_some(), "{gain}");
        let cut = proposal(&analysis.proposals, ParameterId::LowCut).unwrap();
        let texts: Vec<String> = cut.linked.iter().map(|c| c.to.to_string()).collect();
        assert_eq!((cut.to.to_string(), &*texts[0]), ("On".into(), "10 Hz"));
    }
    assert_eq!(
        proposal(&analyzed(&clean).proposals, ParameterId::LowCut),
        None
    );
}

#[test]
fn rumble_of_a_turntable_is_cut_below_the_music() {
    let mut audio = song();
    let level = 0.15 * audio.sample_peak();
    for channel in &mut audio.channels {
        for (i, x) in channel.iter_mut().enumerate() {
            let (sin, _) = sin_cos(core::f64::consts::TAU * 13.0 * count(i) / 48_000.0);
            *x += level * narrow(sin);
        }
    }
    let analysis = analyzed(&audio);
    let text = text_with(&analysis, "rumble").expect("is found");
    assert!(text.contains("dB below the music"), "{text}");
    let cut = proposal(&analysis.proposals, ParameterId::LowCut).unwrap();
    assert!(
        matches!(cut.linked[0].to, crate::report::Value::Hertz(hz) if (15.0..=40.0).contains(&hz))
    );
}

#[test]
fn music_with_bass_drums_has_no_rumble() {
    let mut audio = song();
    let section = Section::low_shelf(80.0, 6.0, 48_000.0);
    for channel in &mut audio.channels {
        let (mut a, mut b) = (0.0, 0.0);
        for x in channel.iter_mut() {
            *x = narrow(section.tick([&mut a, &mut b], f64::from(0.5 * *x)));
        }
    }
    assert_eq!(text_with(&analyzed(&audio), "rumble"), None);
}

#[test]
fn inverted_polarity_has_its_reason_for_no_proposal() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.correlation = -0.8;
    summary.faults.side_excess_db = 8.0;
    summary.faults.bass_side_excess_db = 9.0;
    summary.faults.mono_loss_db = 9.0;
    let verdicts = evaluated(&summary, &Context::default());
    let finding = &verdicts.findings[0];
    assert_eq!(finding.remedy, Remedy::None(NoProposal::NotAdjustable));
    assert_eq!(
        finding.text,
        "One channel has inverted polarity: in mono the song loses 9.0 dB, and with the polarity of one channel \
         inverted 0.6 dB. Invert one channel at its source. No parameter changes that."
    );
    assert_eq!(verdicts.proposals, []);
}

#[test]
fn sibilance_that_rises_alone_asks_for_comfort_as_a_possible_change() {
    let mut summary = finished(StyleTarget::Neutral);
    for (rise_db, comfort) in [(3.0, None), (6.0, Some("52 %")), (9.0, Some("76 %"))] {
        summary.faults.sibilance_db = rise_db;
        let verdicts = evaluated(&summary, &Context::default());
        let found = proposal(&verdicts.proposals, ParameterId::Comfort);
        assert_eq!(found.map(|p| p.to.to_string()).as_deref(), comfort);
        assert!(found.is_none_or(|p| p.grade == Grade::Possible));
        let is_fine = verdicts.checks.iter().any(|c| c.name == "Sibilance");
        assert_eq!(is_fine, comfort.is_none());
    }
}

#[test]
fn peaks_outside_the_styles_range_are_named_and_held_by_glue() {
    let mut summary = finished(StyleTarget::Neutral);
    let glue = |summary: &Summary| {
        let verdicts = evaluated(summary, &Context::default());
        let glue = proposal(&verdicts.proposals, ParameterId::GlueAmount).cloned();
        (glue, verdicts)
    };
    summary.plr_db = 8.0;
    let (none, verdicts) = glue(&summary);
    assert_eq!(none, None);
    assert!(verdicts.findings[0].is_irreversible);
    summary.plr_db = 13.0;
    let (none, verdicts) = glue(&summary);
    assert_eq!(none, None);
    assert!(verdicts.checks.iter().any(|c| c.name == "Dynamics"));
    summary.plr_db = 21.2;
    let mut releases = Vec::new();
    for onsets_per_second in [0.5, 6.0] {
        summary.onsets_per_second = onsets_per_second;
        let (glue, _) = glue(&summary);
        let glue = glue.expect("peaks stand out");
        assert_eq!(
            (glue.to.to_string(), glue.grade),
            ("100 %".into(), Grade::Possible)
        );
        releases.push(glue.linked[2].to.to_string());
        assert_eq!(glue.linked[4].to.to_string(), "4:1");
    }
    assert_eq!(releases, ["120 ms", "60 ms"]);
}

#[test]
fn glue_for_another_purpose_stays_where_peaks_stand_out() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.plr_db = 21.2;
    let mut context = Context::default();
    let glue = &mut context.settings.dynamics.glue;
    (glue.amount, glue.threshold_db, glue.attack_ms) = (0.3, -30.0, 30.0);
    let verdicts = evaluated(&summary, &context);
    assert_eq!(proposal(&verdicts.proposals, ParameterId::GlueAmount), None);
    let text = &verdicts.findings[0].remedy;
    assert_eq!(*text, Remedy::None(NoProposal::InUse("Glue")));
}

#[test]
fn rumble_moves_the_corner_of_a_low_cut_that_is_on() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.faults.rumble_db = -20.0;
    summary.faults.steady_rumble_db = -21.0;
    let mut context = Context::default();
    context.settings.floor.low_cut.on = true;
    let answer = |context: &Context| {
        let verdicts = evaluated(&summary, context);
        let finding = verdicts.findings.first().expect("rumble is found");
        finding.remedy.clone()
    };
    context.settings.floor.low_cut.frequency_hz = 10.0;
    assert_eq!(
        answer(&context),
        Remedy::Proposal(ParameterId::LowCutFrequency)
    );
    context.settings.floor.low_cut.frequency_hz = 40.0;
    assert_eq!(answer(&context), Remedy::None(NoProposal::AlreadySet));
}

#[test]
fn bell_that_answers_a_bump_is_not_in_use_for_another_purpose() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.third_octaves_db[10..12]
        .iter_mut()
        .for_each(|level| *level += 7.0);
    let mut context = Context::default();
    let bell = &mut context.settings.curve.bells[1];
    (bell.gain_db, bell.frequency_hz) = (-3.0, 280.0);
    let answer = |context: &Context| evaluated(&summary, context).findings[0].remedy.clone();
    assert_eq!(answer(&context), Remedy::None(NoProposal::AlreadySet));
    context.settings.curve.bells[1].frequency_hz = 3000.0;
    assert_eq!(answer(&context), Remedy::None(NoProposal::InUse("Bell 2")));
}

#[test]
fn bump_near_280_hz_gets_a_bell_and_flat_music_none() {
    let mut summary = finished(StyleTarget::Neutral);
    let bell = |summary: &Summary| {
        let verdicts = evaluated(summary, &Context::default());
        proposal(&verdicts.proposals, ParameterId::Bell2Gain).cloned()
    };
    assert_eq!(bell(&summary), None);
    summary.third_octaves_db[10..12]
        .iter_mut()
        .for_each(|level| *level += 7.0);
    let cut = bell(&summary).expect("mud");
    let texts: Vec<String> = cut.linked.iter().map(|c| c.to.to_string()).collect();
    assert_eq!(cut.to.to_string(), "-3.5 dB");
    assert_eq!(texts, ["280 Hz", "1.4", "Stereo"]);
    assert!(cut.reason.ends_with("that may be mud."), "{}", cut.reason);
}

#[test]
fn sides_of_one_anchor_above_the_middle_get_a_bell_of_their_own() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.anchor_side_db[2] = 4.0;
    let verdicts = evaluated(&summary, &Context::default());
    let cut = proposal(&verdicts.proposals, ParameterId::Bell2Gain).unwrap();
    assert_eq!(cut.linked[2].to.to_string(), "Side");
    assert!(
        cut.reason
            .starts_with("The sides of Silk are 4.0 dB above the middle")
    );
}

/// The song through a bell of 12 dB.
fn resonant(hz: f64, q: f64) -> Audio {
    let mut audio = song();
    let section = Section::bell(hz, q, 12.0, f64::from(audio.sample_rate_hz));
    for channel in &mut audio.channels {
        let (mut a, mut b) = (0.0, 0.0);
        for x in channel {
            *x = narrow(section.tick([&mut a, &mut b], f64::from(*x)));
        }
    }
    audio
}

#[test]
fn narrow_resonance_gets_a_possible_bell_at_its_frequency() {
    for (hz, q) in [(500.0, 6.0), (2000.0, 6.0), (3200.0, 8.0)] {
        let mut audio = resonant(hz, q);
        for gain in [0.3, 0.01] {
            scale(&mut audio, gain);
            let analysis = analyzed(&audio);
            let text = text_with(&analysis, "narrow resonance");
            assert!(text.is_some(), "{hz} Hz: {:?}", analysis.summary.faults);
            let bell = proposal(&analysis.proposals, ParameterId::Bell2Gain).expect("a cut");
            assert_eq!(bell.grade, Grade::Possible);
            let found_hz = analysis.summary.faults.resonance.hz;
            let octaves = (f64::from(found_hz) / hz).log2().abs();
            assert!(octaves < 1.0 / 6.0, "{hz} Hz: {found_hz} Hz");
        }
    }
}

#[test]
fn song_without_resonance_is_fine() {
    let analysis = analyzed(&song());
    assert_eq!(text_with(&analysis, "narrow resonance"), None);
    assert!(analysis.checks.iter().any(|c| c.name == "Resonances"));
}

#[test]
fn resonance_is_the_same_at_every_rate() {
    let found = [44_100, 48_000, 96_000].map(|rate_hz| {
        let audio = demo_excerpt(rate_hz, CHORUS_SECONDS, 14.0);
        window_of(&audio).summary().faults.resonance
    });
    for other in &found[1..] {
        assert!(
            (other.above_db - found[0].above_db).abs() < 0.5,
            "{found:?}"
        );
    }
}
