//! Analyses of known signals.

mod faults;
mod moments;

use flow_audio_file::Audio;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_dsp::{ChainSettings, Delivery, StyleTarget, math::narrow};
use flow_testkit::signals::voices::{speech, tune};
use flow_testkit::signals::{Noise, sine};

use super::{
    balance, damage, dynamics, loud_moments, loudness, resonance, shape, sibilance, stereo,
};
use flow_params::ParameterId;

use crate::effect_model::apply;
use crate::features::tests::{pink_noise, window_of};
use crate::features::{AnalysisWindow, Anchor, SongLoudness, Summary};
use crate::pipeline::{analyze, decide_tone};
use crate::report::{ContentClass, Context, Intensity, MIN_CONFIDENCE, Proposal, Value};
use crate::sound_text::has_word;
use crate::verdict::Verdicts;

/// The features of a finished master in the very middle of a style.
fn finished(style: StyleTarget) -> Summary {
    let mut summary = AnalysisWindow::new(1).summary();
    summary.seconds = 30.0;
    summary.integrated_lufs = -13.8;
    summary.loudness_range_lu = 6.0;
    summary.true_peak_dbtp = -1.0;
    summary.plr_db = 12.8;
    summary.correlation = 0.7;
    summary.balance_db = 0.1;
    summary.third_octaves_db = style.figures().third_octaves_db[2];
    summary.third_octave_count = 30;
    summary.anchors_db = [-4.0, -3.0, -10.0, -20.0];
    summary.anchor_side_db = [-20.0, -10.0, -8.0, -8.0];
    summary.side_db = -10.0;
    summary.loud_moments_db = style.songs().moments_db[4];
    summary
}

fn evaluated(summary: &Summary, context: &Context) -> Verdicts {
    let balance = balance::read(summary, context, false);
    let mut verdicts = decide_tone(&balance, None, context);
    damage::evaluate(summary, context, &mut verdicts);
    stereo::evaluate(summary, context, None, &mut verdicts);
    damage::evaluate_treble(summary, &mut verdicts);
    sibilance::evaluate(summary, context, &mut verdicts);
    let style = context.settings.style_target;
    let tone = verdicts.proposals.clone();
    loud_moments::evaluate(summary, context, style, &tone, None, &mut verdicts);
    balance::evaluate_deep_bass(summary, context, style, None, &mut verdicts);
    damage::evaluate_peaks(summary, &mut verdicts);
    dynamics::evaluate(summary, context, style, 1.0, &mut verdicts);
    let has_resonance = resonance::evaluate(summary, context, &mut verdicts);
    shape::evaluate(summary, context, has_resonance, &mut verdicts);
    // The whole song was analyzed.
    let song = SongLoudness::of(1000.0, summary.integrated_lufs);
    loudness::evaluate(summary, &song, context, &mut verdicts);
    assert!(verdicts.proposals.iter().all(has_word), "{verdicts:?}");
    verdicts
}

fn streaming() -> Context {
    Context {
        delivery: *Delivery::find("streaming").unwrap(),
        ..Context::default()
    }
}

fn with_style(style_target: StyleTarget) -> Context {
    Context {
        settings: ChainSettings {
            style_target,
            ..ChainSettings::default()
        },
        ..streaming()
    }
}

fn proposal(proposals: &[Proposal], id: ParameterId) -> Option<&Proposal> {
    proposals.iter().find(|p| p.id == id)
}

#[test]
fn rules_for_finished_master_report_nothing() {
    for style in [
        StyleTarget::Neutral,
        StyleTarget::Electronic,
        StyleTarget::Rock,
    ] {
        let verdicts = evaluated(&finished(style), &with_style(style));
        assert_eq!(verdicts.proposals, []);
        assert_eq!(verdicts.findings, []);
    }
}

