//! Members come and go as hosts make them.

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;

use flow_demo_song::{CHORUS_SECONDS, demo_excerpt, demo_song};
use flow_dsp::Spec;
use flow_testkit::signals::Noise;
use flow_testkit::signals::voices::{speech, tune};

use super::*;
use crate::probe::Trace;
use crate::tap::PIECE_FRAMES;
use flow_analysis::analysis::{Analysis, Context, Heard};
use flow_analysis::analyst::Question;
use flow_analysis::features::Window;
use flow_analysis::goal::Goal;
use flow_analysis::reference::Reference;
use flow_analysis::rules::Rules;
use flow_platform::flags::{FLAGS, Flag};

/// The flags and the threads are of the whole process, and each test runs in one of its own with nextest only.
static ALONE: Mutex<()> = Mutex::new(());

/// Enough for ThreadSanitizer too.
const PATIENCE: Duration = Duration::from_secs(100);

/// Feeds music, faster than it plays, until a report is as wanted.
fn play(
    members: &mut [(AudioSide, Client)],
    mut until: impl FnMut(&[Report]) -> bool,
) -> Vec<Report> {
    let audio = demo_excerpt(48_000, CHORUS_SECONDS, 12.0);
    let channels = audio.slices();
    let begin = Instant::now();
    let mut at = 0;
    loop {
        for (side, _) in members.iter_mut() {
            let now_ns = clock::now_ns();
            let block = [&channels[0][at..at + 480], &channels[1][at..at + 480]];
            side.feed(&block);
            side.finish(now_ns, now_ns + 1000, 480);
        }
        at = (at + 480) % (channels[0].len() - 480);
        let now_ns = clock::now_ns();
        let reports: Vec<_> = members
            .iter()
            .map(|(_, client)| client.newest(now_ns))
            .collect();
        if until(&reports) {
            return reports;
        }
        assert!(begin.elapsed() < PATIENCE, "{reports:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn is_music(report: &Report) -> bool {
    report
        .analysis
        .as_ref()
        .is_some_and(|a| a.heard == Heard::Music)
}

/// The demo song with more treble.
fn bright_reference() -> Reference {
    let brighter = |channel: &Vec<f32>| -> Vec<f32> {
        let before = std::iter::once(&0.0).chain(channel);
        channel
            .iter()
            .zip(before)
            .map(|(x, b)| 2.0 * x - b)
            .collect()
    };
    let song = demo_song(48_000);
    let [left, right] = [0, 1].map(|c| brighter(&song.channels[c]));
    Reference::new("Bright", &Window::of(Spec::default(), &left, &right)).unwrap()
}

fn wait_for(what: impl Fn() -> bool) {
    let begin = Instant::now();
    while !what() {
        assert!(begin.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(1));
    }
}

/// Until all whole pieces of so many frames were fetched.
fn wait_until_heard(client: &Client, fed_frames: usize) {
    let whole = (fed_frames - fed_frames % PIECE_FRAMES) as u64;
    wait_for(|| client.newest(clock::now_ns()).heard_frames >= whole);
}

fn listening(service: &Arc<Service>) -> (AudioSide, Client) {
    let (mut audio, client) = service.join();
    // Blocks come faster than real time here: as an offline run.
    audio.prepare(48_000.0, false);
    client.listen(true);
    (audio, client)
}

#[test]
fn music_becomes_an_analysis_for_each_member() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    let mut members = [listening(&service), service.join(), listening(&service)];
    let reports = play(&mut members, |r| is_music(&r[0]) && is_music(&r[2]));
    assert!(reports[0].progress == 1.0 && reports[1].analysis.is_none());
    let counts = members[0].1.counts();
    assert!(counts.slices > 0 && counts.panics == 0 && counts.deferred == 0);

    // A pause forgets nothing; what is forgotten is heard anew.
    members[0].1.listen(false);
    members[0].1.listen(true);
    assert!(is_music(&members[0].1.newest(clock::now_ns())));
    members[0].1.forget();
    let reports = play(&mut members, |r| r[0].progress < 0.5);
    assert!(reports[0].progress < 0.5 && !is_music(&reports[0]));
    play(&mut members, |r| is_music(&r[0]));
}

/// Plays audio in blocks of a length to a listener, until an analysis of music is there.
fn analysis_in_blocks(
    audio: &flow_audio_file::Audio,
    block: usize,
    service: &Arc<Service>,
) -> Report {
    let (mut side, client) = listening(service);
    let [left, right] = audio.slices()[..] else {
        panic!("stereo")
    };
    for at in (0..left.len()).step_by(block) {
        let end = (at + block).min(left.len());
        side.feed(&[&left[at..end], &right[at..end]]);
        // Nothing is dropped, however busy the machine is: each third of a second waits until it was fetched.
        if at / 16_384 != end / 16_384 {
            wait_until_heard(&client, end);
        }
    }
    assert_eq!(client.dropped_frames(), 0);
    wait_for(|| client.newest(clock::now_ns()).has_more);
    client.newest(clock::now_ns())
}

#[test]
fn the_same_playback_gives_the_same_analysis_whatever_the_blocks() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    // Enough for a second window, which changes nothing by itself.
    let audio = demo_excerpt(48_000, CHORUS_SECONDS, 22.0);
    let reports = [64, 480, 3001].map(|block| analysis_in_blocks(&audio, block, &service));
    for report in &reports {
        assert_eq!(report.analysis, reports[0].analysis);
        let seconds = report.analysis.as_ref().unwrap().summary.seconds;
        assert!((seconds - 10.24).abs() < 1e-3, "{seconds}");
    }
}

