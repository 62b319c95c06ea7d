//! Switches for everything that has a fallback, at run time and for the whole loaded module.
//!
//! `FLOW_FLAGS=-gpu,-cache,+probe` sets them before the first instance starts; the editor may flip them later.

use std::fmt;
use std::sync::Once;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// A feature that can be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Flag {
    /// Inference on a GPU.
    Gpu = 1,
    /// Integer inference.
    Int8 = 2,
    /// The cache of the network's results.
    Cache = 4,
    /// The assistant, and with it all analysis.
    Assistant = 8,
    /// The Session Probe; the only one that is off by default.
    Probe = 16,
    /// Audio before analysis before drawing. Without it, neither of the others waits for audio; useful for measurements
    /// only.
    Scheduler = 32,
    /// Preferences that are learned from the user's decisions.
    Preferences = 64,
}

impl Flag {
    /// All flags.
    pub const ALL: [Self; 7] = [
        Self::Gpu,
        Self::Int8,
        Self::Cache,
        Self::Assistant,
        Self::Probe,
        Self::Scheduler,
        Self::Preferences,
    ];

    /// The name in `FLOW_FLAGS`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpu => "gpu",
            Self::Int8 => "int8",
            Self::Cache => "cache",
            Self::Assistant => "assistant",
            Self::Probe => "probe",
            Self::Scheduler => "scheduler",
            Self::Preferences => "preferences",
        }
    }

    const fn bit(self) -> u8 {
        self as u8
    }
}

/// A set of flags, each on or off.
#[derive(Debug)]
pub struct Flags {
    bits: AtomicU8,
    /// See [`Self::gpu_switch_count`].
    gpu_switch_count: AtomicU32,
}

/// The flags of this module.
pub static FLAGS: Flags = Flags::new();

impl Flags {
    /// All flags on, except the probe.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bits: AtomicU8::new(!Flag::Probe.bit()),
            gpu_switch_count: AtomicU32::new(0),
        }
    }

    /// `[any]` Whether a flag is on: one relaxed load.
    #[inline]
    #[must_use]
    pub fn is_on(&self, flag: Flag) -> bool {
        self.bits() & flag.bit() != 0
    }

    /// `[any]` Switches a flag; takes effect at once.
    pub fn set(&self, flag: Flag, on: bool) {
        let before = if on {
            self.bits.fetch_or(flag.bit(), Ordering::Relaxed)
        } else {
            self.bits.fetch_and(!flag.bit(), Ordering::Relaxed)
        };
        if flag == Flag::Gpu && (before & flag.bit() != 0) != on {
            self.gpu_switch_count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// `[any]` How often the GPU was switched on or off. A caller that polls the flag would miss short times off.
    #[must_use]
    pub fn gpu_switch_count(&self) -> u32 {
        self.gpu_switch_count.load(Ordering::Relaxed)
    }

    /// All flags, one bit each, to detect a change.
    #[inline]
    #[must_use]
    pub fn bits(&self) -> u8 {
        self.bits.load(Ordering::Relaxed)
    }

    /// Applies a text such as `-gpu,+probe`. Returns the words that name no flag, each once.
    pub fn apply(&self, text: &str) -> Vec<UnknownFlag> {
        let mut unknown: Vec<UnknownFlag> = Vec::new();
        for word in text.split(',').map(str::trim).filter(|w| !w.is_empty()) {
            let (on, name) = match (word.strip_prefix('+'), word.strip_prefix('-')) {
                (_, Some(name)) => (false, name),
                (Some(name), _) => (true, name),
                _ => (true, word),
            };
            if let Some(flag) = Flag::ALL.iter().find(|f| f.name() == name) {
                self.set(*flag, on);
            } else if !unknown.iter().any(|u| u.0 == name) {
                unknown.push(UnknownFlag(name.into()));
            }
        }
        unknown
    }
}

impl Default for Flags {
    fn default() -> Self {
        Self::new()
    }
}

/// A word that names no flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFlag(String);

impl fmt::Display for UnknownFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FLOW_FLAGS: \"{}\" is no flag; the flags are", self.0)?;
        Flag::ALL
            .iter()
            .try_for_each(|flag| write!(f, " {}", flag.name()))
    }
}

/// `[main]` Applies `FLOW_FLAGS` at the first call, and logs the words that name no flag.
pub fn read_environment() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let text = std::env::var("FLOW_FLAGS").unwrap_or_default();
        for unknown in FLAGS.apply(&text) {
            log::warn!("{unknown}");
        }
        if std::env::var_os("FLOW_PROBE").is_some() {
            FLAGS.set(Flag::Probe, true);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apply_of_text_switches_flags_and_returns_unknown_words_once() {
        let flags = Flags::new();
        assert!(flags.is_on(Flag::Gpu) && !flags.is_on(Flag::Probe));
        let unknown = flags.apply("-gpu, -cache,+probe,,turbo,-turbo,GPU");
        assert!(!flags.is_on(Flag::Gpu) && !flags.is_on(Flag::Cache));
        assert!(
            flags.is_on(Flag::Probe) && flags.is_on(Flag::Int8) && flags.is_on(Flag::Assistant)
        );
        let names: Vec<_> = unknown.iter().map(|u| u.0.as_str()).collect();
        assert_eq!(names, ["turbo", "GPU"]);
        assert!(unknown[0].to_string().contains("turbo"));
        assert!(flags.apply("gpu").is_empty());
        assert!(flags.is_on(Flag::Gpu));
        // The same text again switches nothing.
        assert!(flags.apply("+gpu,-int8").is_empty());
        assert_eq!(flags.gpu_switch_count(), 2);
    }
}
