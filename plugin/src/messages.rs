//! Where Flow's messages go: where nice-plug's own do, stderr or as `NICE_LOG` says.

use tracing_log::LogTracer;
use tracing_log::log::{self, Level, LevelFilter, Log, Metadata, Record};

/// Warnings of anyone, and what Flow's own crates have to tell: who runs the network and why.
struct Messages(LogTracer);

fn is_wanted(metadata: &Metadata<'_>) -> bool {
    let least = if metadata.target().starts_with("flow_") {
        Level::Info
    } else {
        Level::Warn
    };
    metadata.level() <= least
}

impl Log for Messages {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_wanted(metadata) && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if is_wanted(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// `[main]` Hands what is logged on to nice-plug's subscriber. There is one for the image; should it be there already,
/// all is well.
pub(crate) fn install() {
    if log::set_boxed_logger(Box::new(Messages(LogTracer::new()))).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flow_tells_is_wanted_and_of_others_what_they_warn_of() {
        for (target, level, wanted) in [
            ("flow_network::engine::choice", Level::Info, true),
            ("flow_network::engine::choice", Level::Debug, false),
            ("wgpu_core::device", Level::Warn, true),
            ("wgpu_core::device", Level::Info, false),
        ] {
            let metadata = Metadata::builder().target(target).level(level).build();
            assert_eq!(is_wanted(&metadata), wanted, "{target} {level}");
        }
    }
}
