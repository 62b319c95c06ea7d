//! The priority of a thread in the operating system's scheduler.

use thread_priority::{ThreadPriority::Crossplatform, ThreadPriorityValue};

/// Puts the calling thread below audio and everything else that is urgent, where the system allows it.
///
/// It isn't the lowest priority: on a busy machine such a thread gets no time for half a second and more, and the last
/// client to leave waits for the analysis thread. It is never a real-time priority, even if the parent thread has one.
pub fn lower() {
    // The range is 0 to 99; 30 is niceness 7 on Linux.
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
        log::debug!("the priority of a thread could not be lowered: {error:?}");
    }
}
