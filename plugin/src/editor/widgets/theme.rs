//! Colors, fonts and scale of the editor.
//!
//! Each color has one meaning. A label, a position or a line style repeats it, so no meaning depends on color alone.

use std::sync::Arc;
use std::time::Duration;

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align2, Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Galley,
    Painter, Pos2, Rect, Stroke, StrokeKind, Ui, Vec2, Visuals,
};
use flow_params::Pillar;

/// Background of the window.
pub const BACKGROUND: Color32 = Color32::from_rgb(0x0E, 0x11, 0x16);
/// Background of panels.
pub const PANEL: Color32 = Color32::from_rgb(0x16, 0x1B, 0x22);
/// Background of displays and fields.
pub const WELL: Color32 = Color32::from_rgb(0x1C, 0x22, 0x2B);
/// Lines, and the unused part of tracks.
pub const LINE: Color32 = Color32::from_rgb(0x2A, 0x32, 0x3D);
/// Values and main texts.
pub const TEXT: Color32 = Color32::from_rgb(0xE8, 0xEC, 0xF2);
/// Labels.
pub const SECONDARY: Color32 = Color32::from_rgb(0x93, 0xA0, 0xB0);
/// Scales and hints; contrast 4.5:1 on panels.
pub const TERTIARY: Color32 = Color32::from_rgb(0x7F, 0x8B, 0x9B);
/// The output signal, and controls that are on.
pub const OUTPUT: Color32 = Color32::from_rgb(0x4F, 0xD1, 0xC0);
/// The input signal.
pub const INPUT: Color32 = Color32::from_rgb(0x76, 0x88, 0xA0);
/// Targets of style, loudness and references.
pub const TARGET: Color32 = Color32::from_rgb(0xA4, 0x93, 0xDB);
/// The assistant's proposals.
pub const PROPOSED: Color32 = Color32::from_rgb(0x9B, 0xE5, 0x6B);
/// Gain reduction and warnings.
pub const REDUCTION: Color32 = Color32::from_rgb(0xF2, 0xB0, 0x5A);
/// Levels above the ceiling, and errors.
pub const OVER: Color32 = Color32::from_rgb(0xF2, 0x6B, 0x4F);
/// The anchors Body, Soul, Silk and Air.
pub const ANCHORS: [Color32; 4] = [
    Color32::from_rgb(0xD9, 0x8E, 0x4A),
    Color32::from_rgb(0xD6, 0xC1, 0x4C),
    Color32::from_rgb(0x5F, 0xB7, 0xD4),
    Color32::from_rgb(0xA9, 0x9C, 0xF0),
];
/// The color of a pillar.
pub(crate) fn pillar_color(pillar: Pillar) -> Color32 {
    match pillar {
        Pillar::VelvetFloor => ANCHORS[0],
        Pillar::HarmonicLattice => Color32::from_rgb(0xE0, 0x82, 0xAD),
        Pillar::PhaseWeave => ANCHORS[2],
        Pillar::VelvetCurve => ANCHORS[3],
        Pillar::MasterChain => OUTPUT,
    }
}

/// Time between two looks at a background task.
pub const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Size of the window at 100 %.
pub const DESIGN: Vec2 = Vec2::new(1240.0, 800.0);

/// The scale of the design, with drawing helpers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    scale: f32,
}

/// Weights of the font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For values and labels.
    Regular,
    /// For titles and numbers.
    Bold,
}

/// Size, weight and color of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextStyle {
    /// Pixels at 100 %.
    pub size: f32,
    /// Regular or semibold.
    pub weight: Weight,
    /// Color of the text.
    pub color: Color32,
}

/// Regular text.
#[must_use]
pub const fn regular(size: f32, color: Color32) -> TextStyle {
    TextStyle {
        size,
        weight: Weight::Regular,
        color,
    }
}

/// Semibold text.
#[must_use]
pub const fn bold(size: f32, color: Color32) -> TextStyle {
    TextStyle {
        size,
        weight: Weight::Bold,
        color,
    }
}

