//! A browser for files inside the window, with a button for the system's dialog, which not every system has.

mod system_dialog;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::task::Poll;

use egui::{Align2, Key, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::editor::language::{message, reason, text, translate_message};
use crate::editor::model::user_presets::file_transfer::EXTENSION as PRESET_EXTENSION;
use crate::editor::platform::file_dialog::DialogOptions;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{POLL_INTERVAL, Theme, regular, scale_widgets};
use flow_analysis::report::Message;
use flow_audio_file::SONG_EXTENSIONS;
use flow_platform::background_task::{BackgroundTask, CancelToken, TaskConfig};
use flow_platform::file_name::file_name;
use flow_platform::hidden_file::is_hidden;
use flow_platform::{drives, user_folders};
use percent_encoding::percent_decode_str;
use system_dialog::SystemDialog;

/// Stands for the list of drives, which is above their root folders on Windows.
const DRIVES: &str = "";

/// Height of a row.
const ROW_HEIGHT: f32 = 20.0;

/// The files that a browser shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Song,
    Preset,
}

impl FileKind {
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Song => &SONG_EXTENSIONS,
            Self::Preset => &[PRESET_EXTENSION],
        }
    }

    /// The title of the system's dialog, and the name of the files that it shows.
    fn dialog_texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Song => (text!("Choose songs"), text!("Songs")),
            Self::Preset => (text!("Choose presets"), text!("Presets")),
        }
    }

    /// The line of a folder that has nothing to show.
    fn empty_text(self) -> &'static str {
        match self {
            Self::Song => text!("No folders or audio files here."),
            Self::Preset => text!("No folders or preset files here."),
        }
    }
}

/// The browser's state.
pub(crate) struct FileBrowser {
    kind: FileKind,
    /// The folder of the list, or [`DRIVES`]; none before the first one has been read.
    folder: Option<PathBuf>,
    /// The text of the path field.
    typed: String,
    /// Whether the path field has the focus. A folder that was read then leaves its text alone.
    is_typing: bool,
    items: Vec<Item>,
    /// The path that a background thread reads.
    reading: Option<(PathBuf, BackgroundTask<PathContent>)>,
    /// The path to read when that thread has ended. Its content is then no longer wanted.
    next: Option<PathBuf>,
    error: Option<String>,
    dialog: SystemDialog,
    /// Whether the browser closes once all chosen files are returned.
    is_done: bool,
}

/// A row of the list.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    is_file: bool,
    name: String,
    path: PathBuf,
}

/// The content of a path, or why it can't be read.
enum PathContent {
    Folder(Vec<Item>),
    File,
    Missing,
    Error(Message),
}

/// The user's choice in one frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FileChoice {
    None,
    /// A file to add.
    File(PathBuf),
    /// Close the browser.
    Done,
}

impl FileBrowser {
    /// Opens the user's music folder.
    pub(crate) fn in_music_folder() -> Self {
        let folder = user_folders::music().unwrap_or_else(|| PathBuf::from("/"));
        Self::in_folder(FileKind::Song, folder)
    }

    /// Opens a folder.
    pub(crate) fn in_folder(kind: FileKind, folder: PathBuf) -> Self {
        let mut browser = Self {
            kind,
            folder: None,
            typed: String::new(),
            is_typing: false,
            items: Vec::new(),
            reading: None,
            next: None,
            error: None,
            dialog: SystemDialog::default(),
            is_done: false,
        };
        browser.open(folder);
        browser
    }

    /// Lets the system's dialog choose one file.
    pub(crate) fn for_one_file(mut self) -> Self {
        self.dialog.takes_one = true;
        self
    }

    /// Leaves the system's dialog out.
    pub(crate) fn without_dialog(mut self) -> Self {
        self.dialog.is_left_out = true;
        self
    }

    /// The folder whose content is shown; none before the first one has been read, and above the drives.
    pub(crate) fn folder(&self) -> Option<&Path> {
        let folder = self.folder.as_deref();
        folder.filter(|folder| *folder != Path::new(DRIVES))
    }

