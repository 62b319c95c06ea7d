//! The history: short-term loudness, the gain reduction of limiter and compressors, and the place in the song.

mod song_marks;

use std::ops::RangeInclusive;

use egui::{
    Align2, Color32, Painter, Popup, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, remap, vec2,
};
use flow_dsp::STREAMING_LUFS;
use flow_dsp::math::{count, narrow, samples};

use self::song_marks::{SongMarks, describe_position};
use crate::audio::meter_history::{GainStage, HistoryPoint, POINTS_PER_SECOND};
use crate::editor::language::{text, translate};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::format_level;
use crate::editor::model::preferences_file::display_options::HistoryRange;
use crate::editor::widgets::choice::draw_field;
use crate::editor::widgets::param_ui::{ParamUi, arrow_steps, lock_arrow_keys};
use crate::editor::widgets::plot::area;
use crate::editor::widgets::theme::{Theme, regular, scale_widgets};

/// The gain reduction that reaches the bottom of the plot, dB.
const DEEPEST_DB: f32 = 18.0;
/// A gain above this is no reduction, dB.
pub(crate) const NO_REDUCTION_DB: f32 = -0.05;

/// The height of the strip with the marks of the song below the plot, pixels at 100 %.
const STRIP_HEIGHT: f32 = 15.0;
/// The distance of two of these marks, pixels at 100 %.
const MARK_DISTANCE: f32 = 46.0;

/// The share of the shown time that an arrow key moves the readout by.
const KEY_SHARE: f32 = 1.0 / 60.0;

/// The state of the panel.
#[derive(Default)]
pub(crate) struct HistoryPanel {
    /// The place of the readout while the plot has the keyboard focus: the distance from the newest point, s.
    ago_s: f32,
}

/// The axes of the plot.
struct Axes {
    plot: Rect,
    lufs: RangeInclusive<f32>,
    /// Points of the history.
    points: usize,
    span: Span,
}

/// The time from the left to the right end.
#[derive(Clone, Copy)]
struct Span {
    seconds: usize,
    points_per_second: usize,
    /// Distance of the marks of time, s.
    mark_seconds: usize,
}

impl Span {
    /// The span of a range, for a song of some seconds.
    fn new(range: HistoryRange, song_seconds: usize) -> Self {
        let (seconds, mark_seconds) = match range {
            HistoryRange::HalfMinute => (30, 10),
            HistoryRange::TwoMinutes => (120, 30),
            HistoryRange::Song => {
                let seconds = song_seconds.max(120).next_multiple_of(30);
                let marks = [30, 60, 120, 300, 600];
                let fits = marks.into_iter().find(|mark| seconds / mark <= 5);
                (seconds, fits.unwrap_or(600))
            }
        };
        Self {
            seconds,
            points_per_second: match range {
                HistoryRange::Song => 1,
                _ => POINTS_PER_SECOND,
            },
            mark_seconds,
        }
    }

    /// The marked distances from the right end, s.
    fn marks(self) -> impl Iterator<Item = usize> {
        (self.mark_seconds..self.seconds).step_by(self.mark_seconds)
    }

    fn points(self) -> usize {
        self.seconds * self.points_per_second
    }
}

impl Axes {
    /// The place of a point; the newest one stands at the right end.
    fn x(&self, point: usize) -> f32 {
        let step = self.plot.width() / narrow(count(self.span.points() - 1));
        self.plot.right() - step * narrow(count(self.points - 1 - point))
    }

    fn per_second(&self) -> f32 {
        narrow(count(self.span.points_per_second))
    }

    /// The point at a distance from the newest one, s; the oldest one beyond it.
    fn ago(&self, seconds: f32) -> Option<usize> {
        let points = samples(f64::from(seconds * self.per_second()));
        Some(self.points.checked_sub(1)?.saturating_sub(points))
    }

    fn lufs_y(&self, lufs: f32) -> f32 {
        let lufs = lufs.clamp(*self.lufs.start(), *self.lufs.end());
        remap(
            lufs,
            self.lufs.clone(),
            self.plot.bottom()..=self.plot.top(),
        )
    }

    /// Reduction hangs from the top.
    fn gain_y(&self, gain_db: f32) -> f32 {
        let share = (-gain_db / DEEPEST_DB).clamp(0.0, 1.0);
        self.plot.top() + share * self.plot.height()
    }