impl Theme {
    /// The scale that fits a window of the size `design` at 100 % into a window of this size.
    #[must_use]
    pub fn fit(size: Vec2, design: Vec2) -> Self {
        let scale = (size.x / design.x).min(size.y / design.y);
        Self {
            scale: scale.clamp(0.5, 4.0),
        }
    }

    /// Scales a length.
    #[must_use]
    pub fn px(self, length: f32) -> f32 {
        length * self.scale
    }

    /// Scales a size.
    #[must_use]
    pub fn vec(self, x: f32, y: f32) -> Vec2 {
        Vec2::new(self.px(x), self.px(y))
    }

    /// The scale; 1 at 100 %.
    #[must_use]
    pub fn scale(self) -> f32 {
        self.scale
    }

    /// The font of a size in pixels at 100 %.
    #[must_use]
    pub fn font(self, style: TextStyle) -> FontId {
        let family = match style.weight {
            Weight::Regular => FontFamily::Proportional,
            Weight::Bold => FontFamily::Name("bold".into()),
        };
        FontId::new(self.px(style.size), family)
    }

    /// Draws one line of text and returns its rectangle.
    pub fn text(
        self,
        painter: &Painter,
        at: Pos2,
        align: Align2,
        text: impl ToString,
        style: TextStyle,
    ) -> Rect {
        painter.text(at, align, text, self.font(style), style.color)
    }

    /// Draws one line of text, cut with an ellipsis beyond `width` scaled pixels.
    pub fn line(
        self,
        painter: &Painter,
        at: Pos2,
        align: Align2,
        text: &str,
        width: f32,
        style: TextStyle,
    ) {
        let mut job = LayoutJob::simple_singleline(text.to_owned(), self.font(style), style.color);
        job.wrap = TextWrapping::truncate_at_width(width);
        let galley = painter.layout_job(job);
        let rect = align.anchor_size(at, galley.size());
        painter.galley(rect.min, galley, style.color);
    }

    /// Draws a paragraph that wraps at a width in pixels at 100 %, and returns its rectangle.
    pub fn paragraph(
        self,
        painter: &Painter,
        at: Pos2,
        text: impl Into<String>,
        width: f32,
        style: TextStyle,
    ) -> Rect {
        let font = self.font(style);
        let galley = painter.layout(text.into(), font, style.color, self.px(width));
        let rect = Rect::from_min_size(at, galley.size());
        painter.galley(at, galley, style.color);
        rect
    }

    /// Lays out a text in at most `max` lines of `width` scaled pixels, cut with an ellipsis.
    pub fn lines(
        self,
        painter: &Painter,
        text: &str,
        (width, max): (f32, usize),
        style: TextStyle,
    ) -> Arc<Galley> {
        let mut job = LayoutJob::simple(text.to_owned(), self.font(style), style.color, width);
        job.wrap.max_rows = max;
        painter.layout_job(job)
    }

    /// The width of one line of text, scaled pixels.
    #[must_use]
    pub fn text_width(self, painter: &Painter, text: &str, style: TextStyle) -> f32 {
        let galley = painter.layout_no_wrap(text.to_owned(), self.font(style), style.color);
        galley.size().x
    }

    /// Draws a panel's background.
    pub fn panel(self, painter: &Painter, rect: Rect) {
        painter.rect_filled(rect, self.radius(8.0), PANEL);
    }

    /// Draws the background of a display or a field.
    pub fn well(self, painter: &Painter, rect: Rect) {
        painter.rect_filled(rect, self.radius(6.0), WELL);
    }

    /// Draws a button's background and border.
    pub fn button(self, painter: &Painter, rect: Rect, response: &egui::Response, is_lit: bool) {
        let color = if is_lit { OUTPUT } else { LINE };
        let fill = match (is_lit, response.hovered()) {
            (true, _) => OUTPUT.gamma_multiply(0.16),
            (false, true) => LINE,
            (false, false) => WELL,
        };
        painter.rect(
            rect,
            self.radius(6.0),
            fill,
            Stroke::new(self.px(1.0), color),
            StrokeKind::Inside,
        );
        self.focus(painter, rect, response);
    }

