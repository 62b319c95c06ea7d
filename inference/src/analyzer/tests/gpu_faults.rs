//! Fake GPUs that fail in every way.

use std::sync::mpsc::channel;

use flow_platform::background_task::{BackgroundTask, TaskConfig};

use super::*;

fn slow() -> Candidate {
    candidate(Backend::F32, fake(10).0)
}

#[test]
fn gpu_that_fails_is_replaced_within_one_window_and_remembered() {
    for (behavior, line) in [
        (Behavior::Failing, "the network lost wgpu: it was lost"),
        (
            Behavior::NotANumber,
            "the network lost wgpu: its outputs aren't finite",
        ),
        (
            Behavior::Panicking,
            "the network lost wgpu: its thread ended",
        ),
        (
            Behavior::Hanging,
            "the network lost wgpu: no answer within 1500 ms",
        ),
    ] {
        let _lock = lock_process();
        let folder = tempfile::tempdir().unwrap();
        let cache = || TimingCache::open(Some(folder.path()), "one".into());
        // A busy machine may take seconds to print the trace of a panic.
        let timeout = match behavior {
            Behavior::Hanging => TIMEOUT,
            _ => Duration::from_secs(240),
        };
        let (probe, control, _) = fast_card_within(timeout, false);
        let mut analyzer = analyzer_of(vec![slow()], probe, cache());
        let window = window();
        let expected = predict(&mut analyzer, &window);
        prepare(&mut analyzer);
        assert_eq!(analyzer.selector.backend(), Backend::Gpu);
        assert_eq!(predict(&mut analyzer, &window), expected);

        control.set(behavior);
        let stuck_before = THREADS.abandoned_running();
        FLAGS.set(Flag::Cache, false);
        // A card that hangs does so until the end of the test. So a prediction that returns hasn't waited for it. The limit is
        // that of a busy machine.
        let begin = Instant::now();
        assert_eq!(predict(&mut analyzer, &window), expected);
        FLAGS.set(Flag::Cache, true);
        assert!(begin.elapsed() < Duration::from_secs(240), "{line}");
        let runs = analyzer.status().unwrap();
        assert_eq!((runs.backend, runs.failures), ("f32", 1));
        assert!(line.ends_with(&runs.graphics), "{}", runs.graphics);
        assert_logged(log::Level::Warn, line);
        assert_eq!(
            THREADS.abandoned_running() > stuck_before,
            behavior == Behavior::Hanging
        );

        let cache = cache();
        let failure = cache.failure().expect("the failure is stored");
        assert_eq!(failure.device, "A card, 1.0");
        // Doesn't wait for the card either.
        let begin = Instant::now();
        drop(analyzer);
        assert!(begin.elapsed() < Duration::from_secs(240), "{line}");
        control.set(Behavior::Correct);
    }
}

#[test]
fn gpu_with_wrong_outputs_is_never_selected() {
    for behavior in [Behavior::Wrong, Behavior::NotANumber, Behavior::Failing] {
        let _lock = lock_process();
        let (probe, control, _) = fast_card(false);
        control.set(behavior);
        let mut analyzer = analyzer_of(vec![slow()], probe, no_cache());
        prepare(&mut analyzer);
        assert_eq!(control.runs(), 1, "the check");
        assert!(predict(&mut analyzer, &window()).is_some());
        assert_eq!((control.runs(), analyzer.selector.failures()), (1, 0));
        assert_logged(
            log::Level::Warn,
            "the GPU \"A card, 1.0\" can't be used: it",
        );
    }
}

#[test]
fn gpu_that_cannot_be_opened_is_not_tried_in_the_next_session() {
    let _lock = lock_process();
    let folder = tempfile::tempdir().unwrap();
    let cache = || TimingCache::open(Some(folder.path()), "one".into());
    let halfway = || Err(ModelError::new("it has no memory left"));
    let (probe, opened) = probe_of(card(false), TIMEOUT, halfway);
    let mut analyzer = analyzer_of(vec![slow()], probe, cache());
    prepare(&mut analyzer);
    assert_eq!(
        (analyzer.selector.gpu_status(), opened.load(Relaxed)),
        ("it has no memory left".into(), 1)
    );
    assert_logged(
        log::Level::Warn,
        "the GPU \"A card, 1.0\" can't be used: it has no memory left",
    );
    // The next session passes the failure to the probe.
    let failure_seen = Arc::new(Mutex::new(None));
    let seen = failure_seen.clone();
    let (mut inner, _) = probe_of(card(false), TIMEOUT, halfway);
    let probe: StartProbe = Box::new(move |failure| {
        *seen.lock().unwrap() = failure;
        inner.as_mut().unwrap()(None)
    });
    let mut analyzer = analyzer_of(vec![slow()], Some(probe), cache());
    prepare(&mut analyzer);
    assert_eq!(
        failure_seen.lock().unwrap().as_ref().unwrap().device,
        "A card, 1.0"
    );
}

