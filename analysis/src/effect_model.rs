//! Simulates the effect of settings on analyzed audio.
//!
//! Balance, width and gain are linear, so their effect follows from the parameters' responses and the audio's features.
//! Compressors, Comfort, Mono safety and harmonics are left out: limited audio is slightly softer than simulated.

use std::ops::Range;
use std::sync::LazyLock;

use flow_dsp::math::{count, db_from_power, narrow, sin_cos};
use flow_dsp::{Baseline, ChainSettings, KWeighting, StyleTarget};

use crate::correction::{BANDS, FIRST_BAND};
use crate::features::{Anchor, Summary, THIRD_OCTAVES};
use crate::report::{Effect, Proposal};
use crate::solver;

/// The chain's output with these settings against its input.
#[must_use]
pub fn simulate(input: &Summary, settings: &ChainSettings) -> Effect {
    let gains_db = extend_bands(&solver::gains_db(settings));
    let level = |band: usize, gain_db: f32| power(input.third_octaves_db[band] + gain_db);
    let change_db = |bands: Range<usize>, weight: &dyn Fn(usize) -> f64| {
        let sum = |of: &dyn Fn(usize) -> f64| {
            let bands = bands.clone();
            bands.map(|b| weight(b) * of(b)).sum::<f64>().max(1e-20)
        };
        db_from_power(sum(&|b| level(b, gains_db[b])) / sum(&|b| level(b, 0.0)))
    };
    let side_db = solver::width_db(settings);
    // The side signal contributes its share to the level.
    let width_change_db = |side_to_mid_db: f32| {
        let share = power(side_to_mid_db) / (1.0 + power(side_to_mid_db));
        db_from_power(1.0 + share * (power(side_db) - 1.0))
    };
    let balance_lu = change_db(0..THIRD_OCTAVES, &|band| LOUDNESS_WEIGHTS[band])
        + width_change_db(input.side_db);
    let loudness_lu = narrow(balance_lu) + settings.trim_db + settings.loudness_gain_db;
    // Peaks follow the loudness up to the ceiling.
    let peak_dbtp = input.true_peak_dbtp + loudness_lu;
    let limiting_db = (peak_dbtp - settings.limiter.ceiling_db).max(0.0);
    Effect {
        anchors_db: std::array::from_fn(|i| {
            let bands = Anchor::ALL[i].third_octaves();
            // Width does not act on the bass.
            let width_change_db = if i == 0 {
                0.0
            } else {
                width_change_db(input.anchor_side_db[i])
            };
            narrow(change_db(bands, &|_| 1.0) + width_change_db)
        }),
        side_db,
        mono_bass_db: narrow(change_db(Anchor::ALL[0].third_octaves(), &|_| 1.0)),
        loudness_lu,
        plr_db: -limiting_db,
        // Compressors aren't simulated.
        moments_db: [0.0; 4],
        limiting_db,
    }
}

/// Settings with proposals applied.
#[must_use]
pub fn apply<'p>(
    settings: &ChainSettings,
    proposals: impl IntoIterator<Item = &'p Proposal>,
) -> ChainSettings {
    let mut settings = *settings;
    let changes = proposals.into_iter().flat_map(Proposal::changes);
    for change in changes {
        let result = change.id.set(&mut settings, change.to.into());
        assert!(result.is_ok(), "{result:?}");
    }
    settings.sanitized()
}

fn power(db: f32) -> f64 {
    flow_dsp::math::gain_from_db(f64::from(db)).powi(2)
}

/// Continues the bands of a correction to all third octaves.
fn extend_bands(bands: &[f32; BANDS]) -> [f32; THIRD_OCTAVES] {
    std::array::from_fn(|i| bands[i.saturating_sub(FIRST_BAND).min(BANDS - 1)])
}

/// Computes the cached weights ahead of the first simulation, about 10 ms.
pub(crate) fn prepare() {
    LazyLock::force(&LOUDNESS_WEIGHTS);
}

/// The power of K-weighting (ITU-R BS.1770) at the third octaves.
static LOUDNESS_WEIGHTS: LazyLock<[f64; THIRD_OCTAVES]> = LazyLock::new(|| {
    const RATE_HZ: f64 = 48_000.0;
    let mut filter = KWeighting::new(RATE_HZ);
    let response: [f64; 4096] = std::array::from_fn(|i| {
        let impulse = if i == 0 { 1.0 } else { 0.0 };
        filter.process::<Baseline>([impulse, 0.0, 0.0, 0.0])[0]
    });
    StyleTarget::third_octaves_hz().map(|hz| power_at(&response, f64::from(hz) / RATE_HZ))
});

/// The power of an impulse response at a frequency in cycles per sample.
pub(crate) fn power_at(response: &[f64], frequency: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, x) in response.iter().enumerate() {
        let (sin, cos) = sin_cos(core::f64::consts::TAU * (frequency * count(i)).fract());
        re += x * cos;
        im += x * sin;
    }
    re * re + im * im
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::AnalysisWindow;
    use flow_dsp::{Chain, Monitor, Spec};

    fn summary(channels: &[Vec<f32>]) -> Summary {
        AnalysisWindow::of(Spec::default(), &channels[0], &channels[1]).summary()
    }

    #[test]
    fn simulate_with_linear_settings_agrees_with_chain() {
        use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
        let song = demo_excerpt(48_000, CHORUS_SECONDS, 12.0).channels;
        let before = summary(&song);
        let mut settings = ChainSettings::default();
        settings.curve.silk_db = -3.0;
        settings.curve.body_db = 2.0;
        settings.weave.width = 0.7;
        settings.loudness_gain_db = 3.0;
        let simulated = simulate(&before, &settings);
        let mut played = song.clone();
        let [left, right] = played.as_mut_slice() else {
            panic!("stereo")
        };
        let mut chain = Chain::new(Spec::default());
        chain.process(&settings, Monitor::default(), &mut [left, right]);
        let after = summary(&played);
        let measured_lu = after.integrated_lufs - before.integrated_lufs;
        // Third octaves resolve K-weighting's slopes coarsely.
        assert!(
            (simulated.loudness_lu - measured_lu).abs() < 0.3,
            "{simulated:?} {measured_lu}"
        );
        for i in 0..4 {
            // Anchors are relative to the total level, which changes too.
            let measured = after.anchors_db[i] - before.anchors_db[i];
            let relative = simulated.anchors_db[i] - simulated.anchors_db[0];
            let measured_relative = measured - (after.anchors_db[0] - before.anchors_db[0]);
            let off = relative - measured_relative;
            assert!(off.abs() < 0.5, "{i}: {off} {simulated:?}");
        }
        let sides_db = after.side_db - before.side_db;
        // The balance changes the side signal too.
        assert!(
            (simulated.side_db - sides_db).abs() < 1.0,
            "{simulated:?} {sides_db}"
        );
        assert_eq!(
            simulate(&before, &ChainSettings::default()).descriptions(),
            [""; 0]
        );
    }

    #[test]
    fn simulate_above_ceiling_reduces_plr_by_excess() {
        let song = flow_demo_song::demo_excerpt(48_000, 14.0, 12.0).channels;
        let before = summary(&song);
        let mut settings = ChainSettings::default();
        settings.loudness_gain_db = settings.limiter.ceiling_db - before.true_peak_dbtp + 4.0;
        let simulated = simulate(&before, &settings);
        assert!((simulated.plr_db + 4.0).abs() < 1e-3, "{simulated:?}");
    }
}
