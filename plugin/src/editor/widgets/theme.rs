//! Palette, type and scale: everything that is drawn goes through here.
//!
//! One colour, one meaning; a label, a place or a dash stands beside each, so that no meaning hangs on colour alone.

use std::sync::Arc;

use egui::{
    Align2, Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Painter,
    Pos2, Rect, Stroke, StrokeKind, Ui, Vec2, Visuals,
};

/// Behind everything.
pub const GROUND: Color32 = Color32::from_rgb(0x0E, 0x11, 0x16);
/// Panels.
pub const PANEL: Color32 = Color32::from_rgb(0x16, 0x1B, 0x22);
/// Displays and fields.
pub const WELL: Color32 = Color32::from_rgb(0x1C, 0x22, 0x2B);
/// Lines and the rest of an arc.
pub const LINE: Color32 = Color32::from_rgb(0x2A, 0x32, 0x3D);
/// What must be read.
pub const TEXT: Color32 = Color32::from_rgb(0xE8, 0xEC, 0xF2);
/// Labels.
pub const SECONDARY: Color32 = Color32::from_rgb(0x93, 0xA0, 0xB0);
/// Scales and hints: 4.5 : 1 on the panels.
pub const TERTIARY: Color32 = Color32::from_rgb(0x7F, 0x8B, 0x9B);
/// Output, and everything that is on.
pub const OUTPUT: Color32 = Color32::from_rgb(0x4F, 0xD1, 0xC0);
/// Input.
pub const INPUT: Color32 = Color32::from_rgb(0x76, 0x88, 0xA0);
/// Targets.
pub const TARGET: Color32 = Color32::from_rgb(0xA4, 0x93, 0xDB);
/// What the assistant proposes.
pub const PROPOSED: Color32 = Color32::from_rgb(0xF2, 0xF4, 0x8A);
/// Gain reduction, and near the ceiling.
pub const REDUCTION: Color32 = Color32::from_rgb(0xF2, 0xB0, 0x5A);
/// Over, and only ever over.
pub const OVER: Color32 = Color32::from_rgb(0xF2, 0x6B, 0x4F);
/// Body, Soul, Silk and Air.
pub const ANCHORS: [Color32; 4] = [
    Color32::from_rgb(0xD9, 0x8E, 0x4A),
    Color32::from_rgb(0xD6, 0xC1, 0x4C),
    Color32::from_rgb(0x5F, 0xB7, 0xD4),
    Color32::from_rgb(0xA9, 0x9C, 0xF0),
];
/// The lines of the five pillars.
pub const PILLARS: [Color32; 5] = [
    ANCHORS[0],
    Color32::from_rgb(0xE0, 0x82, 0xAD),
    ANCHORS[2],
    ANCHORS[3],
    OUTPUT,
];

/// Size of the window at 100 %.
pub const DESIGN: Vec2 = Vec2::new(1240.0, 800.0);

/// How much larger than drawn everything is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    scale: f32,
}

/// Regular or semibold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Values, labels.
    Regular,
    /// Titles, numbers.
    Bold,
}

impl Theme {
    /// The scale at which the design fits into a window of this size.
    #[must_use]
    pub fn fitting(size: Vec2) -> Self {
        let scale = (size.x / DESIGN.x).min(size.y / DESIGN.y);
        Self {
            scale: scale.clamp(0.5, 4.0),
        }
    }

    /// A length of the design on the screen.
    #[must_use]
    pub fn px(self, length: f32) -> f32 {
        length * self.scale
    }

    /// A size of the design on the screen.
    #[must_use]
    pub fn vec(self, x: f32, y: f32) -> Vec2 {
        Vec2::new(self.px(x), self.px(y))
    }

    /// 1 at 100 %.
    #[must_use]
    pub fn scale(self) -> f32 {
        self.scale
    }

