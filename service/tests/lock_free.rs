//! What threads share without a lock, from two threads each: the values, and under ThreadSanitizer (`cargo xtask test`)
//! the order of all accesses.

use std::thread;

use flow_platform::flags::{Flag, Flags};
use flow_service::load::load;
use flow_service::probe::{Event, Kind, probe};
use flow_service::tap::{PIECES, tap};

/// Few enough for the sanitizer, enough for threads to meet.
const ROUNDS: u16 = 20_000;

#[test]
fn audio_arrives_in_order_and_what_is_lost_is_a_gap_that_is_counted() {
    const BLOCK: u16 = 96;
    let (mut writer, mut reader, switch) = tap();
    writer.prepare(48_000.0);
    switch.want(true);
    let blocks = ROUNDS / 4;
    let (fed, lost) = thread::scope(|scope| {
        let feeding = scope.spawn(move || {
            let mut lost = 0;
            for i in 0..blocks {
                // Each frame is its own position, modulo what single precision holds.
                let from = u32::from(i) * u32::from(BLOCK) + 1;
                let left: Vec<f32> = (from..from + u32::from(BLOCK)).map(value).collect();
                let right: Vec<f32> = left.iter().map(|x| -x).collect();
                lost += writer.feed(&[left, right]);
                if i % 64 == 0 {
                    thread::yield_now();
                }
            }
            // What is begun isn't sent: let it be full.
            (u64::from(blocks) * u64::from(BLOCK), lost)
        });
        let mut heard = 0;
        let mut next = 0;
        let mut gaps = 0;
        let mut listen = |reader: &mut flow_service::tap::TapReader| {
            reader.drain(PIECES, |piece| {
                assert!(piece.position >= next.max(1));
                gaps += piece.position - next.max(1);
                for (i, (left, right)) in (0..).zip(piece.filled()[0].iter().zip(piece.filled()[1]))
                {
                    let position = u32::try_from(piece.position).unwrap() + i;
                    assert_eq!((*left, *right), (value(position), -value(position)));
                }
                next = piece.position + piece.frames as u64;
                heard += piece.frames as u64;
            })
        };
        while !feeding.is_finished() {
            listen(&mut reader);
            // Slower than the other at times.
            thread::yield_now();
        }
        listen(&mut reader);
        let (fed, lost) = feeding.join().unwrap();
        assert_eq!(lost, switch.dropped());
        // The rest is in the piece that was being filled.
        assert!(gaps <= lost && heard + lost <= fed && fed - heard - lost < 512 + lost);
        (fed, lost)
    });
    println!("{lost} of {fed} frames lost");
}

fn value(position: u32) -> f32 {
    // Exact below 2²⁴.
    #[allow(clippy::cast_precision_loss)]
    let value = (position % 1_000_003) as f32;
    value
}

#[test]
fn loads_are_never_impossible_and_counts_never_fall() {
    let (mut writer, reader) = load();
    writer.set_real_time(true);
    thread::scope(|scope| {
        let measuring = scope.spawn(move || {
            for i in 1..=u64::from(ROUNDS) {
                let begin_ns = i * 1_333_333;
                writer.callback(begin_ns, begin_ns + 400_000, 64, 48_000.0);
            }
        });
        let mut last = reader.read();
        while !measuring.is_finished() {
            let load = reader.read();
            assert!((0.0..0.31).contains(&load.smoothed) && (0.0..0.31).contains(&load.peak));
            assert!(load.callbacks >= last.callbacks && load.late == 0 && load.missed == 0);
            assert!(load.last_callback_ns >= last.last_callback_ns);
            last = load;
        }
    });
    assert_eq!(reader.read().callbacks, u64::from(ROUNDS));
}

#[test]
fn events_arrive_whole_and_in_order_and_lost_ones_are_counted() {
    use flow_platform::flags::FLAGS;
    FLAGS.set(Flag::Probe, true);
    let (mut writer, mut reader) = probe();
    thread::scope(|scope| {
        let noting = scope.spawn(move || {
            for ns in 1..=u64::from(ROUNDS) {
                let event = Event::at(Kind::Load, ns, 3 * ns);
                writer.record(Event {
                    end_ns: 2 * ns,
                    ..event
                });
            }
        });
        let mut last_ns = 0;
        let mut seen = 0;
        let mut take = |event: Event| {
            assert!(event.begin_ns > last_ns);
            assert_eq!(
                (event.end_ns, event.value),
                (2 * event.begin_ns, 3 * event.begin_ns)
            );
            last_ns = event.begin_ns;
            seen += 1;
        };
        while !noting.is_finished() {
            reader.drain(&mut take);
            thread::yield_now();
        }
        // More than one ringful may be there, but not more than two.
        reader.drain(&mut take);
        reader.drain(&mut take);
        assert_eq!(seen + reader.lost(), u64::from(ROUNDS));
    });
    FLAGS.set(Flag::Probe, false);
}

#[test]
fn flags_of_several_threads_do_not_disturb_each_other() {
    let flags = Flags::new();
    thread::scope(|scope| {
        for flag in Flag::ALL {
            let flags = &flags;
            scope.spawn(move || {
                for i in 0..ROUNDS {
                    flags.set(flag, i % 2 == 0);
                    assert_eq!(flags.is_on(flag), i % 2 == 0, "only one thread sets it");
                }
            });
        }
    });
    // The last word was off.
    assert!(Flag::ALL.iter().all(|flag| !flags.is_on(*flag)));
}
