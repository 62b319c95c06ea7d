//! Factory presets by name.

use crate::setting::Setting;
use crate::similar_names::is_similar;
use anyhow::{Result, anyhow};
use flow_params::{Preset, presets};

/// The preset with this name.
///
/// # Errors
///
/// If there is none: with similar names, or else with all.
pub(crate) fn find(name: &str) -> Result<&'static Preset> {
    presets::find(name).ok_or_else(|| {
        let similar = similar_names(name);
        if similar.is_empty() {
            let all: Vec<_> = presets::all().iter().map(quoted).collect();
            anyhow!(
                "there is no preset \"{name}\"; there are: {}",
                all.join(", ")
            )
        } else {
            anyhow!(
                "there is no preset \"{name}\"; similar: {} (`flow presets` lists all)",
                similar.join(", ")
            )
        }
    })
}

/// The settings of a preset. Ceiling and loudness gain come from the profile.
pub(crate) fn settings(preset: &Preset) -> Vec<Setting> {
    let own = preset.values.iter();
    let own = own.filter(|(id, _)| presets::sets(**id, true));
    own.map(|(id, text)| Setting::new(*id, text)).collect()
}

/// Quoted names that resemble `name`.
fn similar_names(name: &str) -> Vec<String> {
    let similar = presets::all().iter();
    let similar = similar.filter(|preset| is_similar(name, &preset.name));
    similar.map(quoted).collect()
}

fn quoted(preset: &Preset) -> String {
    format!("\"{}\"", preset.name)
}

#[cfg(test)]
mod tests {
    use flow_params::ParameterId;

    use super::*;

    #[test]
    fn unknown_preset_with_similar_names_lists_them() {
        for (typed, expected) in [
            ("glue", "Gentle glue"),
            ("gentel glue", "Gentle glue"),
            ("boomy", "Fix boomy"),
            ("clubb", "Club"),
            ("warm", "Warm and wide"),
            ("mono safe", "Narrow to mono-safe"),
            ("gleu", "Gentle glue"),
            ("loud and proud", "Loud and clean"),
        ] {
            let error = find(typed).unwrap_err().to_string();
            assert!(error.contains(&format!("\"{expected}\"")), "{error}");
            assert!(
                error.lines().count() == 1 && similar_names(typed).len() < 6,
                "{error}"
            );
        }
        let error = find("xyzzy").unwrap_err().to_string();
        assert!(error.contains("there are: \"Neutral\", "), "{error}");
    }

    #[test]
    fn preset_settings_leave_ceiling_and_gain_to_profile() {
        let club = settings(find("club").unwrap());
        assert!(
            club.iter()
                .any(|setting| setting.id == ParameterId::LimiterStyle)
        );
        assert!(!club.iter().any(|setting| {
            [ParameterId::Ceiling, ParameterId::LoudnessGain].contains(&setting.id)
        }));
    }
}
