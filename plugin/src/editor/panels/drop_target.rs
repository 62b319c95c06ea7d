//! The targets for files that another program drags onto the window, and the line about those that can't be used.

use std::path::PathBuf;

use egui::{Align2, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2};
use flow_platform::file_name::file_name;

use crate::editor::file_drop::{DraggedFiles, FileDropInbox, FilesByKind};
use crate::editor::language::{key, plural, text, translate};
use crate::editor::layout::WindowKind;
use crate::editor::widgets::theme::{Theme, bold, regular};

/// The time for which a line about files is shown, s. A click hides it earlier.
const NOTICE_S: f64 = 12.0;
/// The most names that a target lists.
const LISTED_NAMES: usize = 4;
/// The formats that can be dropped.
const FORMATS: &str =
    key!("WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus, AAC and ALAC, and presets as .json");

/// The state of the targets.
#[derive(Default)]
pub(crate) struct DropTargets {
    inbox: FileDropInbox,
    notice: Option<Notice>,
}

/// A line about files that were left out.
struct Notice {
    text: String,
    /// None until it is drawn.
    until_s: Option<f64>,
}

/// The use of dropped files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DropAction {
    /// The song to open.
    pub(crate) song: Option<PathBuf>,
    pub(crate) references: Vec<PathBuf>,
    pub(crate) presets: Vec<PathBuf>,
}

/// A target for files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Open,
    References,
    Presets,
    /// Nothing can be done with these files.
    Unusable,
}

impl DropTargets {
    /// Takes the files of a window system.
    pub(crate) fn set_inbox(&mut self, inbox: FileDropInbox) {
        self.inbox = inbox;
    }

    /// Draws the targets while files are over the window, and the line about files that were left out. Returns the use of the
    /// files that were dropped.
    pub(crate) fn show(&mut self, ui: &mut Ui, theme: Theme, kind: WindowKind) -> DropAction {
        let window = ui.ctx().content_rect();
        let mut action = DropAction::default();
        for dropped in self.inbox.take_dropped() {
            let files = FilesByKind::new(&dropped.paths);
            let target = target_at(ui, &dropped, (window, theme), &targets(&files, kind));
            self.notice = left_out(&files, target).map(|text| Notice {
                text,
                until_s: None,
            });
            action.add(files, target);
            ui.ctx().request_repaint();
        }
        if let Some(hovering) = self.inbox.hovering() {
            show_targets(ui, theme, kind, &hovering);
        } else {
            self.show_notice(ui, theme, window);
        }
        action
    }

    fn show_notice(&mut self, ui: &mut Ui, theme: Theme, window: Rect) {
        let Some(notice) = &mut self.notice else {
            return;
        };
        let now_s = ui.input(|input| input.time);
        let until_s = *notice.until_s.get_or_insert(now_s + NOTICE_S);
        let style = bold(12.0, theme.color.text);
        let widest = window.width() - theme.px(120.0);
        let text = theme.lines(ui.painter(), &notice.text, (widest, 2), style);
        let size = text.size() + theme.vec(36.0, 22.0);
        let center = pos2(window.center().x, window.bottom() - theme.px(60.0));
        let rect = Rect::from_center_size(center, size);
        let stroke = Stroke::new(theme.px(1.5), theme.color.reduction);
        let painter = ui.painter();
        let radius = theme.radius(8.0);
        painter.rect(rect, radius, theme.color.well, stroke, StrokeKind::Inside);
        painter.galley(rect.center() - text.size() / 2.0, text, theme.color.text);
        let response = ui.interact(rect, ui.scope_id().with("drop notice"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &notice.text));
        if response.clicked() || now_s >= until_s {
            self.notice = None;
            ui.ctx().request_repaint();
        } else {
            let left_s = std::time::Duration::from_secs_f64(until_s - now_s);
            ui.ctx().request_repaint_after(left_s);
        }
    }
}

impl DropAction {
    fn add(&mut self, files: FilesByKind, target: Target) {
        match target {
            Target::Open => self.song = files.songs.into_iter().next(),
            Target::References => self.references.extend(files.songs),
            Target::Presets | Target::Unusable => {}
        }
        self.presets.extend(files.presets);
    }
}

/// The targets for these files, from left to right.
fn targets(files: &FilesByKind, kind: WindowKind) -> Vec<Target> {
    match (files.songs.is_empty(), files.presets.is_empty(), kind) {
        (false, _, WindowKind::App) => vec![Target::Open, Target::References],
        (false, _, WindowKind::Plugin) => vec![Target::References],
        (true, false, _) => vec![Target::Presets],
        (true, true, _) => vec![Target::Unusable],
    }
}

/// The places of some targets, side by side.
fn places(window: Rect, theme: Theme, count: usize) -> Vec<Rect> {
    let inside = window.shrink(theme.px(20.0));
    let gap = theme.px(10.0);
    let count_f32 = f32::from(u8::try_from(count).unwrap_or(u8::MAX));
    let width = (inside.width() - gap * (count_f32 - 1.0)) / count_f32;
    let mut left = inside.left();
    let place = |_| {
        let place = Rect::from_x_y_ranges(left..=left + width, inside.y_range());
        left = place.right() + gap;
        place
    };
    (0..count).map(place).collect()
}

