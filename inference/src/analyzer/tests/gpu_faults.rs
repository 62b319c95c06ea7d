//! A GPU that fails in every way that one can.

use std::sync::mpsc::channel;

use flow_platform::background_task::{BackgroundTask, TaskConfig};

use super::*;

fn slow() -> Candidate {
    candidate(Backend::F32, fake(10).0)
}

#[test]
fn a_gpu_that_fails_is_replaced_within_one_window_and_remembered() {
    for (mood, said) in [
        (Mood::Failing, "the network lost wgpu: it was lost"),
        (
            Mood::NotANumber,
            "the network lost wgpu: its answers are no numbers",
        ),
        (Mood::Panicking, "the network lost wgpu: its thread ended"),
        (
            Mood::Hanging,
            "the network lost wgpu: no answer within 1500 ms",
        ),
    ] {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let store = || TimingCache::open(Some(folder.path()), "one".into());
        let (open, strings, _) = fast_card(false);
        let mut engine = engine_of(vec![slow()], open, store());
        let window = window();
        let expected = opinion(&mut engine, &window);
        prepare(&mut engine);
        assert_eq!(engine.choice.backend(), Backend::Gpu);
        assert_eq!(opinion(&mut engine, &window), expected);

        strings.set(mood);
        let stuck_before = THREADS.abandoned_running();
        FLAGS.set(Flag::Cache, false);
        let begin = Instant::now();
        assert_eq!(opinion(&mut engine, &window), expected);
        FLAGS.set(Flag::Cache, true);
        assert!(begin.elapsed() < Duration::from_secs(2), "{said}");
        let runs = engine.status().unwrap();
        assert_eq!((runs.backend, runs.failures), ("f32", 1));
        assert!(said.ends_with(&runs.graphics), "{}", runs.graphics);
        assert_logged(log::Level::Warn, said);
        assert_eq!(
            THREADS.abandoned_running() > stuck_before,
            mood == Mood::Hanging
        );

        let store = store();
        let failure = store.failure().expect("it is remembered");
        assert_eq!(failure.on, "A card, 1.0");
        let begin = Instant::now();
        drop(engine);
        assert!(begin.elapsed() < Duration::from_millis(400));
    }
}

#[test]
fn a_gpu_whose_answers_are_wrong_is_never_asked() {
    for mood in [Mood::Wrong, Mood::NotANumber, Mood::Failing] {
        let _alone = alone();
        let (open, strings, _) = fast_card(false);
        strings.set(mood);
        let mut engine = engine_of(vec![slow()], open, no_store());
        prepare(&mut engine);
        assert_eq!(strings.runs(), 1, "to see whether it can be trusted");
        assert!(opinion(&mut engine, &window()).is_some());
        assert_eq!((strings.runs(), engine.choice.failures()), (1, 0));
        assert_logged(
            log::Level::Warn,
            "the GPU \"A card, 1.0\" can't be used: it",
        );
    }
}

#[test]
fn an_adapter_that_cannot_be_opened_is_not_tried_in_the_next_session() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let store = || TimingCache::open(Some(folder.path()), "one".into());
    let halfway = || Err(ModelError::new("it has no memory left"));
    let (open, opened) = opening(card(false), TIMEOUT, halfway);
    let mut engine = engine_of(vec![slow()], open, store());
    prepare(&mut engine);
    assert_eq!(
        (engine.choice.graphics(), opened.load(Relaxed)),
        ("it has no memory left".into(), 1)
    );
    assert_logged(
        log::Level::Warn,
        "the GPU \"A card, 1.0\" can't be used: it has no memory left",
    );
    // Its maker is told, see `gpu_probe::opener`.
    let told = Arc::new(Mutex::new(None));
    let tell = told.clone();
    let (mut inner, _) = opening(card(false), TIMEOUT, halfway);
    let open: Open = Box::new(move |failure| {
        *tell.lock().unwrap() = failure;
        inner.as_mut().unwrap()(None)
    });
    let mut engine = engine_of(vec![slow()], Some(open), store());
    prepare(&mut engine);
    assert_eq!(told.lock().unwrap().as_ref().unwrap().on, "A card, 1.0");
}

#[test]
fn software_that_poses_as_a_gpu_is_never_chosen() {
    let _alone = alone();
    let (open, strings, _) = fast_card(true);
    let mut engine = engine_of(vec![slow()], open, no_store());
    prepare(&mut engine);
    assert_eq!(engine.choice.backend(), Backend::F32);
    assert_eq!(strings.runs(), 1, "it was looked at once");
}

/// As if they had been measured.
fn figures(backend: Backend, on: &str, ns: u64) -> [BackendTiming; 2] {
    timing::BATCHES.map(|batch| BackendTiming {
        backend,
        on: on.into(),
        batch,
        least_ns: ns,
        median_ns: ns,
    })
}