#[test]
fn a_single_instrument_stays_and_after_speech_listening_goes_on() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    let alone = tune(48_000, 2, 22.0, f64::INFINITY);
    let report = analysis_in_blocks(&alone, 480, &service);
    let analysis = report.analysis.unwrap();
    assert_eq!(analysis.heard, Heard::SingleInstrument);
    assert!((analysis.summary.seconds - 10.24).abs() < 1e-3);

    let mut both = speech(48_000, 2, 11.0, 120.0);
    let song = demo_excerpt(48_000, CHORUS_SECONDS, 25.0);
    for (channel, more) in both.channels.iter_mut().zip(&song.channels) {
        channel.extend_from_slice(more);
    }
    assert!(is_music(&analysis_in_blocks(&both, 480, &service)));
}

/// In real time, rounds without a new window come between the speech and the music.
#[test]
fn after_speech_music_is_heard_however_slowly_it_comes() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    let (mut side, client) = listening(&service);
    let mut fed = 0;
    let mut play = |audio: &flow_audio_file::Audio, pause: Duration| {
        let [left, right] = audio.slices()[..] else {
            panic!("stereo")
        };
        // Whole pieces only: what is left of one isn't fetched.
        for (left, right) in left.chunks_exact(16_384).zip(right.chunks_exact(16_384)) {
            side.feed(&[left, right]);
            fed += left.len();
            wait_until_heard(&client, fed);
            thread::sleep(pause);
        }
    };
    play(&speech(48_000, 2, 14.0, 120.0), Duration::ZERO);
    wait_for(|| {
        let report = client.newest(clock::now_ns());
        report.analysis.is_some_and(|a| a.heard == Heard::Speech)
    });
    // So slowly that rounds of a quarter of a second come between, and enough for what begins with speech.
    play(
        &demo_excerpt(48_000, CHORUS_SECONDS, 25.0),
        Duration::from_millis(45),
    );
    wait_for(|| is_music(&client.newest(clock::now_ns())));
}

#[test]
fn more_is_judged_when_it_is_asked_for() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    let mut members = [listening(&service)];
    let reports = play(&mut members, |r| r[0].has_more);
    let first = reports[0].analysis.clone().unwrap();
    members[0].1.go_on();
    wait_for(|| {
        let newest = members[0].1.newest(clock::now_ns()).analysis.unwrap();
        newest.summary.seconds > first.summary.seconds + 10.0
    });
    assert!(!members[0].1.newest(clock::now_ns()).has_more);
}

