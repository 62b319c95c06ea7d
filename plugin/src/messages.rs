//! Where Flow's warnings go: where nice-plug's own messages do, stderr or as `NICE_LOG` says.

use tracing_log::LogTracer;
use tracing_log::log::LevelFilter;

/// `[main]` Hands what is logged on to nice-plug's subscriber. There is one for the image; should it be there already,
/// all is well.
pub(crate) fn install() {
    let _ = LogTracer::builder()
        .with_max_level(LevelFilter::Warn)
        .init();
}
