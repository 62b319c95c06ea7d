//! The format and the name of a file that a page writes.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2};
use flow_audio_file::{Bits, Container};

use crate::editor::language::{text, translate};
use crate::editor::panels::file_browser::parse_path;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::regular;

/// A format and the text of its button.
pub(super) type Format = (Container, Bits, &'static str);

/// Draws the progress of a file, or else its outcome: a line about it, or its error. `name` tells the lines of pages apart.
pub(super) fn status_line(
    ui: &Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    name: &str,
    progress: Option<&str>,
    outcome: Option<&Result<String, String>>,
) {
    let theme = controls.theme;
    let (text, color) = match (progress, outcome) {
        (Some(progress), _) => (progress, theme.color.secondary),
        (None, Some(Ok(saved))) => (&**saved, theme.color.text),
        (None, Some(Err(error))) => (&**error, theme.color.reduction),
        (None, None) => return,
    };
    let (at, left) = (rect.left_center(), Align2::LEFT_CENTER);
    let style = regular(11.5, color);
    theme.line(ui.painter(), at, left, text, rect.width(), style);
    ui.interact(rect, ui.scope_id().with(name), Sense::hover())
        .on_hover_text(text)
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
}

/// Draws a button for each format. Returns the one that was clicked.
pub(super) fn format_buttons(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    formats: &[Format],
    chosen: usize,
) -> Option<usize> {
    let theme = controls.theme;
    let mut clicked = None;
    for (index, (_, _, name)) in formats.iter().enumerate() {
        let left = rect.left() + theme.px(126.0) * f32::from(u8::try_from(index).unwrap_or(0));
        let place = Rect::from_min_size(pos2(left, rect.top()), theme.vec(121.0, 26.0));
        let tip = text!("The format of the file. Default: WAV 24 bit");
        if controls.button(ui, place, translate(name), tip, index == chosen) {
            clicked = Some(index);
        }
    }
    clicked
}

/// Draws the field of a file. Returns whether its text has changed.
pub(super) fn file_field(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    typed: &mut String,
) -> bool {
    let theme = controls.theme;
    let edit = egui::TextEdit::singleline(typed)
        .font(theme.font(regular(11.5, theme.color.text)))
        .margin(theme.vec(8.0, 5.0))
        .desired_width(rect.width());
    let response = ui.put(rect, edit);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, text!("file to write")));
    response.changed()
}

/// The file of a field whose text was proposed for a path. A path that is no text stays itself, and so does the folder of a
/// changed name.
pub(super) fn target(typed: &str, proposed: &Path) -> PathBuf {
    if typed == proposed.display().to_string() {
        return proposed.to_owned();
    }
    let folder = proposed.parent();
    let folder = folder.filter(|folder| folder.to_str().is_none());
    let name = folder.and_then(|folder| {
        let name = typed.strip_prefix(&folder.display().to_string())?;
        Some(folder.join(name.strip_prefix(MAIN_SEPARATOR)?))
    });
    name.unwrap_or_else(|| parse_path(typed))
}

/// The path with the extension of a container, in place of that of another one.
pub(super) fn with_extension(path: &str, container: Container) -> String {
    let is_other = |extension: &str| {
        let mut all = Container::ALL.iter();
        all.any(|other| other.extension().eq_ignore_ascii_case(extension))
    };
    let stem = match path.rsplit_once('.') {
        Some((stem, extension)) if is_other(extension) => stem,
        _ => path,
    };
    format!("{stem}.{}", container.extension())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_with_the_extension_of_a_format_keeps_other_dots() {
        for (path, expected) in [
            ("/music/Dawn.flow.wav", "/music/Dawn.flow.flac"),
            ("/music/Dawn v1.2", "/music/Dawn v1.2.flac"),
            ("/music/Dawn.WAV", "/music/Dawn.flac"),
            ("", ".flac"),
        ] {
            assert_eq!(with_extension(path, Container::Flac), expected);
        }
    }
}
