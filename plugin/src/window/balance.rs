//! Tonal balance: the four anchors of what is heard against the style's percentiles 25 to 75.
//!
//! A track below each anchor's label shows where it stands; the panel beside the stereo picture says it in words, as long
//! as the assistant has nothing to propose.

use egui::{Align2, Painter, Rect, Ui, WidgetInfo, pos2, remap};
use flow_dsp::StyleTarget;
use flow_inference::analysis::Heard;
use flow_inference::service::Report;

use super::listener::{Curve, Listener, POINTS, point_hz};
use super::look::{ANCHORS, Look, SECONDARY, TARGET, TERTIARY, TEXT, WELL, Weight};
use super::meters_panel::level;

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

    fn is_usual(self) -> bool {
        self.heard_db
            .is_none_or(|heard| (self.low_db..=self.high_db).contains(&heard))
    }
}

/// Where all anchors stand.
pub(crate) struct Balance {
    style: StyleTarget,
    standings: [Standing; 4],
}

impl Balance {
    /// Of what was heard lately.
    #[must_use]
    pub(crate) fn new(listener: &Listener, style: StyleTarget) -> Self {
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
    pub(crate) fn track(&self, painter: &Painter, rect: Rect, look: Look, anchor: usize) {
        let standing = self.standings[anchor];
        // The dot stays within the track.
        let dot = look.px(3.5);
        let inner = rect.shrink2(egui::vec2(dot, 0.0));
        let x = |db: f32| {
            let db = db.clamp(-REACH_DB, REACH_DB);
            remap(db, -REACH_DB..=REACH_DB, inner.x_range())
        };
        painter.rect_filled(rect, look.radius(2.0), WELL);
        let range = Rect::from_min_max(
            pos2(x(standing.low_db), rect.top()),
            pos2(x(standing.high_db), rect.bottom()),
        );
        painter.rect_filled(range, look.radius(2.0), TARGET.gamma_multiply(0.45));
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

    /// The findings in words. There is no report while the analysis is off.
    pub(crate) fn panel(
        &self,
        ui: &mut Ui,
        rect: Rect,
        look: Look,
        style_name: &str,
        report: Option<&Report>,
    ) {
        let painter = ui.painter().clone();
        look.panel(&painter, rect);
        let at = |x: f32, y: f32| rect.min + look.vec(x, y);
        let left = Align2::LEFT_CENTER;
        let title = (11.5, Weight::Bold, SECONDARY);
        look.text(&painter, at(14.0, 18.0), left, "TONAL BALANCE", title);
        let figures = self.style.figures();
        let style = (12.0, Weight::Bold, TEXT);
        look.text(&painter, at(14.0, 42.0), left, style_name, style);
        let note = format!("middle half of {} songs", figures.songs);
        let small = (10.5, Weight::Regular, TERTIARY);
        look.text(&painter, at(14.0, 59.0), left, note, small);
        let mut y = 80.0;
        for (anchor, standing) in self.standings.iter().enumerate() {
            painter.circle_filled(at(18.0, y), look.px(3.5), ANCHORS[anchor]);
            let name = (11.5, Weight::Regular, TEXT);
            look.text(&painter, at(28.0, y), left, NAMES[anchor], name);
            let color = if standing.is_usual() { SECONDARY } else { TEXT };
            let place = pos2(rect.right() - look.px(14.0), at(0.0, y).y);
            let finding = (11.5, Weight::Regular, color);
            look.text(
                &painter,
                place,
                Align2::RIGHT_CENTER,
                standing.said(),
                finding,
            );
            y += 20.0;
        }
        let found = report.map_or_else(|| "Analysis is off".to_owned(), heard);
        let (size, weight, color) = (10.5, Weight::Regular, SECONDARY);
        let room = rect.width() - look.px(28.0);
        let lines = painter.layout(found.clone(), look.font(size, weight), color, room);
        painter.galley(at(14.0, 154.0), lines, color);
        let said = self.in_words();
        ui.interact(rect, ui.scope_id().with("balance"), egui::Sense::hover())
            .on_hover_text(
                "What is heard against the style target: each anchor's level relative to the whole, and by how much it \
                 lies outside the middle half of the style's songs",
            )
            .widget_info(|| {
                WidgetInfo::labeled(egui::Role::Label, true, format!("tonal balance: {said}. {found}"))
            });
    }
}

/// What the analysis says first, or what it is waiting for.
fn heard(report: &Report) -> String {
    let Some(analysis) = &report.analysis else {
        return match report.progress {
            0.0 => String::new(),
            progress => format!("Listening: {:.0} %", 100.0 * progress),
        };
    };
    match analysis.heard {
        // Before anything sounded, and where silence was found: nothing, so that a silent window stays as it is.
        Heard::Silence => String::new(),
        Heard::TooShort { seconds, .. } if seconds < 0.5 => String::new(),
        Heard::TooShort { seconds, needed } => format!("Heard {seconds:.0} of {needed:.0} s"),
        Heard::TestTone { hz } => format!("A steady tone of about {hz:.0} Hz, no music"),
        Heard::SteadyNoise => "Steady noise, no music".to_owned(),
        Heard::Music => analysis.findings.first().map_or_else(
            || "Nothing stands out".to_owned(),
            |finding| finding.text.clone(),
        ),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use flow_inference::analysis::Context;
    use flow_inference::features::Window;
    use flow_inference::rules::Rules;

    /// The first analysis of silence comes before the second that knows it for silence: neither shows.
    #[test]
    fn the_first_look_at_silence_says_nothing() {
        let analysis = Rules.judge(&Window::new(1), &Context::default());
        assert!(matches!(analysis.heard, Heard::TooShort { .. }));
        let report = Report {
            analysis: Some(Arc::new(analysis)),
            ..Report::default()
        };
        assert_eq!(heard(&report), "");
        assert_eq!(heard(&Report::default()), "");
    }
}
