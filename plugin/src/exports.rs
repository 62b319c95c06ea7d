//! Flow's own exports beside the entry points of the plug-in formats, for diagnostics.

use flow_dsp::Readings;
use flow_service::ServiceStats;

use crate::instances;

/// `[gui]` Copies the latest meter readings to `out`: of the newest living instance that the calling thread created, or
/// else of the newest in the process.
///
/// Tests and the command line read the meters of the built bundle with it; the plug-in itself doesn't. The name carries
/// the version of the layout of [`Readings`], and changes with it.
///
/// Returns false and leaves `out` unchanged when there is no instance or `out` is null.
///
/// # Safety
///
/// `out` must be null or valid for writing one [`Readings`], aligned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flow_readings_v2(out: *mut Readings) -> bool {
    if out.is_null() {
        return false;
    }
    let Some(instance) = instances::newest() else {
        return false;
    };
    // SAFETY: not null, and the caller promises that it may be written.
    unsafe { out.write(instance.meters.read()) };
    true
}

/// `[main]` Copies the counters of the process's analysis service to `out`. Otherwise like [`flow_readings_v2`].
///
/// Returns false and leaves `out` unchanged when no instance was activated or `out` is null.
///
/// # Safety
///
/// `out` must be null or valid for writing one [`ServiceStats`], aligned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flow_service_counts_v2(out: *mut ServiceStats) -> bool {
    if out.is_null() {
        return false;
    }
    let Some(counts) = flow_service::stats() else {
        return false;
    };
    // SAFETY: not null, and the caller promises that it may be written.
    unsafe { out.write(counts) };
    true
}

/// `[main]` Starts listening in all instances of the process, as their *Listen* buttons do. Returns the number of
/// instances.
///
/// The stress test calls it; the plug-in itself doesn't. Listening needs an open editor.
#[unsafe(no_mangle)]
pub extern "C" fn flow_start_listening_v1() -> usize {
    let instances = instances::all();
    instances.iter().for_each(|i| i.analysis.restart());
    instances.len()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::audio::reporter::Reporter;
    use crate::params::FlowParams;

    // One test, because all tests of the process share the list of instances.
    #[test]
    fn readings_with_several_instances_come_from_the_newest_living_one() {
        // SAFETY: null is allowed.
        assert!(!unsafe { flow_readings_v2(std::ptr::null_mut()) });

        let register = |gain_db| {
            let (mut reporter, shared) = Reporter::new(Arc::new(FlowParams::default()));
            let readings = Readings {
                limiter_gain_db: gain_db,
                ..Readings::default()
            };
            reporter.end_block(&[], &readings);
            instances::register(&shared);
            shared
        };
        let read = || {
            let mut readings = Readings::default();
            // SAFETY: a reference to a whole value.
            unsafe { flow_readings_v2(&mut readings) }.then_some(readings.limiter_gain_db)
        };
        let older = register(-1.0);
        let newer = register(-2.0);
        assert_eq!(read(), Some(-2.0));
        std::thread::scope(|scope| {
            let other_thread = scope.spawn(|| {
                let _own = register(-3.0);
                read()
            });
            assert_eq!(other_thread.join().unwrap(), Some(-3.0));
        });
        assert_eq!(read(), Some(-2.0), "an instance of another thread answered");
        assert!(flow_start_listening_v1() >= 2);
        assert!(older.analysis.is_listening() && newer.analysis.is_listening());
        drop(newer);
        assert!(read() != Some(-2.0), "a dropped instance answered");
        drop(older);
        assert!(read() != Some(-1.0));
    }
}
