//! The table of the settings that differ from their defaults, by pillar.

use crate::master::mastering::MasteringResult;
use crate::master::target::MasteringTarget;
use crate::plugin_session::ParameterValue;
use flow_params::number::with_true_minus;
use flow_params::{ParameterId, Pillar};
use maud::{Markup, html};

pub(super) fn table(song: &MasteringResult, target: &MasteringTarget) -> Markup {
    let changed = || song.settings.iter().filter(|value| !value.is_default);
    let of = |pillar: Pillar| -> Vec<&ParameterValue> {
        changed().filter(|v| v.id.pillar() == pillar).collect()
    };
    html! {
        table {
            thead {
                tr { th { "Parameter" } th { "Value" } th { "Set by" } }
            }
            @for pillar in Pillar::ALL {
                @let values = of(pillar);
                @if !values.is_empty() {
                    tbody {
                        tr { th colspan="3" scope="rowgroup" { (pillar.name()) } }
                        @for value in values {
                            tr {
                                td { (value.id.name()) }
                                td { (with_true_minus(&value.text)) }
                                td { (source(value.id, song, target)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The origin of a value in one or two words.
fn source(id: ParameterId, song: &MasteringResult, target: &MasteringTarget) -> &'static str {
    if target.is_set_by_hand(id) {
        "--set"
    } else if let Some(origin) = song.proposals.origin(id) {
        origin.name()
    } else if target.has_setting(id) {
        "Preset"
    } else if SEARCH.contains(&id) {
        "Gain search"
    } else {
        "Profile"
    }
}

/// The parameters that the search for the loudness changes.
const SEARCH: [ParameterId; 3] = [
    ParameterId::LoudnessGain,
    ParameterId::Trim,
    ParameterId::LimiterStyle,
];