/// What was measured of it counts once, however often it comes and goes.
#[test]
fn a_gpu_that_comes_back_is_as_fast_as_before() {
    let _alone = alone();
    let (open, _, opened) = fast_card(false);
    let mut store = no_store();
    store.keep_figures(&figures(Backend::Gpu, "A card, 1.0", 2_000));
    store.keep_figures(&figures(Backend::F32, "here", 3_000));
    let mut engine = engine_of(vec![slow()], open, store);
    for count in 1..=3 {
        prepare(&mut engine);
        assert_eq!(opened.load(Relaxed), count);
        assert_eq!(engine.choice.backend(), Backend::Gpu);
        let reason = engine.choice.reason();
        assert!(reason.contains("wgpu (A card, 1.0) 8 µs"), "{reason}");
        FLAGS.set(Flag::Gpu, false);
        engine.follow();
        FLAGS.set(Flag::Gpu, true);
    }
}

/// Each answer is a step of its own, and there are no more of them than it takes to see that it has lost.
#[test]
fn a_gpu_that_is_far_too_slow_is_not_waited_for_again_and_again() {
    let _alone = alone();
    let (_, strings) = fake(0);
    let of_card = strings.clone();
    let make = move || {
        let (mut fake, _) = fake(400);
        fake.strings = of_card.clone();
        Ok(Box::new(fake) as _)
    };
    let (open, _) = opening(card(false), TIMEOUT, make);
    let (fast, _) = fake(0);
    let mut engine = engine_of(vec![candidate(Backend::F32, fast)], open, no_store());
    let begin = Instant::now();
    while strings.runs() < 3 {
        let before = strings.runs();
        engine.prepare();
        assert!(strings.runs() <= before + 1);
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
    prepare(&mut engine);
    assert_eq!(strings.runs(), 3, "a check, one to warm up, and one");
    assert_eq!(engine.choice.backend(), Backend::F32);
    let reason = engine.choice.reason();
    assert!(reason.contains("wgpu (A card, 1.0)"), "{reason}");
}

/// Nobody looks while it is off; it may have failed, and whoever switches it off and on wants it tried again.
#[test]
fn a_gpu_that_was_off_for_a_moment_is_tried_anew() {
    let _alone = alone();
    let (open, _, opened) = fast_card(false);
    let mut engine = engine_of(vec![slow()], open, no_store());
    prepare(&mut engine);
    engine.follow();
    FLAGS.set(Flag::Gpu, false);
    FLAGS.set(Flag::Gpu, true);
    engine.follow();
    assert_eq!(engine.choice.backend(), Backend::F32);
    prepare(&mut engine);
    assert_eq!(opened.load(Relaxed), 2);
}

/// Without anything to hold it against it isn't used, but that says nothing of it.
#[test]
fn a_gpu_is_not_blamed_for_what_f32_does() {
    let _alone = alone();
    let (open, _, _) = fast_card(false);
    let folder = tempfile::tempdir().unwrap();
    let store = || TimingCache::open(Some(folder.path()), "one".into());
    let integers = vec![candidate(Backend::Int8, fake(0).0)];
    let mut engine = engine_of(integers, open, store());
    prepare(&mut engine);
    assert_eq!(engine.choice.graphics(), "there is nothing to check it by");
    assert_eq!(store().failure(), None);
}

#[test]
fn no_second_device_is_opened_while_a_driver_holds_the_first() {
    let _alone = alone();
    let (open, _, opened) = fast_card(false);
    let mut engine = engine_of(vec![slow()], open, no_store());
    let (release, held) = channel::<()>();
    let config = TaskConfig {
        counts: &THREADS,
        ..TaskConfig::new("test")
    };
    let mut task = BackgroundTask::spawn(config, move |_| held.recv().is_ok()).unwrap();
    task.abandon();
    prepare(&mut engine);
    assert_eq!(opened.load(Relaxed), 0);
    assert!(engine.choice.graphics().contains("still holds"));
    drop(release);
    drop(task);
    assert_eq!(THREADS.abandoned_running(), 0);
    prepare(&mut engine);
    assert_eq!(opened.load(Relaxed), 1);
}

/// The flag keeps every hand off the GPU, also from measuring it, and takes it away at once.
#[test]
fn a_gpu_that_is_forbidden_is_not_touched() {
    let _alone = alone();
    FLAGS.set(Flag::Gpu, false);
    let (open, strings, opened) = fast_card(false);
    let mut engine = engine_of(vec![slow()], open, no_store());
    prepare(&mut engine);
    assert_eq!(opened.load(Relaxed), 0);

    FLAGS.set(Flag::Gpu, true);
    prepare(&mut engine);
    assert_eq!(opened.load(Relaxed), 1);
    assert_eq!(engine.choice.backend(), Backend::Gpu);
    assert_eq!(engine.status().unwrap().graphics, "A card, 1.0");

    // Its thread has ended with it, and its memory went back: only the maker holds the strings' other end.
    FLAGS.set(Flag::Gpu, false);
    let (window, before) = (window(), strings.runs());
    assert!(opinion(&mut engine, &window).is_some());
    prepare(&mut engine);
    assert_eq!(
        (strings.runs(), engine.choice.backend()),
        (before, Backend::F32)
    );
    let begin = Instant::now();
    while Arc::strong_count(&strings.runs) > 2 {
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "it is still held"
        );
    }
    FLAGS.set(Flag::Gpu, true);
    prepare(&mut engine);
    assert_eq!(
        (opened.load(Relaxed), engine.choice.backend()),
        (2, Backend::Gpu)
    );
}