/// The target at the pointer: the nearest one.
fn target_at(
    ui: &Ui,
    files: &DraggedFiles,
    (window, theme): (Rect, Theme),
    targets: &[Target],
) -> Target {
    let at: Pos2 = files.at / ui.ctx().pixels_per_point();
    let distance = |place: &Rect| place.distance_sq_to_pos(at);
    let places = places(window, theme, targets.len());
    let pairs = targets.iter().zip(&places);
    let nearest = pairs.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
    nearest.map_or(Target::Unusable, |(target, _)| *target)
}

/// A text about the files for which a target has no use.
fn left_out(files: &FilesByKind, target: Target) -> Option<String> {
    let more = files.songs.len().saturating_sub(1);
    let songs = (target == Target::Open && more > 0).then(|| {
        plural!(
            "Flow opens one song at a time: {count} other was left out.",
            "Flow opens one song at a time: {count} others were left out.",
            count = more
        )
    });
    let others = match files.others.as_slice() {
        [] => None,
        [other] => Some(text!(
            "{name} is neither a song nor a preset: it was left out.",
            name = file_name(other)
        )),
        [first, more @ ..] => Some(plural!(
            "{name} and {count} other file are neither songs nor presets: they were left out.",
            "{name} and {count} other files are neither songs nor presets: they were left out.",
            count = more.len(),
            name = file_name(first)
        )),
    };
    let lines: Vec<String> = songs.into_iter().chain(others).collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

/// Draws the targets over a dimmed window.
fn show_targets(ui: &mut Ui, theme: Theme, kind: WindowKind, hovering: &DraggedFiles) {
    let window = ui.ctx().content_rect();
    let dimmed = theme.color.background.gamma_multiply(0.88);
    ui.painter().rect_filled(window, 0.0, dimmed);
    let files = FilesByKind::new(&hovering.paths);
    let targets = targets(&files, kind);
    let chosen = target_at(ui, hovering, (window, theme), &targets);
    let places = places(window, theme, targets.len());
    for (target, place) in targets.into_iter().zip(places) {
        show_target(ui, theme, (target, place), &files, target == chosen);
    }
}

fn show_target(
    ui: &Ui,
    theme: Theme,
    (target, place): (Target, Rect),
    files: &FilesByKind,
    is_chosen: bool,
) {
    let (title, names) = match target {
        // The others are left out.
        Target::Open => (
            text!("Open the song").to_owned(),
            names(files.songs.get(..1).unwrap_or_default(), 1),
        ),
        Target::References => (
            match files.songs.len() {
                1 => text!("Add as a reference").to_owned(),
                count => text!("Add {count} references", count),
            },
            names(&files.songs, LISTED_NAMES),
        ),
        Target::Presets => (
            match files.presets.len() {
                1 => text!("Import the preset").to_owned(),
                count => text!("Import {count} presets", count),
            },
            names(&files.presets, LISTED_NAMES),
        ),
        Target::Unusable => (
            text!("Flow takes songs and presets").to_owned(),
            vec![translate(FORMATS).to_owned()],
        ),
    };
    let color = match (target, is_chosen) {
        (Target::Unusable, _) => theme.color.reduction,
        (_, true) => theme.color.output,
        (_, false) => theme.color.edge,
    };
    let stroke = Stroke::new(theme.px(if is_chosen { 2.5 } else { 1.5 }), color);
    let painter = ui.painter();
    let radius = theme.radius(8.0);
    painter.rect_filled(place, radius, theme.color.panel);
    if is_chosen {
        painter.rect_filled(place, radius, color.gamma_multiply(0.12));
    }
    painter.rect_stroke(place, radius, stroke, StrokeKind::Inside);
    let center = Align2::CENTER_CENTER;
    let at = place.center() - theme.vec(0.0, 24.0);
    let style = bold(24.0, theme.color.text);
    theme.line(painter, at, center, &title, place.width(), style);
    let style = regular(13.5, theme.color.secondary);
    let mut at = place.center() + theme.vec(0.0, 10.0);
    for name in &names {
        let width = place.width() - theme.px(40.0);
        theme.line(painter, at, center, name, width, style);
        at.y += theme.px(20.0);
    }
    let label = match is_chosen {
        true => text!("{title}: {names}, chosen", title, names = names.join(", ")),
        false => format!("{title}: {}", names.join(", ")),
    };
    ui.interact(place, ui.scope_id().with(("drop", &title)), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
}

/// The first names, and the number of the others.
fn names(files: &[PathBuf], most: usize) -> Vec<String> {
    let mut names: Vec<String> = files.iter().take(most).map(|p| file_name(p)).collect();
    match files.len().saturating_sub(most) {
        0 => {}
        more => names.push(plural!(
            "and {count} other",
            "and {count} others",
            count = more
        )),
    }
    names
}
