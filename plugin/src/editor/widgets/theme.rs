//! Colors, fonts and scale of the editor.
//!
//! Each color has one meaning. A label, a position or a line style repeats it, so no meaning depends on color alone.

pub mod palette;

use std::sync::Arc;
use std::time::Duration;

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align2, Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Galley,
    Painter, Pos2, Rect, Stroke, StrokeKind, Ui, Vec2, Visuals,
};

use self::palette::Palette;
use crate::editor::model::preferences_file::display_options::Appearance;

/// Time between two looks at a background task.
pub const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Size of the window at 100 %.
pub const DESIGN: Vec2 = Vec2::new(1240.0, 800.0);

/// The colors and the scale of the design, with drawing helpers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    scale: f32,
    /// The colors.
    pub color: &'static Palette,
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
    /// The smallest scale.
    pub const LEAST_SCALE: f32 = 0.5;

    /// The scale that fits a window of the size `design` at 100 % into a window of this size, unless it would be too small.
    #[must_use]
    pub fn fit(size: Vec2, design: Vec2, color: &'static Palette) -> Self {
        let scale = (size.x / design.x).min(size.y / design.y);
        Self {
            scale: scale.clamp(Self::LEAST_SCALE, 4.0),
            color,
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

    /// Draws a panel's background, and its edge where the window has the same color.
    pub fn panel(self, painter: &Painter, rect: Rect) {
        let edge = if self.color.panel == self.color.background {
            Stroke::new(self.px(1.0), self.color.line)
        } else {
            Stroke::NONE
        };
        let inside = StrokeKind::Inside;
        painter.rect(rect, self.radius(8.0), self.color.panel, edge, inside);
    }

    /// Draws the background of a display or a field.
    pub fn well(self, painter: &Painter, rect: Rect) {
        painter.rect_filled(rect, self.radius(6.0), self.color.well);
    }

    /// Draws a button's background and border.
    pub fn button(self, painter: &Painter, rect: Rect, response: &egui::Response, is_lit: bool) {
        let color = if is_lit {
            self.color.output
        } else {
            self.color.line
        };
        let fill = match (is_lit, response.hovered()) {
            (true, _) => self.color.output.gamma_multiply(0.16),
            (false, true) => self.color.line,
            (false, false) => self.color.well,
        };
        self.face(painter, rect, fill, color);
        self.focus(painter, rect, response);
    }

    /// Draws the background and border of a button that can do nothing: it doesn't answer to the pointer.
    pub fn disabled_button(self, painter: &Painter, rect: Rect, response: &egui::Response) {
        self.face(painter, rect, self.color.well, self.color.line);
        self.focus(painter, rect, response);
    }

    /// Draws a filled rectangle with a border.
    fn face(self, painter: &Painter, rect: Rect, fill: Color32, border: Color32) {
        painter.rect(
            rect,
            self.radius(6.0),
            fill,
            Stroke::new(self.px(1.0), border),
            StrokeKind::Inside,
        );
    }

    /// Draws a button with three dots.
    pub fn more(self, painter: &Painter, rect: Rect, response: &egui::Response) {
        self.button(painter, rect, response, false);
        for x in [-5.0, 0.0, 5.0] {
            let at = rect.center() + self.vec(x, 0.0);
            painter.circle_filled(at, self.px(1.4), self.color.text);
        }
    }

    /// Draws a cross that removes something.
    pub fn cross(self, painter: &Painter, rect: Rect, response: &egui::Response) {
        let color = if response.hovered() {
            self.color.text
        } else {
            self.color.tertiary
        };
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
            (color, self.color.background, rect.right() - r)
        } else {
            (self.color.line, self.color.secondary, rect.left() + r)
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
                Stroke::new(self.px(1.5), self.color.text),
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

/// Installs fonts and the usual appearance into a context.
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
    set_appearance(ctx, Appearance::default());
}

/// Sets the colors and the motion of egui's own widgets.
pub fn set_appearance(ctx: &Context, appearance: Appearance) {
    let color = Palette::of(appearance.colors);
    let mut visuals = if color.is_light {
        Visuals::light()
    } else {
        Visuals::dark()
    };
    visuals.panel_fill = color.background;
    visuals.window_fill = color.panel;
    visuals.window_stroke = Stroke::new(1.0, color.line);
    visuals.extreme_bg_color = color.background;
    visuals.override_text_color = Some(color.text);
    visuals.selection.bg_fill = color.output.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, color.output);
    visuals.widgets.hovered.bg_fill = color.line;
    visuals.widgets.hovered.weak_bg_fill = color.line;
    draw_edges(&mut visuals, color, 1.0);
    visuals.widgets.inactive.bg_fill = color.well;
    visuals.widgets.inactive.weak_bg_fill = color.well;
    visuals.widgets.active.bg_fill = color.line;
    visuals.widgets.active.weak_bg_fill = color.line;
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, color.line);
    ctx.global_style_mut(|style| {
        style.visuals = visuals;
        let usual = egui::Style::default();
        (style.animation_time, style.scroll_animation) = match appearance.reduced_motion {
            true => (0.0, egui::style::ScrollAnimation::none()),
            false => (usual.animation_time, usual.scroll_animation),
        };
    });
}

/// Draws the edges of egui's own fields, checkboxes and buttons: their fill hardly differs from a panel.
fn draw_edges(visuals: &mut Visuals, color: &Palette, width: f32) {
    let widgets = &mut visuals.widgets;
    widgets.inactive.bg_stroke = Stroke::new(width, color.edge);
    for pointed in [&mut widgets.hovered, &mut widgets.open] {
        pointed.bg_stroke = Stroke::new(width, color.secondary);
    }
    // The frame of the keyboard focus, as around Flow's own controls.
    widgets.active.bg_stroke = Stroke::new(1.5 * width, color.text);
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
            .insert(text_style, theme.font(regular(size, theme.color.text)));
    }
    // Menus draw none.
    draw_edges(&mut style.visuals, theme.color, theme.px(1.0));
    style.spacing.item_spacing = theme.vec(6.0, 4.0);
    style.spacing.button_padding = theme.vec(8.0, 4.0);
    style.spacing.interact_size = theme.vec(28.0, 22.0);
}
