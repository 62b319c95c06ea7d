//! Clients that come and go, and the thread that starts and ends with them.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::channel;

use flow_analysis::report::Context;
use flow_testkit::signals::Noise;

use super::*;
use crate::join;
use crate::service::{JOIN_TIMEOUT, THREADS, current_references};

static HAS_STARTED: AtomicBool = AtomicBool::new(false);
static IS_RELEASED: AtomicBool = AtomicBool::new(false);

struct HangingAnalyzer;

impl Analyzer for HangingAnalyzer {
    fn name(&self) -> &'static str {
        "hanging"
    }

    fn analyze(
        &mut self,
        requests: &[AnalysisRequest<'_>],
        is_overloaded: bool,
    ) -> Vec<Option<Analysis>> {
        HAS_STARTED.store(true, Relaxed);
        wait_for(|| IS_RELEASED.load(Relaxed));
        RuleAnalyzer.analyze(requests, is_overloaded)
    }
}

#[test]
fn hanging_thread_is_abandoned_after_timeout() {
    let _serial = lock(&SERIAL);
    IS_RELEASED.store(false, Relaxed);
    let service = start(|| Some(Box::new(HangingAnalyzer)));
    let (abandoned, running) = (THREADS.abandoned(), THREADS.running());
    let (mut audio, client) = listening(&service);
    drop(service);
    for _ in 0..100 {
        audio.push(&[[0.1_f32; 480]]);
    }
    wait_for(|| HAS_STARTED.load(Relaxed));
    let begin = Instant::now();
    drop(client);
    let elapsed = begin.elapsed();
    assert!(
        elapsed < JOIN_TIMEOUT + Duration::from_millis(300),
        "{elapsed:?}"
    );
    assert_eq!(THREADS.abandoned(), abandoned + 1);
    // The audio thread may still use its handle.
    audio.push(&[[0.1_f32; 480]]);
    IS_RELEASED.store(true, Relaxed);
    wait_for(|| THREADS.running() < running);
}

#[test]
fn idle_service_ends_at_once_with_last_client() {
    let _serial = lock(&SERIAL);
    let members: Vec<_> = (0..10).map(|_| join(|| None)).collect();
    assert_eq!(THREADS.running(), 1);
    let begin = Instant::now();
    drop(members);
    let elapsed = begin.elapsed();
    assert!(elapsed < Duration::from_millis(250), "{elapsed:?}");
    assert_eq!((THREADS.running(), current_references()), (0, 0));
}

#[test]
fn clients_of_many_threads_in_random_order_leave_no_thread() {
    let _serial = lock(&SERIAL);
    let abandoned = THREADS.abandoned();
    thread::scope(|scope| {
        for seed in 0..8 {
            scope.spawn(move || join_and_leave(seed));
        }
    });
    assert_eq!((THREADS.running(), THREADS.abandoned()), (0, abandoned));
    assert_eq!(current_references(), 0);
}

/// Makes random calls of up to seven clients.
fn join_and_leave(seed: u32) {
    let mut noise = Noise::new(seed);
    let mut pick = |n: f64| flow_dsp::math::samples(noise.bipolar().abs() * (n - 1.0));
    let mut members: Vec<(Option<AudioHandle>, Option<Client>)> = Vec::new();
    let block = [[0.25_f32; 64]; 2];
    for _ in 0..400 {
        match pick(8.0) {
            0 | 1 => {
                let (mut audio, client) = join(|| None);
                audio.prepare(48_000.0, pick(2.0) == 0);
                client.set_listening(true);
                members.push((Some(audio), Some(client)));
            }
            2 if !members.is_empty() => drop(members.swap_remove(pick(9.0) % members.len())),
            // The handle goes before the client, or the client before the handle.
            3 => members.iter_mut().take(1).for_each(|m| m.0 = None),
            4 => members.iter_mut().take(1).for_each(|m| m.1 = None),
            5 => {
                for client in members.iter().filter_map(|m| m.1.as_ref()) {
                    client.set_listening(pick(2.0) == 0);
                    client.set_context(&Context::default());
                    let _ = report(client);
                }
            }
            _ => {
                for audio in members.iter_mut().filter_map(|m| m.0.as_mut()) {
                    let now_ns = now_ns();
                    (0..20).for_each(|_| audio.push(&block));
                    audio.finish_callback(now_ns, now_ns + 100, 64);
                }
            }
        }
        if members.len() > 6 {
            members.clear();
        }
    }
}

#[test]
fn audio_handle_and_client_work_on_different_threads() {
    let _serial = lock(&SERIAL);
    let (mut audio, client) = join(|| None);
    audio.prepare(48_000.0, true);
    client.set_listening(true);
    let (done, is_done) = channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            let block = [[0.25_f32; 64]; 2];
            for _ in 0..2000 {
                let now_ns = now_ns();
                audio.push(&block);
                audio.finish_callback(now_ns, now_ns + 100, 64);
                thread::yield_now();
            }
            done.send(()).unwrap();
        });
        while is_done.try_recv().is_err() {
            assert!((0.0..=1.0).contains(&report(&client).progress));
            client.record_repaint(now_ns(), now_ns());
            thread::yield_now();
        }
    });
    assert_eq!(client.load().callbacks, 2000);
}
