//! The spectrum: input and output, the style target, the response with handles, and the tonal balance.

mod axes;
mod frequency_range;
mod handles;
mod levels;
mod style_range;
mod view_menu;
mod zoom;

use egui::{
    Align2, Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, remap, vec2,
};
use flow_analysis::correction::{BANDS, FIRST_BAND};
use flow_dsp::StyleTarget;
use flow_dsp::math::{count, narrow};

use self::axes::Axes;
use self::frequency_range::FrequencyRange;
use self::levels::{Levels, SILENCE_DB};
use crate::editor::language::{text, translate};
use crate::editor::model::analyzers::{Curve, MAX_HZ, MIN_HZ, nearest_point};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::{
    format_frequency, format_level, note_name, shorten, signed_decibels,
};
use crate::editor::model::preferences_file::display_options::{Layers, SpectrumOptions};
use crate::editor::model::tonal_balance::anchor_edges_hz;
use crate::editor::model::tonal_balance::balance_target::BalanceTarget;
use crate::editor::panels::monitoring;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::plot::area;
use crate::editor::widgets::theme::{Theme, bold, regular};
use crate::params::AnyParam;

/// A narrower part of an anchor's band is left out, pixels at 100 %.
const LEAST_ANCHOR_WIDTH: f32 = 16.0;
/// The frequency of the first readout by keyboard, Hz.
const FIRST_READOUT_HZ: f32 = 1000.0;
/// Largest deviation on a track of the tonal balance, dB.
const BALANCE_RANGE_DB: f32 = 9.0;

/// The state of the panel.
#[derive(Default)]
pub(crate) struct SpectrumPanel {
    frozen: Option<Box<Levels>>,
    range: FrequencyRange,
    /// The frequency of the readout while the plot has the keyboard focus, semitones above [`FIRST_READOUT_HZ`].
    readout_semitones: f32,
}

impl SpectrumPanel {
    /// Draws the panel. Returns the user's choices.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        view: &EditorView<'_>,
    ) -> SpectrumOptions {
        let theme = controls.theme;
        theme.panel(ui.painter(), rect);
        let plot = Rect::from_min_max(
            rect.min + theme.vec(44.0, 26.0),
            // The scale of the response stands to the right of the plot.
            rect.max - theme.vec(40.0, 60.0),
        );
        let options = view.preferences.display().spectrum;
        let is_frozen = self.frozen.is_some();
        let (options, is_frozen) = view_menu::show(ui, plot, controls, options, is_frozen);
        if is_frozen != self.frozen.is_some() {
            self.frozen = is_frozen.then(|| Box::new(Levels::now(view.analyzers)));
        }
        let now;
        let levels = match &self.frozen {
            Some(levels) => levels,
            None => {
                now = Levels::now(view.analyzers);
                &now
            }
        };
        let axes = Axes {
            plot,
            range: self.range,
            bottom_db: axes::TOP_DB - options.range.decibels(),
            tilt_db: options.tilt.of_third_octaves_db(),
        };
        let (buttons_width, is_reset) = zoom::whole_range_button(ui, &axes, controls);
        let (pointed, mut range) = zoom::show(ui, &axes, theme);
        let steps = zoom::readout_steps(ui, &pointed);
        self.readout_semitones = (self.readout_semitones + steps).clamp(-67.0, 51.0);
        let readout_hz = FIRST_READOUT_HZ * (self.readout_semitones / 12.0).exp2();
        if steps != 0.0 {
            range.reveal(readout_hz);
        }
        if is_reset {
            range = FrequencyRange::default();
        }
        let shown = (levels, options.layers);
        draw(ui, controls, view, &axes, shown, buttons_width);
        let text = |hz: f32| readout_text(hz, view, levels);
        readout(ui, theme, &axes, readout_hz, &pointed, &text);
        zoom::describe(&pointed, axes.range, text(readout_hz));
        if let Some(hz) = handles::show(ui, controls, &axes, view) {
            range.reveal(hz);
        }
        anchors(ui, theme, &axes, view);
        if range != self.range {
            self.range = range;
            ui.ctx().request_repaint();
        }
        let corner = plot.min + theme.vec(8.0, 8.0);
        monitoring::banner(ui, corner, theme, view);
        options
    }
}

