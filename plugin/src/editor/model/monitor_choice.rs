//! The rules by which bypass and the monitor states exclude and keep each other.
//!
//! *Bypass*, *Compare*, *Delta*, *Solo* and *Reference* are sources: one at a time. *Auto gain* and *Mono* change the source's level and image.
//! They wait during bypass, which is the exact input, and continue after it.

use flow_dsp::math::narrow;
use flow_dsp::{Compare, MAX_MATCH_DB, Monitor, SoloStage};

use crate::audio::monitor::MonitorStates;
use crate::audio::reference_monitor::{LoudnessMatch, PlayedReference};
use crate::editor::language::text;
use crate::editor::model::number_text::format_level;

/// The buttons of the monitor states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MonitorButton {
    AutoGain,
    Compare,
    /// The original of a comparison.
    Original,
    /// The master of a comparison.
    Master,
    /// Ends a comparison.
    End,
    Reference,
    Delta,
    Mono,
    /// One stage alone.
    Solo(SoloStage),
}

/// The monitor states and bypass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MonitorChoice {
    pub(crate) monitor: Monitor,
    pub(crate) is_reference: bool,
    pub(crate) is_bypassed: bool,
}

impl MonitorChoice {
    /// The choice of an instance.
    #[must_use]
    pub(crate) fn new(states: MonitorStates, is_bypassed: bool) -> Self {
        Self {
            monitor: states.chain,
            is_reference: states.reference,
            is_bypassed,
        }
    }

    /// The states without bypass.
    #[must_use]
    pub(crate) fn states(self) -> MonitorStates {
        MonitorStates {
            chain: self.monitor,
            reference: self.is_reference,
        }
    }

    /// Begins bypass. A comparison, the difference, a solo and the reference end.
    pub(crate) fn bypass(&mut self) {
        self.is_bypassed = true;
        self.end_sources();
    }

    fn end_sources(&mut self) {
        self.monitor.compare = Compare::Off;
        self.monitor.delta = false;
        self.monitor.solo = None;
        self.is_reference = false;
    }

    /// Presses a button. During bypass no button is lit, so each one switches its state on and ends bypass.
    pub(crate) fn press(&mut self, button: MonitorButton) {
        let is_on = !self.is_lit(button);
        self.is_bypassed = false;
        match button {
            MonitorButton::AutoGain => self.monitor.auto_gain = is_on,
            MonitorButton::Mono => self.monitor.mono = is_on,
            MonitorButton::Reference => {
                self.end_sources();
                self.is_reference = is_on;
            }
            MonitorButton::Delta => {
                self.end_sources();
                self.monitor.delta = is_on;
            }
            MonitorButton::Solo(stage) => {
                self.end_sources();
                self.monitor.solo = is_on.then_some(stage);
            }
            MonitorButton::Compare | MonitorButton::Original => {
                self.end_sources();
                self.monitor.compare = Compare::Original;
            }
            MonitorButton::Master => {
                self.end_sources();
                self.monitor.compare = Compare::Processed;
            }
            MonitorButton::End => self.monitor.compare = Compare::Off,
        }
    }

    /// Whether a button is lit: what it stands for is heard.
    #[must_use]
    pub(crate) fn is_lit(self, button: MonitorButton) -> bool {
        let monitor = self.monitor;
        let is_on = match button {
            MonitorButton::AutoGain => monitor.auto_gain,
            MonitorButton::Compare => monitor.compare != Compare::Off,
            MonitorButton::Original => monitor.compare == Compare::Original,
            MonitorButton::Master => monitor.compare == Compare::Processed,
            MonitorButton::End => false,
            MonitorButton::Delta => monitor.delta,
            MonitorButton::Mono => monitor.mono,
            MonitorButton::Reference => self.is_reference,
            MonitorButton::Solo(stage) => monitor.solo == Some(stage),
        };
        is_on && !self.is_bypassed
    }

    /// Whether the two sides of a comparison are offered.
    #[must_use]
    pub(crate) fn is_comparing(self) -> bool {
        self.is_lit(MonitorButton::Compare)
    }