#[test]
fn a_gpu_is_left_alone_while_audio_is_short_of_time() {
    let _alone = alone();
    let (open, strings, _) = fast_card(false);
    let mut engine = engine_of(vec![slow()], open, no_store());
    prepare(&mut engine);
    assert_eq!(engine.choice.backend(), Backend::Gpu);
    let (window, before) = (window(), strings.runs());
    assert!(engine.predictions(&[&window], true)[0].is_some());
    assert_eq!(strings.runs(), before);
    let runs = engine.status().unwrap();
    assert_eq!(
        runs.backend, "f32",
        "who has answered, not who usually does"
    );
    assert!(runs.reason.contains("short of time"), "{}", runs.reason);
    assert!(engine.predictions(&[&window], false)[0].is_some());
    assert_eq!(strings.runs(), before + 1);
    assert_eq!(engine.status().unwrap().backend, "wgpu");
}

#[cfg(feature = "gpu")]
mod lavapipe {
    //! With a real driver, though it is one of software.

    use super::*;
    use crate::gpu::{AdapterHandle, GpuExecutor, held_bytes};

    /// Processors that play the GPU may be busy.
    const LONG: Duration = Duration::from_secs(100);

    fn found() -> AdapterHandle {
        AdapterHandle::find(true).expect("Mesa's lavapipe (mesa-vulkan-drivers)")
    }

    fn gpu() -> Result<GpuExecutor, ModelError> {
        GpuExecutor::new(&shipped::F32.load()?.1, found().open(u64::MAX)?)
    }

    /// Loses its device between giving it a batch and asking for the result.
    struct Doomed {
        gpu: GpuExecutor,
        is_lost: Arc<AtomicU32>,
    }

    impl Executor for Doomed {
        fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
            let lose = self.is_lost.load(Relaxed) > 0;
            self.gpu.run_and(mel, |gpu| {
                if lose {
                    gpu.lose();
                }
            })
        }
    }

    #[test]
    fn a_device_that_is_lost_in_flight_is_replaced_within_the_window() {
        let _alone = alone();
        let is_lost = Arc::new(AtomicU32::new(0));
        let lost = is_lost.clone();
        let make = move || {
            let is_lost = lost.clone();
            Ok(Box::new(Doomed {
                gpu: gpu()?,
                is_lost,
            }) as _)
        };
        let (open, _) = opening(card(false), LONG, make);
        // As if it had been measured to be the faster one.
        let mut store = no_store();
        store.keep_figures(&figures(Backend::Gpu, "A card, 1.0", 1));
        store.keep_figures(&figures(Backend::F32, "here", 2));
        let mut engine = engine_of(vec![slow()], open, store);
        let window = window();
        let expected = opinion(&mut engine, &window);
        prepare(&mut engine);
        assert_eq!(engine.choice.backend(), Backend::Gpu);
        assert!(engine.status().unwrap().graphics_bytes > 1 << 20);
        FLAGS.set(Flag::Cache, false);
        let by_gpu = opinion(&mut engine, &window);
        is_lost.store(1, Relaxed);
        let after = opinion(&mut engine, &window);
        FLAGS.set(Flag::Cache, true);
        assert!(by_gpu.is_some());
        assert_eq!(after, expected);
        assert_eq!(engine.status().unwrap().backend, "f32");
        assert_logged(log::Level::Warn, "the network lost wgpu: the GPU");
    }

    #[test]
    fn an_adapter_that_fails_half_way_is_left_alone() {
        let _alone = alone();
        // The device is open by then, and holds some of what it needs.
        let make = || {
            let gpu = GpuExecutor::new(&shipped::F32.load()?.1, found().open(100_000)?)?;
            Ok(Box::new(gpu) as _)
        };
        let (open, _) = opening(card(false), LONG, make);
        let mut engine = engine_of(vec![slow()], open, no_store());
        prepare(&mut engine);
        assert!(opinion(&mut engine, &window()).is_some());
        assert_logged(
            log::Level::Warn,
            "can't be used: it needs more than 100000 bytes of the GPU",
        );
        assert_eq!(held_bytes(), 0);
    }
}
