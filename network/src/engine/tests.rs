//! Whatever fails, the same question gets an answer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};

use super::*;
use crate::{INT8_MANIFEST, INT8_ONNX, MANIFEST, ONNX};
use flow_dsp::Spec;
use flow_inference::features::Extractor;

/// Flags belong to the whole process.
static FLAGS_ARE_MINE: Mutex<()> = Mutex::new(());

fn window() -> Window {
    let song = flow_tests::music::demo_song(48_000).channels;
    let mut extractor = Extractor::new(Spec::default());
    let mut window = Window::new(800);
    extractor.push(&song[0], &song[1], |frame| window.push(frame));
    window
}

fn manifest() -> Manifest {
    Manifest::check(MANIFEST, ONNX).unwrap()
}

/// Answers as the network does, until it has been asked often enough.
struct Mortal {
    inner: cpu::Float,
    left: Arc<AtomicU32>,
    delay: Duration,
}

impl Executor for Mortal {
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        if self.left.load(Relaxed) == 0 {
            return Err(ModelError::new("it was lost"));
        }
        std::thread::sleep(self.delay);
        self.inner.run(mel)
    }
}

fn float() -> cpu::Float {
    cpu::Float::new(Plan::read(ONNX).unwrap(), cpu::Level::best()).unwrap()
}

fn candidate(backend: Backend, executor: impl Executor + 'static) -> Candidate {
    Candidate {
        backend,
        on: "here".into(),
        executor: Box::new(executor),
    }
}

fn mortal(delay_ms: u64) -> (Mortal, Arc<AtomicU32>) {
    let left = Arc::new(AtomicU32::new(1));
    let mortal = Mortal {
        inner: float(),
        left: left.clone(),
        delay: Duration::from_millis(delay_ms),
    };
    (mortal, left)
}

#[test]
fn the_fastest_is_chosen_and_the_next_one_answers_when_it_fails() {
    let _mine = FLAGS_ARE_MINE
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let (fast, life) = mortal(0);
    let (slow, _) = mortal(20);
    let candidates = vec![
        candidate(Backend::Tract, slow),
        candidate(Backend::Float, fast),
    ];
    let mut engine = Engine::with(manifest(), candidates, None, String::new()).unwrap();
    assert_eq!(engine.status().backend, Backend::Float);
    assert!(
        engine.status().reason.starts_with("fastest of f32 (here)"),
        "{:?}",
        engine.status()
    );
    let window = window();
    let opinion = engine.listen(&window).unwrap();
    life.store(0, Relaxed);
    engine.cache.clear();
    // Within the very window that found it out.
    assert_eq!(engine.listen(&window).unwrap(), opinion);
    let status = engine.status();
    assert_eq!((status.backend, status.failures), (Backend::Tract, 1));
    assert!(status.reason.starts_with("f32 failed"), "{}", status.reason);
}

#[test]
fn when_everything_has_failed_there_is_no_opinion() {
    let _mine = FLAGS_ARE_MINE
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let (only, life) = mortal(0);
    let mut engine = Engine::with(
        manifest(),
        vec![candidate(Backend::Float, only)],
        None,
        String::new(),
    )
    .unwrap();
    life.store(0, Relaxed);
    assert_eq!(engine.listen(&window()), None);
    assert_eq!(engine.listen(&window()), None);
    assert!(Engine::with(manifest(), Vec::new(), None, String::new()).is_err());
}

#[test]
fn a_gpu_that_is_lost_is_replaced_within_one_window() {
    let _mine = FLAGS_ARE_MINE
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let (graphics, life) = mortal(0);
    let adapter = Adapter {
        name: "A card".into(),
        driver: "1".into(),
        is_software: false,
    };
    let make = move || Ok((Box::new(graphics) as Box<dyn Executor>, adapter));
    let gpu = Remote::start(Box::new(make), PATIENCE);
    let (slow, _) = mortal(10);
    let mut engine = Engine::with(
        manifest(),
        vec![candidate(Backend::Tract, slow)],
        Some(gpu),
        String::new(),
    )
    .unwrap();
    let window = window();
    let opinion = engine.listen(&window).unwrap();
    while engine.status().backend != Backend::Gpu {
        assert!(engine.gpu.is_some(), "{:?}", engine.status());
        engine.follow();
    }
    assert_eq!(engine.listen(&window).unwrap(), opinion);
    // The flag takes it away and gives it back.
    FLAGS.set(Flag::Gpu, false);
    engine.listen(&window);
    assert_eq!(engine.status().backend, Backend::Tract);
    FLAGS.set(Flag::Gpu, true);
    engine.listen(&window);
    assert_eq!(engine.status().backend, Backend::Gpu);
    life.store(0, Relaxed);
    engine.cache.clear();
    assert_eq!(engine.listen(&window).unwrap(), opinion);
    assert_eq!(engine.status().backend, Backend::Tract);
}

