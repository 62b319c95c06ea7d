//! Match's sixteen bands, which reproduce a whole correction curve.

use std::sync::OnceLock;

use flow_dsp::{ChainSettings, MATCH_BAND_COUNT};
use flow_params::ParameterId;

use super::eq_parameters::{gains_db as broad_db, measured};
use super::fit::{Basis, fit};
use crate::correction::{BANDS, Estimate};
use crate::report::{ParameterChange, Value};

/// Cost of a squared decibel: small, because bands are many and narrow.
const COST: f64 = 0.0004;

/// Largest gain of a band, dB.
const MOST_DB: f32 = 12.0;

/// Response of each third octave (column) to 1 dB of each band (row), dB.
fn responses() -> &'static [[f32; BANDS]; MATCH_BAND_COUNT] {
    static RESPONSES: OnceLock<[[f32; BANDS]; MATCH_BAND_COUNT]> = OnceLock::new();
    RESPONSES.get_or_init(|| {
        measured(|i, settings, db| {
            settings.curve.matching.amount = 1.0;
            settings.curve.matching.bands_db[i] = db;
        })
    })
}

pub(super) fn prepare() {
    responses();
}

/// Gain of each third octave by the bands, dB.
pub(super) fn gains_db(settings: &ChainSettings) -> [f32; BANDS] {
    let gains_db = settings.curve.match_gains_db();
    let mut sums = [0.0; BANDS];
    if gains_db == [0.0; MATCH_BAND_COUNT] {
        return sums;
    }
    for (gain, row) in gains_db.iter().zip(responses()) {
        for (sum, response) in sums.iter_mut().zip(row) {
            *sum += gain * response;
        }
    }
    sums
}

/// The bands that make a curve, as near as they come, together with the equalizer parameters as they are; in tenths of a decibel.
#[must_use]
pub fn match_curve(curve: &[Estimate; BANDS], settings: &ChainSettings) -> [f32; MATCH_BAND_COUNT] {
    let broad_db = broad_db(settings);
    let rest: [Estimate; BANDS] = std::array::from_fn(|band| Estimate {
        mean: curve[band].mean - broad_db[band],
        ..curve[band]
    });
    let basis = Basis {
        responses: responses(),
        ranges_db: [[-MOST_DB, MOST_DB]; MATCH_BAND_COUNT],
        cost: COST,
    };
    let gains = fit(&rest, basis, [true; MATCH_BAND_COUNT]);
    gains.map(|gain| (10.0 * gain.mean).round() / 10.0 + 0.0)
}

/// The bands, made smaller by one factor where they move a third octave by more than `most_db`.
#[must_use]
pub(crate) fn limited(bands_db: [f32; MATCH_BAND_COUNT], most_db: f32) -> [f32; MATCH_BAND_COUNT] {
    let unlimited_db = peak_db(&bands_db);
    if unlimited_db <= most_db {
        return bands_db;
    }
    let mut scale = most_db / unlimited_db;
    loop {
        // Tenths towards 0. They may compensate each other less.
        let scaled = bands_db.map(|db| (10.0 * db * scale).trunc() / 10.0 + 0.0);
        if peak_db(&scaled) <= most_db {
            return scaled;
        }
        scale *= 0.99;
    }
}

/// The largest move of a third octave by the bands together, dB.
fn peak_db(bands_db: &[f32; MATCH_BAND_COUNT]) -> f32 {
    let mut moved_db = [0.0_f32; BANDS];
    for (gain, row) in bands_db.iter().zip(responses()) {
        for (sum, response) in moved_db.iter_mut().zip(row) {
            *sum += gain * response;
        }
    }
    moved_db.iter().fold(0.0_f32, |peak, db| peak.max(db.abs()))
}

/// The changes that set the bands.
#[must_use]
pub fn match_changes(
    settings: &ChainSettings,
    bands_db: &[f32; MATCH_BAND_COUNT],
) -> Vec<ParameterChange> {
    let now_db = settings.curve.matching.bands_db;
    let all = flow_params::MATCH_BANDS
        .into_iter()
        .zip(now_db)
        .zip(bands_db);
    let change = |((id, from), to): ((ParameterId, f32), &f32)| ParameterChange {
        id,
        from: Value::Decibels(from),
        to: Value::Decibels(*to),
    };
    all.map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correction::centered;

    /// A curve such as lies between two songs: what is left of it is less than a fifth.
    #[test]
    fn match_curve_reproduces_curve_within_a_fifth() {
        let curve = centered(std::array::from_fn(|band| {
            let x = flow_dsp::math::narrow(flow_dsp::math::count(band));
            Estimate::measured(6.0 * (0.4 * x).sin() + 3.0 * (0.9 * x).cos() - 0.2 * x)
        }));
        let mut settings = ChainSettings::default();
        settings.curve.silk_db = 3.0;
        settings.curve.matching.bands_db = match_curve(&curve, &settings);
        settings.curve.matching.amount = 1.0;
        let made = super::super::rendered_db(&settings);
        let rms = |of: &dyn Fn(usize) -> f32| {
            let sum: f32 = (0..BANDS).map(|band| of(band).powi(2)).sum();
            (sum / 27.0).sqrt()
        };
        let (before, left) = (
            rms(&|band| curve[band].mean),
            rms(&|band| curve[band].mean - made[band]),
        );
        assert!(left < 0.2 * before, "{left} of {before}");
    }

    #[test]
    fn match_changes_applied_set_all_bands() {
        let plain = ChainSettings::default();
        let bands_db: [f32; MATCH_BAND_COUNT] =
            std::array::from_fn(|i| flow_dsp::math::narrow(flow_dsp::math::count(i)) - 8.0);
        let mut settings = plain;
        for change in match_changes(&plain, &bands_db) {
            change.id.set(&mut settings, change.to.into()).unwrap();
        }
        settings.curve.matching.amount = 0.6;
        assert_eq!(settings.curve.matching.bands_db, bands_db);
        assert!(gains_db(&settings)[0] < -2.0);
        settings.curve.on = false;
        assert_eq!(gains_db(&settings), [0.0; BANDS]);
    }
}