    /// The point nearest to a place.
    fn nearest(&self, x: f32) -> Option<usize> {
        let off = |point: &usize| (self.x(*point) - x).abs();
        (0..self.points).min_by(|a, b| off(a).total_cmp(&off(b)))
    }
}

impl HistoryPanel {
    /// Draws the panel. Returns the chosen range.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        view: &EditorView<'_>,
    ) -> HistoryRange {
        let theme = controls.theme;
        let painter = ui.painter().clone();
        theme.panel(&painter, rect);
        let range = view.preferences.display().history;
        let history = &view.shared.meter_history;
        let points: Vec<HistoryPoint> = match range {
            HistoryRange::Song => history.song().points,
            _ => history.iter().collect(),
        };
        let span = Span::new(range, points.len());
        let points = &points[points.len().saturating_sub(span.points())..];
        let target = view.target_lufs();
        let center = target.unwrap_or(STREAMING_LUFS);
        let has_song = points.iter().any(|point| point.position.is_known());
        let strip = if has_song { STRIP_HEIGHT } else { 0.0 };
        let axes = Axes {
            plot: Rect::from_min_max(
                rect.min + theme.vec(44.0, 26.0),
                rect.max - theme.vec(40.0, 8.0 + strip),
            ),
            lufs: center - 18.0..=center + 9.0,
            points: points.len(),
            span,
        };
        let chosen = range_field(ui, rect, theme, range);
        legend(&painter, theme, rect);
        grid(&painter, theme, &axes, target);
        curves(&painter, theme, &axes, points);
        times(&painter, theme, &axes);
        if has_song {
            song(&painter, theme, &axes, points);
        }

        let label = ui.interact(rect, ui.scope_id().with("history"), Sense::hover());
        let newest = points.last().map(describe);
        let summary = newest.map_or_else(
            || text!("history: no sound yet").to_owned(),
            |text| text!("history: {text}", text),
        );
        label.widget_info(|| WidgetInfo::labeled(Role::Label, true, &summary));
        self.readout(ui, theme, &axes, points);
        chosen
    }

    /// The figures of one moment: that below the pointer, or that which the arrow keys have chosen.
    fn readout(&mut self, ui: &Ui, theme: Theme, axes: &Axes, points: &[HistoryPoint]) {
        let plot = axes.plot;
        let id = ui.scope_id().with("history plot");
        let response = ui.interact(plot, id, Sense::focusable_noninteractive());
        self.move_by_keys(ui, &response, axes);
        let pointed = response.hover_pos().and_then(|at| axes.nearest(at.x));
        let chosen = axes.ago(self.ago_s).filter(|_| response.has_focus());
        let words = |point: usize| {
            let seconds = (points.len() - 1 - point) / axes.span.points_per_second;
            let point = &points[point];
            let (time, description) = (minutes(seconds), describe(point));
            match describe_position(point.position) {
                Some(position) => text!(
                    "{time} ago, {position}\n{description}",
                    time,
                    position,
                    description
                ),
                None => text!("{time} ago\n{description}", time, description),
            }
        };
        response.widget_info(|| {
            let mut info =
                WidgetInfo::slider(true, f64::from(-self.ago_s), text!("History readout"));
            let shown = chosen.or(axes.ago(0.0)).map(words);
            info.current_text_value = Some(match shown {
                Some(text) => text.replace('\n', ": "),
                None => text!("no sound yet").to_owned(),
            });
            info
        });
        theme.focus(ui.painter(), plot, &response);
        let Some(point) = pointed.or(chosen) else {
            return;
        };
        let stroke = Stroke::new(theme.px(1.0), theme.color.text.gamma_multiply(0.6));
        let x = axes.x(point);
        ui.painter().vline(x, plot.y_range(), stroke);
        // The figures stand beside their moment.
        let moment = Rect::from_x_y_ranges(x..=x, plot.y_range());
        let response = response.with_new_rect(moment);
        response.show_tooltip_text(words(point));
    }

    /// Moves the readout of the focused plot: to the left and down it goes back in time.
    fn move_by_keys(&mut self, ui: &Ui, response: &Response, axes: &Axes) {
        lock_arrow_keys(ui, response);
        if !response.has_focus() {
            return;
        }
        let step_s = KEY_SHARE * narrow(count(axes.span.seconds));
        let longest_s = narrow(count(axes.points.saturating_sub(1))) / axes.per_second();
        let forth = ui.input(arrow_steps);
        self.ago_s = (self.ago_s - forth * step_s).clamp(0.0, longest_s);
    }
}

