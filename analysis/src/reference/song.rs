//! A reference: a song with the balance, width and loudness that the user wants.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::features::{self, AnalysisWindow, Summary};

/// A reference song: its features, which remain valid without the file.
///
/// The JSON form states the version of the features. Other versions are refused, because they can't be compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Json")]
pub struct Reference {
    name: String,
    /// [`features::VERSION`] of the Flow that analyzed it.
    features: u32,
    summary: Summary,
}

/// The reason why a file or a text is no reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// It has too little audio for an analysis.
    TooShort,
    /// Some features are not finite.
    NotFinite(String),
    /// Another version of Flow analyzed it: name, and version of the features.
    OtherFeatures(String, u64),
    /// It is no reference; the text says why.
    Unknown(String),
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => f.write_str("it has less than ten seconds of sound"),
            Self::NotFinite(name) => {
                write!(
                    f,
                    "the reference {name} has figures that are no numbers: load its file again"
                )
            }
            Self::OtherFeatures(name, version) => write!(
                f,
                "the reference {name} was analyzed by another version of Flow (features {version}, here {}): load its file \
                 again",
                features::VERSION
            ),
            Self::Unknown(why) => write!(f, "that is no reference: {why}"),
        }
    }
}

impl std::error::Error for ReferenceError {}

impl Reference {
    /// Makes a reference from the window of a whole song.
    ///
    /// # Errors
    ///
    /// If the window is too short or not finite.
    pub fn new(name: &str, window: &AnalysisWindow) -> Result<Self, ReferenceError> {
        if !window.is_enough() {
            return Err(ReferenceError::TooShort);
        }
        Self {
            name: name.to_owned(),
            features: features::VERSION,
            summary: window.summary(),
        }
        .checked()
    }

    /// Display name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its features.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn checked(self) -> Result<Self, ReferenceError> {
        // JSON has no numbers for these: it writes null.
        let is_null = |value: &Json| match value {
            Json::Array(values) => values.iter().any(Json::is_null),
            value => value.is_null(),
        };
        let figures = serde_json::to_value(&self.summary);
        match figures.as_ref().map(Json::as_object) {
            Ok(Some(figures)) if !figures.values().any(is_null) => Ok(self),
            _ => Err(ReferenceError::NotFinite(self.name)),
        }
    }
}

impl TryFrom<Json> for Reference {
    type Error = ReferenceError;

    fn try_from(mut json: Json) -> Result<Self, ReferenceError> {
        let name = json["name"].as_str().unwrap_or_default().to_owned();
        match json["features"].as_u64() {
            Some(version) if version == u64::from(features::VERSION) => {}
            Some(version) => return Err(ReferenceError::OtherFeatures(name, version)),
            None => {
                return Err(ReferenceError::Unknown(
                    "the version of its features is missing".into(),
                ));
            }
        }
        let summary = serde_json::from_value(json["summary"].take());
        Self {
            name,
            features: features::VERSION,
            summary: summary.map_err(|e| ReferenceError::Unknown(e.to_string()))?,
        }
        .checked()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flow_dsp::Spec;

    pub(crate) fn song() -> AnalysisWindow {
        let song = flow_demo_song::demo_song(48_000).channels;
        AnalysisWindow::of(Spec::default(), &song[0], &song[1])
    }

    pub(crate) fn summary() -> Summary {
        song().summary()
    }

    pub(crate) fn reference(summary: Summary) -> Reference {
        Reference {
            name: "Bright".into(),
            features: features::VERSION,
            summary,
        }
    }

    /// A reference with a higher level from 2 to 8 kHz.
    pub(crate) fn brighter(summary: &Summary, db: f32) -> Reference {
        let mut summary = summary.clone();
        summary.third_octaves_db[19..25]
            .iter_mut()
            .for_each(|level| *level += db);
        summary.anchors_db[2] += db;
        reference(summary)
    }

    /// States keep references as text.
    #[test]
    fn reference_json_round_trip_keeps_it() {
        let reference = Reference::new("Night, remastered", &song()).unwrap();
        let text = serde_json::to_string(&reference).unwrap();
        assert_eq!(serde_json::from_str::<Reference>(&text).unwrap(), reference);
    }

    #[test]
    fn damaged_or_foreign_reference_json_is_refused_with_reason() {
        assert_eq!(
            Reference::new("short", &AnalysisWindow::new(1)),
            Err(ReferenceError::TooShort)
        );
        let whole = serde_json::to_value(reference(summary())).unwrap();
        let refused = |changed: &dyn Fn(&mut Json)| {
            let mut json = whole.clone();
            changed(&mut json);
            let why = serde_json::from_value::<Reference>(json).unwrap_err();
            let why = why.to_string();
            assert_eq!(why.lines().count(), 1, "{why}");
            why
        };
        let other = refused(&|json| json["features"] = (features::VERSION + 1).into());
        assert!(
            other.contains("Bright") && other.contains("another version"),
            "{other}"
        );
        // More than an f32 holds.
        let huge = refused(&|json| json["summary"]["plr_db"] = 1e39.into());
        assert!(
            huge.contains("Bright") && huge.contains("no numbers"),
            "{huge}"
        );
        assert!(refused(&|json| json["summary"]["plr_db"] = Json::Null).contains("no reference"));
        assert!(refused(&|json| json["features"] = Json::Null).contains("version"));
        assert!(refused(&|json| *json = "Bright".into()).contains("no reference"));

        let mut infinite = summary();
        infinite.third_octaves_db[3] = f32::NEG_INFINITY;
        assert_eq!(
            reference(infinite).checked(),
            Err(ReferenceError::NotFinite("Bright".into()))
        );
    }
}
