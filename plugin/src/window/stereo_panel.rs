//! The stereo picture and the tonal balance: what is heard, beside what is usual.

use egui::{Align2, Painter, Rect, Stroke, Ui, WidgetInfo, pos2, remap, vec2};
use flow_dsp::{ProgrammeReadings, StyleTarget};

use super::listener::{Curve, DOTS, Listener, POINTS, point_hz};
use super::look::{
    ANCHORS, LINE, Look, OUTPUT, OVER, SECONDARY, TARGET, TERTIARY, TEXT, WELL, Weight,
};
use super::meters_panel::level;

/// Goniometer and correlation.
pub(crate) fn stereo(
    ui: &mut Ui,
    rect: Rect,
    look: Look,
    listener: &Listener,
    output: &ProgrammeReadings,
) {
    let painter = ui.painter().clone();
    look.panel(&painter, rect);
    look.text(
        &painter,
        rect.min + look.vec(14.0, 18.0),
        Align2::LEFT_CENTER,
        "STEREO",
        (11.5, Weight::Bold, SECONDARY),
    );
    let radius = look.px(56.0);
    let center = pos2(rect.center().x, rect.top() + look.px(92.0));
    let line = Stroke::new(look.px(1.0), LINE);
    painter.circle_stroke(center, radius, line);
    for (x, y, name) in [(-1.0, -1.0, "L"), (1.0, -1.0, "R")] {
        let reach = radius * std::f32::consts::FRAC_1_SQRT_2;
        painter.line_segment(
            [center + vec2(x, y) * reach, center - vec2(x, y) * reach],
            line,
        );
        look.text(
            &painter,
            center + vec2(x, y) * (reach + look.px(7.0)),
            Align2::CENTER_CENTER,
            name,
            (10.0, Weight::Regular, TERTIARY),
        );
    }
    dots(&painter, center, radius, look, listener);

    let correlation = output.correlation;
    let heard = output.momentary_lufs > -70.0;
    let bar = Rect::from_min_max(
        pos2(rect.left() + look.px(16.0), rect.bottom() - look.px(32.0)),
        pos2(rect.right() - look.px(16.0), rect.bottom() - look.px(24.0)),
    );
    painter.rect_filled(bar, look.radius(4.0), WELL);
    let x = |c: f32| remap(c, -1.0..=1.0, bar.x_range());
    if heard {
        let color = if correlation < 0.0 { OVER } else { OUTPUT };
        let span = Rect::from_two_pos(pos2(x(0.0), bar.top()), pos2(x(correlation), bar.bottom()));
        painter.rect_filled(span, look.radius(3.0), color);
    }
    let y = rect.bottom() - look.px(14.0);
    let style = (10.0, Weight::Regular, TERTIARY);
    look.text(
        &painter,
        pos2(bar.left(), y),
        Align2::LEFT_CENTER,
        "−1",
        style,
    );
    look.text(
        &painter,
        pos2(bar.center().x, y),
        Align2::CENTER_CENTER,
        "0",
        style,
    );
    let sign = if correlation >= 0.0 { "+" } else { "" };
    let number = if heard {
        format!("{sign}{}", level(correlation, 2))
    } else {
        "—".to_owned()
    };
    look.text(
        &painter,
        pos2(bar.right(), y),
        Align2::RIGHT_CENTER,
        &number,
        (10.5, Weight::Regular, TEXT),
    );
    ui.interact(rect, ui.scope_id().with("stereo"), egui::Sense::hover())
        .on_hover_text("Left and right against each other, and their correlation: below 0, mono speakers lose level")
        .widget_info(|| {
            WidgetInfo::labeled(egui::Role::Label, true, format!("correlation {number}"))
        });
}