#[test]
fn software_that_poses_as_a_gpu_is_never_chosen() {
    let _mine = FLAGS_ARE_MINE
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let (fast, _) = mortal(0);
    let (slow, _) = mortal(10);
    let adapter = Adapter {
        name: "llvmpipe".into(),
        driver: "Mesa".into(),
        is_software: true,
    };
    let make = move || Ok((Box::new(fast) as Box<dyn Executor>, adapter));
    let gpu = Remote::start(Box::new(make), PATIENCE);
    let mut engine = Engine::with(
        manifest(),
        vec![candidate(Backend::Float, slow)],
        Some(gpu),
        String::new(),
    )
    .unwrap();
    while engine.gpu.is_some() {
        engine.follow();
    }
    assert_eq!(engine.status().backend, Backend::Float);
    assert!(engine.status().adapter.is_some_and(|a| a.is_software));
}

#[test]
fn damaged_files_leave_what_can_still_be_used() {
    let _mine = FLAGS_ARE_MINE
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    FLAGS.set(Flag::Gpu, false);
    let cut = &INT8_ONNX[..INT8_ONNX.len() / 2];
    let damaged = Files {
        integer: Some((INT8_MANIFEST, cut)),
        ..Files::SHIPPED
    };
    let mut engine = Engine::new(damaged).unwrap();
    assert!(
        engine
            .candidates
            .iter()
            .all(|c| c.backend != Backend::Integer)
    );
    assert!(engine.listen(&window()).is_some());
    let none = Files {
        float: (MANIFEST, &ONNX[..1000]),
        integer: None,
    };
    assert!(
        Engine::new(none)
            .unwrap_err()
            .to_string()
            .contains("bytes instead of")
    );
    FLAGS.set(Flag::Gpu, true);
}

#[test]
fn what_is_known_isnt_asked_again() {
    let _mine = FLAGS_ARE_MINE
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let (only, life) = mortal(0);
    let mut engine = Engine::with(
        manifest(),
        vec![candidate(Backend::Float, only)],
        None,
        String::new(),
    )
    .unwrap();
    let window = window();
    let opinion = engine.listen(&window);
    // Nobody could answer any more.
    life.store(0, Relaxed);
    let begin = Instant::now();
    assert_eq!(engine.listen(&window), opinion);
    println!("known after {:?}", begin.elapsed());
    let status = engine.status();
    assert_eq!(
        (status.asked, status.known),
        (2 * status.known, status.known)
    );
    FLAGS.set(Flag::Cache, false);
    assert_eq!(engine.listen(&window), None);
    FLAGS.set(Flag::Cache, true);
}

#[test]
fn verdicts_are_kept_for_the_same_circumstances_only() {
    let folder = std::env::temp_dir().join(format!("flow-verdict-{}", std::process::id()));
    let file = folder.join("Flow").join("backends.json");
    let (only, _) = mortal(0);
    let engine = Engine::with(
        manifest(),
        vec![candidate(Backend::Float, only)],
        None,
        "one".into(),
    )
    .unwrap();
    let verdict = engine.verdict();
    verdict::keep(&file, &verdict);
    assert_eq!(verdict::recall(&file, "one"), Some(verdict));
    assert_eq!(verdict::recall(&file, "another"), None);
    std::fs::write(&file, "{ half").unwrap();
    assert_eq!(verdict::recall(&file, "one"), None);
    std::fs::remove_dir_all(folder).unwrap();
}
