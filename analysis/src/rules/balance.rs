//! Tonal balance: the four anchors against the style target, and the smallest gains that bring them back.

use std::ops::Range;
use std::sync::LazyLock;

use flow_dsp::math::{count, db_from_gain, narrow};
use flow_dsp::{ChainSettings, MOMENT_BANDS_HZ, Spec, StyleTarget, anchor_sections};
use flow_params::{ANCHORS, Kind, ParameterId};

use super::damage::{LAST_BAND, highest_band};
use crate::correction::{FIRST_BAND, normal_cdf};
use crate::effect_model::power_at;
use crate::features::{Anchor, Summary};
use crate::finding_text::{Deviation, Text};
use crate::report::{AnchorReading, Context, MIN_CONFIDENCE, NoProposal, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence, ramp};

/// Standard deviation of an anchor's mean level against that of a single band, with the overall level removed.
/// An estimate, not measured.
const SPREAD: f32 = 0.75;

/// Normal quantiles of 10, 25, 50, 75 and 90 %.
const QUANTILES: [f32; 5] = [-1.281_6, -0.674_5, 0.0, 0.674_5, 1.281_6];

/// Edge of the middle 60 % of a style, in standard deviations. Music outside is brought back to it.
const EDGE: f32 = 0.841_6;

/// Smallest gain that is worth a proposal, dB.
const MIN_GAIN_DB: f32 = 0.3;
/// Largest proposed gain, dB.
const MAX_GAIN_DB: f32 = 4.0;

/// Level of the loud moments of the song at the 90th percentile above those of the median song, dB
/// (`models/styles/styles.csv`, loud_moments).
const LOUD_MOMENTS_SPREAD_DB: [f32; 4] = [1.6, 2.4, 4.0, 4.8];

/// The position of an anchor among the songs of the style.
struct AnchorPosition {
    anchor: Anchor,
    above_median_db: f32,
    /// Deviation in standard deviations.
    z: f32,
    /// Signed distance outside [`EDGE`], dB.
    outside_db: f32,
    /// Whether enough of its bands have sound.
    has_enough_bands: bool,
}

/// Evaluates the balance. `decider`: the source that decides on it instead, if it is not the rules.
pub(crate) fn evaluate(
    summary: &Summary,
    context: &Context,
    decider: Option<&NoProposal>,
    verdicts: &mut Verdicts,
) -> [AnchorReading; 4] {
    let style = context.settings.style_target;
    let positions = positions(summary, style);
    let confidences: [f32; 4] = std::array::from_fn(|i| {
        let certain = if positions[i].anchor == Anchor::Air {
            0.8
        } else {
            1.0
        };
        let songs = if style.figures().songs < 20 { 0.9 } else { 1.0 };
        ramp(positions[i].z.abs(), 0.7, 1.7) * duration_confidence(summary) * certain * songs
    });
    let wanted_db: [f32; 4] = std::array::from_fn(|i| {
        if positions[i].has_enough_bands && confidences[i] >= MIN_CONFIDENCE {
            -positions[i].outside_db
        } else {
            0.0
        }
    });
    if decider.is_none() {
        evaluate_anchors(context, &positions, confidences, wanted_db, verdicts);
    }
    evaluate_loud_moments(summary, context, wanted_db, decider, verdicts);
    evaluate_deep_bass(summary, context, decider, verdicts);
    positions.map(|position| AnchorReading {
        anchor: position.anchor,
        above_median_db: position.above_median_db,
        percentile: 100.0 * normal_cdf(position.z),
    })
}

fn evaluate_anchors(
    context: &Context,
    positions: &[AnchorPosition; 4],
    confidences: [f32; 4],
    wanted_db: [f32; 4],
    verdicts: &mut Verdicts,
) {
    let comparison = match context.settings.style_target {
        StyleTarget::Neutral | StyleTarget::Reference => "the neutral curve",
        _ => "similar music",
    };
    let gains_db = gains_db(wanted_db);
    let outside = positions.iter().enumerate();
    for (i, position) in outside.filter(|(_, p)| p.has_enough_bands && p.outside_db != 0.0) {
        let id = ANCHORS[i];
        let confidence = confidences[i];
        let remedy = if wanted_db[i] == 0.0 {
            Err(NoProposal::Uncertain)
        } else if gains_db[i] == 0.0 {
            Err(NoProposal::TooSmall)
        } else {
            let values = [anchor_db(id, &context.settings), gains_db[i]].map(Value::Decibels);
            Ok(Change::new(id, values, confidence))
        };
        let deviation = Deviation {
            anchor: Some(position.anchor),
            above_db: position.above_median_db,
            sd_db: None,
            comparison,
        };
        let severity = if confidence > 0.7 {
            Severity::Problem
        } else {
            Severity::Notice
        };
        verdicts.add(Verdict::of_deviation(
            severity, confidence, deviation, remedy,
        ));
    }
}

