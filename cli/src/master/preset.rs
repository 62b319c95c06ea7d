//! Factory presets by what people type for them.

use crate::plugin_session::Setting;
use anyhow::{Result, anyhow};
use flow_params::{Preset, presets};

/// From this likeness on (0: nothing in common, 1: the same) a name may be what was meant.
const ALIKE: f64 = 0.85;

/// The preset called `name`.
pub(crate) fn find(name: &str) -> Result<&'static Preset> {
    presets::find(name).ok_or_else(|| {
        let near = near(name);
        if near.is_empty() {
            let all: Vec<_> = presets::all().iter().map(quoted).collect();
            anyhow!(
                "there is no preset \"{name}\"; there are: {}",
                all.join(", ")
            )
        } else {
            anyhow!(
                "there is no preset \"{name}\"; near it: {} (--list-presets shows all)",
                near.join(", ")
            )
        }
    })
}

/// What the preset sets here. Ceiling and loudness gain are the profile's.
pub(crate) fn settings(preset: &Preset) -> Vec<Setting> {
    // A test of flow_params parses all ids of factory presets.
    let values = preset.values.iter();
    let values = values.filter_map(|(id, text)| Some((id.parse().ok()?, text)));
    let own = values.filter(|(id, _)| presets::sets(*id, true));
    own.map(|(id, text)| Setting::new(id, text)).collect()
}

/// All presets as people read them, under their categories.
pub(crate) fn list() -> String {
    let mut lines = Vec::new();
    let mut category = "";
    for preset in presets::all() {
        if preset.category != category {
            category = &preset.category;
            lines.push(category.to_owned());
        }
        lines.push(format!("  {:<20} {}", preset.name, preset.description));
    }
    lines.join("\n")
}

/// Names that are spelt much like `name`, or have a word in them that is.
fn near(name: &str) -> Vec<String> {
    let typed = name.to_lowercase();
    let is_near = |preset: &&Preset| {
        let known = preset.name.to_lowercase();
        let is_alike = |a: &str, b: &str| strsim::jaro_winkler(a, b) >= ALIKE;
        is_alike(&typed, &known)
            || words(&typed).any(|word| words(&known).any(|other| is_alike(word, other)))
    };
    presets::all().iter().filter(is_near).map(quoted).collect()
}

/// The words that say something.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.len() > 2 && *word != "and")
}

fn quoted(preset: &Preset) -> String {
    format!("\"{}\"", preset.name)
}

#[cfg(test)]
mod tests {
    use flow_params::ParameterId;

    use super::*;

    #[test]
    fn what_was_meant_is_among_those_named() {
        for (typed, meant) in [
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
            assert!(error.contains(&format!("\"{meant}\"")), "{error}");
            assert!(
                error.lines().count() == 1 && near(typed).len() < 6,
                "{error}"
            );
        }
        let error = find("xyzzy").unwrap_err().to_string();
        assert!(error.contains("there are: \"Neutral\", "), "{error}");
    }

    #[test]
    fn ceiling_and_gain_are_left_to_the_profile() {
        let club = settings(find("club").unwrap());
        assert!(
            club.iter()
                .any(|setting| setting.id == ParameterId::LimiterStyle)
        );
        assert!(!club.iter().any(|setting| {
            [ParameterId::Ceiling, ParameterId::LoudnessGain].contains(&setting.id)
        }));
    }

    #[test]
    fn the_list_names_all() {
        let list = list();
        for preset in presets::all() {
            assert!(list.contains(&preset.name) && list.contains(&preset.description));
        }
    }
}