    /// Draws a button with three dots.
    pub fn more(self, painter: &Painter, rect: Rect, response: &egui::Response) {
        self.button(painter, rect, response, false);
        for x in [-5.0, 0.0, 5.0] {
            let at = rect.center() + self.vec(x, 0.0);
            painter.circle_filled(at, self.px(1.4), TEXT);
        }
    }

    /// Draws a cross that removes something.
    pub fn cross(self, painter: &Painter, rect: Rect, response: &egui::Response) {
        let color = if response.hovered() { TEXT } else { TERTIARY };
        let center = rect.center();
        self.text(
            painter,
            center,
            Align2::CENTER_CENTER,
            "×",
            bold(11.5, color),
        );
        self.focus(painter, rect, response);
    }

    /// Draws a switch.
    pub fn switch(self, painter: &Painter, rect: Rect, on: bool, color: Color32) {
        let r = rect.height() / 2.0;
        let (fill, dot, x) = if on {
            (color, BACKGROUND, rect.right() - r)
        } else {
            (LINE, SECONDARY, rect.left() + r)
        };
        painter.rect_filled(rect, self.radius(7.0), fill);
        painter.circle_filled(Pos2::new(x, rect.center().y), r - self.px(2.0), dot);
    }

    /// Draws the frame of the keyboard focus.
    pub fn focus(self, painter: &Painter, rect: Rect, response: &egui::Response) {
        if response.has_focus() {
            painter.rect_stroke(
                rect.expand(self.px(2.0)),
                self.radius(8.0),
                Stroke::new(self.px(1.5), TEXT),
                StrokeKind::Inside,
            );
        }
    }

    /// Scales a corner radius.
    #[must_use]
    pub fn radius(self, radius: f32) -> CornerRadius {
        // The radius is at most 8 pixels and the scale at most 4.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let radius = self.px(radius).round() as u8;
        CornerRadius::same(radius)
    }
}

/// Installs fonts and colors into a context.
pub fn install(ctx: &Context) {
    let mut fonts = FontDefinitions::empty();
    for (name, family, data) in [
        (
            "Inter",
            FontFamily::Proportional,
            include_bytes!("../../../fonts/Inter-Regular.otf").as_slice(),
        ),
        (
            "Inter SemiBold",
            FontFamily::Name("bold".into()),
            include_bytes!("../../../fonts/Inter-SemiBold.otf").as_slice(),
        ),
    ] {
        let data = Arc::new(FontData::from_static(data));
        fonts.font_data.insert(name.to_owned(), data);
        fonts.families.insert(family, vec![name.to_owned()]);
    }
    fonts
        .families
        .insert(FontFamily::Monospace, vec!["Inter".to_owned()]);
    ctx.set_fonts(fonts);

    let mut visuals = Visuals::dark();
    visuals.panel_fill = BACKGROUND;
    visuals.window_fill = PANEL;
    visuals.window_stroke = Stroke::new(1.0, LINE);
    visuals.extreme_bg_color = BACKGROUND;
    visuals.override_text_color = Some(TEXT);
    visuals.selection.bg_fill = OUTPUT.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, OUTPUT);
    visuals.widgets.hovered.bg_fill = LINE;
    visuals.widgets.hovered.weak_bg_fill = LINE;
    visuals.widgets.inactive.bg_fill = WELL;
    visuals.widgets.inactive.weak_bg_fill = WELL;
    ctx.set_visuals(visuals);
}

/// Scales egui's own widgets: menus, text fields, tooltips.
pub fn scale_widgets(ui: &mut Ui, theme: Theme) {
    let style = ui.style_mut();
    for (text_style, size) in [
        (egui::TextStyle::Body, 12.0),
        (egui::TextStyle::Button, 12.0),
        (egui::TextStyle::Small, 10.5),
        (egui::TextStyle::Monospace, 12.0),
        (egui::TextStyle::Heading, 13.5),
    ] {
        style
            .text_styles
            .insert(text_style, theme.font(regular(size, TEXT)));
    }
    style.spacing.item_spacing = theme.vec(6.0, 4.0);
    style.spacing.button_padding = theme.vec(8.0, 4.0);
    style.spacing.interact_size = theme.vec(28.0, 22.0);
}
