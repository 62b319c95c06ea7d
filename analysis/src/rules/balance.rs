//! Tonal balance: the four anchors against the style target, and the smallest gains that bring them back.

use std::sync::OnceLock;

use flow_dsp::math::{count, db_from_gain, narrow, sin_cos};
use flow_dsp::{Spec, StyleTarget, anchor_sections};

use super::notes::{Notes, ramp, trust};
use flow_params::ParameterId;

use crate::correction::normal_cdf;
use crate::features::{Anchor, Summary};
use crate::report::{AnchorReading, Context, Severity, Value};

/// Third octaves that are judged: spectra of 100 ms are too coarse below 40 Hz, and codecs end before 20 kHz.
const FIRST: usize = 2;
const LAST: usize = 28;

/// A band below this against all of them is empty: the sound ends before it.
const EMPTY_DB: f32 = -80.0;

/// Songs scatter less in the mean of several bands, with overall tilt of level taken out, than the table says for each
/// band. An estimate, not measured.
const SPREAD: f32 = 0.75;

/// Normal quantiles of 10, 25, 50, 75 and 90 %.
const QUANTILES: [f32; 5] = [-1.281_6, -0.674_5, 0.0, 0.674_5, 1.281_6];

/// Music within the middle 60 % of its style is left alone; what lies outside is brought to there.
const EDGE: f32 = 0.841_6;

/// A gain below this isn't worth a knob; one above is for ears to decide.
const LEAST_DB: f32 = 0.3;
const MOST_DB: f32 = 4.0;

/// How far loud moments of a song lie above those of the median song, 90th percentile over all songs
/// (`models/styles/styles.csv`, loud_moments).
const LOUD_MOMENTS_SPREAD_DB: [f32; 4] = [1.6, 2.4, 4.0, 4.8];

/// An anchor against the songs of the style.
struct Place {
    anchor: Anchor,
    above_median_db: f32,
    /// The same in standard deviations.
    z: f32,
    /// How far it is outside of [`EDGE`], dB, with its sign.
    outside_db: f32,
    judged: bool,
}

pub(crate) fn judge(summary: &Summary, context: &Context, notes: &mut Notes) -> [AnchorReading; 4] {
    let style = context.settings.style_target;
    let end = end_of_sound(summary);
    let places = places(summary, style, end);
    if end < summary.third_octave_count.min(LAST) {
        // The upper edge of the last band that sounds.
        let hz = StyleTarget::third_octaves_hz()[end.max(1) - 1] * 1.122 / 1000.0;
        notes.damage(
            Severity::Notice,
            0.9,
            format!("The treble ends near {hz:.0} kHz: no equalizer brings back what isn't there."),
        );
    }
    let similar = match style {
        StyleTarget::Neutral | StyleTarget::Reference => "the neutral curve",
        _ => "similar music",
    };

    let confidences: [f32; 4] = std::array::from_fn(|i| {
        let certain = if places[i].anchor == Anchor::Air {
            0.8
        } else {
            1.0
        };
        let songs = if style.figures().songs < 20 { 0.9 } else { 1.0 };
        ramp(places[i].z.abs(), 0.7, 1.7) * trust(summary) * certain * songs
    });
    let wanted: [f32; 4] = std::array::from_fn(|i| {
        let sure = places[i].judged && confidences[i] >= crate::report::MIN_CONFIDENCE;
        if sure { -places[i].outside_db } else { 0.0 }
    });
    let gains = gains_db(wanted);
    let curve = context.settings.curve;
    let eq_parameters = [
        (ParameterId::Body, curve.body_db),
        (ParameterId::Soul, curve.soul_db),
        (ParameterId::Silk, curve.silk_db),
        (ParameterId::Air, curve.air_db),
    ];
    for (i, place) in places.iter().enumerate() {
        if !place.judged || place.outside_db == 0.0 {
            continue;
        }
        let side = if place.above_median_db > 0.0 {
            "above"
        } else {
            "below"
        };
        let text = format!(
            "{} is {:.1} dB {side} {similar} {}.",
            place.anchor.name(),
            place.above_median_db.abs(),
            place.anchor.place(),
        );
        let severity = if confidences[i] > 0.7 {
            Severity::Problem
        } else {
            Severity::Notice
        };
        notes.find(severity, confidences[i], text.clone());
        if wanted[i] != 0.0 && gains[i] != 0.0 {
            let (id, from_db) = eq_parameters[i];
            let values = [from_db, gains[i]].map(Value::Decibels);
            let (name, off_db) = (place.anchor.name(), place.above_median_db.abs());
            let said = [format!("{name} {off_db:.1} dB {side}"), text];
            notes.propose(id, values, confidences[i], said);
        }
    }
    comfort(summary, context, &wanted, notes);
    warmth(summary, context, notes);
    places.map(|place| AnchorReading {
        anchor: place.anchor,
        above_median_db: place.above_median_db,
        percentile: 100.0 * normal_cdf(place.z),
    })
}

