//! The settings that differ from their defaults, by pillar, with the source of each.

use crate::master::mastering::MasteringResult;
use crate::master::target::MasteringTarget;
use crate::plugin_session::ShownValue;
use flow_params::number::with_true_minus;
use flow_params::{ParameterId, Pillar};
use maud::{Markup, html};

/// The parameters that the search for the loudness changes.
const SEARCH: [ParameterId; 3] = [
    ParameterId::LoudnessGain,
    ParameterId::Trim,
    ParameterId::LimiterStyle,
];

/// A table for each pillar.
pub(super) fn groups(song: &MasteringResult, target: &MasteringTarget) -> Markup {
    let changed = || song.settings.iter().filter(|value| !value.is_default);
    let of = |pillar: Pillar| -> Vec<&ShownValue> {
        changed().filter(|v| v.id.pillar() == pillar).collect()
    };
    html! {
        div.settings {
            @for pillar in Pillar::ALL {
                @let values = of(pillar);
                @if !values.is_empty() {
                    table {
                        caption { (pillar.name()) }
                        tbody {
                            @for value in values {
                                tr {
                                    th scope="row" { (value.id.name()) }
                                    td { (with_true_minus(&value.text)) }
                                    td { (source(value.id, song, target)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        p.note { "All other parameters are at their defaults." }
    }
}

/// The origin of a value in one or two words.
fn source(id: ParameterId, song: &MasteringResult, target: &MasteringTarget) -> &'static str {
    if target.is_set_by_hand(id) {
        "Manual"
    } else if let Some(origin) = song.advice.origin(id) {
        origin.name()
    } else if target.has_setting(id) {
        "Preset"
    } else if SEARCH.contains(&id) {
        "Gain search"
    } else {
        "Profile"
    }
}