/// A time, such as "1:05".
fn minutes(seconds: usize) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The field of the range. Returns the choice.
fn range_field(ui: &mut Ui, rect: Rect, theme: Theme, range: HistoryRange) -> HistoryRange {
    let corner = rect.min + theme.vec(14.0, 4.0);
    let field = Rect::from_min_size(corner, theme.vec(116.0, 18.0));
    let response = ui
        .interact(field, ui.scope_id().with("history range"), Sense::click())
        .on_hover_text(text!(
            "The time that the history shows. Reset begins a new song"
        ));
    let name = |range| {
        let named = HistoryRange::ALL.iter().find(|(other, _)| *other == range);
        named.map_or("", |(_, name)| translate(name))
    };
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, text!("History range"));
        info.current_text_value = Some(name(range).to_owned());
        info
    });
    draw_field(theme, ui.painter(), field, &response, ["", name(range)]);
    let mut chosen = range;
    Popup::menu(&response)
        .width(field.width())
        .gap(theme.px(3.0))
        .show(|ui| {
            scale_widgets(ui, theme);
            for (range, name) in HistoryRange::ALL {
                if ui
                    .selectable_label(range == chosen, translate(name))
                    .clicked()
                {
                    chosen = range;
                    ui.close();
                }
            }
        });
    chosen
}

fn legend(painter: &Painter, theme: Theme, rect: Rect) {
    let y = rect.top() + theme.px(14.0);
    let mut x = rect.right() - theme.px(40.0);
    for (name, color) in [
        (text!("compressors"), theme.color.reduction),
        (text!("limiter"), theme.color.reduction.gamma_multiply(0.55)),
        (text!("short-term LUFS"), theme.color.output),
    ] {
        let style = regular(10.5, theme.color.secondary);
        let name = theme.text(painter, pos2(x, y), Align2::RIGHT_CENTER, name, style);
        let (to, from) = (name.left() - theme.px(6.0), name.left() - theme.px(18.0));
        let stroke = Stroke::new(theme.px(2.0), color);
        painter.line_segment([pos2(from, y), pos2(to, y)], stroke);
        x = from - theme.px(14.0);
    }
}

fn grid(painter: &Painter, theme: Theme, axes: &Axes, target: Option<f32>) {
    let plot = axes.plot;
    let stroke = Stroke::new(theme.px(1.0), theme.color.line.gamma_multiply(0.6));
    let small = |color| regular(10.5, color);
    for gain_db in [0.0_f32, -6.0, -12.0] {
        let y = axes.gain_y(gain_db);
        painter.hline(plot.x_range(), y, stroke);
        let at = pos2(plot.left() - theme.px(8.0), y);
        let text = format_level(gain_db, 0);
        theme.text(
            painter,
            at,
            Align2::RIGHT_CENTER,
            text,
            small(theme.color.tertiary),
        );
    }
    for mark in axes.span.marks() {
        let seconds = axes.span.seconds;
        let x = plot.right() - narrow(count(mark) / count(seconds)) * plot.width();
        painter.vline(x, plot.y_range(), stroke);
    }
    let Some(target) = target else {
        return;
    };
    let y = axes.lufs_y(target);
    let line = [pos2(plot.left(), y), pos2(plot.right(), y)];
    let stroke = Stroke::new(theme.px(1.0), theme.color.target);
    let dashes = Shape::dashed_line(&line, stroke, theme.px(4.0), theme.px(3.0));
    painter.extend(dashes);
    let at = pos2(plot.right() + theme.px(6.0), y);
    let text = format_level(target, 0);
    theme.text(
        painter,
        at,
        Align2::LEFT_CENTER,
        text,
        small(theme.color.target),
    );
}

/// Draws the times, above the curves and on a ground that hides these.
fn times(painter: &Painter, theme: Theme, axes: &Axes) {
    let plot = axes.plot;
    let style = regular(10.5, theme.color.secondary);
    for mark in axes.span.marks() {
        let x = plot.right() - narrow(count(mark) / count(axes.span.seconds)) * plot.width();
        let text = format!("−{}", minutes(mark));
        let size = vec2(theme.text_width(painter, &text, style), theme.px(12.0));
        let corner = pos2(x + theme.px(3.0), plot.bottom() - size.y);
        let ground = Rect::from_min_size(corner, size).expand2(theme.vec(1.0, 0.0));
        painter.rect_filled(ground, 0.0, theme.color.panel);
        let at = corner + vec2(0.0, size.y);
        theme.text(painter, at, Align2::LEFT_BOTTOM, text, style);
    }
}

