//! The simulated effect of settings.

use serde::Serialize;

use crate::features::Anchor;

/// Smallest change that is worth a description, dB or LU.
const AUDIBLE: f32 = 0.15;

/// The expected effect of a change of settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Effect {
    /// Level of each anchor, dB.
    pub anchors_db: [f32; 4],
    /// Level of the side signal, dB.
    pub side_db: f32,
    /// Loudness, LU.
    pub loudness_lu: f32,
    /// Peak to loudness ratio, dB.
    pub plr_db: f32,
}

impl Effect {
    /// The audible changes as texts, such as "Silk −1.2 dB"; empty if nothing is audible.
    #[must_use]
    pub fn descriptions(&self) -> Vec<String> {
        let anchors = Anchor::ALL.map(Anchor::name).into_iter();
        let anchors = anchors.zip(self.anchors_db).map(|(n, db)| (n, db, "dB"));
        let rest = [
            ("sides", self.side_db, "dB"),
            ("loudness", self.loudness_lu, "LU"),
            ("PLR", self.plr_db, "dB"),
        ];
        let all = anchors.chain(rest);
        all.filter(|(_, by, _)| by.abs() >= AUDIBLE)
            .map(|(name, by, unit)| format!("{name} {by:+.1} {unit}"))
            .collect()
    }
}
