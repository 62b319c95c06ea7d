//! What settings will do to what was heard, before anything is moved.
//!
//! From the knobs' responses and the figures of a window: balance, width and gain are linear and told well. What works on
//! moments (compressors, Comfort, Mono safety) and harmonics are left out, so a limited song is a little softer than told.

use std::sync::OnceLock;

use flow_dsp::math::{count, db_from_power, narrow, sin_cos};
use flow_dsp::{Baseline, ChainSettings, KWeighting, StyleTarget};
use serde::Serialize;

use crate::analysis::{Change, Proposal, Value};
use crate::correction::{BANDS, FIRST_BAND};
use crate::features::{Anchor, Summary, THIRD_OCTAVES};
use crate::solver;

/// What a change is expected to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Effect {
    /// Level of each anchor, dB.
    pub anchors_db: [f32; 4],
    /// Level of the sides, dB.
    pub side_db: f32,
    /// Loudness, LU.
    pub loudness_lu: f32,
    /// Peak to loudness ratio, dB.
    pub plr_db: f32,
}

impl Effect {
    /// What comes after settings against what came before them.
    #[must_use]
    pub fn of(heard: &Summary, settings: &ChainSettings) -> Self {
        let gains_db = all_bands(&solver::gains_db(settings));
        let level = |band: usize, gain_db: f32| power(heard.third_octaves_db[band] + gain_db);
        let change_db = |bands: std::ops::Range<usize>, weight: &dyn Fn(usize) -> f64| {
            let sum = |of: &dyn Fn(usize) -> f64| {
                bands
                    .clone()
                    .map(|b| weight(b) * of(b))
                    .sum::<f64>()
                    .max(1e-20)
            };
            db_from_power(sum(&|b| level(b, gains_db[b])) / sum(&|b| level(b, 0.0)))
        };
        let side_db = solver::width_db(settings);
        // The sides have a share in the level.
        let widened_db = |heard_db: f32| {
            let share = power(heard_db) / (1.0 + power(heard_db));
            db_from_power(1.0 + share * (power(side_db) - 1.0))
        };
        let weights = loudness_weights();
        let balance_lu =
            change_db(0..THIRD_OCTAVES, &|band| weights[band]) + widened_db(heard.side_db);
        let loudness_lu = narrow(balance_lu) + settings.trim_db + settings.loudness_gain_db;
        // Peaks follow the loudness up to the ceiling.
        let peak_dbtp = heard.true_peak_dbtp + loudness_lu;
        let limited_db = (peak_dbtp - settings.limiter.ceiling_db).max(0.0);
        Self {
            anchors_db: std::array::from_fn(|i| {
                let bands = Anchor::ALL[i].third_octaves();
                // The knob for the width leaves the bass alone.
                let widened_db = if i == 0 {
                    0.0
                } else {
                    widened_db(heard.anchor_side_db[i])
                };
                narrow(change_db(bands, &|_| 1.0) + widened_db)
            }),
            side_db,
            loudness_lu,
            plr_db: -limited_db,
        }
    }

    /// What a change of settings does.
    #[must_use]
    pub fn between(heard: &Summary, from: &ChainSettings, to: &ChainSettings) -> Self {
        let (from, to) = (Self::of(heard, from), Self::of(heard, to));
        Self {
            anchors_db: std::array::from_fn(|i| to.anchors_db[i] - from.anchors_db[i]),
            side_db: to.side_db - from.side_db,
            loudness_lu: to.loudness_lu - from.loudness_lu,
            plr_db: to.plr_db - from.plr_db,
        }
    }

    /// What is worth saying of it, in a few words; none where that is nothing.
    #[must_use]
    pub fn in_words(&self) -> Vec<String> {
        let anchors = Anchor::ALL.map(Anchor::name).into_iter();
        let anchors = anchors.zip(self.anchors_db).map(|(n, db)| (n, db, "dB"));
        let rest = [
            ("sides", self.side_db, "dB"),
            ("loudness", self.loudness_lu, "LU"),
            ("PLR", self.plr_db, "dB"),
        ];
        let all = anchors.chain(rest);
        all.filter(|(_, by, _)| by.abs() >= 0.15)
            .map(|(name, by, unit)| format!("{name} {by:+.1} {unit}"))
            .collect()
    }
}

/// Settings with proposals in them, as far as a window or an effect can show them.
#[must_use]
pub fn with<'p>(
    settings: &ChainSettings,
    proposals: impl IntoIterator<Item = &'p Proposal>,
) -> ChainSettings {
    let mut settings = *settings;
    let changes = proposals.into_iter().flat_map(Proposal::changes);
    changes.for_each(|change| put(&mut settings, change));
    settings.sanitised()
}