#[test]
fn a_full_window_is_analysed_within_50_ms() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    let audio = demo_excerpt(48_000, CHORUS_SECONDS, 12.0);
    let [left, right] = audio.slices()[..] else {
        panic!("stereo")
    };
    let mut took = Vec::new();
    for _ in 0..5 {
        let mut members = [listening(&service)];
        play(&mut members, |r| r[0].progress > 0.97);
        let (side, client) = &mut members[0];
        let mut at = 0;
        let until = loop {
            // Piece by piece, each with time to be taken in, so that the one that fills the window is known.
            side.feed(&[&left[at..at + 512], &right[at..at + 512]]);
            at += 512;
            let begin = Instant::now();
            let is_done = || is_music(&client.newest(clock::now_ns()));
            while !is_done() && begin.elapsed() < Duration::from_millis(100) {
                thread::sleep(Duration::from_micros(200));
            }
            if is_done() {
                break begin.elapsed();
            }
        };
        took.push(until);
    }
    took.sort();
    println!("from the last piece of a full window to the analysis: {took:?}");
    // The best of them: the others may have met whatever else the machine does.
    assert!(took[0] < Duration::from_millis(50), "{took:?}");
}

#[test]
fn a_changed_setting_is_judged_anew() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    let mut members = [listening(&service)];
    play(&mut members, |r| is_music(&r[0]));
    let context = Context {
        delivery: *flow_dsp::Delivery::find("club").unwrap(),
        ..Context::default()
    };
    members[0].1.set_context(&context);
    wait_for(|| {
        let report = members[0].1.newest(clock::now_ns());
        let proposals = &report.analysis.as_ref().unwrap().proposals;
        proposals.iter().any(|p| p.id == "gain")
    });
}

/// A window shows what was heard before it was closed, and references are loaded while nothing plays.
#[test]
fn what_is_set_during_a_pause_is_judged_and_nothing_is_heard() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    let mut members = [listening(&service), service.join()];
    play(&mut members, |r| is_music(&r[0]));
    members[0].1.listen(false);
    let context = Context {
        goal: Goal {
            references: vec![bright_reference()].into(),
            ..Goal::default()
        },
        ..Context::default()
    };
    for (_, client) in &members {
        client.set_context(&context);
    }
    let newest = |member: usize| members[member].1.newest(clock::now_ns());
    wait_for(|| newest(0).analysis.as_ref().unwrap().led.is_some());
    assert!(!members[0].1.slot.tap.is_wanted());
    // Where nothing was heard there is nothing to judge.
    assert_eq!(newest(1).analysis, None);
    assert_eq!(members[0].1.counts().fallbacks, 0);
}

#[test]
fn without_the_assistant_nothing_is_fetched() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    let mut members = [listening(&service)];
    play(&mut members, |r| r[0].progress > 0.1);
    FLAGS.set(Flag::Assistant, false);
    wait_for(|| !members[0].1.slot.tap.is_wanted());
    FLAGS.set(Flag::Assistant, true);
    play(&mut members, |r| is_music(&r[0]));

    // What was found before a pause is gone after it.
    FLAGS.set(Flag::Assistant, false);
    wait_for(|| !members[0].1.slot.tap.is_wanted());
    FLAGS.set(Flag::Assistant, true);
    members[0].1.listen(true);
    wait_for(|| members[0].1.newest(clock::now_ns()).progress == 0.0);
}

#[test]
fn work_waits_while_audio_is_short_of_time() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| None);
    let mut members = [listening(&service)];
    let (mut busy, _client) = service.join();
    busy.prepare(48_000.0, true);
    let begin = Instant::now();
    // 0.95 of the deadline, for a second.
    while begin.elapsed() < Duration::from_secs(1) {
        let now_ns = clock::now_ns();
        busy.finish(now_ns - 9_500_000, now_ns, 480);
        members[0].0.feed(&[[0.1_f32; 480]]);
        thread::sleep(Duration::from_millis(2));
    }
    let report = members[0].1.newest(clock::now_ns());
    let counts = members[0].1.counts();
    assert_eq!(counts.aged, 0);
    assert!(
        counts.deferred > 0,
        "counted at once, not with the next result"
    );
    assert!(report.progress < 0.1, "{report:?}");
    // The other one stops: it is at rest soon.
    play(&mut members, |r| is_music(&r[0]));
}

