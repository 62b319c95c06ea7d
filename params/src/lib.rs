//! Flow's factory presets: settings by name, as the plug-in and the command line apply them.
//!
//! A preset is a small JSON file in `params/factory/`: what it is called and for, and texts for the parameters that
//! it sets, by their ids, as people type them. Every other parameter gets its default, so that a preset sounds the same
//! whatever was set before, except for those that are not its own: see [`sets`].

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// In the order of the list that people see.
const FILES: [&str; 20] = [
    include_str!("../factory/neutral.json"),
    include_str!("../factory/gentle_glue.json"),
    include_str!("../factory/punchy_drums.json"),
    include_str!("../factory/parallel_density.json"),
    include_str!("../factory/warm_and_wide.json"),
    include_str!("../factory/tape_warmth.json"),
    include_str!("../factory/loud_and_clean.json"),
    include_str!("../factory/club.json"),
    include_str!("../factory/acoustic.json"),
    include_str!("../factory/orchestral_air.json"),
    include_str!("../factory/bright_pop.json"),
    include_str!("../factory/dense_rock.json"),
    include_str!("../factory/ambient_space.json"),
    include_str!("../factory/fix_boomy.json"),
    include_str!("../factory/fix_harsh.json"),
    include_str!("../factory/de_muddy.json"),
    include_str!("../factory/tight_low_end.json"),
    include_str!("../factory/small_speakers.json"),
    include_str!("../factory/mono_safe.json"),
    include_str!("../factory/broadcast_safe.json"),
];

/// Ids of what no preset changes: the host's bypass, where the song goes, and the word length of the file.
const NEVER_SET: [&str; 4] = ["byp", "deliv", "dith", "dshap"];

/// Ids of what stays with "keep my ceiling and gain".
const CEILING_AND_GAIN: [&str; 2] = ["ceil", "gain"];

/// A named group of settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// For people; unique.
    pub name: String,
    /// The heading that it stands under.
    pub category: String,
    /// What it is for.
    pub description: String,
    /// Parameter ids and the texts that they are set to.
    pub values: BTreeMap<String, String>,
}

/// All presets, those of one category together.
#[must_use]
pub fn all() -> &'static [Preset] {
    static ALL: OnceLock<Vec<Preset>> = OnceLock::new();
    // The tests find a file that can't be read. A host must not go down for it.
    ALL.get_or_init(|| {
        FILES
            .iter()
            .filter_map(|file| serde_json::from_str(file).ok())
            .collect()
    })
}

/// The preset with this name; case, spaces and dashes don't matter.
#[must_use]
pub fn find(name: &str) -> Option<&'static Preset> {
    all()
        .iter()
        .find(|preset| plain(&preset.name) == plain(name))
}

/// Whether presets set the parameter with this id, to their own value or its default.
#[must_use]
pub fn sets(id: &str, keep_ceiling_and_gain: bool) -> bool {
    let is_kept = keep_ceiling_and_gain && CEILING_AND_GAIN.contains(&id);
    !is_kept && !NEVER_SET.contains(&id)
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_preset_and_every_preset_a_file() {
        assert_eq!(all().len(), FILES.len());
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/factory");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len());
    }

    #[test]
    fn names_are_unique_and_texts_complete() {
        let mut names: Vec<_> = all().iter().map(|preset| plain(&preset.name)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all().len());
        for preset in all() {
            assert!(!preset.category.is_empty(), "{preset:?}");
            assert!(preset.description.ends_with('.'), "{preset:?}");
            for id in preset.values.keys() {
                assert!(sets(id, false), "{}: {id}", preset.name);
            }
        }
    }

    #[test]
    fn the_first_sets_nothing() {
        assert_eq!(all()[0].name, "Neutral");
        assert!(all()[0].values.is_empty());
    }

    #[test]
    fn categories_stand_together() {
        let mut categories: Vec<_> = all().iter().map(|preset| &preset.category).collect();
        categories.dedup();
        let runs = categories.len();
        categories.sort();
        categories.dedup();
        assert_eq!(categories.len(), runs);
    }

    #[test]
    fn presets_are_found_however_they_are_typed() {
        for typed in ["Gentle glue", "gentle-glue", "GENTLE GLUE", "gentleglue"] {
            assert_eq!(
                find(typed).map(|preset| preset.name.as_str()),
                Some("Gentle glue")
            );
        }
        assert_eq!(find("glue"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn bypass_delivery_and_dither_belong_to_nobody_s_preset() {
        for id in ["byp", "deliv", "dith", "dshap"] {
            assert!(!sets(id, false) && !sets(id, true), "{id}");
        }
        for id in ["ceil", "gain"] {
            assert!(sets(id, false) && !sets(id, true), "{id}");
        }
        assert!(sets("trim", true));
    }
}