    /// The files that are shown.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let files = self.items.iter().filter(|item| item.is_file);
        files.map(|item| item.path.as_path())
    }

    /// Reads the folder again, after a file in it was written.
    pub(crate) fn refresh(&mut self) {
        if let Some(folder) = self.folder.clone() {
            self.open(folder);
        }
    }

    /// Reads a path in the background, in place of the one that is being read.
    fn open(&mut self, path: PathBuf) {
        if let Some((_, task)) = &self.reading {
            task.cancel();
            self.next = Some(path);
            return;
        }
        self.error = None;
        let (task_path, kind) = (path.clone(), self.kind);
        match BackgroundTask::spawn(TaskConfig::new("flow folder"), move |token| {
            read_path(&task_path, kind, token)
        }) {
            Ok(task) => self.reading = Some((path, task)),
            Err(error) => self.error = Some(translate_message(&reason(error))),
        }
    }

    /// Takes the content that was read. Returns the path if it is a file.
    fn take_content(&mut self) -> Option<PathBuf> {
        let (_, task) = self.reading.as_ref()?;
        let Poll::Ready(content) = task.poll() else {
            return None;
        };
        let (path, _) = self.reading.take()?;
        if let Some(next) = self.next.take() {
            self.open(next);
            return None;
        }
        match content.unwrap_or(PathContent::Error(message!("it can't be read"))) {
            PathContent::Folder(items) => {
                self.folder = Some(path);
                self.items = items;
                self.show_folder();
            }
            PathContent::File => {
                self.show_folder();
                return Some(path);
            }
            PathContent::Missing => {
                self.fail(&path, text!("there is no such file or folder"));
            }
            PathContent::Error(error) => self.fail(&path, &translate_message(&error)),
        }
        None
    }

    /// Shows why a path can't be read.
    fn fail(&mut self, path: &Path, error: &str) {
        self.error = Some(format!("{}: {error}.", file_name(path)));
        // Without a music folder the browser starts in the home folder.
        let is_first = self.folder.is_none();
        if let Some(home) = user_folders::home().filter(|home| is_first && home != path) {
            self.open(home);
        }
    }

    /// Shows the folder's path in the path field.
    fn show_folder(&mut self) {
        if let Some(folder) = self.folder.as_ref().filter(|_| !self.is_typing) {
            self.typed = folder.display().to_string();
        }
    }

    /// Draws the browser.
    pub(crate) fn show(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>) -> FileChoice {
        let theme = controls.theme;
        if let Err(error) = self.dialog.poll() {
            self.error = Some(error);
        }
        if let Some(path) = self.take_content() {
            self.dialog.chosen.push_back(path);
        }
        let top = Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(24.0)));
        let up = Rect::from_min_size(top.min, vec2(theme.px(36.0), top.height()));
        if controls.button(ui, up, text!("Up"), text!("Opens the parent folder"), false)
            && let Some(folder) = &self.folder
            && let Some(parent) = parent_folder(folder, cfg!(windows))
        {
            self.open(parent);
        }
        let done = Rect::from_min_max(pos2(top.right() - theme.px(52.0), top.top()), top.max);
        if controls.button(
            ui,
            done,
            text!("Done"),
            text!("Closes the file browser"),
            false,
        ) {
            self.is_done = true;
        }
        let gap = theme.px(6.0);
        let mut right = done.left() - gap;
        if controls.has_file_dialog && !self.dialog.is_left_out {
            let left = right - theme.px(72.0);
            let place = Rect::from_x_y_ranges(left..=right, top.y_range());
            let tip = text!("Opens the system's dialog for files");
            let is_open = self.dialog.is_open();
            if controls.button(ui, place, text!("System…"), tip, is_open) && !is_open {
                self.open_dialog();
            }
            right = left - gap;
        }
        let field = Rect::from_x_y_ranges(up.right() + gap..=right, top.y_range());
        self.path_field(ui, field, theme);
        let list = Rect::from_min_max(top.left_bottom() + theme.vec(0.0, 6.0), rect.max);
        if let Some(item) = self.list(ui, list, theme) {
            let Item { is_file, path, .. } = &self.items[item];
            if *is_file {
                self.dialog.chosen.push_back(path.clone());
            } else {
                self.open(path.clone());
            }
        }
        let choice = self.next_choice();
        if self.reading.is_some() || self.dialog.is_busy() || self.is_done {
            ui.ctx().request_repaint_after(POLL_INTERVAL);
        }
        choice
    }

    /// The choice of this frame: the chosen files one after the other, then *Done*.
    fn next_choice(&mut self) -> FileChoice {
        match self.dialog.chosen.pop_front() {
            Some(path) => FileChoice::File(path),
            None if std::mem::take(&mut self.is_done) => FileChoice::Done,
            None => FileChoice::None,
        }
    }

    fn open_dialog(&mut self) {
        let (title, filter) = self.kind.dialog_texts();
        let folder = self.folder().map(Path::to_owned);
        let options = DialogOptions {
            title,
            folder: folder.as_deref(),
            filter: (filter, self.kind.extensions()),
            takes_many: !self.dialog.takes_one,
        };
        let opened = self.dialog.open(&options);
        self.error = opened.err().or(self.error.take());
    }

    /// The path of the folder, for typing or pasting another one.
    fn path_field(&mut self, ui: &mut Ui, rect: Rect, theme: Theme) {
        let edit = egui::TextEdit::singleline(&mut self.typed)
            .font(theme.font(regular(11.5, theme.color.text)))
            .margin(theme.vec(8.0, 4.0))
            .desired_width(rect.width());
        let response = ui.put(rect, edit);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, text!("path")));
        self.is_typing = response.has_focus();
        if response.lost_focus() {
            if ui.input(|i| i.key_pressed(Key::Enter)) {
                self.open(parse_path(&self.typed));
            } else {
                self.show_folder();
            }
        }
        response.on_hover_text(text!(
            "Type or paste the path of a folder or a file and press Enter"
        ));
    }

    /// Draws the folders and audio files. Returns the index of the one that was clicked.
    fn list(&self, ui: &mut Ui, rect: Rect, theme: Theme) -> Option<usize> {
        let status = match (&self.error, &self.reading) {
            (Some(error), _) => Some((error.as_str(), theme.color.reduction)),
            (None, Some(_)) => Some((text!("Reading…"), theme.color.tertiary)),
            (None, None) if self.items.is_empty() => {
                Some((self.kind.empty_text(), theme.color.tertiary))
            }
            _ => None,
        };
        let mut list = rect;
        if let Some((text, color)) = status {
            let at = rect.min + theme.vec(2.0, 10.0);
            let style = regular(10.5, color);
            theme.line(
                ui.painter(),
                at,
                Align2::LEFT_CENTER,
                text,
                rect.width(),
                style,
            );
            ui.interact(
                Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(ROW_HEIGHT))),
                ui.scope_id().with("status"),
                Sense::hover(),
            )
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
            list.min.y += theme.px(ROW_HEIGHT);
        }
        let mut clicked = None;
        ui.scope_builder(UiBuilder::new().max_rect(list), |ui| {
            scale_widgets(ui, theme);
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            ScrollArea::vertical().auto_shrink(false).show_rows(
                ui,
                theme.px(ROW_HEIGHT),
                self.items.len(),
                |ui, shown| {
                    for index in shown {
                        let width = ui.available_width() - theme.px(10.0);
                        let size = vec2(width, theme.px(ROW_HEIGHT));
                        let (row, response) = ui.allocate_exact_size(size, Sense::click());
                        if item_row(ui, row, theme, &self.items[index], &response) {
                            clicked = Some(index);
                        }
                    }
                },
            );
        });
        clicked
    }
}