struct Clumsy;

impl Analyst for Clumsy {
    fn name(&self) -> &'static str {
        // On the way out of the first panic: this one is the service's to catch.
        panic!("on purpose, again")
    }

    fn analyse(&mut self, _: &[Question<'_>], _: bool) -> Vec<Option<Analysis>> {
        panic!("on purpose")
    }
}

#[test]
fn a_panic_ends_neither_the_service_nor_the_others() {
    let _alone = lock(&ALONE);
    log::set_max_level(log::LevelFilter::Warn);
    let service = Service::start(|| Some(Box::new(Clumsy)));
    let (mut members, panics) = ([listening(&service), listening(&service)], 1);
    let reports = play(&mut members, |r| is_music(&r[0]) && is_music(&r[1]));
    let counts = members[0].1.counts();
    assert!(counts.panics <= panics && counts.fallbacks <= 1);
    assert_eq!(reports[0].analysis.as_ref().unwrap().analyst, "rules");
}

static GPU_SEEN: AtomicBool = AtomicBool::new(true);

/// Has a GPU that a flag takes away.
struct Obedient;

impl Analyst for Obedient {
    fn name(&self) -> &'static str {
        "obedient"
    }

    fn follow(&mut self) {
        GPU_SEEN.store(FLAGS.is_on(Flag::Gpu), Relaxed);
    }

    fn analyse(&mut self, questions: &[Question<'_>], pressed: bool) -> Vec<Option<Analysis>> {
        Rules.analyse(questions, pressed)
    }
}

#[test]
fn flags_are_followed_while_nobody_listens() {
    let _alone = lock(&ALONE);
    let service = Service::start(|| Some(Box::new(Obedient)));
    let mut members = [listening(&service)];
    play(&mut members, |r| is_music(&r[0]));
    members[0].1.listen(false);
    for on in [false, true] {
        FLAGS.set(Flag::Gpu, on);
        members[0].1.listen(false);
        wait_for(|| GPU_SEEN.load(Relaxed) == on);
    }
}

static ASKED: AtomicBool = AtomicBool::new(false);
static RELEASED: AtomicBool = AtomicBool::new(false);

struct Stubborn;

impl Analyst for Stubborn {
    fn name(&self) -> &'static str {
        "stubborn"
    }

    fn analyse(&mut self, questions: &[Question<'_>], pressed: bool) -> Vec<Option<Analysis>> {
        ASKED.store(true, Relaxed);
        while !RELEASED.load(Relaxed) {
            thread::sleep(Duration::from_millis(1));
        }
        Rules.analyse(questions, pressed)
    }
}

