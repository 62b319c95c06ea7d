//! Presets, and the factory presets of the plug-in and the command line.
//!
//! A preset is a small JSON file: name, category, description, and the values of its parameters as users type them. Every
//! other parameter gets its default, so that a preset sounds the same whatever was set before. [`sets`] names the
//! parameters that no preset touches. The factory presets are in `params/factory/`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize};

use crate::table::ParameterId;

/// In the order of the list in the window.
const FILES: &[&str] = &[
    include_str!("../factory/neutral.json"),
    include_str!("../factory/gentle_glue.json"),
    include_str!("../factory/punchy_drums.json"),
    include_str!("../factory/parallel_density.json"),
    include_str!("../factory/warm_and_wide.json"),
    include_str!("../factory/tape_warmth.json"),
    include_str!("../factory/lo_fi.json"),
    include_str!("../factory/streaming.json"),
    include_str!("../factory/loud_and_clean.json"),
    include_str!("../factory/club.json"),
    include_str!("../factory/acoustic.json"),
    include_str!("../factory/orchestral_air.json"),
    include_str!("../factory/bright_pop.json"),
    include_str!("../factory/dense_rock.json"),
    include_str!("../factory/metal.json"),
    include_str!("../factory/hip_hop.json"),
    include_str!("../factory/edm.json"),
    include_str!("../factory/ambient_space.json"),
    include_str!("../factory/podcast.json"),
    include_str!("../factory/fix_boomy.json"),
    include_str!("../factory/fix_harsh.json"),
    include_str!("../factory/de_muddy.json"),
    include_str!("../factory/tight_low_end.json"),
    include_str!("../factory/small_speakers.json"),
    include_str!("../factory/mono_safe.json"),
    include_str!("../factory/broadcast_safe.json"),
    include_str!("../factory/vinyl.json"),
];

/// No preset changes these: they depend on the host, the destination and the file format.
const NEVER_SET: [ParameterId; 4] = [
    ParameterId::Bypass,
    ParameterId::Delivery,
    ParameterId::Dither,
    ParameterId::NoiseShaping,
];

/// These stay with "keep my ceiling and gain".
const CEILING_AND_GAIN: [ParameterId; 2] = [ParameterId::Ceiling, ParameterId::LoudnessGain];

/// A named group of settings. A file with an unknown parameter, or with a text that is no value of its parameter, is no
/// preset: a newer version of Flow may have written it, and it would sound different here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Unique among the presets of one list.
    pub name: String,
    /// The heading in the list.
    pub category: String,
    /// Its sound, its use, and the control that changes it most.
    pub description: String,
    /// Values as users type them.
    #[serde(deserialize_with = "read_values")]
    pub values: BTreeMap<ParameterId, String>,
}

fn read_values<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<ParameterId, String>, D::Error> {
    let read = |(id, text): (String, String)| {
        let Ok(known) = id.parse::<ParameterId>() else {
            return Err(format!(
                "unknown parameter \"{id}\", which a newer version of Flow may have"
            ));
        };
        match known.parse(&text) {
            Some(_) => Ok((known, text)),
            None => Err(format!("\"{text}\" is no value of {}", known.name())),
        }
    };
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    texts
        .into_iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(serde::de::Error::custom)
}

/// All factory presets, those of one category together.
#[must_use]
pub fn all() -> &'static [Preset] {
    static ALL: OnceLock<Vec<Preset>> = OnceLock::new();
    // A test finds damaged files. A host must not crash because of one.
    ALL.get_or_init(|| {
        FILES
            .iter()
            .filter_map(|file| serde_json::from_str(file).ok())
            .collect()
    })
}

/// The factory preset with this name; case, spaces and dashes don't matter.
#[must_use]
pub fn find(name: &str) -> Option<&'static Preset> {
    all()
        .iter()
        .find(|preset| plain(&preset.name) == plain(name))
}

/// Whether presets set a parameter, to their own value or to its default.
#[must_use]
pub fn sets(id: ParameterId, keep_ceiling_and_gain: bool) -> bool {
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
    fn factory_folder_has_the_listed_files_only() {
        assert_eq!(all().len(), FILES.len());
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/factory");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len());
    }

    #[test]
    fn factory_presets_have_unique_names_and_settable_parameters() {
        let mut names: Vec<_> = all().iter().map(|preset| plain(&preset.name)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all().len());
        for preset in all() {
            assert!(!preset.category.is_empty(), "{preset:?}");
            assert!(preset.description.ends_with('.'), "{preset:?}");
            for id in preset.values.keys() {
                assert!(sets(*id, false), "{}: {id}", preset.name);
            }
        }
    }

    #[test]
    fn preset_with_unknown_id_or_value_is_refused_by_name() {
        let read = |values: &str| {
            let json = format!(
                r#"{{"name": "A", "category": "", "description": "", "values": {values}}}"#
            );
            serde_json::from_str::<Preset>(&json).map_err(|error| error.to_string())
        };
        let known = read(r#"{"ceil": "-1 dB", "fltrn": "Deep"}"#).unwrap();
        assert_eq!(known.values[&ParameterId::Translation], "Deep");
        let json = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<Preset>(&json).unwrap(), known);
        for (values, expected) in [
            (
                r#"{"ceil": "-1 dB", "zap": "1"}"#,
                "unknown parameter \"zap\", which a newer version of Flow may have",
            ),
            (
                r#"{"fltrn": "Huge"}"#,
                "\"Huge\" is no value of Translation",
            ),
        ] {
            let error = read(values).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn first_factory_preset_sets_no_value() {
        assert_eq!(all()[0].name, "Neutral");
        assert!(all()[0].values.is_empty());
    }

    #[test]
    fn factory_presets_of_one_category_stand_together() {
        let mut categories: Vec<_> = all().iter().map(|preset| &preset.category).collect();
        categories.dedup();
        let runs = categories.len();
        categories.sort();
        categories.dedup();
        assert_eq!(categories.len(), runs);
    }

    #[test]
    fn find_name_in_any_spelling_returns_preset() {
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
    fn sets_host_and_kept_parameters_is_false() {
        for id in NEVER_SET {
            assert!(!sets(id, false) && !sets(id, true), "{id}");
        }
        for id in CEILING_AND_GAIN {
            assert!(sets(id, false) && !sets(id, true), "{id}");
        }
        assert!(sets(ParameterId::Trim, true));
    }
}
