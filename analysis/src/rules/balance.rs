//! Tonal balance: the four anchors against the style target, and deep bass.

use std::ops::Range;

use flow_dsp::math::{count, narrow};
use flow_dsp::{ChainSettings, StyleFigures, StyleTarget};
use flow_params::{ParameterId, Pillar};

use super::damage::{LAST_BAND, highest_band};
use super::songs_of;
use crate::correction::{BANDS, Estimate, FIRST_BAND, GOOD_SONGS_SD_DB, normal_cdf};
use crate::features::{Anchor, Summary};
use crate::finding_text::{Text, side};
use crate::message::{key, message};
use crate::report::{
    AnchorReading, Context, FindingKind, Grade, MIN_CHANGE_DB, NoProposal, Severity, Value,
};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence, ramp};

/// Standard deviation of the mean level of each anchor against that of a single band, with the overall level removed. Chosen
/// on held-out songs: `models/README.md` has the results.
const SPREAD: [f32; 4] = [1.2, 1.0, 0.75, 0.9];

/// Normal quantiles of 10, 25, 50, 75 and 90 %.
const QUANTILES: [f32; 5] = [-1.281_6, -0.674_5, 0.0, 0.674_5, 1.281_6];

/// Edge of the middle 80 % of a style, in standard deviations. Without a network, music outside is brought back to the middle.
const UNUSUAL: f32 = 1.281_6;

/// Edge of the middle 96 %. Music outside is answered even where a network sees no need.
const EXTREME: f32 = 2.053_7;

/// The share of what lies beyond that edge that is taken back where a network judges too, and its smallest change, dB.
const EXTREME_SHARE: f32 = 0.5;
const LEAST_EXTREME_DB: f32 = 1.0;

/// Largest wanted change of an anchor, dB.
const MAX_CHANGE_DB: f32 = 6.0;

/// The position of an anchor among the songs of the style.
struct AnchorPosition {
    anchor: Anchor,
    above_median_db: f32,
    /// Deviation in standard deviations.
    z: f32,
    /// Signed distance outside the middle of the style, dB.
    outside_db: f32,
}

/// The balance of the anchors against the style.
pub(crate) struct Balance {
    pub(crate) readings: [AnchorReading; 4],
    /// The anchors outside their range.
    pub(crate) extremes: [Option<Extreme>; 4],
}

/// An anchor outside the usual range.
#[derive(Clone, Copy)]
pub(crate) struct Extreme {
    /// Level above the median, dB.
    pub(crate) above_db: f32,
    /// The change toward the middle, dB.
    pub(crate) wanted_db: f32,
}

/// Reads the balance. `has_network`: a network judges the balance too, so that only extremes of all music count here, or of
/// the style that the user names.
pub(crate) fn read(summary: &Summary, context: &Context, has_network: bool) -> Balance {
    let (style, intensity) = (context.settings.style_target, context.intensity);
    let edge = if has_network {
        EXTREME
    } else {
        intensity.edge()
    };
    let against_target = positions(summary, style.figures(), edge);
    let (judged, limit) = if has_network {
        (&positions(summary, style.songs(), edge), EXTREME)
    } else {
        (&against_target, UNUSUAL)
    };
    let wanted_db = |outside_db: f32| {
        let size_db = if has_network {
            let part_db = EXTREME_SHARE * intensity.possible_factor() * outside_db.abs();
            part_db.max(LEAST_EXTREME_DB)
        } else {
            outside_db.abs()
        };
        -outside_db.signum() * size_db.min(MAX_CHANGE_DB)
    };
    Balance {
        extremes: judged.each_ref().map(|position| {
            let is_outside = position.z.abs() > limit;
            is_outside.then(|| Extreme {
                above_db: position.above_median_db,
                wanted_db: wanted_db(position.outside_db),
            })
        }),
        readings: against_target.map(|position| AnchorReading {
            anchor: position.anchor,
            above_median_db: position.above_median_db,
            percentile: 100.0 * normal_cdf(position.z),
        }),
    }
}

impl Balance {
    /// The bands of a curve that lie in extreme anchors, each with the change that its anchor needs, dB.
    fn extreme_bands(&self) -> impl Iterator<Item = (usize, f32)> {
        let anchors = Anchor::ALL.into_iter().zip(self.extremes);
        anchors.flat_map(|(anchor, extreme)| {
            let bands = anchor.third_octaves();
            let bands = bands.start.max(FIRST_BAND)..bands.end.min(LAST_BAND + 1);
            let wanted_db = extreme.map(|extreme| extreme.wanted_db);
            bands.filter_map(move |band| Some((band - FIRST_BAND, wanted_db?)))
        })
    }