fn draw(
    ui: &Ui,
    controls: &ParamUi<'_>,
    view: &EditorView<'_>,
    axes: &Axes,
    (levels, layers): (&Levels, Layers),
    buttons_width: f32,
) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    let plot = axes.plot;
    axes::grid(&painter, theme, axes);
    let clip = painter.with_clip_rect(plot);
    let style = view.settings.style_target;
    let is_outside = style_range::show(&clip, axes, theme, style, (levels, layers.output));
    let line = |points, width, color| {
        clip.add(Shape::line(points, Stroke::new(theme.px(width), color)));
    };
    if layers.output {
        let color = theme.color.output.gamma_multiply(0.12);
        let line = axes.levels(&levels.output);
        clip.add(area(&line, plot.bottom(), color));
    }
    if layers.input {
        line(axes.levels(&levels.input), 1.2, theme.color.input);
    }
    if layers.peaks {
        line(
            axes.levels(&levels.peaks),
            0.8,
            theme.color.output.gamma_multiply(0.5),
        );
    }
    if layers.output {
        line(axes.levels(&levels.output), 2.0, theme.color.output);
    }
    let reference = reference_line(axes, view, levels).filter(|_| layers.reference);
    if let Some(reference) = &reference {
        line(reference.clone(), 1.2, theme.color.target);
    }
    let is_audible = levels.input_program_db > SILENCE_DB;
    let has_change = layers.delta && is_audible;
    if has_change {
        let change: Curve = std::array::from_fn(|p| levels.output[p] - levels.input[p]);
        line(axes.response(&change), 1.2, theme.color.text);
    }

    let dashed_line = |points: &[Pos2], color| {
        let stroke = Stroke::new(theme.px(1.5), color);
        clip.extend(Shape::dashed_line(
            points,
            stroke,
            theme.px(5.0),
            theme.px(4.0),
        ));
    };
    let responses = &view.responses;
    let target = target_line(axes, responses.target_db, levels.input_program_db);
    if let Some(target) = &target {
        dashed_line(target, theme.color.target);
    }
    if let Some(proposed) = &responses.proposed {
        dashed_line(&axes.response(proposed), theme.color.proposed);
    }
    if let Some(side) = &responses.side {
        dashed_line(&axes.response(side), theme.color.tertiary);
    }
    // A bypassed chain responds to nothing.
    let is_bypassed = view.settings.bypass;
    let color = if is_bypassed {
        theme.color.text.gamma_multiply(0.3)
    } else {
        theme.color.text
    };
    dashed_line(&axes.response(&responses.current), color);
    let entries = [
        (
            responses.proposed.is_some(),
            text!("proposed"),
            theme.color.proposed,
            LegendLine::Dashed,
        ),
        (
            target.is_some(),
            text!("target"),
            theme.color.target,
            LegendLine::Dashed,
        ),
        (
            responses.side.is_some(),
            text!("response of the side"),
            theme.color.tertiary,
            LegendLine::Dashed,
        ),
        (
            has_change,
            text!("change"),
            theme.color.text,
            LegendLine::Solid,
        ),
        (
            true,
            text!("response"),
            theme.color.text,
            LegendLine::Dashed,
        ),
        (
            is_outside,
            text!("outside"),
            theme.color.reduction,
            LegendLine::Area,
        ),
        (
            true,
            text!("style range"),
            theme.color.target,
            LegendLine::Area,
        ),
        (
            reference.is_some(),
            text!("reference"),
            theme.color.target,
            LegendLine::Solid,
        ),
        (
            layers.peaks,
            text!("peaks"),
            theme.color.output.gamma_multiply(0.5),
            LegendLine::Solid,
        ),
        (
            layers.output,
            text!("output"),
            theme.color.output,
            LegendLine::Solid,
        ),
        (
            layers.input,
            text!("input"),
            theme.color.input,
            LegendLine::Solid,
        ),
    ];
    let shown = entries.into_iter().filter(|(is_shown, ..)| *is_shown);
    let entries: Vec<_> = shown
        .map(|(_, name, color, line)| (name, color, line))
        .collect();
    let room = plot.width() - theme.px(buttons_width + 8.0);
    legend(&painter, theme, (plot, room), &entries);
    response_scale(&painter, theme, axes);
}

