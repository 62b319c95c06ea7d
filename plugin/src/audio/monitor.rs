//! The monitor state (compare, auto gain, delta, mono, solo, reference), from the editor to the audio thread.
//!
//! It is neither a parameter nor saved. It ends with the window, because nothing else shows it. An activation ends it and offline
//! renders ignore it, so that a delta listen that is left on can't end up in an offline bounce. Hosts don't announce a bounce in
//! real time: without an activation it has what is heard.

use std::sync::atomic::{AtomicU16, Ordering};

use flow_dsp::{Compare, Monitor, SoloStage};

const COMPARE_PROCESSED: u16 = 1;
const COMPARE_ORIGINAL: u16 = 2;
const COMPARE: u16 = COMPARE_PROCESSED | COMPARE_ORIGINAL;
const DELTA: u16 = 4;
const MONO: u16 = 8;
const AUTO_GAIN: u16 = 16;
const REFERENCE: u16 = 32;
/// A reference is asked for, which is heard once its song is open.
const REFERENCE_REQUEST: u16 = 64;
/// The place of the stage in a solo: 1 for the first of [`SoloStage::ALL`], 0 without a solo.
const SOLO_SHIFT: u32 = 8;
const SOLO: u16 = 15 << SOLO_SHIFT;
/// The sources that take the place of the master.
const SOURCES: u16 = COMPARE | DELTA | REFERENCE | SOLO;

/// All monitor states of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonitorStates {
    /// Those of the chain.
    pub chain: Monitor,
    /// Whether the reference is heard in place of the chain's output.
    pub reference: bool,
}

impl From<Monitor> for MonitorStates {
    /// The states of the chain, without the reference.
    fn from(chain: Monitor) -> Self {
        Self {
            chain,
            reference: false,
        }
    }
}

/// The present [`MonitorStates`], at first with everything off.
///
/// One atomic holds all of it, so that the audio thread never sees half of a change.
#[derive(Debug, Default)]
pub struct MonitorState(AtomicU16);

impl MonitorState {
    /// `[gui]` Sets the state. It applies from the next process call on. A change of the source cancels the request for a
    /// reference.
    pub fn set(&self, states: MonitorStates) {
        let new = pack(states);
        let with_request = |old: u16| {
            let is_same_source = (old ^ new) & SOURCES == 0;
            new | if is_same_source {
                old & REFERENCE_REQUEST
            } else {
                0
            }
        };
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |old| {
                Some(with_request(old))
            });
    }

    /// `[gui]` The state that the buttons show.
    #[must_use]
    pub fn get(&self) -> MonitorStates {
        unpack(self.0.load(Ordering::Relaxed))
    }

    /// `[gui]` Ends a solo.
    pub fn end_solo(&self) {
        self.0.fetch_and(!SOLO, Ordering::Relaxed);
    }

    /// `[audio]` Ends *Compare*, *Delta*, *Solo* and *Reference*, which a bypass replaces, and cancels the request for a reference.
    /// Never waits.
    pub fn end_sources(&self) {
        self.0
            .fetch_and(!(SOURCES | REFERENCE_REQUEST), Ordering::Relaxed);
    }

    /// `[gui]` Ends *Reference*, and cancels the request for one.
    pub fn end_reference(&self) {
        self.0
            .fetch_and(!(REFERENCE | REFERENCE_REQUEST), Ordering::Relaxed);
    }

    /// `[gui]` Asks for a reference, which should be heard once its song is open.
    pub fn request_reference(&self) {
        self.0.fetch_or(REFERENCE_REQUEST, Ordering::Relaxed);
    }

    /// `[gui]` Cancels the request for a reference.
    pub fn cancel_reference_request(&self) {
        self.0.fetch_and(!REFERENCE_REQUEST, Ordering::Relaxed);
    }

    /// `[gui]` Whether a reference was asked for, and nothing canceled it. True once for each request.
    #[must_use]
    pub fn take_reference_request(&self) -> bool {
        self.0.fetch_and(!REFERENCE_REQUEST, Ordering::Relaxed) & REFERENCE_REQUEST != 0
    }

    /// `[main]` `[gui]` Switches everything off, and cancels the request for a reference. Every activation does, and the end of every
    /// window.
    pub fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// `[audio]` The state for the present block: everything off in an offline render.
    #[must_use]
    pub fn for_block(&self, is_offline: bool) -> MonitorStates {
        if is_offline {
            MonitorStates::default()
        } else {
            self.get()
        }
    }
}

