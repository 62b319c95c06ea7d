//! Preferences: the intensity that the user has chosen, the share of proposals that the user keeps, and the initial amount of
//! the next ones.
//!
//! Only balance and width count. The delivery profile decides on damage, ceiling and loudness.
//!
//! For each parameter the shares of the newest [`HISTORY_LENGTH`] decisions are kept: 0 for a discarded or undone proposal,
//! 1 for a proposal that was applied in full. Their median is the habit, so that a single odd song changes nothing. From [`MIN_DECISIONS`]
//! decisions on, proposals begin with that share instead of the whole, but never further than [`MAX_DEVIATION`] from it: preferences
//! make proposals smaller or larger, and never invert or add one.

use std::collections::BTreeMap;
use std::fmt;

use flow_params::ParameterId;
use serde::{Deserialize, Serialize};

use crate::report::{Intensity, MAX_AMOUNT};
use crate::solver::TONE_PARAMETERS;

/// Version of the file. Newer files are refused and kept.
const VERSION: u32 = 1;

/// Number of decisions for each parameter that are kept.
pub const HISTORY_LENGTH: usize = 9;

/// Smallest number of decisions that changes an amount.
pub const MIN_DECISIONS: usize = 3;

/// Largest deviation of an amount from 1.
pub const MAX_DEVIATION: f32 = 0.3;

/// The subject of a habit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PreferenceKey {
    /// The amount of all proposals together.
    All,
    /// The proposal for one parameter.
    Parameter(ParameterId),
}

impl PreferenceKey {
    /// The key in the file: "all", or the id of the parameter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Parameter(id) => id.as_str(),
        }
    }

    /// The key of a personalized proposal in the file. Files of other versions can hold others.
    fn from_file(text: &str) -> Option<Self> {
        let key = if text == Self::All.as_str() {
            Self::All
        } else {
            Self::Parameter(text.parse().ok()?)
        };
        key.is_personalized().then_some(key)
    }

    /// Whether the proposal is personalized: only those of balance and width are, and of these not the amount of Match,
    /// which the user sets for each reference.
    fn is_personalized(self) -> bool {
        match self {
            Self::All => true,
            Self::Parameter(id) => TONE_PARAMETERS.contains(&id) && id != ParameterId::MatchAmount,
        }
    }
}

impl From<ParameterId> for PreferenceKey {
    fn from(id: ParameterId) -> Self {
        Self::Parameter(id)
    }
}

/// The intensity and the kept shares. The text form is readable JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preferences {
    version: u32,
    /// The intensity of proposals, which files of earlier versions lack.
    #[serde(default)]
    pub intensity: Intensity,
    /// By parameter id, oldest first.
    kept: BTreeMap<String, Vec<f32>>,
}

/// A text that this version cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreferencesError {
    /// A newer Flow wrote it.
    Newer(u32),
    /// Anything else.
    Damaged(String),
}

impl Default for Preferences {
    /// No decisions.
    fn default() -> Self {
        Self {
            version: VERSION,
            intensity: Intensity::default(),
            kept: BTreeMap::new(),
        }
    }
}

impl Preferences {
    /// From its text.
    ///
    /// # Errors
    /// If it is none that this version understands.
    pub fn from_text(text: &str) -> Result<Self, PreferencesError> {
        #[derive(Deserialize)]
        struct VersionHeader {
            version: u32,
        }
        let damaged = |error: serde_json::Error| PreferencesError::Damaged(error.to_string());
        let VersionHeader { version } = serde_json::from_str(text).map_err(damaged)?;
        if version > VERSION {
            return Err(PreferencesError::Newer(version));
        }
        serde_json::from_str(text).map_err(damaged)
    }

    /// Its text.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Text, numbers and lists of them: there is nothing that could fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Records the kept share of a proposal, 0 to [`MAX_AMOUNT`]. Parameters that are not personalized are ignored.
    pub fn note(&mut self, key: PreferenceKey, share: f32) {
        if !key.is_personalized() || !share.is_finite() {
            return;
        }
        let shares = self.kept.entry(key.as_str().to_owned()).or_default();
        // Hundredths are enough, and people can read them.
        shares.push((100.0 * share.clamp(0.0, MAX_AMOUNT)).round() / 100.0);
        let too_old = shares.len().saturating_sub(HISTORY_LENGTH);
        shares.drain(..too_old);
    }

    /// The median kept share; `None` with too few decisions.
    #[must_use]
    pub fn habit(&self, key: PreferenceKey) -> Option<f32> {
        let shares = self.kept.get(key.as_str());
        let mut shares = shares.filter(|_| key.is_personalized())?.clone();
        if shares.len() < MIN_DECISIONS {
            return None;
        }
        shares.sort_by(f32::total_cmp);
        let middle = |i: usize| shares[i].clamp(0.0, MAX_AMOUNT);
        let half = shares.len() / 2;
        Some(0.5 * (middle(half) + middle((shares.len() - 1) / 2)))
    }

    /// How much of a proposal to begin with; 1 unless the habit is another.
    #[must_use]
    pub fn amount(&self, key: PreferenceKey) -> f32 {
        let habit = self.habit(key).unwrap_or(1.0);
        habit.clamp(1.0 - MAX_DEVIATION, 1.0 + MAX_DEVIATION)
    }

