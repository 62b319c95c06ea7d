//! Tonal balance: the four anchors of what is heard against the style's percentiles 25 to 75.
//!
//! A track below each anchor's label in the spectrum shows where it stands, and says it in words.

use egui::{Painter, Rect, Ui, pos2, remap};
use flow_dsp::StyleTarget;

use crate::editor::model::analyzers::{Analyzers, Curve, POINTS, point_hz};
use crate::editor::panels::meters::level;
use crate::editor::widgets::theme::{ANCHORS, TARGET, Theme, WELL};

/// Names of the anchors, in the order of frequency.
pub(crate) const NAMES: [&str; 4] = ["Body", "Soul", "Silk", "Air"];
/// Edges of the anchors in the styles' figures, Hz: the topmost band is empty in most songs.
const EDGES_HZ: [f32; 5] = [20.0, 200.0, 2000.0, 8000.0, 14_000.0];
/// Quieter than this is nothing to judge, dBFS.
const SILENCE_DB: f32 = -70.0;
/// Ends of a track.
const REACH_DB: f32 = 9.0;

/// Where one anchor stands, dB from the style's middle.
#[derive(Clone, Copy)]
struct Standing {
    /// Percentile 25 of the style.
    low_db: f32,
    /// Percentile 75.
    high_db: f32,
    /// What is heard, if anything is.
    heard_db: Option<f32>,
}

impl Standing {
    /// In words.
    fn said(self) -> String {
        match self.heard_db {
            None => "—".to_owned(),
            Some(heard) if heard > self.high_db => {
                format!("{} dB above", level(heard - self.high_db, 1))
            }
            Some(heard) if heard < self.low_db => {
                format!("{} dB below", level(self.low_db - heard, 1))
            }
            Some(_) => "as usual".to_owned(),
        }
    }
}

/// Where all anchors stand.
pub(crate) struct TonalBalance {
    style: StyleTarget,
    standings: [Standing; 4],
}

impl TonalBalance {
    /// Of what was heard lately.
    #[must_use]
    pub(crate) fn new(listener: &Analyzers, style: StyleTarget) -> Self {
        let programme = listener.output.programme_db();
        let levels = listener.output.average();
        let standings = std::array::from_fn(|anchor| {
            let (low, middle, high) = usual(style, anchor);
            let heard = mean(&levels, anchor) - programme - middle;
            Standing {
                low_db: low - middle,
                high_db: high - middle,
                heard_db: (programme > SILENCE_DB).then_some(heard),
            }
        });
        Self { style, standings }
    }

    /// A track, from −9 to +9 dB: the style's middle half and what is heard.
    pub(crate) fn track(&self, ui: &Ui, rect: Rect, theme: Theme, anchor: usize) {
        let tip = format!(
            "{} against the middle half of {} songs of the style target: {}",
            NAMES[anchor],
            self.style.figures().songs,
            self.standings[anchor].said(),
        );
        ui.interact(
            rect.expand(theme.px(4.0)),
            ui.scope_id().with(("track", anchor)),
            egui::Sense::hover(),
        )
        .on_hover_text(tip);
        self.draw(ui.painter(), rect, theme, anchor);
    }

    fn draw(&self, painter: &Painter, rect: Rect, theme: Theme, anchor: usize) {
        let standing = self.standings[anchor];
        // The dot stays within the track.
        let dot = theme.px(3.5);
        let inner = rect.shrink2(egui::vec2(dot, 0.0));
        let x = |db: f32| {
            let db = db.clamp(-REACH_DB, REACH_DB);
            remap(db, -REACH_DB..=REACH_DB, inner.x_range())
        };
        painter.rect_filled(rect, theme.radius(2.0), WELL);
        let range = Rect::from_min_max(
            pos2(x(standing.low_db), rect.top()),
            pos2(x(standing.high_db), rect.bottom()),
        );
        painter.rect_filled(range, theme.radius(2.0), TARGET.gamma_multiply(0.45));
        if let Some(heard) = standing.heard_db {
            painter.circle_filled(pos2(x(heard), rect.center().y), dot, ANCHORS[anchor]);
        }
    }

    /// Each anchor and where it stands.
    pub(crate) fn in_words(&self) -> String {
        let said = self.standings.iter().zip(NAMES);
        let said: Vec<_> = said
            .map(|(s, name)| format!("{name} {}", s.said()))
            .collect();
        said.join(", ")
    }
}

/// Percentiles 25, 50 and 75 of the style's mean level in an anchor's band.
fn usual(style: StyleTarget, anchor: usize) -> (f32, f32, f32) {
    let [_, low, middle, high, _] = &style.figures().third_octaves_db;
    let of = |levels: &[f32; 30]| {
        let inside = StyleTarget::third_octaves_hz()
            .iter()
            .zip(levels)
            .filter(|(hz, _)| (EDGES_HZ[anchor]..EDGES_HZ[anchor + 1]).contains(*hz))
            .map(|(_, db)| *db);
        mean_of(inside)
    };
    (of(low), of(middle), of(high))
}

fn mean(levels: &Curve, anchor: usize) -> f32 {
    let inside = (0..POINTS)
        .filter(|p| (EDGES_HZ[anchor]..EDGES_HZ[anchor + 1]).contains(&point_hz(*p)))
        .map(|p| levels[p]);
    mean_of(inside)
}

fn mean_of(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), v| (sum + v, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}