#[test]
fn gpu_emulated_in_software_is_never_selected() {
    let _lock = lock_process();
    let (probe, control, _) = fast_card(true);
    let mut analyzer = analyzer_of(vec![slow()], probe, no_cache());
    prepare(&mut analyzer);
    assert_eq!(analyzer.selector.backend(), Backend::F32);
    assert_eq!(control.runs(), 1, "the check");
}

#[test]
fn gpu_switched_off_and_on_keeps_its_timings() {
    let _lock = lock_process();
    let (probe, _, opened) = fast_card(false);
    let mut cache = no_cache();
    cache.store_timings(&BackendTiming::of_all_batches(
        Backend::Gpu,
        "A card, 1.0",
        2_000,
    ));
    cache.store_timings(&BackendTiming::of_all_batches(Backend::F32, "here", 3_000));
    let mut analyzer = analyzer_of(vec![slow()], probe, cache);
    for count in 1..=3 {
        prepare(&mut analyzer);
        assert_eq!(opened.load(Relaxed), count);
        assert_eq!(analyzer.selector.backend(), Backend::Gpu);
        let reason = analyzer.selector.reason();
        assert!(reason.contains("wgpu (A card, 1.0) 8 µs"), "{reason}");
        FLAGS.set(Flag::Gpu, false);
        analyzer.follow();
        FLAGS.set(Flag::Gpu, true);
    }
}

#[test]
fn gpu_far_slower_than_the_cpu_is_measured_with_two_runs() {
    let _lock = lock_process();
    let (_, control) = fake(0);
    let of_card = control.clone();
    let make = move || {
        let (mut fake, _) = fake(400);
        fake.control = of_card.clone();
        Ok(Box::new(fake) as _)
    };
    let (probe, _) = probe_of(card(false), TIMEOUT, make);
    let (fast, _) = fake(0);
    let mut analyzer = analyzer_of(vec![candidate(Backend::F32, fast)], probe, no_cache());
    let begin = Instant::now();
    while control.runs() < 3 {
        let before = control.runs();
        analyzer.prepare();
        assert!(control.runs() <= before + 1);
        assert!(begin.elapsed() < Duration::from_secs(240));
    }
    prepare(&mut analyzer);
    assert_eq!(control.runs(), 3, "the check, a warm-up and a measurement");
    assert_eq!(analyzer.selector.backend(), Backend::F32);
    let reason = analyzer.selector.reason();
    assert!(reason.contains("wgpu (A card, 1.0)"), "{reason}");
}

#[test]
fn gpu_switched_off_between_two_polls_is_opened_anew() {
    let _lock = lock_process();
    let (probe, _, opened) = fast_card(false);
    let mut analyzer = analyzer_of(vec![slow()], probe, no_cache());
    prepare(&mut analyzer);
    analyzer.follow();
    FLAGS.set(Flag::Gpu, false);
    FLAGS.set(Flag::Gpu, true);
    analyzer.follow();
    assert_eq!(analyzer.selector.backend(), Backend::F32);
    prepare(&mut analyzer);
    assert_eq!(opened.load(Relaxed), 2);
}

#[test]
fn gpu_without_f32_to_compare_is_unusable_but_not_remembered() {
    let _lock = lock_process();
    let (probe, _, _) = fast_card(false);
    let folder = tempfile::tempdir().unwrap();
    let cache = || TimingCache::open(Some(folder.path()), "one".into());
    let integers = vec![candidate(Backend::Int8, fake(0).0)];
    let mut analyzer = analyzer_of(integers, probe, cache());
    prepare(&mut analyzer);
    assert_eq!(
        analyzer.selector.gpu_status(),
        "there is no f32 backend to check it by"
    );
    assert_eq!(cache().failure(), None);
}

#[test]
fn gpu_while_a_driver_holds_a_thread_is_not_opened() {
    let _lock = lock_process();
    let (probe, _, opened) = fast_card(false);
    let mut analyzer = analyzer_of(vec![slow()], probe, no_cache());
    let (release, held) = channel::<()>();
    let config = TaskConfig {
        counts: &THREADS,
        ..TaskConfig::new("test")
    };
    let mut task = BackgroundTask::spawn(config, move |_| held.recv().is_ok()).unwrap();
    task.abandon();
    prepare(&mut analyzer);
    assert_eq!(opened.load(Relaxed), 0);
    assert!(analyzer.selector.gpu_status().contains("still holds"));
    drop(release);
    drop(task);
    assert_eq!(THREADS.abandoned_running(), 0);
    prepare(&mut analyzer);
    assert_eq!(opened.load(Relaxed), 1);
}