/// Draws the names and gains of the anchors in view, each with its tonal balance.
fn anchors(ui: &Ui, theme: Theme, axes: &Axes, view: &EditorView<'_>) {
    for (i, id) in flow_params::ANCHORS.into_iter().enumerate() {
        let param = view.shared.params.get(id);
        let is_on = view.settings.curve.on;
        let Some(label) = anchor_label(ui.painter(), theme, axes, i, param, is_on) else {
            continue;
        };
        let track = Rect::from_min_size(
            label.left_bottom() + theme.vec(0.0, 5.0),
            vec2(label.width(), theme.px(5.0)),
        );
        balance_track(ui, track, theme, view, i);
    }
}

/// Draws the decibels of responses at the right end.
fn response_scale(painter: &Painter, theme: Theme, axes: &Axes) {
    for db in [12.0_f32, 6.0, 0.0, -6.0, -12.0] {
        let at = pos2(axes.plot.right() + theme.px(6.0), axes.gain(MIN_HZ, db).y);
        let text = signed_decibels(db, 0);
        theme.text(
            painter,
            at,
            Align2::LEFT_CENTER,
            text,
            regular(10.5, theme.color.secondary),
        );
    }
}

/// Frequency, note and levels.
fn readout_text(hz: f32, view: &EditorView<'_>, levels: &Levels) -> String {
    let point = nearest_point(hz);
    let level = |curve: &Curve| format_level(curve[point], 1);
    text!(
        "{frequency} · {note}    in {input}    out {output} dB    response {response} dB",
        frequency = format_frequency(hz),
        note = note_name(hz),
        input = level(&levels.input),
        output = level(&levels.output),
        response = signed_decibels(view.responses.current[point], 1)
    )
}

/// The readout below the pointer, or at the frequency of the keyboard's readout.
fn readout(
    ui: &Ui,
    theme: Theme,
    axes: &Axes,
    focused_hz: f32,
    response: &Response,
    text: &dyn Fn(f32) -> String,
) {
    let plot = axes.plot;
    let pointed = response.hover_pos().map(|at| (at.x, axes.hz(at.x)));
    let focused = (axes.x(focused_hz), focused_hz);
    let focused = (response.has_focus() && plot.x_range().contains(focused.0)).then_some(focused);
    let Some((x, hz)) = pointed.or(focused) else {
        return;
    };
    let text = text(hz);
    let painter = ui.painter();
    let stroke = Stroke::new(theme.px(1.0), theme.color.text.gamma_multiply(0.4));
    painter.vline(x, plot.y_range(), stroke);
    let style = regular(10.5, theme.color.text);
    let size = vec2(
        theme.text_width(painter, &text, style) + theme.px(14.0),
        theme.px(20.0),
    );
    // The readout stays inside of the plot.
    let left = (x + theme.px(10.0)).min(plot.right() - size.x);
    let rect = Rect::from_min_size(pos2(left, plot.bottom() - size.y - theme.px(6.0)), size);
    painter.rect_filled(rect, theme.radius(4.0), theme.color.background);
    theme.text(painter, rect.center(), Align2::CENTER_CENTER, text, style);
}

/// The proposals' target at the level of the input; `None` in silence.
fn target_line(axes: &Axes, target_db: Option<[f32; BANDS]>, level: f32) -> Option<Vec<Pos2>> {
    let target = target_db.filter(|_| level > SILENCE_DB)?;
    let bands = StyleTarget::third_octaves_hz()[FIRST_BAND..].iter();
    let points = bands.zip(target);
    Some(points.map(|(hz, db)| axes.level(*hz, level + db)).collect())
}

/// The mean of the references at the level of the output; `None` in silence and without references.
fn reference_line(axes: &Axes, view: &EditorView<'_>, levels: &Levels) -> Option<Vec<Pos2>> {
    let references = view.shared.params.references.target();
    let level = levels.output_program_db;
    if references.is_empty() || level <= SILENCE_DB {
        return None;
    }
    let target = BalanceTarget::new(&references, view.settings.style_target, "");
    let bands = target.bands();
    Some(bands.map(|(hz, db)| axes.level(hz, level + db)).collect())
}

/// The look of a curve in the legend.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LegendLine {
    Solid,
    Dashed,
    Area,
}