/// Draws a row. Returns whether it was clicked.
fn item_row(ui: &Ui, row: Rect, theme: Theme, item: &Item, response: &egui::Response) -> bool {
    let (name, color) = if item.is_file {
        (item.name.clone(), theme.color.text)
    } else {
        (format!("{} ›", item.name), theme.color.secondary)
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &item.name));
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        painter.rect_filled(row, theme.radius(4.0), theme.color.well);
    }
    let at = row.left_center() + theme.vec(6.0, 0.0);
    let room = row.width() - theme.px(12.0);
    let style = regular(11.5, color);
    theme.line(painter, at, Align2::LEFT_CENTER, &name, room, style);
    theme.focus(painter, row.shrink(theme.px(2.0)), response);
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    response.clicked()
}

/// The folder above; above the root of a drive the list of drives, and nothing above that.
fn parent_folder(folder: &Path, has_drives: bool) -> Option<PathBuf> {
    let is_root = folder.parent().is_none() && folder != Path::new(DRIVES);
    let drives = (is_root && has_drives).then_some(Path::new(DRIVES));
    folder.parent().or(drives).map(Path::to_owned)
}

/// Parses a typed path: quotes, URLs with `file:` and `~` are accepted.
pub(crate) fn parse_path(typed: &str) -> PathBuf {
    let typed = typed.trim().trim_matches(['"', '\'']);
    if let Some(url) = typed.strip_prefix("file://") {
        return PathBuf::from(whole_drive(path_of_url(url, cfg!(windows)), cfg!(windows)));
    }
    let home = typed.strip_prefix('~').and_then(|rest| {
        let rest = rest.trim_start_matches(['/', '\\']);
        Some(user_folders::home()?.join(rest))
    });
    home.unwrap_or_else(|| PathBuf::from(whole_drive(typed.to_owned(), cfg!(windows))))
}

