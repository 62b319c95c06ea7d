//! The effect of settings.

use flow_params::number::signed;
use serde::Serialize;

use crate::features::Anchor;
use crate::message::{Message, key, message};

/// Smallest change that is worth a description, dB or LU.
const AUDIBLE: f32 = 0.15;

/// Loud moments that are softer by this much are held by a compressor, dB.
pub(crate) const HELD_DB: f32 = 0.5;

/// The loud moments of each band in a description.
const MOMENT_NAMES: [&str; 4] = [
    key!("boomy moments"),
    key!("muddy moments"),
    key!("harsh moments"),
    key!("fizzy moments"),
];

/// A name, the change in it, and its unit.
type Change = (&'static str, f32, &'static str);

/// The effect of a change of settings on the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Effect {
    /// Level of each anchor, dB.
    pub anchors_db: [f32; 4],
    /// Level of the side signal, dB.
    pub side_db: f32,
    /// Level of the bass in the mono sum, dB.
    pub mono_bass_db: f32,
    /// Loudness, LU.
    pub loudness_lu: f32,
    /// Peak to loudness ratio, dB.
    pub plr_db: f32,
    /// Height of the loud moments near 110 Hz, 300 Hz, 3.2 kHz and 7.5 kHz above the median moment there, dB.
    pub moments_db: [f32; 4],
    /// Mean reduction by the limiter, dB.
    pub limiting_db: f32,
}

impl Effect {
    /// A share of the effect, as that of the same share of the change. It is an estimate: limiting doesn't grow in proportion.
    #[must_use]
    pub fn scaled(self, share: f32) -> Self {
        Self {
            anchors_db: self.anchors_db.map(|db| share * db),
            side_db: share * self.side_db,
            mono_bass_db: share * self.mono_bass_db,
            loudness_lu: share * self.loudness_lu,
            plr_db: share * self.plr_db,
            moments_db: self.moments_db.map(|db| share * db),
            limiting_db: share * self.limiting_db,
        }
    }

    /// The audible changes as texts, such as "Silk −1.2 dB"; empty if nothing is audible.
    #[must_use]
    pub fn descriptions(&self) -> Vec<Message> {
        self.audible_changes().map(describe).collect()
    }

    /// The largest audible change as a text; `None` if nothing is audible.
    #[must_use]
    pub fn largest_change(&self) -> Option<Message> {
        let size = |change: &Change| change.1.abs();
        let largest = self
            .audible_changes()
            .max_by(|a, b| size(a).total_cmp(&size(b)));
        largest.map(describe)
    }

    fn audible_changes(&self) -> impl Iterator<Item = Change> {
        // Bass that both channels lose is no loss of mono.
        let own_mono_bass_db = self.mono_bass_db - self.anchors_db[0];
        let anchors = Anchor::ALL.map(Anchor::name).into_iter();
        let anchors = anchors.zip(self.anchors_db).map(|(n, db)| (n, db, "dB"));
        // All of them alike are loudness.
        let [most_db, least_db] = [f32::max, f32::min].map(|of| {
            let levels = self.anchors_db.into_iter();
            levels.reduce(of).unwrap_or_default()
        });
        // The limiter takes a little more of some.
        let mean_db = 0.5 * (most_db + least_db);
        let has_balance = most_db - least_db >= AUDIBLE.max(0.1 * mean_db.abs());
        let anchors = anchors.filter(move |_| has_balance);
        let moments = MOMENT_NAMES.into_iter().zip(self.moments_db);
        let held = moments.filter(|(_, db)| *db <= -HELD_DB);
        let held = held.map(|(name, db)| (name, db, "dB"));
        let rest = [
            (key!("sides"), self.side_db, "dB"),
            (key!("bass in mono"), own_mono_bass_db, "dB"),
            (key!("loudness"), self.loudness_lu, "LU"),
            (key!("PLR"), self.plr_db, "dB"),
            (key!("limiting"), self.limiting_db, "dB"),
        ];
        let all = anchors.chain(held).chain(rest);
        all.filter(|(_, by, _)| by.abs() >= AUDIBLE)
    }
}

fn describe((name, by, unit): Change) -> Message {
    let change = format!("{} {unit}", signed(f64::from(by), 1));
    message!("{name} {change}", name, change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_of_gain_have_no_anchors() {
        let gain = Effect {
            anchors_db: [12.1, 12.1, 12.0, 12.5],
            mono_bass_db: 12.1,
            loudness_lu: 11.9,
            ..Effect::default()
        };
        assert_eq!(gain.descriptions(), ["loudness +11.9 LU"]);
        let tone = Effect {
            anchors_db: [1.2, 0.9, 0.0, 0.0],
            mono_bass_db: 1.2,
            ..Effect::default()
        };
        assert_eq!(tone.descriptions(), ["Body +1.2 dB", "Soul +0.9 dB"]);
        assert_eq!(tone.largest_change().as_deref(), Some("Body +1.2 dB"));
        assert_eq!(Effect::default().largest_change(), None);
    }

    #[test]
    fn descriptions_name_loud_moments_that_are_held() {
        let held = Effect {
            anchors_db: [-0.5, 0.0, 0.0, 0.0],
            mono_bass_db: -0.5,
            moments_db: [-1.6, 0.4, -0.4, 0.0],
            ..Effect::default()
        };
        assert_eq!(
            held.descriptions(),
            ["Body \u{2212}0.5 dB", "boomy moments \u{2212}1.6 dB"]
        );
    }
}