fn dots(painter: &Painter, center: egui::Pos2, radius: f32, look: Look, listener: &Listener) {
    // As loud as the music is: the loudest of the points touches the circle, down to −30 dBFS.
    let loudest = listener
        .dots
        .iter()
        .flatten()
        .fold(0.0_f32, |a, b| a.max(b.abs()));
    let gain = radius / loudest.max(0.03) / 1.2;
    let size = look.px(1.3);
    let mut mesh = egui::Mesh::default();
    for (i, [left, right]) in listener.dots.iter().enumerate() {
        let side = (right - left) * std::f32::consts::FRAC_1_SQRT_2;
        let mid = (left + right) * std::f32::consts::FRAC_1_SQRT_2;
        let at = vec2(side, -mid) * gain;
        let at = if at.length() > radius {
            at * (radius / at.length())
        } else {
            at
        };
        let age = flow_dsp::math::narrow(flow_dsp::math::count(i) / flow_dsp::math::count(DOTS));
        let color = OUTPUT.gamma_multiply(0.15 + 0.6 * age);
        mesh.add_colored_rect(Rect::from_center_size(center + at, vec2(size, size)), color);
    }
    painter.add(egui::Shape::mesh(mesh));
}

/// Edges of the anchors, Hz.
const EDGES_HZ: [f32; 5] = [20.0, 200.0, 2000.0, 8000.0, 14_000.0];
const NAMES: [&str; 4] = ["Body", "Soul", "Silk", "Air"];

/// The anchors of what is heard against the style's percentiles 25 to 75, relative to the whole.
pub(crate) fn balance(
    ui: &mut Ui,
    rect: Rect,
    look: Look,
    listener: &Listener,
    style: StyleTarget,
) {
    const REACH_DB: f32 = 9.0;
    let painter = ui.painter().clone();
    look.panel(&painter, rect);
    look.text(
        &painter,
        rect.min + look.vec(14.0, 18.0),
        Align2::LEFT_CENTER,
        "TONAL BALANCE",
        (11.5, Weight::Bold, SECONDARY),
    );
    let programme = listener.output.programme_db();
    let heard = programme > -70.0;
    let levels = listener.output.average();
    let row = (rect.height() - look.px(58.0)) / 4.0;
    let mut said = Vec::new();
    for (i, name) in NAMES.into_iter().enumerate() {
        let y = rect.top()
            + look.px(36.0)
            + row * (flow_dsp::math::narrow(flow_dsp::math::count(i)) + 0.5);
        let track = Rect::from_min_max(
            pos2(rect.left() + look.px(50.0), y - look.px(5.0)),
            pos2(rect.right() - look.px(14.0), y + look.px(5.0)),
        );
        look.text(
            &painter,
            pos2(rect.left() + look.px(14.0), y),
            Align2::LEFT_CENTER,
            name,
            (11.5, Weight::Regular, ANCHORS[i]),
        );
        painter.rect_filled(track, look.radius(3.0), WELL);
        let (low, middle, high) = usual(style, i);
        let x = |db: f32| {
            remap(
                db.clamp(-REACH_DB, REACH_DB),
                -REACH_DB..=REACH_DB,
                track.x_range(),
            )
        };
        let range = Rect::from_min_max(
            pos2(x(low - middle), track.top()),
            pos2(x(high - middle), track.bottom()),
        );
        painter.rect_filled(range, look.radius(3.0), TARGET.gamma_multiply(0.35));
        if heard {
            let off = mean(&levels, i) - programme - middle;
            painter.circle_filled(pos2(x(off), y), look.px(5.0), ANCHORS[i]);
            let place = if off > high - middle {
                format!("{} dB above the usual", level(off - (high - middle), 1))
            } else if off < low - middle {
                format!("{} dB below the usual", level(low - middle - off, 1))
            } else {
                "as usual".to_owned()
            };
            said.push(format!("{name} {place}"));
        }
    }
    let note = if heard {
        format!("{} songs, middle half", style.figures().songs)
    } else {
        "play music to see it".to_owned()
    };
    look.line(
        &painter,
        pos2(rect.left() + look.px(14.0), rect.bottom() - look.px(13.0)),
        Align2::LEFT_CENTER,
        &note,
        rect.width() - look.px(20.0),
        (10.0, Weight::Regular, TERTIARY),
    );
    let said = said.join(", ");
    ui.interact(rect, ui.scope_id().with("balance"), egui::Sense::hover())
        .on_hover_text(format!(
            "The four anchors against the style target: the band is the middle half of its songs. {said}"
        ))
        .widget_info(|| {
            WidgetInfo::labeled(egui::Role::Label, true, format!("tonal balance: {said}"))
        });
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
