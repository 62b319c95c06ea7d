//! Tonal balance: the levels of the four anchors against the style target's percentiles 25 to 75.

pub(crate) mod balance_target;

use flow_dsp::{ANCHOR_EDGES_HZ, StyleTarget};
use flow_params::ANCHORS;

use crate::editor::language::{text, translate};
use crate::editor::model::analyzers::{Curve, POINTS, SpectrumAnalyzer, point_hz};
use crate::editor::model::number_text::{NOT_MEASURED, format_level};

/// Ends of the anchors in the style's statistics, Hz. Most songs have little above 14 kHz.
const ENDS_HZ: [f32; 2] = [20.0, 14_000.0];
/// A quieter output has no balance, dBFS.
const SILENCE_DB: f32 = -70.0;

/// One anchor, in dB from the style's median.
#[derive(Clone, Copy)]
pub(crate) struct AnchorBalance {
    /// Percentile 25 of the style.
    pub(crate) low_db: f32,
    /// Percentile 75 of the style.
    pub(crate) high_db: f32,
    /// The measured level; `None` in silence and in a pause.
    pub(crate) level_db: Option<f32>,
}

impl AnchorBalance {
    /// The position against the style's range in words.
    #[must_use]
    pub(crate) fn describe(self) -> String {
        match self.level_db {
            None => NOT_MEASURED.to_owned(),
            Some(db) if db > self.high_db => {
                text!(
                    "{level} dB above",
                    level = format_level(db - self.high_db, 1)
                )
            }
            Some(db) if db < self.low_db => {
                text!(
                    "{level} dB below",
                    level = format_level(self.low_db - db, 1)
                )
            }
            Some(_) => text!("as usual").to_owned(),
        }
    }
}

/// All anchors, in order of frequency.
pub(crate) struct TonalBalance(pub(crate) [AnchorBalance; 4]);

impl TonalBalance {
    /// Compares the averaged output with a style.
    #[must_use]
    pub(crate) fn new(output: &SpectrumAnalyzer, style: StyleTarget) -> Self {
        let program_db = output.program_db();
        let levels = output.average();
        let has_sound = program_db > SILENCE_DB && output.has_sound();
        Self(std::array::from_fn(|anchor| {
            let [low, median, high] = style_levels(style, anchor);
            let level = anchor_mean(&levels, anchor) - program_db - median;
            AnchorBalance {
                low_db: low - median,
                high_db: high - median,
                level_db: has_sound.then_some(level),
            }
        }))
    }

    /// Each anchor's position in words.
    #[must_use]
    pub(crate) fn describe(&self) -> String {
        let anchors = self.0.iter().zip(ANCHORS);
        let texts: Vec<_> = anchors
            .map(|(anchor, id)| format!("{} {}", translate(id.name()), anchor.describe()))
            .collect();
        texts.join(", ")
    }
}

/// Percentiles 25, 50 and 75 of the style's mean level in an anchor's band, dB.
fn style_levels(style: StyleTarget, anchor: usize) -> [f32; 3] {
    let [_, low, median, high, _] = &style.figures().third_octaves_db;
    [low, median, high].map(|levels| {
        let bands = StyleTarget::third_octaves_hz().iter().zip(levels);
        mean(bands.filter_map(|(hz, db)| is_in_anchor(*hz, anchor).then_some(*db)))
    })
}

fn anchor_mean(levels: &Curve, anchor: usize) -> f32 {
    let points = (0..POINTS).filter(|point| is_in_anchor(point_hz(*point), anchor));
    mean(points.map(|point| levels[point]))
}

fn is_in_anchor(hz: f32, anchor: usize) -> bool {
    let [low, high] = anchor_edges_hz(anchor, ENDS_HZ);
    (low..high).contains(&hz)
}

/// Lower and upper edge of an anchor, where the lowest and the highest one reach to the ends.
pub(crate) fn anchor_edges_hz(anchor: usize, [low, high]: [f32; 2]) -> [f32; 2] {
    let [a, b, c] = ANCHOR_EDGES_HZ;
    let edges = [low, a, b, c, high];
    [edges[anchor], edges[anchor + 1]]
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), v| (sum + v, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}