/// Draws the names of the curves, from the right; closer to each other where all need the room.
fn legend(
    painter: &Painter,
    theme: Theme,
    (plot, room): (Rect, f32),
    entries: &[(&str, Color32, LegendLine)],
) {
    let style = regular(10.5, theme.color.secondary);
    let names = entries
        .iter()
        .map(|(name, ..)| theme.text_width(painter, name, style));
    let names: f32 = names.sum();
    let step = ((room - names) / narrow(count(entries.len()))).min(theme.px(34.0));
    let (line_width, space) = (0.4 * step, 0.18 * step);
    let mut x = plot.right();
    let y = plot.top() - theme.px(12.0);
    for (text, color, look) in entries {
        let name = theme.text(painter, pos2(x, y), Align2::RIGHT_CENTER, text, style);
        let to = name.left() - space;
        let from = to - line_width;
        let stroke = Stroke::new(theme.px(2.0), *color);
        let line = [pos2(from, y), pos2(to, y)];
        match look {
            LegendLine::Solid => {
                painter.line_segment(line, stroke);
            }
            LegendLine::Area => {
                let half = theme.px(4.0);
                let band = Rect::from_min_max(pos2(from, y - half), pos2(to, y + half));
                painter.rect_filled(band, theme.radius(1.0), color.gamma_multiply(0.4));
            }
            LegendLine::Dashed => {
                let (dash, gap) = (theme.px(4.0), theme.px(3.0));
                painter.extend(Shape::dashed_line(&line, stroke, dash, gap));
            }
        }
        x = name.left() - step;
    }
}

/// Draws the anchor's name and gain below the part of its band that is in view. Returns the rectangle; `None` without one.
fn anchor_label(
    painter: &Painter,
    theme: Theme,
    axes: &Axes,
    anchor: usize,
    param: AnyParam<'_>,
    on: bool,
) -> Option<Rect> {
    let gap = theme.px(2.0);
    let top = axes.plot.bottom() + theme.px(22.0);
    let edges = anchor_edges_hz(anchor, [MIN_HZ, MAX_HZ]);
    let [left, right] = edges.map(|hz| axes.plot.x_range().clamp(axes.x(hz)));
    let rect = Rect::from_min_max(
        pos2(left + gap, top),
        pos2(right - gap, top + theme.px(18.0)),
    );
    if rect.width() < theme.px(LEAST_ANCHOR_WIDTH) {
        return None;
    }
    let color = if on {
        theme.color.anchors[anchor]
    } else {
        theme.color.tertiary
    };
    painter.rect(
        rect,
        theme.radius(4.0),
        color.gamma_multiply(0.22),
        Stroke::NONE,
        StrokeKind::Inside,
    );
    let value = shorten(&param.text(param.normalized()));
    let sign = if param.normalized() > 0.504 { "+" } else { "" };
    let text = format!("{} {sign}{value}", translate(param.id().name()));
    let style = bold(11.0, color);
    // A narrow part has no room for the name.
    if theme.text_width(painter, &text, style) <= rect.width() {
        let center = Align2::CENTER_CENTER;
        theme.text(painter, rect.center(), center, &text, style);
    }
    Some(rect)
}

/// Draws the tonal balance of an anchor on a track: the style's middle half and the measured level.
fn balance_track(ui: &Ui, rect: Rect, theme: Theme, view: &EditorView<'_>, anchor: usize) {
    let balance = view.balance.0[anchor];
    let tip = text!(
        "{name} against the middle half of {songs} songs of the style target: {balance}",
        name = translate(flow_params::ANCHORS[anchor].name()),
        songs = view.settings.style_target.figures().songs,
        balance = balance.describe()
    );
    let id = ui.scope_id().with(("track", anchor));
    ui.interact(rect.expand(theme.px(4.0)), id, Sense::hover())
        .on_hover_text(&tip)
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &tip));
    // The dot stays within the track.
    let radius = theme.px(3.5);
    let inner = rect.shrink2(vec2(radius, 0.0));
    let x = |db: f32| {
        let db = db.clamp(-BALANCE_RANGE_DB, BALANCE_RANGE_DB);
        remap(db, -BALANCE_RANGE_DB..=BALANCE_RANGE_DB, inner.x_range())
    };
    let painter = ui.painter();
    painter.rect_filled(rect, theme.radius(2.0), theme.color.well);
    let range = Rect::from_x_y_ranges(x(balance.low_db)..=x(balance.high_db), rect.y_range());
    painter.rect_filled(
        range,
        theme.radius(2.0),
        theme.color.target.gamma_multiply(0.45),
    );
    if let Some(db) = balance.level_db {
        painter.circle_filled(
            pos2(x(db), rect.center().y),
            radius,
            theme.color.anchors[anchor],
        );
    }
}
