//! What the system's own scheduler is told of the tiers.

use thread_priority::{ThreadPriority::Crossplatform, ThreadPriorityValue};

/// Puts the calling thread below audio and everything else that is urgent, where the system allows it. Not the lowest:
/// on a busy machine that gets no time at all for half a second and more, and those who own clients wait for the
/// analysis thread when the last of them leaves. Explicitly no real-time thread, though the one that started it may be
/// one.
pub fn lower() {
    // Of 0 to 99; niceness 7 on Linux.
    let Ok(low) = ThreadPriorityValue::try_from(30_u8) else {
        return;
    };
    #[cfg(unix)]
    let lowered = {
        use thread_priority::unix::{
            NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id,
        };
        let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
        set_thread_priority_and_policy(thread_native_id(), Crossplatform(low), policy)
    };
    #[cfg(not(unix))]
    let lowered = thread_priority::set_current_thread_priority(Crossplatform(low));
    if let Err(error) = lowered {
        log::debug!("a thread keeps its priority: {error:?}");
    }
}
