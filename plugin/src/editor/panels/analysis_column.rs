//! The figures of an analysis in the assistant's details: style, energy, and the output before and after the recommended
//! proposals.

use egui::{Align2, Painter, Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::prediction::STYLES;
use flow_analysis::report::{Analysis, OutputStats, TrialResult, capitalize};

use crate::editor::language::{key, text, translate};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::listening_state::{is_single, judged_text, part_text};
use crate::editor::model::number_text::format_level;
use crate::editor::widgets::theme::{Theme, bold, regular};

/// Width of the column, pixels at 100 %.
pub(crate) const WIDTH: f32 = 226.0;
/// Height of a line, pixels at 100 %.
const LINE_HEIGHT: f32 = 13.0;

/// A name, its figure and its unit.
type Row = (&'static str, fn(&OutputStats) -> f32, &'static str);

/// The statistics before and after.
const STATS: [Row; 5] = [
    (key!("Loudness"), |f| f.loudness_lufs, "LUFS"),
    (key!("True peak"), |f| f.true_peak_dbtp, "dBTP"),
    ("PLR", |f| f.plr_db, "dB"),
    (key!("Limiting"), |f| f.limiting_db, "dB"),
    (key!("Sides"), |f| f.side_db, "dB"),
];

/// Places lines below each other.
struct Lines<'p> {
    painter: &'p Painter,
    theme: Theme,
    at: Pos2,
}

impl Lines<'_> {
    /// The center of the left edge of the next line of a height, pixels at 100 %.
    fn next(&mut self, height: f32) -> Pos2 {
        let here = self.at;
        self.at.y += self.theme.px(height);
        here
    }

    fn heading(&mut self, text: &str) {
        let at = self.next(15.0);
        let style = bold(11.5, self.theme.color.secondary);
        self.theme
            .text(self.painter, at, Align2::LEFT_CENTER, text, style);
    }

    fn text(&mut self, text: &str) {
        let at = self.next(LINE_HEIGHT);
        let (width, style) = (
            self.theme.px(WIDTH),
            regular(10.5, self.theme.color.secondary),
        );
        self.theme
            .line(self.painter, at, Align2::LEFT_CENTER, text, width, style);
    }

    /// A name, a bar from 0 to 1, and the value in percent.
    fn bar(&mut self, name: &str, share: f32) {
        let (at, theme, painter) = (self.next(LINE_HEIGHT), self.theme, self.painter);
        let style = regular(10.5, theme.color.secondary);
        theme.text(painter, at, Align2::LEFT_CENTER, name, style);
        let track = Rect::from_min_size(at + theme.vec(76.0, -2.5), theme.vec(104.0, 5.0));
        painter.rect_filled(track, theme.radius(2.0), theme.color.line);
        let size = vec2(track.width() * share.clamp(0.0, 1.0), track.height());
        let bar = Rect::from_min_size(track.min, size);
        painter.rect_filled(bar, theme.radius(2.0), theme.color.output);
        let end = at + theme.vec(WIDTH - 4.0, 0.0);
        let percent = format!("{:.0} %", 100.0 * share);
        theme.text(painter, end, Align2::RIGHT_CENTER, percent, style);
    }

    /// A name with its value before and after, or with one value.
    fn stat(&mut self, (name, of, unit): Row, stats: &[OutputStats]) {
        let (at, theme, painter) = (self.next(LINE_HEIGHT), self.theme, self.painter);
        let (left, right) = (Align2::LEFT_CENTER, Align2::RIGHT_CENTER);
        let label = regular(10.5, theme.color.secondary);
        theme.text(painter, at, left, translate(name), label);
        let mut end = at + theme.vec(WIDTH - 40.0, 0.0);
        theme.text(
            painter,
            end + theme.vec(6.0, 0.0),
            left,
            unit,
            regular(10.5, theme.color.tertiary),
        );
        for (i, stats) in stats.iter().rev().enumerate() {
            let value = format_level(of(stats), 1);
            let style = regular(
                10.5,
                if i == 0 {
                    theme.color.text
                } else {
                    theme.color.secondary
                },
            );
            if i > 0 {
                let arrow = end - theme.vec(44.0, 0.0);
                theme.text(painter, arrow, Align2::CENTER_CENTER, "→", label);
                end -= theme.vec(54.0, 0.0);
            }
            theme.text(painter, end, right, value, style);
        }
    }
}

/// Draws the column.
pub(crate) fn show(ui: &Ui, rect: Rect, theme: Theme, analysis: &Analysis, view: &EditorView<'_>) {
    let mut lines = Lines {
        painter: ui.painter(),
        theme,
        at: pos2(rect.left(), rect.top() + theme.px(6.0)),
    };
    lines.heading(&text!("Judged on {part}", part = part_text(analysis)));
    if let Some(prediction) = &analysis.prediction {
        for (name, share) in STYLES.iter().zip(prediction.style) {
            lines.bar(&capitalize(translate(name)), share);
        }
        lines.bar(text!("Energy"), prediction.activity.energy);
        lines.bar(text!("Density"), prediction.activity.density);
    } else {
        for line in without_network(analysis) {
            lines.text(line);
        }
    }
    let judged = judged_text(analysis).unwrap_or_default();
    let mut description = text!(
        "analysis: {state} {judged}",
        state = view.assistant.description(),
        judged
    );
    if let Some(song) = &analysis.song {
        let lufs = |value| format_level(value, 1);
        let mut whole = text!("Whole song {level} LUFS", level = lufs(song.lufs));
        if song.interval_lu() > 0.0 {
            whole += &text!(
                " ({low} to {high})",
                low = lufs(song.low_lufs),
                high = lufs(song.high_lufs)
            );
        }
        lines.text(&whole);
        description += &format!(" {whole}.");
    }
    if let Some(TrialResult { before, after }) = analysis.trial {
        let _ = lines.next(4.0);
        let is_same = before == after;
        lines.heading(if is_same {
            text!("Measured")
        } else {
            text!("Tried: before → after")
        });
        let stats = if is_same {
            &[before][..]
        } else {
            &[before, after]
        };
        for row in STATS {
            lines.stat(row, stats);
            let values = stats.iter().map(|s| format_level(row.1(s), 1));
            let values = values.collect::<Vec<_>>().join(" → ");
            description += &format!(" {} {values} {}.", translate(row.0), row.2);
        }
    }
    let tip = text!(
        "Tried: the same part, played as it is and with all recommended proposals. Limiting is the mean reduction by \
               the limiter, Sides their level against the middle"
    );
    let tip = format!("{judged}\n{tip}");
    ui.interact(rect, ui.scope_id().with("analysis"), Sense::hover())
        .on_hover_text(tip)
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &description));
}

/// The reason why there is no style.
fn without_network(analysis: &Analysis) -> [&'static str; 2] {
    if analysis.reference_match.is_some() {
        [
            text!("Balance and width follow the references'"),
            text!("figures, without the network."),
        ]
    } else if is_single(analysis) {
        [
            text!("A single instrument: balance and width"),
            text!("aren't compared with those of mixes."),
        ]
    } else {
        [
            text!("Rules only: the network is missing, damaged or busy."),
            text!("Balance is compared with the style target."),
        ]
    }
}
