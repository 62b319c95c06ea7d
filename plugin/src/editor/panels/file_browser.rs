//! Choosing sound files in the window itself: dialogs of the system need a portal or the host's thread, and dropped files
//! don't reach plug-in windows everywhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::task::Poll;

use egui::{Align2, Key, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::editor::model::reference_import::name_of;
use crate::editor::widgets::param_ui::{Label, ParamUi};
use crate::editor::widgets::theme::{
    REDUCTION, SECONDARY, TERTIARY, TEXT, Theme, WELL, Weight, scale_widgets,
};
use flow_platform::background_task::{BackgroundTask, CancelToken, TaskConfig};
use flow_platform::user_folders;

/// Endings of files that are worth a try.
const SOUNDS: [&str; 8] = ["wav", "wave", "flac", "mp3", "ogg", "oga", "aif", "aiff"];

/// From one line to the next.
const PITCH: f32 = 20.0;

/// A folder to choose from.
pub(crate) struct FileBrowser {
    folder: PathBuf,
    /// The path as it is typed.
    typed: String,
    items: Vec<Item>,
    /// What is being looked at.
    looking: Option<(PathBuf, BackgroundTask<Found>)>,
    fault: Option<String>,
}

/// A line of the list: folders first, each by name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    is_file: bool,
    name: String,
    path: PathBuf,
}

/// What is at a path.
enum Found {
    Folder(Vec<Item>),
    File,
    Nothing(String),
}

/// What the user did here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// Nothing yet.
    Nothing,
    /// A file to add; there may be more.
    File(PathBuf),
    /// That is all.
    Done,
}

impl FileBrowser {
    /// In the user's folder for music.
    pub(crate) fn of_user() -> Self {
        let folder = user_folders::music();
        let mut chooser = Self {
            folder: PathBuf::new(),
            typed: String::new(),
            items: Vec::new(),
            looking: None,
            fault: None,
        };
        chooser.look_at(folder.unwrap_or_else(|| PathBuf::from("/")));
        chooser
    }

    /// Has a path looked at. Until that is done there is no other.
    fn look_at(&mut self, path: PathBuf) {
        if self.looking.is_some() {
            return;
        }
        self.fault = None;
        let asked = path.clone();
        match BackgroundTask::spawn(TaskConfig::new("flow folder"), move |token| {
            look_into(&asked, token)
        }) {
            Ok(task) => self.looking = Some((path, task)),
            Err(error) => self.fault = Some(error.to_string()),
        }
    }

    /// Takes in what was found; a file if it was one.
    fn take(&mut self) -> Option<PathBuf> {
        let (_, task) = self.looking.as_ref()?;
        let Poll::Ready(found) = task.poll() else {
            return None;
        };
        let (path, _) = self.looking.take()?;
        match found.unwrap_or(Found::Nothing("it can't be read".into())) {
            Found::Folder(items) => {
                self.typed = path.display().to_string();
                self.folder = path;
                self.items = items;
            }
            Found::File => {
                self.typed = self.folder.display().to_string();
                return Some(path);
            }
            Found::Nothing(why) => {
                self.fault = Some(format!("{}: {why}.", name_of(&path)));
                // Who has no folder for music begins at home.
                let begins = self.folder.as_os_str().is_empty();
                if let Some(home) = user_folders::home().filter(|home| begins && *home != path) {
                    self.look_at(home);
                }
            }
        }
        None
    }

    /// Draws it.
    pub(crate) fn show(&mut self, ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>) -> Chosen {
        let theme = controls.theme;
        let mut chosen = self.take().map_or(Chosen::Nothing, Chosen::File);
        let top = Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(24.0)));
        let by = |name, tip| Label { name, tip };
        let up = Rect::from_min_size(top.min, vec2(theme.px(36.0), top.height()));
        if controls.button(ui, up, by("Up", "The folder that this one is in"), false)
            && let Some(parent) = self.folder.parent()
        {
            self.look_at(parent.to_owned());
        }
        let done = Rect::from_min_max(pos2(top.right() - theme.px(52.0), top.top()), top.max);
        if controls.button(ui, done, by("Done", "No more files"), false) {
            chosen = Chosen::Done;
        }
        let gap = theme.px(6.0);
        let field = Rect::from_x_y_ranges(up.right() + gap..=done.left() - gap, top.y_range());
        self.path(ui, field, theme);
        let list = Rect::from_min_max(top.left_bottom() + theme.vec(0.0, 6.0), rect.max);
        if let Some(item) = self.list(ui, list, theme) {
            let Item { is_file, path, .. } = &self.items[item];
            if *is_file {
                chosen = Chosen::File(path.clone());
            } else {
                self.look_at(path.clone());
            }
        }
        if self.looking.is_some() {
            ui.ctx()
                .request_repaint_after(crate::editor::panels::menu::SOON);
        }
        chosen
    }

    /// The folder's path, to type or paste another, or a file's.
    fn path(&mut self, ui: &mut Ui, rect: Rect, theme: Theme) {
        let edit = egui::TextEdit::singleline(&mut self.typed)
            .font(theme.font(11.5, Weight::Regular))
            .margin(theme.vec(8.0, 4.0))
            .desired_width(rect.width());
        let response = ui.put(rect, edit);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "path"));
        if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
            self.look_at(meant(&self.typed));
        }
        response.on_hover_text("Type or paste the path of a folder or a file, then Enter");
    }

    /// Its folders and sound files; the one that was pressed.
    fn list(&self, ui: &mut Ui, rect: Rect, theme: Theme) -> Option<usize> {
        let said = match (&self.fault, &self.looking) {
            (Some(fault), _) => Some((fault.as_str(), REDUCTION)),
            (None, Some(_)) => Some(("Looking…", TERTIARY)),
            (None, None) if self.items.is_empty() => {
                Some(("No folders and no sound files here.", TERTIARY))
            }
            _ => None,
        };
        let mut list = rect;
        if let Some((said, color)) = said {
            let at = rect.min + theme.vec(2.0, 10.0);
            let style = (10.5, Weight::Regular, color);
            theme.line(
                ui.painter(),
                at,
                Align2::LEFT_CENTER,
                said,
                rect.width(),
                style,
            );
            ui.interact(
                Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(PITCH))),
                ui.scope_id().with("said"),
                Sense::hover(),
            )
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
            list.min.y += theme.px(PITCH);
        }
        let mut pressed = None;
        ui.scope_builder(UiBuilder::new().max_rect(list), |ui| {
            scale_widgets(ui, theme);
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            ScrollArea::vertical().auto_shrink(false).show_rows(
                ui,
                theme.px(PITCH),
                self.items.len(),
                |ui, shown| {
                    for place in shown {
                        let width = ui.available_width() - theme.px(10.0);
                        let size = vec2(width, theme.px(PITCH));
                        let (row, response) = ui.allocate_exact_size(size, Sense::click());
                        if line(ui, row, theme, &self.items[place], &response) {
                            pressed = Some(place);
                        }
                    }
                },
            );
        });
        pressed
    }
}

