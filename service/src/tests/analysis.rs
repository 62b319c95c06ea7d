//! The windows that are analyzed, and when.

use flow_analysis::features::AnalysisWindow;
use flow_analysis::reference::Reference;
use flow_analysis::reference::ReferenceTarget;
use flow_analysis::report::Context;
use flow_demo_song::demo_song;
use flow_dsp::Spec;
use flow_params::ParameterId;
use flow_platform::clock::ManualClock;
use flow_platform::flags::{FLAGS, Flag};
use flow_testkit::signals::voices::{speech, tune};

use super::*;

/// The demo song with more treble.
fn bright_reference() -> Reference {
    let brighten = |channel: &Vec<f32>| -> Vec<f32> {
        let previous = std::iter::once(&0.0).chain(channel);
        let pairs = channel.iter().zip(previous);
        pairs.map(|(x, previous)| 2.0 * x - previous).collect()
    };
    let song = demo_song(48_000);
    let [left, right] = [0, 1].map(|c| brighten(&song.channels[c]));
    Reference::new(
        "Bright",
        &AnalysisWindow::of(Spec::default(), &left, &right),
    )
    .unwrap()
}

#[test]
fn music_yields_analysis_for_each_listening_client() {
    let _serial = lock(&SERIAL);
    let service = start(|| None);
    let mut members = [
        listening(&service),
        Client::new(service.clone()),
        listening(&service),
    ];
    let reports = play(&mut members, |r| is_music(&r[0]) && is_music(&r[2]));
    assert!(reports[0].progress == 1.0 && reports[1].analysis.is_none());
    let stats = members[0].1.stats();
    assert!(stats.slices > 0 && stats.panics == 0 && stats.deferred == 0);

    // A pause keeps the analysis, and a reset discards it.
    members[0].1.set_listening(false);
    members[0].1.set_listening(true);
    assert!(is_music(&report(&members[0].1)));
    members[0].1.reset();
    let reports = play(&mut members, |r| r[0].progress < 0.5);
    assert!(reports[0].progress < 0.5 && !is_music(&reports[0]));
    play(&mut members, |r| is_music(&r[0]));
}

/// Pushes audio in blocks of a length until the second window is whole.
fn report_of_blocks(audio: &Audio, block: usize, service: &Arc<Service>) -> Report {
    let (mut side, client) = listening(service);
    let [left, right] = stereo(audio);
    for at in (0..left.len()).step_by(block) {
        let end = (at + block).min(left.len());
        side.push(&[&left[at..end], &right[at..end]]);
        // Waits after each third of a second, so that a busy machine drops no audio.
        if at / 16_384 != end / 16_384 {
            wait_until_received(&client);
        }
    }
    assert_eq!(client.dropped_frames(), 0);
    wait_for(|| report(&client).has_newer_window);
    report(&client)
}

#[test]
fn analysis_of_same_playback_is_equal_for_all_block_sizes() {
    let _serial = lock(&SERIAL);
    let service = start(|| None);
    // The second window must not change the analysis.
    let audio = demo_excerpt(48_000, CHORUS_SECONDS, 22.0);
    let reports = [64, 480, 3001].map(|block| report_of_blocks(&audio, block, &service));
    for report in &reports {
        assert_eq!(report.analysis, reports[0].analysis);
        let seconds = report.analysis.as_ref().unwrap().summary.seconds;
        assert!((seconds - 10.24).abs() < 1e-3, "{seconds}");
    }
}

#[test]
fn analysis_of_single_instrument_stays_and_of_speech_is_replaced() {
    let _serial = lock(&SERIAL);
    let service = start(|| None);
    let solo = tune(48_000, 2, 22.0, f64::INFINITY);
    let analysis = report_of_blocks(&solo, 480, &service).analysis.unwrap();
    assert_eq!(analysis.content, ContentClass::SingleInstrument);
    assert!((analysis.summary.seconds - 10.24).abs() < 1e-3);

    let mut both = speech(48_000, 2, 11.0, 120.0);
    let song = demo_excerpt(48_000, CHORUS_SECONDS, 25.0);
    for (channel, more) in both.channels.iter_mut().zip(&song.channels) {
        channel.extend_from_slice(more);
    }
    assert!(is_music(&report_of_blocks(&both, 480, &service)));
}

#[test]
fn music_after_speech_at_slow_playback_replaces_analysis() {
    let _serial = lock(&SERIAL);
    let clock = ManualClock::default();
    let service = Service::start(Box::new(|| None), Clock::Manual(clock.clone()));
    let (mut side, client) = listening(&service);
    let mut play = |audio: &Audio, pause: Duration| {
        let [left, right] = stereo(audio);
        // Whole blocks only, because the service doesn't fetch the rest of one.
        for (left, right) in left.chunks_exact(16_384).zip(right.chunks_exact(16_384)) {
            side.push(&[left, right]);
            wait_until_received(&client);
            clock.advance(pause);
        }
    };
    play(&speech(48_000, 2, 14.0, 120.0), Duration::ZERO);
    wait_for(|| {
        report(&client)
            .analysis
            .is_some_and(|a| a.content == ContentClass::Speech)
    });
    // Each pause is longer than the shortest time between analyses, so that there are rounds without a new window.
    play(
        &demo_excerpt(48_000, CHORUS_SECONDS, 25.0),
        Duration::from_millis(300),
    );
    wait_for(|| is_music(&report(&client)));
}