#[test]
fn balance_inside_style_range_gives_no_proposal() {
    // A tilt that one song of five has.
    let style = StyleTarget::Electronic;
    let mut summary = finished(style);
    for (band, level) in summary.third_octaves_db.iter_mut().enumerate() {
        *level += [1.0, 0.0, -1.0, -1.5][Anchor::ALL
            .iter()
            .position(|a| a.third_octaves().contains(&band))
            .unwrap()];
    }
    assert_eq!(evaluated(&summary, &with_style(style)).proposals, []);
}

#[test]
fn balance_outside_style_range_is_brought_to_its_edge() {
    let style = StyleTarget::Rock;
    let mut summary = finished(style);
    for level in &mut summary.third_octaves_db[Anchor::Silk.third_octaves()] {
        *level += 9.0;
    }
    let verdicts = evaluated(&summary, &with_style(style));
    let silk = proposal(&verdicts.proposals, ParameterId::Silk).unwrap();
    assert_eq!(
        silk.reason,
        "Silk is 9.0 dB above similar music between 2 and 8 kHz."
    );
    assert_eq!(silk.pillar, flow_params::Pillar::VelvetCurve);
    assert!(
        matches!(silk.to, Value::Decibels(db) if (-5.0..-1.0).contains(&db)),
        "{silk:?}"
    );
    assert!(silk.confidence >= MIN_CONFIDENCE);
    // Small changes only where something is wrong; the gain makes up for what they take of the loudness.
    let balance = |verdicts: &Verdicts| {
        verdicts
            .proposals
            .iter()
            .filter(|p| p.id != ParameterId::LoudnessGain)
            .count()
    };
    assert_eq!(balance(&verdicts), 1);

    // An applied proposal is not repeated, because the analysis reads the input.
    let mut context = with_style(style);
    context.settings = apply(&context.settings, &verdicts.proposals);
    assert_eq!(balance(&evaluated(&summary, &context)), 0);
}

#[test]
fn gain_for_delivery_target_never_lowers_and_limits_limiting() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.integrated_lufs = -20.0;
    summary.true_peak_dbtp = -6.0;
    summary.plr_db = 14.0;
    let gain = |summary: &Summary, context: &Context| {
        let verdicts = evaluated(summary, context);
        proposal(&verdicts.proposals, ParameterId::LoudnessGain).map(|p| p.to)
    };
    assert_eq!(gain(&summary, &streaming()), Some(Value::Decibels(6.0)));
    // No target, no gain.
    assert_eq!(gain(&summary, &Context::default()), None);
    // Louder than the target.
    summary.integrated_lufs = -9.0;
    assert_eq!(gain(&summary, &streaming()), None);
    // 12 dB would be 11 over the ceiling.
    summary.integrated_lufs = -26.0;
    summary.true_peak_dbtp = -2.0;
    summary.plr_db = 24.0;
    assert_eq!(gain(&summary, &streaming()), Some(Value::Decibels(7.0)));
    let verdicts = evaluated(&summary, &streaming());
    assert!(proposal(&verdicts.proposals, ParameterId::GlueAmount).is_some());
}

#[test]
fn gain_aims_at_the_users_own_target_before_that_of_the_delivery() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.integrated_lufs = -17.0;
    summary.true_peak_dbtp = -6.0;
    let own = |delivery: &str, own_target_lufs| Context {
        delivery: *Delivery::find(delivery).unwrap(),
        own_target_lufs,
        ..Context::default()
    };
    for (delivery, target, expected) in [
        ("streaming", None, Some(3.0)),
        ("streaming", Some(-12.0), Some(5.0)),
        ("keep", Some(-15.0), Some(2.0)),
        ("keep", None, None),
        ("streaming", Some(-17.0), None),
    ] {
        let verdicts = evaluated(&summary, &own(delivery, target));
        let gain = proposal(&verdicts.proposals, ParameterId::LoudnessGain);
        let found = gain.map(|proposal| proposal.to);
        assert_eq!(
            found,
            expected.map(Value::Decibels),
            "{delivery} {target:?}"
        );
    }
    let verdicts = evaluated(&summary, &own("streaming", Some(-12.0)));
    let has = |part: &str| verdicts.findings.iter().any(|f| f.text.contains(part));
    assert!(has("below your own target of −12.0 LUFS"));
}

