//! The readings of the plug-in's meters.

mod metering;
mod playback;
mod true_peak_cases;

pub(crate) use playback::MeteredPlayback;
