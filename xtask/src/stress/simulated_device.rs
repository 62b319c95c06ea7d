//! A simulated audio device: it wakes a thread each period and counts blocks that miss their deadline.

use anyhow::Result;
use rustix::thread::clock_nanosleep_absolute;
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// The priority of JACK and PipeWire, of 0 to 99. The kernel's own threads have a higher one.
const REAL_TIME_PRIORITY: u8 = 70;

/// The counts and times of one stream.
#[derive(Default)]
pub(super) struct Stream {
    /// All periods.
    pub(super) buffers: u64,
    /// The periods without audio in time.
    pub(super) dropped: u64,
    /// The callbacks that began in the second half of their period or later.
    pub(super) late: u64,
    /// The CPU time of each callback in ns.
    pub(super) spent_ns: Vec<u64>,
}

/// Requests real-time priority for this thread. Returns whether it was granted.
pub(super) fn request_real_time() -> bool {
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
    // A signal interrupts the sleep, which then goes on.
    while clock_nanosleep_absolute(ClockId::Monotonic, &due).is_err() {}
}

/// Calls `callback` once each period until `is_over`, and keeps the times of the first `most`.
///
/// A block is due when the next period begins. If it is late, the periods until its end are lost, and the next one is on
/// time again.
pub(super) fn play(
    period: Duration,
    most: Duration,
    is_over: &AtomicBool,
    mut callback: impl FnMut() -> Result<()>,
) -> Result<Stream> {
    let periods = most.as_nanos() / period.as_nanos().max(1);
    let mut stream = Stream {
        spent_ns: Vec::with_capacity(usize::try_from(periods)?),
        ..Stream::default()
    };
    let mut due = now(ClockId::Monotonic) + period;
    while !is_over.load(Ordering::Relaxed) {
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