#[test]
fn ceiling_above_delivery_profile_is_lowered_to_it() {
    let context = Context {
        delivery: *Delivery::find("amazon").unwrap(),
        ..Context::default()
    };
    let verdicts = evaluated(&finished(StyleTarget::Neutral), &context);
    let ceiling = proposal(&verdicts.proposals, ParameterId::Ceiling).unwrap();
    assert_eq!(
        (ceiling.from.to_string(), ceiling.to.to_string()),
        ("-1 dBTP".into(), "-2 dBTP".into())
    );
}

#[test]
fn damage_is_reported_without_proposals() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.clipped_runs_per_second = 12.0;
    summary.side_db = -100.0;
    summary.plr_db = 6.0;
    for level in &mut summary.third_octaves_db[27..] {
        *level = -110.0;
    }
    let verdicts = evaluated(&summary, &Context::default());
    assert_eq!(
        verdicts
            .findings
            .iter()
            .filter(|f| f.is_irreversible)
            .count(),
        4
    );
    assert!(
        verdicts
            .findings
            .iter()
            .any(|f| f.text.contains("12 times a second"))
    );
    assert!(
        verdicts
            .findings
            .iter()
            .any(|f| f.text.contains("ends below 11 kHz"))
    );
    assert_eq!(verdicts.proposals, []);
}

#[test]
fn treble_that_ends_below_16_khz_is_reported() {
    let mut summary = finished(StyleTarget::Neutral);
    let ends = |summary: &Summary| {
        let verdicts = evaluated(summary, &Context::default());
        verdicts
            .findings
            .iter()
            .any(|f| f.text.contains("ends below 14 kHz"))
    };
    summary.third_octaves_db[29] = -110.0;
    assert!(!ends(&summary), "codecs end before 20 kHz");
    summary.third_octaves_db[28] = -110.0;
    assert!(ends(&summary));
}

#[test]
fn gain_that_is_too_small_for_the_target_has_its_limit_as_the_reason() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.integrated_lufs = -54.0;
    summary.true_peak_dbtp = -41.2;
    let verdicts = evaluated(&summary, &streaming());
    let has = |part: &str| verdicts.findings.iter().any(|f| f.text.contains(part));
    assert!(has("goes up to 24 dB, and the target needs 40.0 dB"));
    assert!(!has("of limiting"));
}

#[test]
fn image_of_song_with_strong_bass_is_not_narrow() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.anchors_db = [-0.1, -18.0, -24.0, -30.0];
    summary.side_db = -24.0;
    let is_narrow = |summary: &Summary| {
        let verdicts = evaluated(summary, &Context::default());
        verdicts
            .findings
            .iter()
            .any(|f| f.text.contains("narrow image"))
    };
    assert!(!is_narrow(&summary));
    summary.anchor_side_db = [-30.0, -18.0, -17.0, -17.0];
    assert!(is_narrow(&summary));
}

#[test]
fn dynamics_name_the_songs_that_they_compare_with() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.plr_db = 6.9;
    let text = |style: StyleTarget| {
        let mut verdicts = Verdicts::default();
        dynamics::evaluate(&summary, &Context::default(), style, 1.0, &mut verdicts);
        verdicts.findings[0].text.clone()
    };
    assert!(text(StyleTarget::Neutral).contains("9.0 dB or more in 95 of 100 songs"));
    assert!(text(StyleTarget::Rock).contains("7.2 dB or more in 95 of 100 such songs"));
}

#[test]
fn mono_safety_for_negative_correlation_is_proposed() {
    let mut summary = finished(StyleTarget::Neutral);
    summary.correlation = -0.6;
    let proposals = evaluated(&summary, &Context::default()).proposals;
    let mono_safety = proposal(&proposals, ParameterId::MonoSafety).unwrap();
    assert_eq!(mono_safety.to.to_string(), "100 %");
}

