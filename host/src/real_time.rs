//! The real-time context: while the feature `rtsan` is on, RealtimeSanitizer ends the process when what runs in it
//! allocates, locks, waits or calls the system, in this binary or in the bundle that it has loaded.

/// Runs `work` as the audio thread would have it.
pub fn in_real_time<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(feature = "rtsan")]
    rtsan_standalone::realtime_enter();
    let result = work();
    #[cfg(feature = "rtsan")]
    rtsan_standalone::realtime_exit();
    result
}
