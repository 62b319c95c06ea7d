//! Monotonic time of this image.

use std::sync::OnceLock;
use std::time::Instant;

/// `[any]` Nanoseconds since the first call in this image, which is 1: 0 stands for never.
#[must_use]
pub fn now_ns() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = START.get_or_init(Instant::now).elapsed();
    // 584 years.
    u64::try_from(elapsed.as_nanos()).map_or(u64::MAX, |ns| ns.saturating_add(1))
}