/// The path, with a slash if it is only a drive: on Windows `D:` names the folder in which the host last worked there.
fn whole_drive(mut path: String, is_windows: bool) -> String {
    let is_drive = path.len() == 2 && path.ends_with(':');
    if is_windows && is_drive {
        path.push('\\');
    }
    path
}

/// The path of a file's URL (RFC 8089), without its scheme. On Windows a drive has no slash in front, and another computer's
/// name begins a network path.
fn path_of_url(url: &str, is_windows: bool) -> String {
    let decoded = percent_decode_str(url).decode_utf8_lossy();
    let path = decoded.strip_prefix("localhost").unwrap_or(&decoded);
    let drive = path.strip_prefix('/').filter(|rest| {
        let mut signs = rest.chars();
        signs.next().is_some_and(|c| c.is_ascii_alphabetic()) && signs.next() == Some(':')
    });
    match drive {
        Some(drive) if is_windows => drive.to_owned(),
        _ if is_windows && !path.starts_with('/') => format!("//{path}"),
        _ => path.to_owned(),
    }
}

/// Reads a path. Runs on a background thread, as disks may sleep.
fn read_path(path: &Path, kind: FileKind, token: &CancelToken) -> PathContent {
    if path == Path::new(DRIVES) {
        return PathContent::Folder(drives::roots().into_iter().map(drive_item).collect());
    }
    let entries = match fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => return PathContent::File,
        Ok(_) => fs::read_dir(path),
        Err(error) => Err(error),
    };
    match entries {
        Ok(entries) => {
            let entries = entries.flatten().take_while(|_| !token.is_canceled());
            let mut items: Vec<Item> = entries.filter_map(|e| item(e.path(), kind)).collect();
            items.sort_by_key(|item| (item.is_file, item.name.to_lowercase()));
            PathContent::Folder(items)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => PathContent::Missing,
        Err(error) => PathContent::Error(reason(error)),
    }
}

/// A row for a drive, which is named by its letter.
fn drive_item(path: PathBuf) -> Item {
    let name = path.display().to_string();
    Item {
        is_file: false,
        name: name.trim_end_matches('\\').to_owned(),
        path,
    }
}

/// A row for a folder or a file of the kind; `None` for hidden and other files.
fn item(path: PathBuf, kind: FileKind) -> Option<Item> {
    let name = file_name(&path);
    let is_of_kind = || {
        let extension = path.extension()?.to_str()?.to_lowercase();
        let extensions = kind.extensions();
        extensions.contains(&extension.as_str()).then_some(())
    };
    let is_file = !path.is_dir();
    let is_shown = !is_hidden(&path) && (!is_file || is_of_kind().is_some());
    is_shown.then_some(Item {
        is_file,
        name,
        path,
    })
}