/// The gain of an anchor in the settings, dB.
fn anchor_db(id: ParameterId, settings: &ChainSettings) -> f32 {
    match id.kind() {
        Kind::Number(number) => number.get(settings),
        Kind::Choice(_) | Kind::Switch(_) => unreachable!("{id} is no anchor"),
    }
}

fn positions(summary: &Summary, style: StyleTarget) -> [AnchorPosition; 4] {
    let figures = &style.figures().third_octaves_db;
    let end = highest_band(summary).min(LAST_BAND + 1);
    let deviation = |band: usize| summary.third_octaves_db[band] - figures[2][band];
    let mut deviations: Vec<f32> = (FIRST_BAND..end).map(deviation).collect();
    deviations.sort_by(f32::total_cmp);
    // The median: one strong band does not shift all others.
    let level_db = deviations.get(deviations.len() / 2).copied().unwrap_or(0.0);

    Anchor::ALL.map(|anchor| {
        let bands = anchor.third_octaves();
        let present = bands.start.max(FIRST_BAND)..bands.end.min(end);
        let mean = |of: &dyn Fn(usize) -> f32| {
            let sum: f32 = present.clone().map(of).sum();
            sum / narrow(count(present.len().max(1)))
        };
        let above_median_db = mean(&|b| deviation(b) - level_db);
        let corners: [f32; 5] =
            std::array::from_fn(|p| SPREAD * mean(&|b| figures[p][b] - figures[2][b]));
        // Half of an anchor does not stand for the whole.
        let has_enough_bands = 2 * present.len() >= bands.len();
        let z = if has_enough_bands {
            quantile(&corners, above_median_db)
        } else {
            0.0
        };
        let edge_db = level_at(&corners, EDGE.copysign(z));
        AnchorPosition {
            anchor,
            above_median_db,
            z,
            outside_db: if z.abs() > EDGE {
                above_median_db - edge_db
            } else {
                0.0
            },
            has_enough_bands,
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
    LazyLock::force(&RESPONSES);
}

/// Response of the mean level of each anchor (row) to 1 dB of each parameter (column), dB.
static RESPONSES: LazyLock<[[f32; 4]; 4]> = LazyLock::new(|| {
    const GAIN_DB: f32 = 3.0;
    let spec = Spec::default();
    let mut responses = [[0.0; 4]; 4];
    for knob in 0..4 {
        let mut gains = [0.0; 4];
        gains[knob] = GAIN_DB;
        let mut response = vec![0.0; 4096];
        response[0] = 1.0;
        for section in anchor_sections(gains, spec) {
            let (mut a, mut b) = (0.0, 0.0);
            for x in &mut response {
                *x = section.tick([&mut a, &mut b], *x);
            }
        }
        let gain_db = |hz: &f32| {
            db_from_gain(power_at(&response, f64::from(*hz) / spec.sample_rate_hz).sqrt())
        };
        for (row, anchor) in Anchor::ALL.iter().enumerate() {
            let bands = anchor.third_octaves();
            let bands = bands.start.max(FIRST_BAND)..bands.end.min(LAST_BAND + 1);
            let hz = &StyleTarget::third_octaves_hz()[bands.clone()];
            let sum: f64 = hz.iter().map(gain_db).sum();
            responses[row][knob] = narrow(sum / count(bands.len())) / GAIN_DB;
        }
    }
    responses
});

/// The smallest gains, in steps of 0.1 dB, that move the anchors as wanted: damped least squares over the anchors that
/// shall move; the others keep their level.
fn gains_db(wanted: [f32; 4]) -> [f32; 4] {
    const DAMPING: f32 = 0.05;
    let moved: Vec<usize> = (0..4).filter(|i| wanted[*i] != 0.0).collect();
    let mut gains = [0.0_f32; 4];
    // Gauss-Seidel: the matrix is symmetric and positive definite, so it converges; clamped steps keep the bounds.
    for _ in 0..100 {
        for knob in &moved {
            let column = |row: usize| RESPONSES[row][*knob];
            let rest = |row: usize| {
                let others = (0..4).filter(|k| k != knob);
                wanted[row] - others.map(|k| RESPONSES[row][k] * gains[k]).sum::<f32>()
            };
            let along: f32 = (0..4).map(|row| column(row) * rest(row)).sum();
            let square: f32 = (0..4).map(|row| column(row) * column(row)).sum();
            gains[*knob] = (along / (square + DAMPING)).clamp(-MAX_GAIN_DB, MAX_GAIN_DB);
        }
    }
    gains.map(|gain| {
        if gain.abs() < MIN_GAIN_DB {
            0.0
        } else {
            (10.0 * gain).round() / 10.0
        }
    })
}

/// Evaluates loud moments with too much of a band, although the balance as a whole is right. Comfort holds sibilance; a broad
/// band below it is the work of the three-band compressor.
fn evaluate_loud_moments(
    summary: &Summary,
    context: &Context,
    wanted_db: [f32; 4],
    decider: Option<&NoProposal>,
    verdicts: &mut Verdicts,
) {
    const NAMES: [(&str, usize); 4] = [("boomy", 0), ("muddy", 1), ("harsh", 2), ("fizzy", 3)];
    let limits = context.settings.style_target.figures().moments_db[4];
    let over = |i: usize| summary.loud_moments_db[i] - limits[i] - LOUD_MOMENTS_SPREAD_DB[i];
    // An anchor that is lowered as a whole is softer in loud moments too.
    let left = (0..4).filter(|i| wanted_db[NAMES[*i].1] >= 0.0);
    let Some(worst) = left.max_by(|a, b| over(*a).total_cmp(&over(*b))) else {
        return;
    };
    let over_db = over(worst);
    if over_db < 1.0 {
        return;
    }
    let confidence = duration_confidence(summary) * (0.5 + 0.5 * ramp(over_db, 1.0, 5.0));
    let name = NAMES[worst].0;
    let remedy = if name == "fizzy" {
        decided(decider, || {
            // Comfort is never lowered.
            let from = 100.0 * context.settings.curve.comfort;
            let to = (10.0 * over_db).clamp(20.0, 60.0).round().max(from);
            let values = [from, to].map(Value::Percent);
            Change::new(ParameterId::Comfort, values, confidence)
        })
    } else {
        Err(NoProposal::LeftToThreeBands)
    };
    verdicts.add(Verdict {
        severity: Severity::Notice,
        confidence,
        text: Text {
            short: format!("{over_db:.1} dB {name} at times"),
            sentence: format!(
                "{over_db:.1} dB more than nine songs of ten near {:.0} Hz in loud moments, which sound {name}.",
                MOMENT_BANDS_HZ[worst]
            ),
        },
        remedy,
    });
}

/// Evaluates bass that small speakers don't play: much below 70 Hz, little above 90 Hz.
fn evaluate_deep_bass(
    summary: &Summary,
    context: &Context,
    decider: Option<&NoProposal>,
    verdicts: &mut Verdicts,
) {
    const WARMTH_PERCENT: f32 = 15.0;
    let median = context.settings.style_target.figures().third_octaves_db[2];
    let mean = |levels: &[f32; 30], bands: Range<usize>| {
        let sum: f32 = levels[bands.clone()].iter().sum();
        sum / narrow(count(bands.len()))
    };
    let lean = |levels: &[f32; 30]| mean(levels, FIRST_BAND..5) - mean(levels, 6..9);
    let lean_db = lean(&summary.third_octaves_db) - lean(&median);
    if lean_db < 9.0 || summary.anchors_db[0] < -15.0 {
        return;
    }
    let confidence = duration_confidence(summary) * (0.5 + 0.5 * ramp(lean_db, 9.0, 15.0));
    let from = 100.0 * context.settings.floor.warmth;
    let values = [from, from.max(WARMTH_PERCENT)].map(Value::Percent);
    verdicts.add(Verdict {
        severity: Severity::Notice,
        confidence,
        text: Text {
            short: "Bass only below 70 Hz".into(),
            sentence: format!(
                "The bass stands {lean_db:.1} dB more below 70 Hz than above 90 Hz against the style: small speakers play little of it."
            ),
        },
        remedy: decided(decider, || {
            Change::new(ParameterId::Warmth, values, confidence)
        }),
    });
}

fn decided(
    decider: Option<&NoProposal>,
    change: impl FnOnce() -> Change,
) -> Result<Change, NoProposal> {
    decider.map_or_else(|| Ok(change()), |decider| Err(decider.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_at_table_corners_gives_table_percentages() {
        let corners = [-8.0, -3.0, 0.0, 2.0, 5.0];
        for (corner, percent) in corners.iter().zip([10.0, 25.0, 50.0, 75.0, 90.0]) {
            let z = quantile(&corners, *corner);
            assert!((100.0 * normal_cdf(z) - percent).abs() < 0.1, "{percent}");
            assert!((level_at(&corners, z) - corner).abs() < 1e-3);
        }
        assert!(normal_cdf(quantile(&corners, 20.0)) > 0.99);
    }

    #[test]
    fn gains_for_wanted_anchor_changes_produce_them_within_tolerance() {
        assert_eq!(gains_db([0.0; 4]), [0.0; 4]);
        let gains = gains_db([0.0, 0.0, -3.0, 0.0]);
        assert!((-4.0..-2.0).contains(&gains[2]), "{gains:?}");
        assert_eq!([gains[0], gains[1], gains[3]], [0.0; 3]);
        let gains = gains_db([3.0, 0.0, -2.0, -2.0]);
        for row in 0..4 {
            let moved: f32 = (0..4).map(|k| RESPONSES[row][k] * gains[k]).sum();
            let wanted = [3.0, 0.0, -2.0, -2.0][row];
            // Shelves and bells reach into their neighbors.
            assert!((moved - wanted).abs() < 0.8, "{row}: {moved} {gains:?}");
        }
        assert!(gains_db([20.0; 4]).iter().all(|g| g.abs() <= MAX_GAIN_DB));
    }
}