#[test]
fn a_thread_that_does_not_end_is_left_behind_in_time() {
    let _alone = lock(&ALONE);
    RELEASED.store(false, Relaxed);
    let service = Service::start(|| Some(Box::new(Stubborn)));
    let (before, runs) = (stuck(), running());
    let (mut audio, client) = listening(&service);
    drop(service);
    for _ in 0..100 {
        audio.feed(&[[0.1_f32; 480]]);
    }
    wait_for(|| ASKED.load(Relaxed));
    let begin = Instant::now();
    drop(client);
    assert!(
        begin.elapsed() < FAREWELL + Duration::from_millis(300),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(stuck(), before + 1);
    // What is left of the instance may still be used.
    audio.feed(&[[0.1_f32; 480]]);
    RELEASED.store(true, Relaxed);
    wait_for(|| running() < runs);
}

#[test]
fn an_idle_service_ends_at_once() {
    let _alone = lock(&ALONE);
    let members: Vec<_> = (0..10).map(|_| join(|| None)).collect();
    assert_eq!(running(), 1);
    let begin = Instant::now();
    drop(members);
    assert!(
        begin.elapsed() < Duration::from_millis(250),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!((running(), lock(&CURRENT).strong_count()), (0, 0));
}

#[test]
fn storms_of_members_from_many_threads() {
    let _alone = lock(&ALONE);
    let stuck_before = stuck();
    thread::scope(|scope| {
        for seed in 0..8 {
            scope.spawn(move || {
                let mut noise = Noise::new(seed);
                let mut pick = |n: f64| flow_dsp::math::samples(noise.bipolar().abs() * (n - 1.0));
                let mut members = Vec::new();
                let block = [[0.25_f32; 64]; 2];
                for _ in 0..400 {
                    match pick(8.0) {
                        0 | 1 => {
                            let (mut audio, client) = join(|| None);
                            audio.prepare(48_000.0, pick(2.0) == 0);
                            client.listen(true);
                            members.push((Some(audio), Some(client)));
                        }
                        // Audio side first, or client first, or both together.
                        2 if !members.is_empty() => {
                            drop(members.swap_remove(pick(9.0) % members.len()))
                        }
                        3 => members
                            .iter_mut()
                            .take(1)
                            .for_each(|m: &mut (Option<AudioSide>, _)| m.0 = None),
                        4 => members
                            .iter_mut()
                            .take(1)
                            .for_each(|m: &mut (_, Option<Client>)| m.1 = None),
                        5 => {
                            for client in members.iter().filter_map(|m| m.1.as_ref()) {
                                client.listen(pick(2.0) == 0);
                                client.set_context(&Context::default());
                                let _ = client.newest(clock::now_ns());
                            }
                        }
                        _ => {
                            for audio in members.iter_mut().filter_map(|m| m.0.as_mut()) {
                                let now_ns = clock::now_ns();
                                (0..20).for_each(|_| audio.feed(&block));
                                audio.finish(now_ns, now_ns + 100, 64);
                            }
                        }
                    }
                    if members.len() > 6 {
                        members.clear();
                    }
                }
            });
        }
    });
    assert_eq!((running(), stuck()), (0, stuck_before));
    assert_eq!(lock(&CURRENT).strong_count(), 0);
}

#[test]
fn audio_and_window_may_go_on_in_their_own_threads() {
    let _alone = lock(&ALONE);
    let (mut audio, client) = join(|| None);
    audio.prepare(48_000.0, true);
    client.listen(true);
    let (done, is_done) = channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            let block = [[0.25_f32; 64]; 2];
            for _ in 0..2000 {
                let now_ns = clock::now_ns();
                audio.feed(&block);
                audio.finish(now_ns, now_ns + 100, 64);
                thread::sleep(Duration::from_micros(50));
            }
            done.send(()).unwrap();
        });
        while is_done.try_recv().is_err() {
            let report = client.newest(clock::now_ns());
            assert!((0.0..=1.0).contains(&report.progress));
            client.drew(clock::now_ns(), clock::now_ns());
            thread::yield_now();
        }
    });
    assert!(client.load().callbacks == 2000);
}

#[test]
fn the_probe_sees_all_tiers() {
    let _alone = lock(&ALONE);
    FLAGS.set(Flag::Probe, true);
    let service = Service::start(|| None);
    let mut members = [listening(&service)];
    members[0].0.prepare(48_000.0, true);
    play(&mut members, |r| {
        r[0].progress > 0.2 && r[0].analysis.is_some()
    });
    let now_ns = clock::now_ns();
    members[0].1.drew(now_ns, now_ns + 1000);
    members[0].0.finish(now_ns, now_ns + 50_000_000, 480);
    FLAGS.set(Flag::Gpu, false);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("probe.json");
    members[0]
        .1
        .export_probe(path.clone())
        .recv_timeout(PATIENCE)
        .unwrap()
        .unwrap();
    FLAGS.set(Flag::Gpu, true);
    FLAGS.set(Flag::Probe, false);
    assert!(members[0].1.has_recording());
    let trace = Trace::read(&path).unwrap();
    for name in [
        "Block",
        "Listen",
        "Analyse",
        "Draw",
        "Missed deadline",
        "Flags",
        "Backend",
        "Load 0",
    ] {
        assert!(trace.trace_events.iter().any(|e| e.name == name), "{name}");
    }
}

