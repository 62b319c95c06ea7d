//! Songs that others shall sound like, and what leads from a song to one or several of them.

use std::fmt;

use flow_dsp::math::{count, narrow};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::correction::{BANDS, Correction, Estimate, FIRST_BAND, centred, weights};
use crate::features::{self, Summary, Window};

/// The most that a band is asked to change, dB: what differs by more is another instrument, not another balance.
const MOST_DB: f32 = 12.0;

/// A band below this against all of them is empty, dB: codecs and small rates end before 16 kHz.
const EMPTY_DB: f32 = -70.0;

/// Sides this far below the middle are none, dB: codecs and dither leave so much of a mono song.
pub(crate) const MONO_DB: f32 = -35.0;

/// What nothing is known of, dB.
const UNKNOWN: Estimate = Estimate {
    mean: 0.0,
    sd: 20.0,
};

/// A song that others shall sound like: its figures, which stay good when the file is gone.
///
/// As JSON it carries the version of its features; what this Flow can't compare with its own isn't read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Json")]
pub struct Reference {
    name: String,
    /// [`features::VERSION`] of whoever heard it.
    features: u32,
    summary: Summary,
}

/// Why something can't be a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// There is too little sound in it for an analysis.
    TooShort,
    /// Some of its figures aren't numbers.
    NotFinite(String),
    /// Another version of Flow heard it: its name, and the version of its features.
    OtherFeatures(String, u64),
    /// It is no reference at all: what is wrong.
    Unknown(String),
}

impl fmt::Display for Unusable {
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
                "the reference {name} was heard by another version of Flow (features {version}, here {}): load its file \
                 again",
                features::VERSION
            ),
            Self::Unknown(why) => write!(f, "that is no reference: {why}"),
        }
    }
}

impl std::error::Error for Unusable {}

impl Reference {
    /// What was heard of all of a song. `name` is for people.
    ///
    /// # Errors
    ///
    /// If that is too little to compare with.
    pub fn new(name: &str, window: &Window) -> Result<Self, Unusable> {
        if !window.is_enough() {
            return Err(Unusable::TooShort);
        }
        Self {
            name: name.to_owned(),
            features: features::VERSION,
            summary: window.summary(),
        }
        .checked()
    }

    /// For people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All that is asked of it.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn checked(self) -> Result<Self, Unusable> {
        // JSON has no numbers for these: it writes null.
        let is_null = |value: &Json| match value {
            Json::Array(values) => values.iter().any(Json::is_null),
            value => value.is_null(),
        };
        let figures = serde_json::to_value(&self.summary);
        match figures.as_ref().map(Json::as_object) {
            Ok(Some(figures)) if !figures.values().any(is_null) => Ok(self),
            _ => Err(Unusable::NotFinite(self.name)),
        }
    }
}

impl TryFrom<Json> for Reference {
    type Error = Unusable;

    fn try_from(mut json: Json) -> Result<Self, Unusable> {
        let name = json["name"].as_str().unwrap_or_default().to_owned();
        match json["features"].as_u64() {
            Some(version) if version == u64::from(features::VERSION) => {}
            Some(version) => return Err(Unusable::OtherFeatures(name, version)),
            None => {
                return Err(Unusable::Unknown(
                    "the version of its features is missing".into(),
                ));
            }
        }
        let summary = serde_json::from_value(json["summary"].take());
        Self {
            name,
            features: features::VERSION,
            summary: summary.map_err(|e| Unusable::Unknown(e.to_string()))?,
        }
        .checked()
    }
}

/// What leads from a sound to the mean of references, an amount of the way (1 is all of it, 0 to 1.5). None without
/// references.
#[must_use]
pub fn towards(from: &Summary, references: &[Reference], amount: f32) -> Option<Correction> {
    if references.is_empty() {
        return None;
    }
    let ways: Vec<Correction> = references
        .iter()
        .map(|reference| known(from, reference.summary()))
        .collect();
    let amount = amount.clamp(0.0, 1.5);
    let mean = |of: &dyn Fn(&Correction) -> Estimate| {
        let known = ways.iter().map(of).filter(|way| *way != UNKNOWN);
        mean(known, amount)
    };
    let curve = std::array::from_fn(|band| mean(&|c| c.curve[band]));
    Some(Correction {
        curve: centred(curve),
        width: std::array::from_fn(|anchor| mean(&|c| c.width[anchor])),
        plr: mean(&|c| c.plr),
        crest: mean(&|c| c.crest),
    })
}

