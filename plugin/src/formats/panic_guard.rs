//! Catches panics before they unwind into a host.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`, and returns `fallback` if it panics. The hook of [`logging`](crate::logging) logs the panic. Allocates
/// only in that case.
pub(crate) fn guard<R>(fallback: R, work: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(fallback)
}

/// As [`guard`], and returns `fallback` if `work` returns none, as for a null pointer of a host.
pub(crate) fn guard_some<R>(fallback: R, work: impl FnOnce() -> Option<R>) -> R {
    guard(None, work).unwrap_or(fallback)
}

/// `[audio]` Like [`guard`], for calls that must not allocate: with the feature `assert_process_allocs` an allocation ends
/// the process.
pub(crate) fn guard_audio<R>(fallback: R, work: impl FnOnce() -> R) -> R {
    #[cfg(feature = "assert_process_allocs")]
    let work = || nice_assert_no_alloc::assert_no_alloc(work);
    guard(fallback, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guard_around_a_panic_returns_the_fallback() {
        assert_eq!(guard(7, || panic!("inside")), 7);
        assert_eq!(guard(7, || 8), 8);
        assert_eq!(guard_some(7, || None), 7);
        assert_eq!(guard_some(7, || Some(8)), 8);
    }
}