fn line(ui: &Ui, row: Rect, theme: Theme, item: &Item, response: &egui::Response) -> bool {
    let (name, color) = if item.is_file {
        (item.name.clone(), TEXT)
    } else {
        (format!("{} ›", item.name), SECONDARY)
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &item.name));
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        painter.rect_filled(row, theme.radius(4.0), WELL);
    }
    let at = row.left_center() + theme.vec(6.0, 0.0);
    let room = row.width() - theme.px(12.0);
    let style = (11.5, Weight::Regular, color);
    theme.line(painter, at, Align2::LEFT_CENTER, &name, room, style);
    response.clicked()
}

/// A path as people write it.
fn meant(typed: &str) -> PathBuf {
    let typed = typed.trim().trim_matches(['"', '\'']);
    let typed = typed.strip_prefix("file://").unwrap_or(typed);
    let home = typed.strip_prefix('~').and_then(|rest| {
        let rest = rest.trim_start_matches(['/', '\\']);
        Some(user_folders::home()?.join(rest))
    });
    home.unwrap_or_else(|| PathBuf::from(typed))
}

/// On a thread of its own: disks may sleep.
fn look_into(path: &Path, token: &CancelToken) -> Found {
    let entries = match fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => return Found::File,
        Ok(_) => fs::read_dir(path),
        Err(error) => Err(error),
    };
    match entries {
        Ok(entries) => {
            let entries = entries.flatten().take_while(|_| !token.is_canceled());
            let mut items: Vec<Item> = entries.filter_map(|e| item(e.path())).collect();
            items.sort_by_key(|item| (item.is_file, item.name.to_lowercase()));
            Found::Folder(items)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Found::Nothing("there is no such file or folder".into())
        }
        Err(error) => Found::Nothing(error.to_string()),
    }
}

/// None of what is hidden, and of what is no sound.
fn item(path: PathBuf) -> Option<Item> {
    let name = name_of(&path);
    let is_sound = || {
        let ending = path.extension()?.to_str()?.to_lowercase();
        SOUNDS.contains(&ending.as_str()).then_some(())
    };
    let is_file = !path.is_dir();
    let is_shown = !name.starts_with('.') && (!is_file || is_sound().is_some());
    is_shown.then_some(Item {
        is_file,
        name,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &Path) -> Vec<String> {
        match look_into(path, &CancelToken::default()) {
            Found::Folder(items) => items.into_iter().map(|item| item.name).collect(),
            Found::File => vec!["a file".into()],
            Found::Nothing(why) => vec![why],
        }
    }

    #[test]
    fn folders_come_first_and_only_sounds_after_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [
            "b.WAV",
            "a.flac",
            "Zebra.mp3",
            "notes.txt",
            ".hidden.wav",
            "wav",
        ] {
            fs::write(at(name), "").unwrap();
        }
        for name in ["Songs", "album", ".git"] {
            fs::create_dir(at(name)).unwrap();
        }
        let expected = ["album", "Songs", "a.flac", "b.WAV", "Zebra.mp3"];
        assert_eq!(names(folder.path()), expected);
        assert_eq!(names(&at("b.WAV")), ["a file"]);
        assert_eq!(names(&at("gone")), ["there is no such file or folder"]);
    }

    #[test]
    fn paths_are_understood_as_people_write_them() {
        assert_eq!(meant(" \"/a b/c.wav\" "), Path::new("/a b/c.wav"));
        assert_eq!(meant("file:///a/c.wav"), Path::new("/a/c.wav"));
        assert_eq!(
            meant("~/Music"),
            user_folders::home().unwrap().join("Music")
        );
    }
}