    /// Adds the wanted changes to a curve, where it doesn't make larger ones of the same direction.
    pub(crate) fn add_to(&self, curve: &mut [Estimate; BANDS]) {
        for (band, wanted_db) in self.extreme_bands() {
            if wanted_db.signum() * curve[band].mean < wanted_db.abs() {
                curve[band] = Estimate {
                    mean: wanted_db,
                    sd: GOOD_SONGS_SD_DB,
                };
            }
        }
    }

    /// Removes changes of extreme anchors in the wrong direction from a curve.
    pub(crate) fn remove_opposed(&self, curve: &mut [Estimate; BANDS]) {
        for (band, wanted_db) in self.extreme_bands() {
            if wanted_db.signum() * curve[band].mean < 0.0 {
                curve[band].mean = 0.0;
            }
        }
    }

    /// States why nothing answers an extreme of the balance, or that the balance is in order if there is no other finding about
    /// it. No proposal changes it.
    pub(crate) fn conclude(
        &self,
        settings: &ChainSettings,
        is_fine: bool,
        verdicts: &mut Verdicts,
    ) {
        let mut is_fine = is_fine;
        for (anchor, extreme) in Anchor::ALL.into_iter().zip(self.extremes) {
            let Some(Extreme {
                above_db,
                wanted_db,
            }) = extreme
            else {
                continue;
            };
            is_fine = false;
            let sentence = message!(
                "{name} is {db} dB {side} most music.",
                name = anchor.name(),
                db = format!("{:.1}", above_db.abs()),
                side = side(above_db)
            );
            let reason = if !settings.curve.on {
                NoProposal::PillarOff(Pillar::VelvetCurve)
            } else if wanted_db.abs() < MIN_CHANGE_DB {
                NoProposal::TooSmall
            } else {
                NoProposal::NotAdjustable
            };
            verdicts.report(Severity::Notice, 1.0, sentence, reason);
        }
        if is_fine {
            let text = message!("The balance of the four anchors needs no change.");
            verdicts.fine(key!("Balance"), text);
        }
    }
}

/// The name of a style target in comparisons.
pub(crate) fn comparison(style: StyleTarget) -> &'static str {
    match style {
        StyleTarget::Neutral | StyleTarget::Reference => key!("the neutral curve"),
        _ => key!("similar music"),
    }
}

fn positions(summary: &Summary, figures: &StyleFigures, edge: f32) -> [AnchorPosition; 4] {
    let figures = &figures.third_octaves_db;
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
        let corners: [f32; 5] = std::array::from_fn(|p| {
            SPREAD[anchor as usize] * mean(&|b| figures[p][b] - figures[2][b])
        });
        // Half of an anchor does not stand for the whole.
        let has_enough_bands = 2 * present.len() >= bands.len();
        let z = if has_enough_bands {
            quantile(&corners, above_median_db)
        } else {
            0.0
        };
        let edge_db = level_at(&corners, edge.copysign(z));
        AnchorPosition {
            anchor,
            above_median_db,
            z,
            outside_db: if z.abs() > edge {
                above_median_db - edge_db
            } else {
                0.0
            },
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

/// Evaluates bass that small speakers don't play, against the songs of a style: much below 70 Hz, little above 90 Hz.
/// `decider`: the references that decide on the balance instead.
pub(crate) fn evaluate_deep_bass(
    summary: &Summary,
    context: &Context,
    style: StyleTarget,
    decider: Option<&NoProposal>,
    verdicts: &mut Verdicts,
) {
    const WARMTH_PERCENT: f32 = 15.0;
    let median = style.songs().third_octaves_db[2];
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
        kind: FindingKind::Other,
        severity: Severity::Notice,
        confidence,
        text: Text {
            short: message!("Bass only below 70 Hz"),
            sentence: message!(
                "Compared with its level above 90 Hz, the bass below 70 Hz is {db} dB louder than in most {songs}. Small speakers play \
                 little of that.",
                db = format!("{lean_db:.1}"),
                songs = songs_of(style)
            ),
        },
        remedy: decided(decider, || {
            Change::new(ParameterId::Warmth, values, confidence).graded(Grade::Possible)
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
}
