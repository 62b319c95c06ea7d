//! The spectrum: what came in and what goes out against the style target, and the curve that can be drawn with the hand.

use egui::{
    Align2, Color32, Mesh, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, lerp, pos2, remap, vec2,
};
use flow_analysis::correction::{BANDS, Correction, FIRST_BAND};
use flow_analysis::report::Analysis;
use flow_dsp::{ChainSettings, StyleTarget};

use flow_params::ParameterId;

use crate::editor::model::analyzers::{Analyzers, Curve, HIGHEST_HZ, LOWEST_HZ, POINTS, point_hz};
use crate::editor::model::chain_response::ChainResponse;
use crate::editor::model::tonal_balance::{NAMES, TonalBalance};
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{
    ANCHORS, GROUND, INPUT, LINE, OUTPUT, PROPOSED, SECONDARY, TARGET, TERTIARY, TEXT, Theme,
    Weight,
};
use crate::editor::widgets::value_entry::short;
use crate::params::{AnyParam, FlowParams};

const TOP_DB: f32 = 0.0;
const BOTTOM_DB: f32 = -60.0;
/// Music's levels in bands of constant relative width fall by about this much an octave; displays turn it about 1 kHz.
const SLOPE_DB: f32 = 1.5;
/// Where the response's 0 dB lies, and how much taller than the levels it is drawn.
const RESPONSE_DB: f32 = -30.0;
const RESPONSE_STRETCH: f32 = 2.0;

/// Edges of the anchors, Hz, and where their handles are.
const EDGES_HZ: [f32; 5] = [LOWEST_HZ, 200.0, 2000.0, 8000.0, HIGHEST_HZ];
const HANDLES_HZ: [f32; 4] = [90.0, 632.0, 4000.0, 12_000.0];

/// The anchors' parameters and names, in the order of frequency.
pub(crate) fn anchors(params: &FlowParams) -> [(AnyParam<'_>, &'static str); 4] {
    use ParameterId::{Air, Body, Silk, Soul};
    [Body, Soul, Silk, Air].map(|id| (params.get(id), id.name()))
}

struct Axes {
    plot: Rect,
}

impl Axes {
    fn x(&self, hz: f32) -> f32 {
        let octaves = (HIGHEST_HZ / LOWEST_HZ).log2();
        lerp(self.plot.x_range(), (hz / LOWEST_HZ).log2() / octaves)
    }

    fn y(&self, db: f32) -> f32 {
        let y = remap(db, BOTTOM_DB..=TOP_DB, self.plot.bottom()..=self.plot.top());
        y.clamp(self.plot.top(), self.plot.bottom())
    }

    fn level(&self, hz: f32, db: f32) -> Pos2 {
        pos2(self.x(hz), self.y(db + SLOPE_DB * (hz / 1000.0).log2()))
    }

    fn levels(&self, curve: &Curve) -> Vec<Pos2> {
        (0..POINTS)
            .map(|p| self.level(point_hz(p), curve[p]))
            .collect()
    }
}

/// What will be if all is taken that is proposed.
#[derive(Default)]
pub(crate) struct ProposedCurves {
    /// The chain's response, dB.
    pub(crate) response: Option<Curve>,
    /// What the sound before the chain should be, third octaves against all of it, dB.
    pub(crate) target: Option<[f32; BANDS]>,
}

impl ProposedCurves {
    /// What was heard, put right.
    #[must_use]
    pub(crate) fn target(analysis: &Analysis, correction: &Correction) -> [f32; BANDS] {
        let heard = &analysis.summary.third_octaves_db[FIRST_BAND..];
        std::array::from_fn(|band| heard[band] + correction.curve[band].mean)
    }
}

