//! What the engineer listens to, between the window and the audio thread.
//!
//! Monitor states are neither parameters nor saved, and a render that nobody listens to ignores
//! them, so that a delta listen left on can't end up in a bounce.

use std::sync::atomic::{AtomicU8, Ordering};

use flow_dsp::{Compare, Monitor};

const COMPARE_PROCESSED: u8 = 1;
const COMPARE_ORIGINAL: u8 = 2;
const COMPARE: u8 = COMPARE_PROCESSED | COMPARE_ORIGINAL;
const DELTA: u8 = 4;
const MONO: u8 = 8;

/// The newest [`Monitor`]. Starts with nothing switched on.
///
/// All of it lies in one atomic, so that the audio thread never sees half of a change.
#[derive(Debug, Default)]
pub struct MonitorState(AtomicU8);

impl MonitorState {
    /// `[gui]` Heard from the next process call on.
    pub fn set(&self, monitor: Monitor) {
        self.0.store(pack(monitor), Ordering::Relaxed);
    }

    /// `[gui]` What was set last, for buttons to show.
    #[must_use]
    pub fn get(&self) -> Monitor {
        unpack(self.0.load(Ordering::Relaxed))
    }

    /// `[main]` Back to hearing the chain's output as it is. Every activation does it.
    pub fn clear(&self) {
        self.set(Monitor::default());
    }

    /// `[audio]` What this process call has to play: nothing special when rendering `offline`.
    #[must_use]
    pub fn heard(&self, offline: bool) -> Monitor {
        if offline {
            Monitor::default()
        } else {
            self.get()
        }
    }
}

fn pack(monitor: Monitor) -> u8 {
    let compare = match monitor.compare {
        Compare::Off => 0,
        Compare::Processed => COMPARE_PROCESSED,
        Compare::Original => COMPARE_ORIGINAL,
    };
    let delta = if monitor.delta { DELTA } else { 0 };
    let mono = if monitor.mono { MONO } else { 0 };
    compare | delta | mono
}

fn unpack(bits: u8) -> Monitor {
    Monitor {
        compare: match bits & COMPARE {
            COMPARE_PROCESSED => Compare::Processed,
            COMPARE_ORIGINAL => Compare::Original,
            _ => Compare::Off,
        },
        delta: bits & DELTA != 0,
        mono: bits & MONO != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Monitor> {
        [Compare::Off, Compare::Processed, Compare::Original]
            .into_iter()
            .flat_map(|compare| {
                (0..4).map(move |n| Monitor {
                    compare,
                    delta: n & 1 != 0,
                    mono: n & 2 != 0,
                })
            })
    }

    #[test]
    fn every_state_is_heard_live() {
        let state = MonitorState::default();
        assert_eq!(state.heard(false), Monitor::default());
        for monitor in all() {
            state.set(monitor);
            assert_eq!(state.heard(false), monitor);
            assert_eq!(state.get(), monitor);
        }
    }

    #[test]
    fn an_offline_render_hears_none() {
        let state = MonitorState::default();
        for monitor in all() {
            state.set(monitor);
            assert_eq!(state.heard(true), Monitor::default());
            assert_eq!(state.get(), monitor, "still on when playback is live again");
        }
    }

    #[test]
    fn clear_switches_all_off() {
        let state = MonitorState::default();
        state.set(Monitor {
            compare: Compare::Original,
            delta: true,
            mono: true,
        });
        state.clear();
        assert_eq!(state.get(), Monitor::default());
    }
}