    /// The signal that is heard, if it isn't the plain master. `gain_db` is the gain of the master against the original, none
    /// before anything was measured. `played` is the song of a reference that is heard.
    #[must_use]
    pub(crate) fn description(
        self,
        gain_db: Option<f32>,
        played: Option<&PlayedReference>,
    ) -> Option<String> {
        let monitor = self.monitor;
        if self.is_bypassed {
            let waiting = match (monitor.auto_gain, monitor.mono) {
                (true, true) => text!(" · Auto gain and Mono wait"),
                (true, false) => text!(" · Auto gain waits"),
                (false, true) => text!(" · Mono waits"),
                (false, false) => "",
            };
            return Some(text!("Bypass: you hear the input{waiting}", waiting));
        }
        let mono = if monitor.mono { text!(" in mono") } else { "" };
        if self.is_reference {
            let with = if monitor.auto_gain {
                text!(" with Auto gain")
            } else {
                ""
            };
            let name = played.map_or(text!("the song"), |played| &played.name);
            let level = reference_level(played.and_then(|played| played.level));
            return Some(text!(
                "Reference{with}: you hear {name}{mono} · {level}",
                with,
                name,
                mono,
                level
            ));
        }
        if let Some(stage) = monitor.solo {
            let with = if monitor.auto_gain {
                text!(" with Auto gain")
            } else {
                ""
            };
            let name = stage_name(stage);
            let level = self.level(gain_db);
            return Some(text!(
                "Solo{with}: you hear {name} alone{mono}{level}",
                with,
                name,
                mono,
                level
            ));
        }
        let text = match (monitor.delta, monitor.compare) {
            (true, _) => text!("Delta: you hear the master minus the input"),
            (false, Compare::Original) if monitor.auto_gain => {
                text!("Compare with Auto gain: you hear the original")
            }
            (false, Compare::Original) => text!("Compare: you hear the original"),
            (false, Compare::Processed) if monitor.auto_gain => {
                text!("Compare with Auto gain: you hear the master")
            }
            (false, Compare::Processed) => text!("Compare: you hear the master"),
            (false, Compare::Off) if monitor.auto_gain => text!("Auto gain: you hear the master"),
            (false, Compare::Off) if monitor.mono => text!("Mono: you hear the master"),
            (false, Compare::Off) => return None,
        };
        Some(format!("{text}{mono}{}", self.level(gain_db)))
    }

    /// The change of level that makes both sides equally loud.
    fn level(self, gain_db: Option<f32>) -> String {
        let monitor = self.monitor;
        let is_matched = monitor.auto_gain || (self.is_comparing() && !monitor.delta);
        if !is_matched {
            return String::new();
        }
        let Some(gain_db) = gain_db else {
            return text!(" · measuring the loudness").to_owned();
        };
        let db = format_level(gain_db.abs(), 1);
        let most_db = narrow(MAX_MATCH_DB) - 0.05;
        match gain_db {
            _ if !monitor.auto_gain && gain_db <= -most_db => text!(
                " · master turned down by {db} dB, the most there is: it may stay louder",
                db
            ),
            _ if !monitor.auto_gain && gain_db >= most_db => text!(
                " · original turned down by {db} dB, the most there is: it may stay louder",
                db
            ),
            ..-0.05 => text!(" · master turned down by {db} dB", db),
            -0.05..0.05 => text!(" · both equally loud").to_owned(),
            _ if monitor.auto_gain => text!(" · master turned up by {db} dB", db),
            _ => text!(" · original turned down by {db} dB", db),
        }
    }
}

/// The name of a stage in a sentence.
fn stage_name(stage: SoloStage) -> &'static str {
    match stage {
        SoloStage::Equalizer => text!("anchors and bells"),
        SoloStage::Match => text!("Match"),
        SoloStage::Comfort => text!("Comfort"),
        SoloStage::MidSide => text!("mid/side"),
        SoloStage::Multiband => text!("the three bands"),
        SoloStage::Glue => text!("Glue"),
        SoloStage::Limiter => text!("the limiter"),
    }
}

