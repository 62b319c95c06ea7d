//! The border to hosts: nothing that goes wrong inside Flow unwinds over it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`, and answers with `otherwise` if it panics. The panic itself is logged by the hook that
/// [`logging`](crate::logging) installs. Allocates only in that case.
pub(crate) fn guard<R>(otherwise: R, work: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}

/// `[audio]` As [`guard`], for the calls that must not allocate: with the feature `assert_process_allocs` an allocation
/// ends the program.
pub(crate) fn guard_audio<R>(otherwise: R, work: impl FnOnce() -> R) -> R {
    #[cfg(feature = "assert_process_allocs")]
    let work = || nice_assert_no_alloc::assert_no_alloc(work);
    guard(otherwise, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guard_around_a_panic_answers_with_the_alternative() {
        assert_eq!(guard(7, || panic!("inside")), 7);
        assert_eq!(guard(7, || 8), 8);
    }
}