fn put(settings: &mut ChainSettings, change: Change) {
    match (change.id, change.to) {
        ("wewid", Value::Percent(percent)) => settings.weave.width = percent / 100.0,
        ("gain", Value::Decibels(db)) => settings.loudness_gain_db = db,
        ("ceil", Value::TruePeak(dbtp)) => settings.limiter.ceiling_db = dbtp,
        ("lcut", Value::Switch(on)) => settings.floor.low_cut.on = on,
        (id, to) => solver::set(settings, id, to),
    }
}

fn power(db: f32) -> f64 {
    flow_dsp::math::gain_from_db(f64::from(db)).powi(2)
}

/// The bands of a correction, and their neighbours beyond.
fn all_bands(bands: &[f32; BANDS]) -> [f32; THIRD_OCTAVES] {
    std::array::from_fn(|i| bands[i.saturating_sub(FIRST_BAND).min(BANDS - 1)])
}

/// Computes what else the first effect waits for, some 10 ms.
pub(crate) fn prepare() {
    loudness_weights();
}

/// The power of K-weighting (ITU-R BS.1770) at the third octaves.
fn loudness_weights() -> &'static [f64; THIRD_OCTAVES] {
    static WEIGHTS: OnceLock<[f64; THIRD_OCTAVES]> = OnceLock::new();
    WEIGHTS.get_or_init(|| {
        const RATE_HZ: f64 = 48_000.0;
        let mut filter = KWeighting::new(RATE_HZ);
        let response: [f64; 4096] = std::array::from_fn(|i| {
            let impulse = if i == 0 { 1.0 } else { 0.0 };
            filter.process::<Baseline>([impulse, 0.0, 0.0, 0.0])[0]
        });
        StyleTarget::third_octaves_hz().map(|hz| {
            let turn = f64::from(hz) / RATE_HZ;
            let (mut re, mut im) = (0.0, 0.0);
            for (i, x) in response.iter().enumerate() {
                let (sin, cos) = sin_cos(core::f64::consts::TAU * (turn * count(i)).fract());
                re += x * cos;
                im += x * sin;
            }
            re * re + im * im
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Extractor, Window};
    use flow_dsp::{Chain, Monitor, Spec};

    fn heard(channels: &[Vec<f32>]) -> Summary {
        let mut extractor = Extractor::new(Spec::default());
        let mut window = Window::default();
        extractor.push(&channels[0], &channels[1], |frame| window.push(frame));
        window.summary()
    }

    /// What is told holds when the chain itself plays the demo song with these settings.
    #[test]
    fn what_is_told_is_what_the_chain_does() {
        use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
        let song = demo_excerpt(48_000, CHORUS_SECONDS, 12.0).channels;
        let before = heard(&song);
        let mut settings = ChainSettings::default();
        settings.curve.silk_db = -3.0;
        settings.curve.body_db = 2.0;
        settings.weave.width = 0.7;
        settings.loudness_gain_db = 3.0;
        let told = Effect::of(&before, &settings);
        let mut played = song.clone();
        let [left, right] = played.as_mut_slice() else {
            panic!("stereo")
        };
        let mut chain = Chain::new(Spec::default());
        chain.process(&settings, Monitor::default(), &mut [left, right]);
        let after = heard(&played);
        let did_lu = after.integrated_lufs - before.integrated_lufs;
        // Third octaves are coarse for K-weighting's slopes.
        assert!((told.loudness_lu - did_lu).abs() < 0.3, "{told:?} {did_lu}");
        for i in 0..4 {
            // Shares of all; what all of it became is common to them.
            let did = after.anchors_db[i] - before.anchors_db[i];
            let relative = told.anchors_db[i] - told.anchors_db[0];
            let did_relative = did - (after.anchors_db[0] - before.anchors_db[0]);
            let off = relative - did_relative;
            assert!(off.abs() < 0.5, "{i}: {off} {told:?}");
        }
        let sides_db = after.side_db - before.side_db;
        // The balance changes the sides too.
        assert!((told.side_db - sides_db).abs() < 1.0, "{told:?} {sides_db}");
        assert_eq!(
            Effect::of(&before, &ChainSettings::default()).in_words(),
            [""; 0]
        );
    }

    #[test]
    fn what_goes_over_the_ceiling_costs_peaks() {
        let song = flow_demo_song::demo_excerpt(48_000, 14.0, 12.0).channels;
        let before = heard(&song);
        let mut settings = ChainSettings::default();
        settings.loudness_gain_db = settings.limiter.ceiling_db - before.true_peak_dbtp + 4.0;
        let told = Effect::of(&before, &settings);
        assert!((told.plr_db + 4.0).abs() < 1e-3, "{told:?}");
    }
}
