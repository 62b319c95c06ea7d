//! Flow's own exports beside the entry points of the plug-in formats, for diagnostics.

use flow_service::ServiceStats;

use crate::instances;

/// `[main]` Copies the counters of the process's analysis service to `out`.
///
/// The stress test reads them; the plug-in itself doesn't. The name carries the version of the layout of [`ServiceStats`],
/// and changes with it.
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
    fn start_listening_with_several_instances_starts_the_living_ones() {
        let register = || {
            let (reporter, shared) = Reporter::new(Arc::new(FlowParams::default()));
            instances::register(&shared);
            (reporter, shared)
        };
        let (older, newer) = (register(), register());
        assert_eq!(flow_start_listening_v1(), 2);
        assert!(older.1.analysis.is_listening() && newer.1.analysis.is_listening());
        drop(newer);
        assert_eq!(flow_start_listening_v1(), 1, "a dropped instance started");
        drop(older);
        assert_eq!(flow_start_listening_v1(), 0);
    }
}
