//! The real-time context. With the feature `rtsan`, RealtimeSanitizer ends the process when code in it allocates, locks,
//! waits or calls the system, in this binary or in the loaded bundle.

/// Runs `work` in the real-time context.
pub fn in_real_time<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(feature = "rtsan")]
    rtsan_standalone::realtime_enter();
    let result = work();
    #[cfg(feature = "rtsan")]
    rtsan_standalone::realtime_exit();
    result
}
