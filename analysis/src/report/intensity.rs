//! How far proposals move the balance.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How far proposals move the balance towards the middle of the style. It changes no other proposals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intensity {
    /// Six tenths of the usual way, for music that is off on purpose.
    Gentle,
    /// The usual way.
    #[default]
    Normal,
    /// Further, as long as the user decides. Recommended proposals stay the usual ones.
    Strong,
}

impl Intensity {
    /// All of them, the weakest first.
    pub const ALL: [Self; 3] = [Self::Gentle, Self::Normal, Self::Strong];

    /// Its name in texts and arguments.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gentle => "gentle",
            Self::Normal => "normal",
            Self::Strong => "strong",
        }
    }

    /// Factor of the possible part of a correction.
    pub(crate) fn possible_factor(self) -> f32 {
        match self {
            Self::Gentle => 0.6,
            Self::Normal => 1.0,
            Self::Strong => 1.4,
        }
    }

    /// Factor of the recommended part. Nothing beyond the usual one has been evaluated.
    pub(crate) fn recommended_factor(self) -> f32 {
        self.possible_factor().min(1.0)
    }

    /// The edge of the middle of a style to which an unusual anchor is brought back, in standard deviations: the middle 80, 60
    /// or 40 % of its songs.
    pub(crate) fn edge(self) -> f32 {
        match self {
            Self::Gentle => 1.281_6,
            Self::Normal => 0.841_6,
            Self::Strong => 0.524_4,
        }
    }
}

impl FromStr for Intensity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|i| i.name() == text);
        named.ok_or_else(|| format!("{text} is neither gentle, normal nor strong"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intensity_names_parse_and_are_those_of_the_file() {
        for intensity in Intensity::ALL {
            assert_eq!(intensity.name().parse(), Ok(intensity));
            let json = serde_json::to_value(intensity).unwrap();
            assert_eq!(json, intensity.name());
        }
        assert!("loud".parse::<Intensity>().is_err());
    }

    #[test]
    fn strong_intensity_recommends_no_more_than_normal() {
        let recommended = Intensity::ALL.map(Intensity::recommended_factor);
        assert_eq!(recommended[1..], [1.0, 1.0]);
        assert!(recommended[0] < 1.0);
        let possible = Intensity::ALL.map(Intensity::possible_factor);
        assert!(possible.is_sorted());
    }
}