/// The level of a reference that is heard.
fn reference_level(level: Option<LoudnessMatch>) -> String {
    let Some(LoudnessMatch {
        gain_db,
        missing_lu,
    }) = level
    else {
        return text!("at its own level, as the master is not measured yet").to_owned();
    };
    let db = format_level(gain_db.abs(), 1);
    let turned = match gain_db {
        ..-0.05 => text!("turned down by {db} dB", db),
        -0.05..0.05 => text!("at its own level").to_owned(),
        _ => text!("turned up by {db} dB", db),
    };
    if missing_lu < 0.05 {
        text!("{turned}, as loud as the master", turned)
    } else {
        let missing = format_level(missing_lu, 1);
        text!(
            "{turned}, {missing} LU softer than the master: it is turned up no further",
            turned,
            missing
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUTTONS: [MonitorButton; 10] = [
        MonitorButton::AutoGain,
        MonitorButton::Compare,
        MonitorButton::Original,
        MonitorButton::Master,
        MonitorButton::End,
        MonitorButton::Reference,
        MonitorButton::Delta,
        MonitorButton::Mono,
        MonitorButton::Solo(SoloStage::Match),
        MonitorButton::Solo(SoloStage::Glue),
    ];
    const NONE: MonitorChoice = MonitorChoice {
        monitor: Monitor {
            compare: Compare::Off,
            auto_gain: false,
            delta: false,
            mono: false,
            solo: None,
        },
        is_reference: false,
        is_bypassed: false,
    };

    /// All states that presses reach from the first one.
    fn reachable() -> Vec<MonitorChoice> {
        let mut found = vec![NONE];
        let mut at = 0;
        while at < found.len() {
            let state = found[at];
            let mut bypassed = state;
            bypassed.bypass();
            let ended = MonitorChoice {
                is_bypassed: false,
                ..state
            };
            let pressed = BUTTONS.map(|button| {
                let mut next = state;
                next.press(button);
                next
            });
            for next in pressed.into_iter().chain([bypassed, ended]) {
                if !found.contains(&next) {
                    found.push(next);
                }
            }
            at += 1;
        }
        found
    }

    #[test]
    fn sources_in_any_order_of_presses_exclude_each_other() {
        let states = reachable();
        // Four modifiers for each of eight sources.
        assert_eq!(states.len(), 32);
        for state in states {
            let sources = [
                state.is_bypassed,
                state.monitor.delta,
                state.is_reference,
                state.monitor.solo.is_some(),
                state.monitor.compare != Compare::Off,
            ];
            let count = sources.iter().filter(|is_on| **is_on).count();
            assert!(count <= 1, "{state:?}");
        }
    }

    #[test]
    fn comparison_at_the_limit_of_the_match_says_that_one_side_may_stay_louder() {
        let mut state = NONE;
        state.press(MonitorButton::Compare);
        let text = |gain_db| state.description(Some(gain_db), None).unwrap();
        assert!(
            text(-12.0)
                .ends_with("master turned down by 12.0 dB, the most there is: it may stay louder")
        );
        assert!(
            text(12.0).ends_with(
                "original turned down by 12.0 dB, the most there is: it may stay louder"
            )
        );
        assert!(text(-11.9).ends_with("master turned down by 11.9 dB"));
    }

    #[test]
    fn press_in_any_state_is_heard() {
        for state in reachable() {
            for button in BUTTONS {
                let mut next = state;
                next.press(button);
                let expected = match button {
                    MonitorButton::End => false,
                    MonitorButton::Compare | MonitorButton::Original | MonitorButton::Master => {
                        true
                    }
                    _ => !state.is_lit(button),
                };
                assert_eq!(next.is_lit(button), expected, "{state:?} {button:?}");
                if button == MonitorButton::End {
                    assert_eq!(next.monitor.compare, Compare::Off);
                }
                assert!(!next.is_bypassed, "{state:?} {button:?}");
            }
        }
    }

    #[test]
    fn bypass_keeps_auto_gain_and_mono_for_afterwards() {
        for state in reachable() {
            let mut bypassed = state;
            bypassed.bypass();
            assert!(BUTTONS.iter().all(|button| !bypassed.is_lit(*button)));
            let (before, after) = (state.monitor, bypassed.monitor);
            assert_eq!(after.auto_gain, before.auto_gain);
            assert_eq!(after.mono, before.mono);
        }
    }

    #[test]
    fn description_of_each_state_is_its_own() {
        let mut texts: Vec<String> = reachable()
            .into_iter()
            .map(|state| state.description(Some(-6.0), None).unwrap_or_default())
            .collect();
        texts.sort();
        let count = texts.len();
        texts.dedup();
        assert_eq!(texts.len(), count, "{texts:#?}");
        assert_eq!(NONE.description(None, None), None);
    }

    #[test]
    fn description_says_by_how_much_the_louder_side_is_turned_down() {
        let mut state = NONE;
        state.press(MonitorButton::Compare);
        for (gain_db, text) in [
            (
                Some(-6.13),
                "Compare: you hear the original · master turned down by 6.1 dB",
            ),
            (
                Some(2.0),
                "Compare: you hear the original · original turned down by 2.0 dB",
            ),
            (
                Some(0.0),
                "Compare: you hear the original · both equally loud",
            ),
            (
                None,
                "Compare: you hear the original · measuring the loudness",
            ),
        ] {
            assert_eq!(state.description(gain_db, None).unwrap(), text);
        }
        state.press(MonitorButton::End);
        state.press(MonitorButton::Mono);
        assert_eq!(
            state.description(Some(0.0), None).unwrap(),
            "Mono: you hear the master in mono"
        );
        state.press(MonitorButton::AutoGain);
        state.bypass();
        let text = "Bypass: you hear the input · Auto gain and Mono wait";
        assert_eq!(state.description(None, None).unwrap(), text);
    }

    #[test]
    fn description_of_a_reference_says_its_name_and_level() {
        let mut state = NONE;
        state.press(MonitorButton::Reference);
        let text = |level: Option<[f32; 2]>| {
            let level = level.map(|[gain_db, missing_lu]| LoudnessMatch {
                gain_db,
                missing_lu,
            });
            let name = "Night.wav".to_owned();
            state.description(None, Some(&PlayedReference { name, level }))
        };
        for (level, expected) in [
            (
                Some([-6.13, 0.0]),
                "turned down by 6.1 dB, as loud as the master",
            ),
            (Some([0.0, 0.0]), "at its own level, as loud as the master"),
            (
                Some([2.0, 1.5]),
                "turned up by 2.0 dB, 1.5 LU softer than the master: it is turned up no further",
            ),
            (None, "at its own level, as the master is not measured yet"),
        ] {
            let expected = format!("Reference: you hear Night.wav · {expected}");
            assert_eq!(text(level), Some(expected));
        }
    }
}
