//! A GPU that fails in every way that one can.

use super::*;

fn slow() -> Candidate {
    candidate(Backend::Float, fake(10).0)
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
        let store = || Store::open(Some(folder.path()), "one".into());
        let (open, strings, _) = fast_card(false);
        let mut engine = engine_of(vec![slow()], open, store());
        let window = window();
        let expected = opinion(&mut engine, &window);
        prepare(&mut engine);
        assert_eq!(engine.choice.backend(), Backend::Gpu);
        assert_eq!(opinion(&mut engine, &window), expected);

        strings.set(mood);
        let stuck_before = STUCK.load(Relaxed);
        FLAGS.set(Flag::Cache, false);
        let begin = Instant::now();
        assert_eq!(opinion(&mut engine, &window), expected);
        FLAGS.set(Flag::Cache, true);
        assert!(begin.elapsed() < Duration::from_secs(2), "{said}");
        let runs = engine.runs().unwrap();
        assert_eq!((runs.on, runs.failures), ("f32", 1));
        assert!(said.ends_with(&runs.graphics), "{}", runs.graphics);
        assert_logged(log::Level::Warn, said);
        assert_eq!(STUCK.load(Relaxed) > stuck_before, mood == Mood::Hanging);

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
    let store = || Store::open(Some(folder.path()), "one".into());
    let halfway = || Err(ModelError::new("it has no memory left"));
    let (open, opened) = opening(card(false), PATIENCE, halfway);
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
    // Its maker is told, see `graphics::opener`.
    let told = Arc::new(Mutex::new(None));
    let tell = told.clone();
    let (mut inner, _) = opening(card(false), PATIENCE, halfway);
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
    assert_eq!(engine.choice.backend(), Backend::Float);
    assert_eq!(strings.runs(), 1, "it was looked at once");
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
    assert_eq!(engine.runs().unwrap().graphics, "A card, 1.0");

    // Its thread has ended with it, and its memory went back: only the maker holds the strings' other end.
    FLAGS.set(Flag::Gpu, false);
    let (window, before) = (window(), strings.runs());
    assert!(opinion(&mut engine, &window).is_some());
    prepare(&mut engine);
    assert_eq!(
        (strings.runs(), engine.choice.backend()),
        (before, Backend::Float)
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
    assert!(engine.opinions(&[&window], true)[0].is_some());
    assert_eq!(strings.runs(), before);
    assert!(engine.opinions(&[&window], false)[0].is_some());
    assert_eq!(strings.runs(), before + 1);
}

#[cfg(feature = "gpu")]
mod lavapipe {
    //! With a real driver, though it is one of software.

    use super::*;
    use crate::gpu::{Found, Gpu, held_bytes};

    /// Processors that play the GPU may be busy.
    const LONG: Duration = Duration::from_secs(100);

    fn found() -> Found {
        Found::find(true).expect("Mesa's lavapipe (mesa-vulkan-drivers)")
    }

    fn gpu() -> Result<Gpu, ModelError> {
        Gpu::new(&Plan::read(ONNX)?, found().open(u64::MAX)?)
    }

    /// Loses its device between giving it a batch and asking for the result.
    struct Doomed {
        gpu: Gpu,
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
        let figure = |backend, on: &str, ns| Figure {
            backend,
            on: on.into(),
            batch: 1,
            least_ns: ns,
            median_ns: ns,
        };
        let mut store = no_store();
        store.keep_figures(&[
            figure(Backend::Gpu, "A card, 1.0", 1),
            figure(Backend::Float, "here", 2),
        ]);
        let mut engine = engine_of(vec![slow()], open, store);
        let window = window();
        let expected = opinion(&mut engine, &window);
        prepare(&mut engine);
        assert_eq!(engine.choice.backend(), Backend::Gpu);
        assert!(engine.runs().unwrap().graphics_bytes > 1 << 20);
        FLAGS.set(Flag::Cache, false);
        let by_gpu = opinion(&mut engine, &window);
        is_lost.store(1, Relaxed);
        let after = opinion(&mut engine, &window);
        FLAGS.set(Flag::Cache, true);
        assert!(by_gpu.is_some());
        assert_eq!(after, expected);
        assert_eq!(engine.runs().unwrap().on, "f32");
        assert_logged(log::Level::Warn, "the network lost wgpu: the GPU");
    }

    #[test]
    fn an_adapter_that_fails_half_way_is_left_alone() {
        let _alone = alone();
        // The device is open by then, and holds some of what it needs.
        let make = || {
            let gpu = Gpu::new(&Plan::read(ONNX)?, found().open(100_000)?)?;
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