#[test]
fn classify_of_silence_short_tone_and_noise_names_them() {
    let content = |audio: &Audio| {
        let analysis = analyze(&window_of(audio), &streaming());
        assert_eq!(analysis.proposals, []);
        assert_eq!(analysis.findings.len(), 1);
        analysis.content
    };
    assert_eq!(
        content(&Audio::silence(48_000, 2, 48_000 * 5)),
        ContentClass::Silence
    );
    let short = content(&demo_excerpt(48_000, CHORUS_SECONDS, 5.0));
    assert!(
        matches!(short, ContentClass::TooShort { seconds, .. } if seconds > 4.5),
        "{short:?}"
    );
    for hz in [100.0, 1000.0, 10_000.0] {
        let tone = content(&sine(48_000, 2, 12.0, hz, 0.1, 0.0));
        assert!(matches!(tone, ContentClass::TestTone { .. }), "{tone:?}");
    }
    assert_eq!(
        content(&pink_noise(48_000, 12.0)),
        ContentClass::SteadyNoise
    );
}

/// One sound and another, this much of it.
fn with(audio: &Audio, other: &Audio, gain: f32) -> Audio {
    let mixed = audio.channels.iter().zip(&other.channels);
    let mixed = mixed.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + gain * b).collect());
    Audio::new(audio.sample_rate_hz, mixed.collect())
}

#[test]
fn classify_of_speech_at_any_rate_gives_no_proposals() {
    for (rate, pitch_hz) in [(44_100, 110.0), (48_000, 200.0), (96_000, 140.0)] {
        let speech = speech(rate, 2, 14.0, pitch_hz);
        let window = window_of(&speech);
        let analysis = analyze(&window, &streaming());
        assert_eq!(
            analysis.content,
            ContentClass::Speech,
            "{:?}",
            window.voices()
        );
        assert_eq!((analysis.proposals.len(), analysis.song), (0, None));
        assert_eq!(analysis.findings.len(), 1);
        let mut noise = Noise::new(5);
        let mut room = Audio::silence(rate, 2, speech.channels[0].len());
        for x in room.channels.iter_mut().flatten() {
            *x = narrow(noise.bipolar());
        }
        let noisy = analyze(&window_of(&with(&speech, &room, 0.003)), &streaming());
        assert_eq!(noisy.content, ContentClass::Speech, "in a room with noise");
    }
    let song = demo_excerpt(48_000, CHORUS_SECONDS, 14.0);
    let sung = with(&song, &speech(48_000, 2, 14.0, 140.0), 0.5);
    assert_eq!(
        analyze(&window_of(&sung), &streaming()).content,
        ContentClass::Music
    );
}

#[test]
fn single_instrument_gets_loudness_proposals_only() {
    for decay_s in [f64::INFINITY, 0.3] {
        let mut tune = tune(48_000, 2, 14.0, decay_s);
        let window = window_of(&tune);
        let analysis = analyze(&window, &streaming());
        assert_eq!(
            analysis.content,
            ContentClass::SingleInstrument,
            "{:?}",
            window.voices()
        );
        assert_eq!(analysis.anchors, None);
        // Mono, missing bass and missing treble are not reported.
        let ids: Vec<_> = analysis.proposals.iter().map(|p| p.id).collect();
        assert!(
            ids.iter()
                .all(|id| matches!(id, ParameterId::LoudnessGain | ParameterId::GlueAmount)),
            "{ids:?}"
        );
        assert!(!analysis.findings.is_empty() && analysis.song.is_some());
        // Damage is damage.
        tune.channels
            .iter_mut()
            .flatten()
            .for_each(|x| *x = (8.0 * *x).clamp(-0.5, 0.5));
        let clipped = analyze(&window_of(&tune), &streaming());
        assert!(clipped.findings.iter().any(|f| f.is_irreversible));
    }
    // Two that play something else are no single one: thirds and seconds have no period in common.
    let one = tune(48_000, 2, 14.0, f64::INFINITY);
    let mut other = one.clone();
    for channel in &mut other.channels {
        channel.rotate_left(48_000 * 2 / 5);
    }
    let duet = window_of(&with(&one, &other, 1.0));
    let content = analyze(&duet, &streaming()).content;
    assert_eq!(content, ContentClass::Music, "{:?}", duet.voices());
}

