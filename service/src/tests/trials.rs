//! Trials of proposals under overload, after a reset, and with a fault.

use flow_analysis::report::{Context, Grade, ParameterChange, Value};
use flow_dsp::Delivery;
use flow_params::ParameterId;
use flow_platform::clock::ManualClock;

use super::*;

/// A client whose delivery asks for more loudness than the song has.
fn listening_for_club(service: &Arc<Service>) -> (AudioHandle, Client) {
    let (audio, client) = listening(service);
    client.set_context(&Context {
        delivery: *Delivery::find("club").unwrap(),
        ..Context::default()
    });
    (audio, client)
}

/// Plays until proposals are on trial.
fn play_until_trial(members: &mut [(AudioHandle, Client)]) {
    play(members, |reports| reports[0].trial_progress.is_some());
}

/// Records a callback that needs 0.95 of its deadline and ends now.
fn overload(audio: &mut AudioHandle, clock: &ManualClock) {
    let now_ns = clock.now_ns();
    audio.finish_callback(now_ns - 9_500_000, now_ns, 480);
}

#[test]
fn trial_waits_while_audio_is_overloaded_and_ends_after_two_seconds() {
    let _serial = lock(&SERIAL);
    let clock = ManualClock::default();
    clock.advance(Duration::from_secs(1));
    let service = Service::start(Box::new(|| None), Clock::Manual(clock.clone()));
    let (mut busy, _client) = Client::new(service.clone());
    busy.prepare(48_000.0, true);
    let mut members = [listening_for_club(&service)];
    play_until_trial(&mut members);
    overload(&mut busy, &clock);
    wait_for(|| service.stats.is_audio_overloaded());
    let client = &members[0].1;
    let progress = report(client).trial_progress;
    assert!(progress.is_some() && !is_music(&report(client)));
    (0..50).for_each(|_| pause());
    assert_eq!(report(client).trial_progress, progress);
    // It has waited for long enough now.
    clock.advance(Duration::from_millis(2500));
    overload(&mut busy, &clock);
    wait_for(|| is_music(&report(client)));
    assert!(service.stats().aged > 0);
}

#[test]
fn reset_during_trial_discards_it() {
    let _serial = lock(&SERIAL);
    let service = start(|| None);
    let mut members = [listening_for_club(&service)];
    play_until_trial(&mut members);
    members[0].1.reset();
    play(&mut members, |r| r[0].progress < 0.5);
    let report = report(&members[0].1);
    assert!(report.trial_progress.is_none() && !is_music(&report));
    play(&mut members, |r| is_music(&r[0]));
}

/// Analyzes by the rules, and adds a proposal to the first music that no parameter accepts.
struct FaultyAnalyzer {
    grade: Option<Grade>,
}

impl Analyzer for FaultyAnalyzer {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn analyze(
        &mut self,
        requests: &[AnalysisRequest<'_>],
        is_overloaded: bool,
    ) -> Vec<Option<Analysis>> {
        let mut analyses = RuleAnalyzer.analyze(requests, is_overloaded);
        for analysis in analyses.iter_mut().flatten() {
            let Some(mut proposal) = analysis.proposals.first().cloned() else {
                continue;
            };
            if let Some(grade) = self.grade.take() {
                proposal.id = ParameterId::Silk;
                [proposal.from, proposal.to] = [0.0, -1.0].map(Value::Decibels);
                proposal.grade = grade;
                proposal.linked = vec![ParameterChange {
                    id: ParameterId::Silk,
                    from: Value::Switch(false),
                    to: Value::Switch(true),
                }];
                analysis.proposals.insert(0, proposal);
            }
        }
        analyses
    }
}

#[test]
fn panic_in_trial_costs_its_audio_alone() {
    let _serial = lock(&SERIAL);
    // The recommended ones are applied when a trial begins, the others while it runs.
    for grade in [Grade::Recommended, Grade::Possible] {
        let service = start(move || Some(Box::new(FaultyAnalyzer { grade: Some(grade) })));
        let mut members = [listening_for_club(&service)];
        play(&mut members, |_| service.stats().panics > 0);
        let reports = play(&mut members, |r| is_music(&r[0]));
        let stats = service.stats();
        assert_eq!((stats.panics, stats.fallbacks), (1, 0), "{grade:?}");
        assert!(reports[0].analysis.as_ref().unwrap().trial.is_some());
    }
}