    /// All habits.
    pub fn habits(&self) -> impl Iterator<Item = (PreferenceKey, f32)> {
        let keys = self.kept.keys();
        let keys = keys.filter_map(|text| PreferenceKey::from_file(text));
        keys.filter_map(|key| Some((key, self.habit(key)?)))
    }

    /// Decisions that are remembered.
    #[must_use]
    pub fn decisions(&self) -> usize {
        self.kept.values().map(Vec::len).sum()
    }
}

impl fmt::Display for PreferencesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(version) => write!(f, "a newer Flow wrote it (version {version})"),
            Self::Damaged(error) => write!(f, "it can't be read: {error}"),
        }
    }
}

impl std::error::Error for PreferencesError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferences(id: ParameterId, shares: &[f32]) -> Preferences {
        let mut preferences = Preferences::default();
        shares
            .iter()
            .for_each(|share| preferences.note(id.into(), *share));
        preferences
    }

    #[test]
    fn habit_needs_several_decisions_and_ignores_outliers() {
        assert_eq!(
            preferences(ParameterId::Silk, &[0.8, 0.8]).habit(ParameterId::Silk.into()),
            None
        );
        assert_eq!(
            preferences(ParameterId::Silk, &[0.8, 0.8]).amount(ParameterId::Silk.into()),
            1.0
        );
        assert_eq!(
            preferences(ParameterId::Silk, &[0.8, 0.0, 0.8]).amount(ParameterId::Silk.into()),
            0.8
        );
        assert_eq!(
            preferences(ParameterId::Silk, &[0.8, 0.9, 0.8, 0.9]).amount(ParameterId::Silk.into()),
            0.85
        );
        assert_eq!(
            preferences(ParameterId::Silk, &[0.8; 3]).amount(ParameterId::Air.into()),
            1.0,
            "another one"
        );
        // Old decisions don't count.
        let mut later = preferences(ParameterId::Silk, &[0.0; HISTORY_LENGTH]);
        for _ in 0..HISTORY_LENGTH {
            later.note(ParameterId::Silk.into(), 1.0);
        }
        assert_eq!(
            later,
            preferences(ParameterId::Silk, &[1.0; HISTORY_LENGTH])
        );
    }

    #[test]
    fn amount_of_extreme_shares_stays_within_deviation() {
        for shares in [[0.0; 5], [1.5; 5], [-3.0; 5], [99.0; 5], [f32::NAN; 5]] {
            let amount = preferences(ParameterId::Body, &shares).amount(ParameterId::Body.into());
            assert!(
                (1.0 - MAX_DEVIATION..=1.0 + MAX_DEVIATION).contains(&amount),
                "{amount}"
            );
        }
        assert_eq!(
            preferences(ParameterId::Body, &[0.0; 3]).amount(ParameterId::Body.into()),
            0.7,
            "discarded"
        );
        assert_eq!(
            preferences(ParameterId::Body, &[1.5; 3]).amount(ParameterId::Body.into()),
            1.3
        );
    }

    #[test]
    fn note_of_parameters_outside_tone_is_ignored() {
        for id in [
            ParameterId::Ceiling,
            ParameterId::LoudnessGain,
            ParameterId::LowCut,
            ParameterId::MonoSafety,
            ParameterId::MatchAmount,
        ] {
            let preferences = preferences(id, &[0.2; 5]);
            assert_eq!(
                (preferences.amount(id.into()), preferences.decisions()),
                (1.0, 0),
                "{id}"
            );
        }
        // Nor does a file make them so.
        let text = r#"{"version": 1, "kept": {"ceil": [0.5, 0.5, 0.5]}}"#;
        assert_eq!(Preferences::from_text(text).unwrap().habits().count(), 0);
    }

    #[test]
    fn text_round_trip_keeps_preferences() {
        let mut before = preferences(ParameterId::Silk, &[0.7, 0.654_321, 0.0]);
        before.note(PreferenceKey::All, 0.8);
        before.intensity = Intensity::Strong;
        let text = before.to_text();
        assert_eq!(Preferences::from_text(&text), Ok(before));
        assert!(text.contains("0.65"), "{text}");
        assert_eq!(
            Preferences::from_text(r#"{"version": 2, "what": "ever"}"#),
            Err(PreferencesError::Newer(2))
        );
        let earlier = r#"{"version": 1, "kept": {}}"#;
        assert_eq!(Preferences::from_text(earlier), Ok(Preferences::default()));
        for text in [
            "",
            "{",
            "[]",
            r#"{"version": 1}"#,
            r#"{"version": 1, "kept": {"crsil": "much"}}"#,
        ] {
            let read = Preferences::from_text(text);
            assert!(
                matches!(read, Err(PreferencesError::Damaged(_))),
                "{text}: {read:?}"
            );
        }
    }

    #[test]
    fn habits_with_enough_decisions_are_listed() {
        let mut known = preferences(ParameterId::Silk, &[0.7; 4]);
        known.note(ParameterId::Air.into(), 1.0);
        assert_eq!(
            known.habits().collect::<Vec<_>>(),
            [(ParameterId::Silk.into(), 0.7)]
        );
        assert_eq!(known.decisions(), 5);
    }
}