#[test]
fn analyze_of_same_window_twice_gives_equal_results() {
    let window = window_of(&demo_excerpt(48_000, CHORUS_SECONDS, 14.0));
    let analysis = analyze(&window, &streaming());
    assert_eq!(analysis.content, ContentClass::Music);
    assert_eq!(analysis, analyze(&window, &streaming()));
    let anchors = analysis.anchors.unwrap();
    assert!(
        anchors
            .iter()
            .all(|a| (0.0..=100.0).contains(&a.percentile))
    );
    // About −20 LUFS: streaming wants more.
    assert!(
        proposal(&analysis.proposals, ParameterId::LoudnessGain).is_some(),
        "{analysis:#?}"
    );
    assert!(
        serde_json::to_string(&analysis)
            .unwrap()
            .contains("\"gain\"")
    );
}

#[test]
fn balance_of_filtered_music_is_proposed_to_be_corrected() {
    let mut audio = demo_excerpt(48_000, CHORUS_SECONDS, 14.0);
    let percentile = |audio: &Audio| {
        let analysis = analyze(&window_of(audio), &with_style(StyleTarget::Electronic));
        (analysis.anchors.unwrap(), analysis.proposals)
    };
    let (before, _) = percentile(&audio);
    let sections = flow_dsp::anchor_sections([12.0, 0.0, 0.0, -10.0], flow_dsp::Spec::default());
    for channel in &mut audio.channels {
        let mut state = [0.0; 8];
        for x in channel.iter_mut() {
            let (pairs, _) = state.as_chunks_mut::<2>();
            let signal = sections.iter().zip(pairs);
            let y = signal.fold(f64::from(0.3 * *x), |y, (s, [a, b])| s.tick([a, b], y));
            *x = narrow(y);
        }
    }
    let (after, proposals) = percentile(&audio);
    assert!(after[0].above_median_db > before[0].above_median_db + 6.0);
    assert!(after[3].above_median_db < before[3].above_median_db - 4.0);
    let body = proposal(&proposals, ParameterId::Body).unwrap();
    assert!(
        matches!(body.to, Value::Decibels(db) if db < -1.0),
        "{body:?}"
    );
}

#[test]
fn extreme_anchor_beside_network_moves_by_half_of_the_excess() {
    let wanted_db = |raised_db: f32, intensity| {
        let mut summary = finished(StyleTarget::Neutral);
        for band in Anchor::Air.third_octaves() {
            summary.third_octaves_db[band] += raised_db;
        }
        let context = Context {
            intensity,
            ..Context::default()
        };
        let extremes = balance::read(&summary, &context, true).extremes;
        extremes[Anchor::Air as usize].map(|extreme| extreme.wanted_db)
    };
    let raised = (0_u8..80).map(|step| 0.5 * f32::from(step));
    let mut extreme = raised.filter(|db| wanted_db(*db, Intensity::Normal).is_some());
    let first_db = extreme.next().expect("some anchor is extreme");
    assert_eq!(wanted_db(first_db, Intensity::Normal), Some(-1.0));
    for (intensity, share) in [
        (Intensity::Gentle, 0.3),
        (Intensity::Normal, 0.5),
        (Intensity::Strong, 0.7),
    ] {
        let wanted = wanted_db(first_db + 8.0, intensity).expect("it is more extreme");
        assert!((wanted + 8.0 * share).abs() < 0.4, "{intensity:?} {wanted}");
    }
}
