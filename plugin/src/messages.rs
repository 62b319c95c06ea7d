//! The log of the plug-in.

use std::sync::Once;

use log::{Level, Log, Metadata, Record};
use tracing_log::LogTracer;
use tracing_subscriber::filter::LevelFilter;

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

/// `[main]` Sends log messages, those of dependencies through `tracing`, and panics to stderr, or where `NICE_LOG` says.
/// The first call of an image counts.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Either may be there already, put there by an app that has Flow inside; then all is well. This logger comes first,
        // because the subscriber would put one there that lets everything through.
        if log::set_boxed_logger(Box::new(Messages(LogTracer::new()))).is_ok() {
            log::set_max_level(log::LevelFilter::Info);
        }
        let _ = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::INFO)
            .with_target(false)
            .without_time()
            .with_ansi(false)
            .with_writer(nice_plug::log::writer_from_env())
            .try_init();
        std::panic::set_hook(Box::new(|panic| log::error!("internal fault: {panic}")));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flow_tells_is_wanted_and_of_others_what_they_warn_of() {
        for (target, level, wanted) in [
            ("flow_inference::engine::choice", Level::Info, true),
            ("flow_inference::engine::choice", Level::Debug, false),
            ("wgpu_core::device", Level::Warn, true),
            ("wgpu_core::device", Level::Info, false),
        ] {
            let metadata = Metadata::builder().target(target).level(level).build();
            assert_eq!(is_wanted(&metadata), wanted, "{target} {level}");
        }
    }
}