/// The third octave at which the sound is over.
fn end_of_sound(summary: &Summary) -> usize {
    let levels = &summary.third_octaves_db[..summary.third_octave_count];
    let last = levels.iter().rposition(|level| *level > EMPTY_DB);
    last.map_or(0, |last| last + 1)
}

fn places(summary: &Summary, style: StyleTarget, end: usize) -> [Place; 4] {
    let figures = &style.figures().third_octaves_db;
    let end = end.min(LAST + 1);
    let deviation = |band: usize| summary.third_octaves_db[band] - figures[2][band];
    let mut deviations: Vec<f32> = (FIRST..end).map(deviation).collect();
    deviations.sort_by(f32::total_cmp);
    // One strong band would otherwise move all others.
    let level_db = deviations.get(deviations.len() / 2).copied().unwrap_or(0.0);

    Anchor::ALL.map(|anchor| {
        let bands = anchor.third_octaves();
        let judged = bands.start.max(FIRST)..bands.end.min(end);
        let mean = |of: &dyn Fn(usize) -> f32| {
            let sum: f32 = judged.clone().map(of).sum();
            sum / narrow(count(judged.len().max(1)))
        };
        let above_median_db = mean(&|b| deviation(b) - level_db);
        let corners: [f32; 5] =
            std::array::from_fn(|p| SPREAD * mean(&|b| figures[p][b] - figures[2][b]));
        // Half of an anchor says little about the whole.
        let enough = 2 * judged.len() >= bands.len();
        let z = if enough {
            quantile(&corners, above_median_db)
        } else {
            0.0
        };
        let edge_db = level_at(&corners, EDGE.copysign(z));
        Place {
            anchor,
            above_median_db,
            z,
            outside_db: if z.abs() > EDGE {
                above_median_db - edge_db
            } else {
                0.0
            },
            judged: enough,
        }
    })
}

/// Straight lines through the corners, and on beyond them.
fn interpolate(xs: &[f32; 5], ys: &[f32; 5], x: f32) -> f32 {
    let segment = (1..4).take_while(|i| x > xs[*i]).count();
    let width = (xs[segment + 1] - xs[segment]).max(1e-3);
    ys[segment] + (x - xs[segment]) / width * (ys[segment + 1] - ys[segment])
}

fn quantile(corners: &[f32; 5], level_db: f32) -> f32 {
    interpolate(corners, &QUANTILES, level_db).clamp(-4.0, 4.0)
}

fn level_at(corners: &[f32; 5], z: f32) -> f32 {
    interpolate(&QUANTILES, corners, z)
}

pub(crate) fn prepare() {
    responses();
}

/// What 1 dB of each knob (column) does to the mean level of each anchor (row), dB.
fn responses() -> &'static [[f32; 4]; 4] {
    static RESPONSES: OnceLock<[[f32; 4]; 4]> = OnceLock::new();
    RESPONSES.get_or_init(|| {
        const GAIN_DB: f32 = 3.0;
        let spec = Spec::default();
        let mut responses = [[0.0; 4]; 4];
        for knob in 0..4 {
            let mut gains = [0.0; 4];
            gains[knob] = GAIN_DB;
            let section = anchor_sections(gains, spec)[knob];
            let (mut a, mut b) = (0.0, 0.0);
            let impulse = std::iter::once(1.0).chain(std::iter::repeat_n(0.0, 4095));
            let response: Vec<f64> = impulse.map(|x| section.tick([&mut a, &mut b], x)).collect();
            for (row, anchor) in Anchor::ALL.iter().enumerate() {
                let bands = anchor.third_octaves();
                let bands = bands.start.max(FIRST)..bands.end.min(LAST + 1);
                let sum: f64 = StyleTarget::third_octaves_hz()[bands.clone()]
                    .iter()
                    .map(|hz| magnitude_db(&response, f64::from(*hz) / spec.sample_rate_hz))
                    .sum();
                responses[row][knob] = narrow(sum / count(bands.len())) / GAIN_DB;
            }
        }
        responses
    })
}

fn magnitude_db(response: &[f64], frequency: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, x) in response.iter().enumerate() {
        let (sin, cos) = sin_cos(core::f64::consts::TAU * (frequency * count(i)).fract());
        re += x * cos;
        im += x * sin;
    }
    db_from_gain((re * re + im * im).sqrt())
}

/// The smallest gains, in steps of 0.1 dB, that move the anchors as wanted: damped least squares over the eq_parameters of those
/// that shall move, with the others held where they are.
fn gains_db(wanted: [f32; 4]) -> [f32; 4] {
    const DAMPING: f32 = 0.05;
    let responses = responses();
    let moved: Vec<usize> = (0..4).filter(|i| wanted[*i] != 0.0).collect();
    let mut gains = [0.0_f32; 4];
    // Gauss-Seidel: the matrix is symmetric and positive definite, so it converges; clamped steps keep the bounds.
    for _ in 0..100 {
        for knob in &moved {
            let column = |row: usize| responses[row][*knob];
            let rest = |row: usize| {
                let others = (0..4).filter(|k| k != knob);
                wanted[row] - others.map(|k| responses[row][k] * gains[k]).sum::<f32>()
            };
            let along: f32 = (0..4).map(|row| column(row) * rest(row)).sum();
            let square: f32 = (0..4).map(|row| column(row) * column(row)).sum();
            gains[*knob] = (along / (square + DAMPING)).clamp(-MOST_DB, MOST_DB);
        }
    }
    gains.map(|gain| {
        if gain.abs() < LEAST_DB {
            0.0
        } else {
            (10.0 * gain).round() / 10.0
        }
    })
}