#[test]
fn gpu_with_its_flag_off_is_neither_opened_nor_run() {
    let _lock = lock_process();
    FLAGS.set(Flag::Gpu, false);
    let (probe, control, opened) = fast_card(false);
    let mut analyzer = analyzer_of(vec![slow()], probe, no_cache());
    prepare(&mut analyzer);
    assert_eq!(opened.load(Relaxed), 0);

    FLAGS.set(Flag::Gpu, true);
    prepare(&mut analyzer);
    assert_eq!(opened.load(Relaxed), 1);
    assert_eq!(analyzer.selector.backend(), Backend::Gpu);
    assert_eq!(analyzer.status().unwrap().graphics, "A card, 1.0");

    // The thread ends with the executor, so that only the probe still shares the control.
    FLAGS.set(Flag::Gpu, false);
    let (window, before) = (window(), control.runs());
    assert!(predict(&mut analyzer, &window).is_some());
    prepare(&mut analyzer);
    assert_eq!(
        (control.runs(), analyzer.selector.backend()),
        (before, Backend::F32)
    );
    let begin = Instant::now();
    while Arc::strong_count(&control.runs) > 2 {
        assert!(
            begin.elapsed() < Duration::from_secs(240),
            "it is still held"
        );
    }
    FLAGS.set(Flag::Gpu, true);
    prepare(&mut analyzer);
    assert_eq!(
        (opened.load(Relaxed), analyzer.selector.backend()),
        (2, Backend::Gpu)
    );
}

#[test]
fn gpu_under_audio_load_is_not_run() {
    let _lock = lock_process();
    let (probe, control, _) = fast_card(false);
    let mut analyzer = analyzer_of(vec![slow()], probe, no_cache());
    prepare(&mut analyzer);
    assert_eq!(analyzer.selector.backend(), Backend::Gpu);
    let (window, before) = (window(), control.runs());
    assert!(analyzer.predict(&[&window], true)[0].is_some());
    assert_eq!(control.runs(), before);
    let runs = analyzer.status().unwrap();
    assert_eq!(runs.backend, "f32", "the backend of the last run");
    assert!(runs.reason.contains("short of time"), "{}", runs.reason);
    assert!(analyzer.predict(&[&window], false)[0].is_some());
    assert_eq!(control.runs(), before + 1);
    assert_eq!(analyzer.status().unwrap().backend, "wgpu");
}

#[cfg(feature = "gpu")]
mod lavapipe {
    //! With a real driver. On Linux and Windows it emulates a GPU, and on macOS it is that of the GPU.

    use super::*;
    use crate::gpu::{AdapterHandle, GpuExecutor, held_bytes};

    /// The CPU that emulates the GPU may be busy.
    const LONG: Duration = Duration::from_secs(100);

    fn found() -> AdapterHandle {
        AdapterHandle::of_tests().unwrap()
    }

    fn gpu() -> Result<GpuExecutor, ModelError> {
        GpuExecutor::new(&shipped::F32.load()?.1, found().open(u64::MAX)?)
    }

    /// Loses its device between a submission and its results.
    struct LostDevice {
        gpu: GpuExecutor,
        is_lost: Arc<AtomicU32>,
    }

    impl Executor for LostDevice {
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
    fn gpu_lost_during_a_run_is_replaced_within_the_window() {
        let _lock = lock_process();
        let is_lost = Arc::new(AtomicU32::new(0));
        let lost = is_lost.clone();
        let make = move || {
            let is_lost = lost.clone();
            Ok(Box::new(LostDevice {
                gpu: gpu()?,
                is_lost,
            }) as _)
        };
        let (probe, _) = probe_of(card(false), LONG, make);
        // Timings that make the GPU the faster one.
        let mut cache = no_cache();
        cache.store_timings(&BackendTiming::of_all_batches(
            Backend::Gpu,
            "A card, 1.0",
            1,
        ));
        cache.store_timings(&BackendTiming::of_all_batches(Backend::F32, "here", 2));
        let mut analyzer = analyzer_of(vec![slow()], probe, cache);
        let window = window();
        let expected = predict(&mut analyzer, &window);
        prepare(&mut analyzer);
        assert_eq!(analyzer.selector.backend(), Backend::Gpu);
        assert!(analyzer.status().unwrap().graphics_bytes > 1 << 20);
        FLAGS.set(Flag::Cache, false);
        let by_gpu = predict(&mut analyzer, &window);
        is_lost.store(1, Relaxed);
        let after = predict(&mut analyzer, &window);
        FLAGS.set(Flag::Cache, true);
        assert!(by_gpu.is_some());
        assert_eq!(after, expected);
        assert_eq!(analyzer.status().unwrap().backend, "f32");
        assert_logged(log::Level::Warn, "the network lost wgpu: the GPU");
    }

    #[test]
    fn gpu_that_fails_while_opening_frees_its_memory() {
        let _lock = lock_process();
        // The device is open by then, and has allocated a part of its buffers.
        let make = || {
            let gpu = GpuExecutor::new(&shipped::F32.load()?.1, found().open(100_000)?)?;
            Ok(Box::new(gpu) as _)
        };
        let (probe, _) = probe_of(card(false), LONG, make);
        let mut analyzer = analyzer_of(vec![slow()], probe, no_cache());
        prepare(&mut analyzer);
        assert!(predict(&mut analyzer, &window()).is_some());
        assert_logged(
            log::Level::Warn,
            "can't be used: it needs more than 100000 bytes of the GPU",
        );
        assert_eq!(held_bytes(), 0);
    }
}