/// Draws the panel.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    (params, settings, rate_hz): (&FlowParams, &ChainSettings, f32),
    (listener, balance): (&Analyzers, &TonalBalance),
    response: &mut ChainResponse,
    ahead: &ProposedCurves,
) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    let plot = Rect::from_min_max(
        rect.min + theme.vec(44.0, 26.0),
        rect.max - theme.vec(16.0, 60.0),
    );
    let axes = Axes { plot };
    grid(&painter, theme, &axes);

    if let Some(band) = style_band(&axes, settings.style_target, listener) {
        painter.add(band);
    }
    let clip = painter.with_clip_rect(plot);
    let output = axes.levels(&listener.output.average());
    clip.add(fill(&output, plot.bottom(), OUTPUT.gamma_multiply(0.12)));
    let thin = Stroke::new(theme.px(1.2), INPUT);
    clip.add(Shape::line(axes.levels(&listener.input.average()), thin));
    let thinner = Stroke::new(theme.px(0.8), OUTPUT.gamma_multiply(0.5));
    clip.add(Shape::line(axes.levels(&listener.output.peaks), thinner));
    clip.add(Shape::line(output, Stroke::new(theme.px(2.0), OUTPUT)));

    let gains = response.of(settings, rate_hz);
    let dashed = |drawn: &[Pos2], color| {
        let stroke = Stroke::new(theme.px(1.5), color);
        Shape::dashed_line(drawn, stroke, theme.px(5.0), theme.px(4.0))
    };
    let drawn = |gains: &Curve| -> Vec<Pos2> {
        let at = |p: usize| {
            let db = RESPONSE_DB + RESPONSE_STRETCH * gains[p];
            pos2(axes.x(point_hz(p)), axes.y(db))
        };
        (0..POINTS).map(at).collect()
    };
    let target = target_line(&axes, ahead, listener);
    if let Some(target) = &target {
        clip.extend(dashed(target, TARGET));
    }
    if let Some(response) = &ahead.response {
        clip.extend(dashed(&drawn(response), PROPOSED));
    }
    clip.extend(dashed(&drawn(gains), TEXT));
    legend(
        &painter,
        theme,
        plot,
        [ahead.response.is_some(), target.is_some()],
    );
    for (i, (param, name)) in anchors(params).into_iter().enumerate() {
        handle(ui, controls, &axes, (i, name), param, gains);
        let place = band_label(&painter, theme, &axes, i, param, settings.curve.on);
        let track = Rect::from_min_size(
            place.left_bottom() + theme.vec(0.0, 5.0),
            vec2(place.width(), theme.px(5.0)),
        );
        balance.track(ui, track, theme, i);
    }
}

fn grid(painter: &egui::Painter, theme: Theme, axes: &Axes) {
    let stroke = Stroke::new(theme.px(1.0), LINE.gamma_multiply(0.6));
    let style = (10.0, Weight::Regular, TERTIARY);
    for db in [0.0_f32, -12.0, -24.0, -36.0, -48.0, -60.0] {
        let y = axes.y(db);
        painter.hline(axes.plot.x_range(), y, stroke);
        let text = format!("{db:.0}").replace('-', "−");
        let at = pos2(axes.plot.left() - theme.px(8.0), y);
        theme.text(painter, at, Align2::RIGHT_CENTER, text, style);
    }
    for (hz, text) in [
        (20.0, "20"),
        (50.0, "50"),
        (100.0, "100"),
        (200.0, "200"),
        (500.0, "500"),
        (1000.0, "1k"),
        (2000.0, "2k"),
        (5000.0, "5k"),
        (10_000.0, "10k"),
        (20_000.0, "20k"),
    ] {
        let x = axes.x(hz);
        painter.vline(x, axes.plot.y_range(), stroke);
        let at = pos2(x, axes.plot.bottom() + theme.px(10.0));
        theme.text(painter, at, Align2::CENTER_CENTER, text, style);
    }
}

/// Percentiles 25 to 75 of the style, at the level of what is heard.
fn style_band(axes: &Axes, style: StyleTarget, listener: &Analyzers) -> Option<Shape> {
    let level = listener.output.programme_db();
    if level < -80.0 {
        return None;
    }
    let [_, low, _, high, _] = &style.figures().third_octaves_db;
    let mut mesh = Mesh::default();
    let color = TARGET.gamma_multiply(0.22);
    for (i, &hz) in StyleTarget::third_octaves_hz().iter().enumerate() {
        let hz = hz.clamp(LOWEST_HZ, HIGHEST_HZ);
        mesh.colored_vertex(axes.level(hz, level + high[i]), color);
        mesh.colored_vertex(axes.level(hz, level + low[i]), color);
        strip(&mut mesh);
    }
    Some(Shape::mesh(mesh))
}

/// The target at the level of what comes in.
fn target_line(axes: &Axes, ahead: &ProposedCurves, listener: &Analyzers) -> Option<Vec<Pos2>> {
    let level = listener.input.programme_db();
    let target = ahead.target.filter(|_| level > -80.0)?;
    let bands = StyleTarget::third_octaves_hz()[FIRST_BAND..].iter();
    Some(
        bands
            .zip(target)
            .map(|(hz, db)| axes.level(*hz, level + db))
            .collect(),
    )
}

