//! What Flow's binary exports beside the plug-in formats' entry points.

use flow_dsp::Readings;
use flow_service::service::{self, ServiceCounts};

use crate::registry;

/// `[gui]` Copies the newest readings of the newest living instance in this image to `out`: of the calling thread's own
/// instances, if it made any.
///
/// Diagnostics for tests and the command line, which load the built bundle and want its own meters.
/// No part of the plug-in uses it. The layout of [`Readings`] belongs to this version: if it
/// changes, so does the name.
///
/// Returns false and leaves `out` alone when there is no instance or `out` is null.
///
/// # Safety
///
/// `out` must be null or valid for writing one [`Readings`], aligned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flow_readings_v2(out: *mut Readings) -> bool {
    if out.is_null() {
        return false;
    }
    let Some(reader) = registry::newest() else {
        return false;
    };
    // SAFETY: not null, and the caller promises that it may be written.
    unsafe { out.write(reader.read()) };
    true
}

/// `[main]` Copies what the analysis service of this image counted so far to `out`; as [`flow_readings_v2`] otherwise.
///
/// Returns false and leaves `out` alone when no instance was activated or `out` is null.
///
/// # Safety
///
/// `out` must be null or valid for writing one [`ServiceCounts`], aligned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flow_service_counts_v2(out: *mut ServiceCounts) -> bool {
    if out.is_null() {
        return false;
    }
    let Some(counts) = service::counts() else {
        return false;
    };
    // SAFETY: not null, and the caller promises that it may be written.
    unsafe { out.write(counts) };
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meters::meters;

    // One test, because the registry is one for the process and other tests make instances too.
    #[test]
    fn the_newest_living_instance_answers() {
        // SAFETY: null is allowed.
        assert!(!unsafe { flow_readings_v2(std::ptr::null_mut()) });

        let marked = |gain_db| {
            let (mut writer, reader) = meters();
            writer.publish(&Readings {
                limiter_gain_db: gain_db,
                ..Readings::default()
            });
            registry::register(&reader);
            reader
        };
        let read = || {
            let mut readings = Readings::default();
            // SAFETY: a reference to a whole value.
            unsafe { flow_readings_v2(&mut readings) }.then_some(readings.limiter_gain_db)
        };
        let older = marked(-1.0);
        let newer = marked(-2.0);
        assert_eq!(read(), Some(-2.0));
        std::thread::scope(|scope| {
            let elsewhere = scope.spawn(|| {
                let _own = marked(-3.0);
                read()
            });
            assert_eq!(elsewhere.join().unwrap(), Some(-3.0));
        });
        assert_eq!(read(), Some(-2.0), "other threads' instances are theirs");
        drop(newer);
        assert!(read() != Some(-2.0), "a dropped instance is gone");
        drop(older);
        assert!(read() != Some(-1.0));
    }
}
