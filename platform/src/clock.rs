//! Monotonic time of the loaded module, and a clock that tests can turn.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// `[any]` Nanoseconds since the first call in this module, plus 1: 0 stands for never.
#[must_use]
pub fn now_ns() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    // 64 bits hold 584 years.
    nanoseconds(START.get_or_init(Instant::now).elapsed()).saturating_add(1)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The time source of a background thread: the system's clock, or in tests one that they advance.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// Reads [`now_ns`].
    #[default]
    System,
    /// Stands still until a test advances it.
    Manual(ManualClock),
}

impl Clock {
    /// `[any]` The present time, ns.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        match self {
            Self::System => now_ns(),
            Self::Manual(clock) => clock.now_ns(),
        }
    }

    /// Sleeps. A manual clock advances by that time instead, and lets another thread run.
    pub fn sleep(&self, duration: Duration) {
        match self {
            Self::System => thread::sleep(duration),
            Self::Manual(clock) => {
                clock.advance(duration);
                thread::yield_now();
            }
        }
    }
}

/// A clock that moves only when it is advanced. Clones share the time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl Default for ManualClock {
    /// Starts at 1 s, so that differences to earlier times don't saturate at 0.
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(1_000_000_000)))
    }
}

impl ManualClock {
    /// The present time, ns.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(nanoseconds(duration), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manual_clock_moves_only_when_advanced() {
        let manual = ManualClock::default();
        let clock = Clock::Manual(manual.clone());
        let begin_ns = clock.now_ns();
        assert_eq!(clock.now_ns(), begin_ns);
        manual.advance(Duration::from_millis(3));
        clock.sleep(Duration::from_secs(2));
        assert_eq!(manual.now_ns() - begin_ns, 2_003_000_000);
    }
}