    /// The font of a size of the design.
    #[must_use]
    pub fn font(self, size: f32, weight: Weight) -> FontId {
        let family = match weight {
            Weight::Regular => FontFamily::Proportional,
            Weight::Bold => FontFamily::Name("bold".into()),
        };
        FontId::new(self.px(size), family)
    }

    /// Writes a line.
    pub fn text(
        self,
        painter: &Painter,
        at: Pos2,
        align: Align2,
        text: impl ToString,
        (size, weight, color): (f32, Weight, Color32),
    ) -> Rect {
        painter.text(at, align, text, self.font(size, weight), color)
    }

    /// Writes a line that may be `width` long (in the window) and ends with an ellipsis where it would be longer.
    pub fn line(
        self,
        painter: &Painter,
        at: Pos2,
        align: Align2,
        text: &str,
        width: f32,
        (size, weight, color): (f32, Weight, Color32),
    ) {
        let mut job = egui::text::LayoutJob::simple_singleline(
            text.to_owned(),
            self.font(size, weight),
            color,
        );
        job.wrap = egui::text::TextWrapping::truncate_at_width(width);
        let galley = painter.layout_job(job);
        let rect = align.anchor_size(at, galley.size());
        painter.galley(rect.min, galley, color);
    }

    /// The ground of a panel.
    pub fn panel(self, painter: &Painter, rect: Rect) {
        painter.rect_filled(rect, self.radius(8.0), PANEL);
    }

    /// The ground of a display or a field.
    pub fn well(self, painter: &Painter, rect: Rect) {
        painter.rect_filled(rect, self.radius(6.0), WELL);
    }

    /// A field that can be pressed, as it looks for its state.
    pub fn button(self, painter: &Painter, rect: Rect, response: &egui::Response, lit: bool) {
        let color = if lit { OUTPUT } else { LINE };
        let fill = match (lit, response.hovered()) {
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

    /// A field with the sign of there being more: three dots.
    pub fn more(self, painter: &Painter, rect: Rect, response: &egui::Response) {
        self.button(painter, rect, response, false);
        for x in [-5.0, 0.0, 5.0] {
            let at = rect.center() + self.vec(x, 0.0);
            painter.circle_filled(at, self.px(1.4), TEXT);
        }
    }

    /// A switch.
    pub fn switch(self, painter: &Painter, rect: Rect, on: bool, color: Color32) {
        let r = rect.height() / 2.0;
        let (fill, dot, x) = if on {
            (color, GROUND, rect.right() - r)
        } else {
            (LINE, SECONDARY, rect.left() + r)
        };
        painter.rect_filled(rect, self.radius(7.0), fill);
        painter.circle_filled(Pos2::new(x, rect.center().y), r - self.px(2.0), dot);
    }

    /// Shows where the keyboard is.
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

    /// A corner of the design on the screen.
    #[must_use]
    pub fn radius(self, radius: f32) -> CornerRadius {
        // At most 4 × 8.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let radius = self.px(radius).round() as u8;
        CornerRadius::same(radius)
    }
}

/// Installs fonts and colours into a context.
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
    visuals.panel_fill = GROUND;
    visuals.window_fill = PANEL;
    visuals.window_stroke = Stroke::new(1.0, LINE);
    visuals.extreme_bg_color = GROUND;
    visuals.override_text_color = Some(TEXT);
    visuals.selection.bg_fill = OUTPUT.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, OUTPUT);
    visuals.widgets.hovered.bg_fill = LINE;
    visuals.widgets.hovered.weak_bg_fill = LINE;
    visuals.widgets.inactive.bg_fill = WELL;
    visuals.widgets.inactive.weak_bg_fill = WELL;
    ctx.set_visuals(visuals);
}

/// Gives egui's own widgets (menus, text fields, tooltips) the scale of the window.
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
            .insert(text_style, theme.font(size, Weight::Regular));
    }
    style.spacing.item_spacing = theme.vec(6.0, 4.0);
    style.spacing.button_padding = theme.vec(8.0, 4.0);
    style.spacing.interact_size = theme.vec(28.0, 22.0);
}