fn pack(states: MonitorStates) -> u16 {
    let MonitorStates {
        chain: monitor,
        reference,
    } = states;
    let compare = match monitor.compare {
        Compare::Off => 0,
        Compare::Processed => COMPARE_PROCESSED,
        Compare::Original => COMPARE_ORIGINAL,
    };
    let delta = if monitor.delta { DELTA } else { 0 };
    let mono = if monitor.mono { MONO } else { 0 };
    let auto_gain = if monitor.auto_gain { AUTO_GAIN } else { 0 };
    let reference = if reference { REFERENCE } else { 0 };
    compare | delta | mono | auto_gain | reference | pack_solo(monitor.solo)
}

fn pack_solo(solo: Option<SoloStage>) -> u16 {
    let numbers = (1..).zip(SoloStage::ALL);
    let number = solo.and_then(|solo| numbers.into_iter().find(|(_, stage)| *stage == solo));
    number.map_or(0, |(number, _)| number << SOLO_SHIFT)
}

fn unpack_solo(bits: u16) -> Option<SoloStage> {
    let number = usize::from((bits & SOLO) >> SOLO_SHIFT);
    SoloStage::ALL.get(number.checked_sub(1)?).copied()
}

fn unpack(bits: u16) -> MonitorStates {
    MonitorStates {
        chain: Monitor {
            compare: match bits & COMPARE {
                COMPARE_PROCESSED => Compare::Processed,
                COMPARE_ORIGINAL => Compare::Original,
                _ => Compare::Off,
            },
            auto_gain: bits & AUTO_GAIN != 0,
            delta: bits & DELTA != 0,
            mono: bits & MONO != 0,
            solo: unpack_solo(bits),
        },
        reference: bits & REFERENCE != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = MonitorStates> {
        let compares = [Compare::Off, Compare::Processed, Compare::Original];
        let solos = [None].into_iter().chain(SoloStage::ALL.map(Some));
        let sources = solos.flat_map(move |solo| compares.map(|compare| (compare, solo)));
        sources.flat_map(|(compare, solo)| {
            (0..16).map(move |n| MonitorStates {
                chain: Monitor {
                    compare,
                    auto_gain: n & 4 != 0,
                    delta: n & 1 != 0,
                    mono: n & 2 != 0,
                    solo,
                },
                reference: n & 8 != 0,
            })
        })
    }

    #[test]
    fn monitor_in_live_block_is_the_set_state() {
        let state = MonitorState::default();
        assert_eq!(state.for_block(false), MonitorStates::default());
        for monitor in all() {
            state.set(monitor);
            assert_eq!(state.for_block(false), monitor);
            assert_eq!(state.get(), monitor);
        }
    }

    #[test]
    fn monitor_in_offline_block_is_off() {
        let state = MonitorState::default();
        for monitor in all() {
            state.set(monitor);
            assert_eq!(state.for_block(true), MonitorStates::default());
            assert_eq!(state.get(), monitor, "the buttons must keep their state");
        }
    }

    #[test]
    fn monitor_after_end_of_sources_keeps_auto_gain_and_mono() {
        let state = MonitorState::default();
        for monitor in all() {
            state.set(monitor);
            state.end_sources();
            let expected = Monitor {
                compare: Compare::Off,
                delta: false,
                solo: None,
                ..monitor.chain
            };
            assert_eq!(state.get(), expected.into());
        }
    }

    #[test]
    fn monitor_after_end_of_a_solo_keeps_all_other_states() {
        let state = MonitorState::default();
        for monitor in all() {
            state.set(monitor);
            state.end_solo();
            let mut expected = monitor;
            expected.chain.solo = None;
            assert_eq!(state.get(), expected);
        }
    }

    #[test]
    fn request_for_a_reference_lasts_until_it_is_taken_or_another_source_is_chosen() {
        let state = MonitorState::default();
        let delta = MonitorStates::from(Monitor {
            delta: true,
            ..Monitor::default()
        });
        let mono = MonitorStates::from(Monitor {
            mono: true,
            ..Monitor::default()
        });
        let is_kept = |change: &dyn Fn(&MonitorState)| {
            state.clear();
            state.request_reference();
            change(&state);
            let is_kept = state.take_reference_request();
            assert!(!state.take_reference_request());
            is_kept
        };
        assert!(is_kept(&|_| {}));
        assert!(is_kept(&|state| state.set(mono)));
        assert!(!is_kept(&|state| state.set(delta)));
        assert!(!is_kept(&MonitorState::end_sources));
        assert!(!is_kept(&MonitorState::end_reference));
        assert!(!is_kept(&MonitorState::cancel_reference_request));
        assert!(!is_kept(&MonitorState::clear));
    }

    #[test]
    fn monitor_after_clear_is_off() {
        let state = MonitorState::default();
        state.set(MonitorStates {
            chain: Monitor {
                compare: Compare::Original,
                auto_gain: true,
                delta: true,
                mono: true,
                solo: Some(SoloStage::Limiter),
            },
            reference: true,
        });
        state.clear();
        assert_eq!(state.get(), MonitorStates::default());
    }
}
