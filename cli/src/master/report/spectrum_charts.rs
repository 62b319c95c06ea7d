//! The charts of the spectra: before and after, and their difference at equal loudness.

use super::chart::Chart;
use super::spectrum::Spectrum;
use crate::master::mastering::MasteringResult;
use crate::svg::ticks;
use flow_params::number::{number, signed};
use maud::{Markup, html};

const FREQUENCIES_HZ: [f64; 10] = [20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 20e3];
const DB_STEPS: [f64; 5] = [1.0, 2.0, 3.0, 6.0, 12.0];
/// The range of the axis of the spectra, dB.
const RANGE_DB: f64 = 72.0;
/// The ranges of the axis of the difference, dB.
const DIFFERENCE_RANGES_DB: [f64; 4] = [3.0, 6.0, 12.0, 24.0];
/// Quieter bands have no meaningful difference, dB.
const FLOOR_DB: f64 = -100.0;

/// Average spectra before and after.
pub(super) fn chart(before: &Spectrum, after: &Spectrum) -> Markup {
    let spectra = [("before", before.points()), ("after", after.points())];
    let levels = spectra.iter().flat_map(|(_, bands)| bands);
    let loudest = levels.map(|band| band.1).fold(-90.0, f64::max);
    let roof = (loudest / 6.0).floor() * 6.0 + 6.0;
    let floor = roof - RANGE_DB;
    let mut chart = Chart::over_frequency(230.0, (floor, roof));
    chart.bare_columns(&FREQUENCIES_HZ);
    chart.rows(&ticks(floor, roof, 6, &DB_STEPS), |db| number(db, 0));
    for (class, points) in spectra {
        if class == "after" {
            chart.area("after under", &points, floor);
        }
        chart.line(&format!("{class} curve"), &points);
    }
    chart.finish("Average spectra before and after, in sixths of an octave")
}

/// The difference of the spectra, less the difference in loudness.
pub(super) fn difference(song: &MasteringResult, before: &Spectrum, after: &Spectrum) -> Markup {
    let louder_lu = song.after.lufs_i - song.before.lufs_i;
    let before_and_after = before.points().into_iter().zip(after.points());
    let points: Vec<(f64, f64)> = before_and_after
        .filter(|((_, before_db), (_, after_db))| before_db.max(*after_db) > FLOOR_DB)
        .map(|((hz, before_db), (_, after_db))| (hz, after_db - before_db - louder_lu))
        .collect();
    let largest = points.iter().map(|p| p.1.abs()).fold(0.0, f64::max);
    let holds = |range: &f64| largest <= *range;
    let roof = DIFFERENCE_RANGES_DB.into_iter().find(holds);
    let roof = roof.unwrap_or(DIFFERENCE_RANGES_DB[DIFFERENCE_RANGES_DB.len() - 1]);
    let mut chart = Chart::over_frequency(84.0, (-roof, roof));
    let label = |hz: f64| {
        if hz < 1000.0 {
            number(hz, 0)
        } else {
            format!("{} k", number(hz / 1000.0, 0))
        }
    };
    chart.columns(&FREQUENCIES_HZ, label, |index| {
        [0, 3, 6, 8].contains(&index)
    });
    chart.rows(&[-roof * 2.0 / 3.0, 0.0, roof * 2.0 / 3.0], |db| {
        signed(db, 0)
    });
    chart.area("difference under", &points, 0.0);
    chart.line("difference curve", &points);
    chart.finish(&format!(
        "Change of the spectrum at equal loudness: at most {} dB",
        number(largest, 1)
    ))
}

/// The tilts before and after in a sentence.
pub(super) fn tilts(before: &Spectrum, after: &Spectrum) -> Markup {
    let tilt = |spectrum: &Spectrum| {
        let db = spectrum.tilt_db_per_octave();
        db.map_or_else(|| "–".to_owned(), |db| signed(db, 1))
    };
    html! {
        p.note {
            "Tilt of the third octaves from 50 Hz to 12.5 kHz: "
            b { (tilt(before)) " → " (tilt(after)) " dB per octave" }
            ", where pink noise has 0."
        }
    }
}