#[test]
fn analyze_latest_replaces_first_window() {
    let _serial = lock(&SERIAL);
    let service = start(|| None);
    let mut members = [listening(&service)];
    let reports = play(&mut members, |r| r[0].has_newer_window);
    let first_seconds = reports[0].analysis.as_ref().unwrap().summary.seconds;
    let client = &members[0].1;
    client.analyze_latest();
    wait_for(|| {
        let seconds = report(client).analysis.unwrap().summary.seconds;
        seconds > first_seconds + 10.0
    });
    assert!(!report(client).has_newer_window);
}

/// A quiet begin, a loud part and a quiet end.
fn song_with_loud_part() -> Audio {
    let chorus = |seconds, gain_db: f32| {
        let gain = 10.0_f32.powf(gain_db / 20.0);
        let mut part = demo_excerpt(48_000, CHORUS_SECONDS, seconds);
        part.channels.iter_mut().flatten().for_each(|x| *x *= gain);
        part.channels
    };
    let mut song = demo_excerpt(48_000, CHORUS_SECONDS, 1.0);
    song.channels = vec![Vec::new(); 2];
    for part in [
        chorus(16.0, -14.0),
        chorus(16.0, 0.0),
        chorus(16.0, 0.0),
        chorus(16.0, -14.0),
    ] {
        for (channel, part) in song.channels.iter_mut().zip(part) {
            channel.extend(part);
        }
    }
    song
}

#[test]
fn analysis_judges_loudest_part_that_was_heard() {
    let _serial = lock(&SERIAL);
    let service = start(|| None);
    let (mut side, client) = listening(&service);
    let song = song_with_loud_part();
    let [left, right] = stereo(&song);
    let frames = left.len() / 16_384 * 16_384;
    for at in (0..frames).step_by(16_384) {
        side.push(&[&left[at..at + 16_384], &right[at..at + 16_384]]);
        wait_until_received(&client);
    }
    wait_for(|| report(&client).has_louder_part);
    let first = report(&client).analysis.unwrap();
    assert!(first.part.unwrap().end_s < 10.5, "{:?}", first.part);
    client.analyze_latest();
    wait_for(|| report(&client).analysis.unwrap().part != first.part);
    let loudest = report(&client).analysis.unwrap();
    let part = loudest.part.unwrap();
    assert!((15.9..19.0).contains(&part.begin_s), "{part:?}");
    assert!(
        (part.end_s - part.begin_s - 30.0).abs() < 0.1 && part.heard_s > 60.0,
        "{part:?}"
    );
    let louder_lu = loudest.summary.integrated_lufs - first.summary.integrated_lufs;
    assert!((13.0..15.0).contains(&louder_lu), "{louder_lu}");
    assert!(!report(&client).has_louder_part);
}

/// The clock stands still, so an analysis that waited for a later time would never come.
#[test]
fn full_window_is_analyzed_without_waiting() {
    let _serial = lock(&SERIAL);
    let clock = Clock::Manual(ManualClock::default());
    let service = Service::start(Box::new(|| None), clock);
    let mut members = [listening(&service)];
    // An analysis of a part of the window comes first.
    play(&mut members, |r| r[0].analysis.is_some());
    assert!(!is_music(&report(&members[0].1)));
    play(&mut members, |r| is_music(&r[0]));
}

#[test]
fn changed_context_is_analyzed_again() {
    let _serial = lock(&SERIAL);
    let service = start(|| None);
    let mut members = [listening(&service)];
    play(&mut members, |r| is_music(&r[0]));
    let client = &members[0].1;
    client.set_context(&Context {
        delivery: *flow_dsp::Delivery::find("club").unwrap(),
        ..Context::default()
    });
    wait_for(|| {
        let analysis = report(client).analysis.unwrap();
        analysis
            .proposals
            .iter()
            .any(|p| p.id == ParameterId::LoudnessGain)
    });
}

/// An editor shows the analysis from before it was closed, and users load references while nothing plays.
#[test]
fn changed_context_during_pause_is_analyzed_without_audio() {
    let _serial = lock(&SERIAL);
    let service = start(|| None);
    let mut members = [listening(&service), Client::new(service.clone())];
    play(&mut members, |r| is_music(&r[0]));
    let [(_, client), (_, silent)] = &members;
    client.set_listening(false);
    let context = Context {
        reference_target: ReferenceTarget {
            references: vec![bright_reference()].into(),
            ..ReferenceTarget::default()
        },
        ..Context::default()
    };
    client.set_context(&context);
    silent.set_context(&context);
    wait_for(|| report(client).analysis.unwrap().reference_match.is_some());
    assert!(!client.instance.tap.is_enabled());
    assert_eq!(report(silent).analysis, None);
    assert_eq!(client.stats().fallbacks, 0);
}

#[test]
fn assistant_off_disables_tap_and_discards_analysis() {
    let _serial = lock(&SERIAL);
    let service = start(|| None);
    let mut members = [listening(&service)];
    let is_enabled = |members: &[(AudioHandle, Client)]| members[0].1.instance.tap.is_enabled();
    play(&mut members, |r| r[0].progress > 0.1);
    FLAGS.set(Flag::Assistant, false);
    wait_for(|| !is_enabled(&members));
    FLAGS.set(Flag::Assistant, true);
    play(&mut members, |r| is_music(&r[0]));

    FLAGS.set(Flag::Assistant, false);
    wait_for(|| !is_enabled(&members));
    FLAGS.set(Flag::Assistant, true);
    members[0].1.set_listening(true);
    wait_for(|| report(&members[0].1).progress == 0.0);
}