/// Moments that are too much although the balance as a whole is not.
fn comfort(summary: &Summary, context: &Context, wanted: &[f32; 4], notes: &mut Notes) {
    const NAMES: [(&str, usize); 4] = [("boomy", 0), ("muddy", 1), ("harsh", 2), ("fizzy", 3)];
    let limits = context.settings.style_target.figures().moments_db[4];
    let over = |i: usize| summary.loud_moments_db[i] - limits[i] - LOUD_MOMENTS_SPREAD_DB[i];
    // What is turned down as a whole needs no holding.
    let left = (0..4).filter(|i| wanted[NAMES[*i].1] >= 0.0);
    let Some(worst) = left.max_by(|a, b| over(*a).total_cmp(&over(*b))) else {
        return;
    };
    let over_db = over(worst);
    if over_db < 1.0 {
        return;
    }
    let confidence = trust(summary) * (0.5 + 0.5 * ramp(over_db, 1.0, 5.0));
    let text = format!(
        "{over_db:.1} dB more than nine songs of ten near {:.0} Hz in loud moments, which sound {}.",
        flow_dsp::COMFORT_HZ[worst],
        NAMES[worst].0,
    );
    notes.find(Severity::Notice, confidence, text.clone());
    let amount = (10.0 * over_db).clamp(20.0, 60.0).round();
    let from = 100.0 * context.settings.curve.comfort;
    if amount > from {
        let values = [from, amount].map(Value::Percent);
        let said = [format!("{over_db:.1} dB {} at times", NAMES[worst].0), text];
        notes.propose(ParameterId::Comfort, values, confidence, said);
    }
}

/// Bass that small speakers don't play: much below 70 Hz, little above 90.
fn warmth(summary: &Summary, context: &Context, notes: &mut Notes) {
    let median = context.settings.style_target.figures().third_octaves_db[2];
    let mean = |levels: &[f32; 30], bands: std::ops::Range<usize>| {
        let sum: f32 = levels[bands.clone()].iter().sum();
        sum / narrow(count(bands.len()))
    };
    let lean = |levels: &[f32; 30]| mean(levels, FIRST..5) - mean(levels, 6..9);
    let lean_db = lean(&summary.third_octaves_db) - lean(&median);
    if lean_db < 9.0 || summary.anchors_db[0] < -15.0 {
        return;
    }
    let text = format!(
        "The bass stands {lean_db:.1} dB more below 70 Hz than above 90 Hz against the style: small speakers play little of it."
    );
    let confidence = trust(summary) * (0.5 + 0.5 * ramp(lean_db, 9.0, 15.0));
    notes.find(Severity::Notice, confidence, text.clone());
    let from = 100.0 * context.settings.floor.warmth;
    if from < 15.0 {
        let values = [from, 15.0].map(Value::Percent);
        let said = ["Bass only below 70 Hz".into(), text];
        notes.propose(ParameterId::Warmth, values, confidence, said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_table() {
        let corners = [-8.0, -3.0, 0.0, 2.0, 5.0];
        for (corner, percent) in corners.iter().zip([10.0, 25.0, 50.0, 75.0, 90.0]) {
            let z = quantile(&corners, *corner);
            assert!((100.0 * normal_cdf(z) - percent).abs() < 0.1, "{percent}");
            assert!((level_at(&corners, z) - corner).abs() < 1e-3);
        }
        assert!(normal_cdf(quantile(&corners, 20.0)) > 0.99);
    }

    #[test]
    fn the_knobs_do_what_was_wanted() {
        assert_eq!(gains_db([0.0; 4]), [0.0; 4]);
        let gains = gains_db([0.0, 0.0, -3.0, 0.0]);
        assert!((-4.0..-2.0).contains(&gains[2]), "{gains:?}");
        assert_eq!([gains[0], gains[1], gains[3]], [0.0; 3]);
        let gains = gains_db([3.0, 0.0, -2.0, -2.0]);
        for row in 0..4 {
            let moved: f32 = (0..4).map(|k| responses()[row][k] * gains[k]).sum();
            let wanted = [3.0, 0.0, -2.0, -2.0][row];
            // Shelves and bells reach into their neighbours.
            assert!((moved - wanted).abs() < 0.8, "{row}: {moved} {gains:?}");
        }
        assert!(gains_db([20.0; 4]).iter().all(|g| g.abs() <= MOST_DB));
    }
}