/// Draws the marks of the song into the strip below the plot: a line for each part that was played without a break, with bars
/// or minutes below it, and a dashed line through the plot at each break.
fn song(painter: &Painter, theme: Theme, axes: &Axes, points: &[HistoryPoint]) {
    let positions: Vec<_> = points.iter().map(|point| point.position).collect();
    let marks = SongMarks::new(
        &positions,
        1.0 / axes.per_second(),
        points.len() < axes.span.points(),
        (theme.px(MARK_DISTANCE), &|point| axes.x(point)),
    );
    let plot = axes.plot;
    let y = plot.bottom() + theme.px(2.0);
    let stroke = Stroke::new(theme.px(1.0), theme.color.secondary);
    for [from, to] in &marks.parts {
        painter.hline(*from..=*to, y, stroke);
    }
    for x in &marks.breaks {
        let line = [pos2(*x, plot.top()), pos2(*x, y + theme.px(4.0))];
        let dash = theme.px(3.0);
        painter.extend(Shape::dashed_line(&line, stroke, dash, dash));
    }
    let style = regular(10.5, theme.color.secondary);
    for (x, label) in &marks.labels {
        painter.vline(*x, y..=y + theme.px(4.0), stroke);
        let at = pos2(*x + theme.px(3.0), y + theme.px(7.0));
        theme.text(painter, at, Align2::LEFT_CENTER, label, style);
    }
    let name = if marks.has_bars {
        text!("bar")
    } else {
        text!("song")
    };
    let at = pos2(plot.left() - theme.px(8.0), y + theme.px(7.0));
    theme.text(painter, at, Align2::RIGHT_CENTER, name, style);
}

fn curves(painter: &Painter, theme: Theme, axes: &Axes, points: &[HistoryPoint]) {
    let line_of = |gain_db: &dyn Fn(&HistoryPoint) -> f32| -> Vec<Pos2> {
        let points = points.iter().enumerate();
        points
            .map(|(i, point)| pos2(axes.x(i), axes.gain_y(gain_db(point))))
            .collect()
    };
    let top = axes.plot.top();
    let limiter = line_of(&|point| point.gain_db(GainStage::Limiter));
    painter.add(area(
        &limiter,
        top,
        theme.color.reduction.gamma_multiply(0.55),
    ));
    let has_compression = points.iter().any(|p| compression_db(p) < NO_REDUCTION_DB);
    if has_compression {
        let stroke = Stroke::new(theme.px(1.2), theme.color.reduction);
        painter.add(Shape::line(line_of(&compression_db), stroke));
    }
    // Silence interrupts the line.
    let mut line = Vec::new();
    let draw = |line: Vec<Pos2>, color: Color32| {
        painter.add(Shape::line(line, Stroke::new(theme.px(1.5), color)));
    };
    for (i, point) in points.iter().enumerate() {
        if !point.is_silent() {
            line.push(pos2(axes.x(i), axes.lufs_y(point.short_term_lufs)));
        } else if !line.is_empty() {
            draw(std::mem::take(&mut line), theme.color.output);
        }
    }
    draw(line, theme.color.output);
}

/// The deepest reduction of the compressors, dB, 0 or less.
fn compression_db(point: &HistoryPoint) -> f32 {
    let compressors = GainStage::ALL.iter().filter(|stage| stage.is_compressor());
    compressors
        .map(|stage| point.gain_db(*stage))
        .fold(0.0, f32::min)
}

/// Loudness and the reduction of each working stage, in words.
fn describe(point: &HistoryPoint) -> String {
    let mut text = text!(
        "short-term {level} LUFS",
        level = format_level(point.short_term_lufs, 1)
    );
    for stage in GainStage::ALL {
        let gain_db = point.gain_db(stage);
        if gain_db < NO_REDUCTION_DB {
            text.push_str(&format!(
                ", {} {} dB",
                translate(stage.name()),
                format_level(gain_db, 1)
            ));
        }
    }
    text
}