/// The way to one reference, without what one of both doesn't have.
fn known(from: &Summary, to: &Summary) -> Correction {
    let both: [bool; BANDS] = std::array::from_fn(|band| has(from, band) && has(to, band));
    let level = |s: &Summary, band: usize| s.third_octaves_db[band + FIRST_BAND];
    let way = |band: usize| level(to, band) - level(from, band);
    // Level is no balance, and what isn't there has none.
    let weights = weights();
    let bands = || (0..BANDS).filter(|band| both[*band]);
    let total: f32 = bands().map(|band| weights[band]).sum();
    let sum: f32 = bands().map(|band| weights[band] * way(band)).sum();
    let mean = sum / total.max(1e-6);
    Correction {
        curve: std::array::from_fn(|band| {
            if both[band] {
                Estimate::measured((way(band) - mean).clamp(-MOST_DB, MOST_DB))
            } else {
                UNKNOWN
            }
        }),
        width: std::array::from_fn(|anchor| {
            let [from, to] = [from, to].map(|s| s.anchor_side_db[anchor]);
            if from.min(to) > MONO_DB {
                Estimate::measured(to - from)
            } else {
                UNKNOWN
            }
        }),
        ..Correction::between(from, to)
    }
}

/// Whether there is anything in a band of a correction.
pub(crate) fn has(summary: &Summary, band: usize) -> bool {
    let band = band + FIRST_BAND;
    band < summary.third_octaves_heard && summary.third_octaves_db[band] > EMPTY_DB
}

/// Of those that know a way; if none does, none is known. Where they differ, the mean is less sure.
fn mean(ways: impl Iterator<Item = Estimate> + Clone, amount: f32) -> Estimate {
    let n = narrow(count(ways.clone().count()));
    if n == 0.0 {
        return UNKNOWN;
    }
    let mean = ways.clone().map(|e| e.mean).sum::<f32>() / n;
    let variance = ways
        .map(|e| e.sd * e.sd + (e.mean - mean).powi(2))
        .sum::<f32>()
        / n;
    Estimate {
        mean: amount * mean,
        // Of the mean, not of each.
        sd: (variance / n).sqrt(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flow_dsp::Spec;

    pub(crate) fn song() -> Window {
        let song = flow_demo_song::demo_song(48_000).channels;
        Window::of(Spec::default(), &song[0], &song[1])
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

    /// `summary` with some decibels more from 2 to 8 kHz.
    pub(crate) fn brighter(summary: &Summary, db: f32) -> Reference {
        let mut summary = summary.clone();
        summary.third_octaves_db[19..25]
            .iter_mut()
            .for_each(|level| *level += db);
        reference(summary)
    }

    #[test]
    fn several_references_count_as_their_mean() {
        let song = summary();
        let both = [brighter(&song, 2.0), brighter(&song, 6.0)];
        let mean = towards(&song, &both, 1.0).unwrap();
        let one = towards(&song, &[brighter(&song, 4.0)], 1.0).unwrap();
        for (a, b) in mean.curve.iter().zip(&one.curve) {
            assert!((a.mean - b.mean).abs() < 1e-3);
        }
        assert!(mean.curve[20].sd > one.curve[20].sd);
    }

    /// States keep references as text.
    #[test]
    fn a_reference_survives_being_written_down() {
        let reference = Reference::new("Night, remastered", &song()).unwrap();
        let text = serde_json::to_string(&reference).unwrap();
        assert_eq!(serde_json::from_str::<Reference>(&text).unwrap(), reference);
    }

    #[test]
    fn what_cannot_be_compared_is_named() {
        assert_eq!(
            Reference::new("short", &Window::new(1)),
            Err(Unusable::TooShort)
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
            Err(Unusable::NotFinite("Bright".into()))
        );
    }
}
