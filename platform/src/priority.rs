//! The priority of a thread in the operating system's scheduler.

/// Puts the calling thread below audio and everything else that is urgent, where the system allows it.
///
/// It isn't the lowest priority: on a busy machine such a thread gets no time for half a second and more, and the last
/// client to leave waits for the analysis thread. It is never a real-time priority, even if the parent thread has one.
pub fn lower() {
    if let Err(error) = try_lower() {
        log::debug!("the priority of a thread could not be lowered: {error}");
    }
}

/// On macOS a class of quality of service, which also chooses the cores of a chip with fast and slow ones. It is that of
/// long tasks with visible progress. A priority of its own would take the thread out of all classes.
#[cfg(target_os = "macos")]
fn try_lower() -> Result<(), std::io::Error> {
    // SAFETY: the function has no requirements; it changes the calling thread only.
    let code =
        unsafe { libc::pthread_set_qos_class_self_np(libc::qos_class_t::QOS_CLASS_UTILITY, 0) };
    if code == 0 {
        Ok(())
    } else {
        Err(std::io::Error::from_raw_os_error(code))
    }
}

/// The niceness on Linux of the priority below.
#[cfg(all(unix, not(target_os = "macos")))]
const NICENESS: i32 = 7;

/// On Linux a niceness, and on Windows a priority below that of windows.
#[cfg(not(target_os = "macos"))]
fn try_lower() -> Result<(), thread_priority::Error> {
    use thread_priority::{ThreadPriority::Crossplatform, ThreadPriorityValue};
    // The range is 0 to 99; 30 is niceness 7 on Linux, and "below normal" on Windows.
    let low = ThreadPriorityValue::try_from(30_u8)
        .map_err(|_| thread_priority::Error::PriorityNotInRange(0..=99))?;
    #[cfg(unix)]
    {
        // A thread that is nicer already stays so.
        // SAFETY: the function has no requirements; process 0 is the calling thread.
        if unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) } >= NICENESS {
            return Ok(());
        }
        use thread_priority::unix::{
            NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id,
        };
        let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
        set_thread_priority_and_policy(thread_native_id(), Crossplatform(low), policy)
    }
    #[cfg(not(unix))]
    {
        thread_priority::set_current_thread_priority(Crossplatform(low))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn niceness() -> i32 {
        // SAFETY: the function has no requirements; process 0 is the calling thread.
        unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) }
    }

    #[test]
    fn lowered_thread_is_nicer_than_audio_and_its_parent_stays() {
        let parent = niceness();
        let lowered = std::thread::spawn(|| {
            lower();
            niceness()
        });
        let lowered = lowered.join().unwrap();
        assert_eq!(lowered, parent.max(NICENESS));
        assert_eq!(niceness(), parent);
    }
}
