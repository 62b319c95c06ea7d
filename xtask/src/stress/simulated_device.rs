//! A sound card without sound: wakes an audio thread each period, and notes when a block isn't ready in time.

use anyhow::Result;
use rustix::thread::clock_nanosleep_absolute;
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Of 0 to 99: as JACK and PipeWire do, below the kernel's own threads.
const REAL_TIME_PRIORITY: u8 = 70;

/// What a device saw of one stream.
#[derive(Default)]
pub(super) struct Stream {
    /// Periods that went by.
    pub(super) buffers: u64,
    /// Of those, the ones for which there was no audio in time.
    pub(super) dropped: u64,
    /// Callbacks that began in the second half of their period, or later.
    pub(super) late: u64,
    /// CPU time that each callback took, ns.
    pub(super) spent_ns: Vec<u64>,
}

/// Asks for real-time priority for this thread. Whether that was granted.
pub(super) fn ask_for_real_time() -> bool {
    let Ok(value) = ThreadPriorityValue::try_from(REAL_TIME_PRIORITY) else {
        return false;
    };
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let priority = ThreadPriority::Crossplatform(value);
    set_thread_priority_and_policy(thread_native_id(), priority, policy).is_ok()
}

fn now(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(now.tv_nsec).unwrap_or(0))
}

fn sleep_until(due: Duration) {
    let due = Timespec {
        tv_sec: i64::try_from(due.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: due.subsec_nanos().into(),
    };
    // A signal: there is nothing to do but to go on sleeping.
    while clock_nanosleep_absolute(ClockId::Monotonic, &due).is_err() {}
}

/// Calls `callback` once each period until it is `over`, and keeps the times of at most `most` of it. A block is needed when the next period begins; where it comes later,
/// the periods until then are lost, and the next ones are on time again.
pub(super) fn play(
    period: Duration,
    most: Duration,
    over: &AtomicBool,
    mut callback: impl FnMut() -> Result<()>,
) -> Result<Stream> {
    let periods = most.as_nanos() / period.as_nanos().max(1);
    let mut stream = Stream {
        spent_ns: Vec::with_capacity(usize::try_from(periods)?),
        ..Stream::default()
    };
    let mut due = now(ClockId::Monotonic) + period;
    while !over.load(Ordering::Relaxed) {
        sleep_until(due);
        stream.late += u64::from(now(ClockId::Monotonic) > due + period / 2);
        let begin = now(ClockId::ThreadCPUTime);
        callback()?;
        let spent = now(ClockId::ThreadCPUTime) - begin;
        if stream.spent_ns.len() < stream.spent_ns.capacity() {
            let spent_ns = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
            stream.spent_ns.push(spent_ns);
        }
        let mut lost = 0;
        while now(ClockId::Monotonic) > due + period * (lost + 1) {
            lost += 1;
        }
        stream.dropped += u64::from(lost);
        stream.buffers += u64::from(lost.max(1));
        due += period * lost.max(1);
    }
    Ok(stream)
}
