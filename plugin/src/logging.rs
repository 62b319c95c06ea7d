//! The plug-in's log: warnings of all crates, and information from Flow's own.

use std::sync::Once;

use log::{Level, Log, Metadata, Record};
use tracing_log::LogTracer;
use tracing_subscriber::filter::LevelFilter;

/// Filters by crate and level, and forwards to `tracing`.
struct FilteredLog(LogTracer);

fn is_wanted(metadata: &Metadata<'_>) -> bool {
    let max_level = if metadata.target().starts_with("flow_") {
        Level::Info
    } else {
        Level::Warn
    };
    metadata.level() <= max_level
}

impl Log for FilteredLog {
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

/// `[main]` Sends log messages, `tracing` events and panics to stderr, or to the target that `NICE_LOG` names. Only the
/// first call of the process has an effect.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An app that embeds Flow may have installed its own logger and subscriber; both then stay. Flow's logger comes
        // first, because the subscriber would install one without a filter.
        if log::set_boxed_logger(Box::new(FilteredLog(LogTracer::new()))).is_ok() {
            log::set_max_level(log::LevelFilter::Info);
        }
        let _ = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::INFO)
            .with_target(false)
            .without_time()
            .with_ansi(false)
            .with_writer(nice_plug::log::writer_from_env())
            .try_init();
        std::panic::set_hook(Box::new(|panic| log::error!("internal error: {panic}")));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_by_crate_passes_flow_information_and_other_warnings() {
        for (target, level, wanted) in [
            ("flow_inference::backend::selector", Level::Info, true),
            ("flow_inference::backend::selector", Level::Debug, false),
            ("wgpu_core::device", Level::Warn, true),
            ("wgpu_core::device", Level::Info, false),
        ] {
            let metadata = Metadata::builder().target(target).level(level).build();
            assert_eq!(is_wanted(&metadata), wanted, "{target} {level}");
        }
    }
}