/// What it was asked to do, in order.
#[derive(Clone, Debug, PartialEq)]
enum Asked {
    Prepare,
    Analyse { windows: usize, pressed: bool },
}

struct Recorder {
    left_to_prepare: u32,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Analyst for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn prepare(&mut self) -> bool {
        let more = self.left_to_prepare > 0;
        self.left_to_prepare -= u32::from(more);
        if more {
            lock(&self.asked).push(Asked::Prepare);
        }
        more
    }

    fn analyse(&mut self, questions: &[Question<'_>], pressed: bool) -> Vec<Option<Analysis>> {
        lock(&self.asked).push(Asked::Analyse {
            windows: questions.len(),
            pressed,
        });
        Rules.analyse(questions, pressed)
    }
}

fn recorded() -> (Arc<Service>, Arc<Mutex<Vec<Asked>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let recorder = Recorder {
        left_to_prepare: 5,
        asked: asked.clone(),
    };
    (Service::start(|| Some(Box::new(recorder))), asked)
}

#[test]
fn everything_is_prepared_before_the_first_analysis() {
    let _alone = lock(&ALONE);
    let (service, asked) = recorded();
    thread::sleep(Duration::from_millis(50));
    assert!(lock(&asked).is_empty(), "nobody listens yet");
    let mut members = [listening(&service)];
    play(&mut members, |r| is_music(&r[0]));
    let asked = lock(&asked);
    assert_eq!(asked[..5], [const { Asked::Prepare }; 5]);
    let analyse = |a: &Asked| matches!(a, Asked::Analyse { pressed: false, .. });
    assert!(asked[5..].iter().all(analyse), "{asked:?}");
}

#[test]
fn instances_are_analysed_together() {
    let _alone = lock(&ALONE);
    let (service, asked) = recorded();
    let mut members = [listening(&service), listening(&service)];
    play(&mut members, |r| is_music(&r[0]) && is_music(&r[1]));
    // From then on, whenever both have a reason to.
    let both = |a: &Asked| matches!(a, Asked::Analyse { windows: 2, .. });
    for turn in 0..4 {
        let before = lock(&asked).len();
        for (_, client) in &members {
            client.set_context(&Context {
                turn_down: turn % 2 == 0,
                ..Context::default()
            });
        }
        play(&mut members, |_| lock(&asked).len() > before);
        let asked = lock(&asked);
        assert!(asked[before..].iter().all(both), "{asked:?}");
    }
}

#[test]
fn what_ages_is_told_that_audio_is_short_of_time() {
    let _alone = lock(&ALONE);
    let (service, asked) = recorded();
    let (mut busy, _client) = service.join();
    busy.prepare(48_000.0, true);
    let is_over = AtomicBool::new(false);
    let (is_busy, begin) = channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let begin = Instant::now();
            // 0.95 of the deadline, all the time.
            while !is_over.load(Relaxed) && begin.elapsed() < PATIENCE {
                let now_ns = clock::now_ns();
                busy.finish(now_ns - 9_500_000, now_ns, 480);
                let _ = is_busy.send(());
                thread::sleep(Duration::from_millis(5));
            }
        });
        // Until the service has seen it.
        for _ in 0..40 {
            begin.recv().unwrap();
        }
        let mut members = [listening(&service)];
        play(&mut members, |_| !lock(&asked).is_empty());
        is_over.store(true, Relaxed);
    });
    // Nothing was prepared: it would have had to wait for the same.
    let alone = Asked::Analyse {
        windows: 1,
        pressed: true,
    };
    assert_eq!(lock(&asked)[..], [alone]);
}