/// The area between a line and the ground.
pub(crate) fn fill(line: &[Pos2], ground: f32, color: Color32) -> Shape {
    let mut mesh = Mesh::default();
    for &point in line {
        mesh.colored_vertex(point, color);
        mesh.colored_vertex(pos2(point.x, ground), color.gamma_multiply(0.6));
        strip(&mut mesh);
    }
    Shape::mesh(mesh)
}

/// Joins the newest two corners with the two before.
fn strip(mesh: &mut Mesh) {
    let n = u32::try_from(mesh.vertices.len()).unwrap_or(0);
    if n >= 4 {
        mesh.add_triangle(n - 4, n - 3, n - 2);
        mesh.add_triangle(n - 3, n - 2, n - 1);
    }
}

fn legend(painter: &egui::Painter, theme: Theme, plot: Rect, [response, target]: [bool; 2]) {
    let mut x = plot.right();
    let y = plot.top() - theme.px(12.0);
    let proposed = [
        (response, ("proposed", PROPOSED, 2)),
        (target, ("target", TARGET, 2)),
    ];
    let proposed = proposed
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, line)| line);
    let always = [
        ("response", TEXT, 2),
        ("style range", TARGET, 1),
        ("output", OUTPUT, 0),
        ("input", INPUT, 0),
    ];
    for (text, color, kind) in proposed.chain(always) {
        let at = pos2(x, y);
        let style = (10.0, Weight::Regular, SECONDARY);
        let written = theme.text(painter, at, Align2::RIGHT_CENTER, text, style);
        let (to, from) = (
            written.left() - theme.px(6.0),
            written.left() - theme.px(20.0),
        );
        let stroke = Stroke::new(theme.px(2.0), color);
        let line = [pos2(from, y), pos2(to, y)];
        match kind {
            0 => {
                painter.line_segment(line, stroke);
            }
            1 => {
                let band =
                    Rect::from_min_max(pos2(from, y - theme.px(4.0)), pos2(to, y + theme.px(4.0)));
                painter.rect_filled(band, theme.radius(1.0), color.gamma_multiply(0.4));
            }
            _ => {
                painter.extend(Shape::dashed_line(
                    &line,
                    stroke,
                    theme.px(4.0),
                    theme.px(3.0),
                ));
            }
        }
        x = from - theme.px(16.0);
    }
}

/// A point of the response to take hold of.
fn handle(
    ui: &mut Ui,
    controls: &mut ParamUi<'_>,
    axes: &Axes,
    (anchor, name): (usize, &str),
    param: AnyParam<'_>,
    gains: &Curve,
) {
    let theme = controls.theme;
    let hz = HANDLES_HZ[anchor];
    let near = (0..POINTS).min_by(|a, b| {
        let off = |p: usize| (point_hz(p) / hz).ln().abs();
        off(*a).total_cmp(&off(*b))
    });
    let gain = near.map_or(0.0, |point| gains[point]);
    let at = pos2(axes.x(hz), axes.y(RESPONSE_DB + RESPONSE_STRETCH * gain));
    let rect = Rect::from_center_size(at, theme.vec(26.0, 26.0));
    // The name differs from the knob's, so that both can be found.
    let response = controls.continuous(ui, rect, param, &format!("{name} handle"));
    let radius = theme.px(if response.hovered() { 8.0 } else { 6.5 });
    ui.painter().circle(
        at,
        radius,
        GROUND,
        Stroke::new(theme.px(2.2), ANCHORS[anchor]),
    );
    theme.focus(ui.painter(), rect, &response);
}

fn band_label(
    painter: &egui::Painter,
    theme: Theme,
    axes: &Axes,
    anchor: usize,
    param: AnyParam<'_>,
    on: bool,
) -> Rect {
    let gap = theme.px(2.0);
    let top = axes.plot.bottom() + theme.px(22.0);
    let rect = Rect::from_min_max(
        pos2(axes.x(EDGES_HZ[anchor]) + gap, top),
        pos2(axes.x(EDGES_HZ[anchor + 1]) - gap, top + theme.px(18.0)),
    );
    let color = if on { ANCHORS[anchor] } else { TERTIARY };
    painter.rect(
        rect,
        theme.radius(4.0),
        color.gamma_multiply(0.22),
        Stroke::NONE,
        StrokeKind::Inside,
    );
    let value = short(&param.text(param.normalized()));
    let sign = if param.normalized() > 0.504 { "+" } else { "" };
    let text = format!("{} {sign}{value}", NAMES[anchor]);
    let style = (11.0, Weight::Bold, color);
    theme.line(
        painter,
        rect.center(),
        Align2::CENTER_CENTER,
        &text,
        rect.width(),
        style,
    );
    rect
}
