//! The page that imports preset files, or exports a preset into a file of the user's choice.

use std::path::{Path, PathBuf};

use egui::{Align2, Rect, RichText, Role, ScrollArea, Ui, UiBuilder, WidgetInfo};
use flow_params::Preset;
use flow_platform::user_folders;

use crate::editor::language::{plural, text};
use crate::editor::model::export_file::Outcome;
use crate::editor::model::user_presets::UserPresets;
use crate::editor::model::user_presets::file_transfer::{
    self, ClashDecision, NameClash, PresetImport,
};
use crate::editor::panels::file_browser::{FileBrowser, FileChoice, FileKind};
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, bold, regular, scale_widgets};
use flow_platform::file_name::file_name;

/// Width of the column beside the files, pixels at 100 %.
const COLUMN_WIDTH: f32 = 430.0;

/// The page's state.
pub(crate) struct PresetFilePage {
    browser: FileBrowser,
    task: Task,
}

enum Task {
    Import,
    Export(PresetExport),
}

/// The export of one preset.
struct PresetExport {
    preset: Preset,
    /// A control has moved since the preset was loaded.
    is_changed: bool,
    /// The text of the field for the file's name.
    typed: String,
    /// The file that exists and may be replaced by the next click.
    replaced: Option<PathBuf>,
    outcome: Option<Outcome>,
}

impl PresetFilePage {
    /// A page that imports files, which begins in a folder.
    pub(crate) fn import(folder: Option<&Path>) -> Self {
        Self::new(folder, Task::Import)
    }

    /// A page that exports a preset, which begins in a folder.
    pub(crate) fn export(folder: Option<&Path>, preset: Preset, is_changed: bool) -> Self {
        let export = PresetExport {
            typed: file_transfer::export_name(&preset),
            preset,
            is_changed,
            replaced: None,
            outcome: None,
        };
        Self::new(folder, Task::Export(export))
    }

    fn new(folder: Option<&Path>, task: Task) -> Self {
        let folder = folder.map(Path::to_owned).or_else(user_folders::home);
        let folder = folder.unwrap_or_else(|| PathBuf::from("/"));
        let mut browser = FileBrowser::in_folder(FileKind::Preset, folder);
        if matches!(task, Task::Export(_)) {
            // A file is written into the folder that the browser shows.
            browser = browser.without_dialog();
        }
        Self { browser, task }
    }

    /// The folder that is shown, for the next page.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.browser.folder()
    }

    /// Draws the page. Returns whether it was closed. An import that waits for a decision outlives the page.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        (user_presets, import): (&mut UserPresets, &mut PresetImport),
    ) -> bool {
        let theme = controls.theme;
        theme.panel(ui.painter(), rect);
        let inside = rect.shrink2(theme.vec(14.0, 12.0));
        let column = inside.with_max_x(inside.left() + theme.px(COLUMN_WIDTH));
        let files = inside.with_min_x(column.right() + theme.px(28.0));
        let choice = self.browser.show(ui, files, controls);
        let title = match &self.task {
            Task::Import => text!("Import presets").to_owned(),
            Task::Export(export) => text!("Export “{name}”", name = export.preset.name),
        };
        let at = column.min + theme.vec(0.0, 12.0);
        let (left, width) = (Align2::LEFT_CENTER, column.width());
        theme.line(
            ui.painter(),
            at,
            left,
            &title,
            width,
            bold(13.5, theme.color.text),
        );
        let chosen = match choice {
            FileChoice::None => None,
            FileChoice::Done => return true,
            FileChoice::File(path) => Some(path),
        };
        let below = Rect::from_min_max(column.min + theme.vec(0.0, 30.0), column.max);
        let builder = UiBuilder::new()
            .id_salt("preset files")
            .max_rect(below)
            .layout(egui::Layout::top_down(egui::Align::LEFT));
        let browser = &mut self.browser;
        ui.scope_builder(builder, |ui| {
            scale_widgets(ui, theme);
            match &mut self.task {
                Task::Import => {
                    import.add(chosen);
                    show_import(ui, theme, import, browser, user_presets);
                }
                Task::Export(export) => {
                    if let Some(path) = chosen {
                        export.take_name(&path);
                    }
                    export.show(ui, theme, browser, user_presets.folder());
                }
            }
        });
        false
    }
}

/// Draws the clash that waits for a decision, or how to import, and the outcomes so far.
fn show_import(
    ui: &mut Ui,
    theme: Theme,
    import: &mut PresetImport,
    browser: &FileBrowser,
    user_presets: &mut UserPresets,
) {
    let waiting = import.waiting();
    if let Some(clash) = import.clash() {
        if let Some((decision, is_for_all)) = show_clash(ui, theme, clash, waiting) {
            import.decide(decision, is_for_all, user_presets);
        }
    } else if waiting > 0 {
        paragraph(ui, &files_that_wait(waiting), theme.color.secondary);
    } else {
        paragraph(
            ui,
            text!(
                "Click a file to import it as a preset of yours. The file itself stays as it is."
            ),
            theme.color.secondary,
        );
        let files: Vec<PathBuf> = browser.files().map(Path::to_owned).collect();
        if files.len() > 1
            && ui
                .button(plural!(
                    "Import {count}",
                    "Import all {count}",
                    count = files.len()
                ))
                .clicked()
        {
            import.add(files);
        }
    }
    // One file a frame, so that the window answers.
    if import.advance(user_presets) {
        ui.ctx().request_repaint();
    }
    ui.add_space(theme.px(4.0));
    ScrollArea::vertical()
        .id_salt("outcomes")
        .auto_shrink(false)
        .stick_to_bottom(true)
        .show(ui, |ui| {
            for outcome in import.outcomes() {
                show_outcome(ui, theme, outcome);
            }
        });
}

/// Says how many files wait.
fn files_that_wait(waiting: usize) -> String {
    plural!(
        "{count} more file waits.",
        "{count} more files wait.",
        count = waiting
    )
}

/// Draws the choices for a file whose preset has a taken name. Returns the decision, and whether it holds for all waiting files.
fn show_clash(
    ui: &mut Ui,
    theme: Theme,
    clash: &NameClash,
    waiting: usize,
) -> Option<(ClashDecision, bool)> {
    let NameClash {
        file,
        preset,
        free_name,
        is_replaceable,
    } = clash;
    let other = if *is_replaceable {
        text!("Another preset of yours has this name.")
    } else {
        text!("A factory preset has this name.")
    };
    paragraph(
        ui,
        &format!("{file}: “{}”. {other}", preset.name),
        theme.color.reduction,
    );
    let mut decision = None;
    ui.horizontal_wrapped(|ui| {
        if ui
            .button(text!("Import as “{free_name}”", free_name))
            .clicked()
        {
            decision = Some(ClashDecision::KeepBoth);
        }
        if *is_replaceable && ui.button(text!("Replace mine")).clicked() {
            decision = Some(ClashDecision::Replace);
        }
        if ui.button(text!("Leave out")).clicked() {
            decision = Some(ClashDecision::Skip);
        }
    });
    if waiting == 0 {
        return decision.map(|decision| (decision, false));
    }
    let id = ui.scope_id().with("the same for all");
    let mut is_for_all = ui.data(|data| data.get_temp(id).unwrap_or(false));
    paragraph(ui, &files_that_wait(waiting), theme.color.secondary);
    ui.checkbox(&mut is_for_all, text!("The same for all"));
    // The next question begins without it.
    ui.data_mut(|data| data.insert_temp(id, is_for_all && decision.is_none()));
    decision.map(|decision| (decision, is_for_all))
}

impl PresetExport {
    /// Takes the name of a clicked file.
    fn take_name(&mut self, path: &Path) {
        self.replaced = None;
        self.outcome = None;
        match path.file_name().and_then(|name| name.to_str()) {
            Some(name) => name.clone_into(&mut self.typed),
            None => {
                let error = text!(
                    "The name of {file} can't be typed here",
                    file = file_name(path)
                );
                self.outcome = Some(Err(error));
            }
        }
    }

    /// Draws the name of the file and the button that writes it.
    fn show(
        &mut self,
        ui: &mut Ui,
        theme: Theme,
        browser: &mut FileBrowser,
        own_folder: Option<&Path>,
    ) {
        paragraph(
            ui,
            text!("Choose a folder beside, and a name for the file. Another Flow imports it."),
            theme.color.secondary,
        );
        if self.is_changed {
            let text =
                text!("The file has the preset as it was saved, without your changes since.");
            paragraph(ui, text, theme.color.reduction);
        }
        let name = ui.horizontal(|ui| {
            let field = egui::TextEdit::singleline(&mut self.typed)
                .font(theme.font(regular(12.0, theme.color.text)))
                .desired_width(theme.px(300.0));
            let field = ui.add(field);
            field.widget_info(|| {
                WidgetInfo::labeled(Role::TextInput, true, text!("Name of the file"))
            });
            let verb = match self.replaced {
                Some(_) => text!("Replace"),
                None => text!("Export"),
            };
            let button = ui.add_enabled(browser.folder().is_some(), egui::Button::new(verb));
            (field.changed(), button.clicked())
        });
        let (is_edited, is_clicked) = name.inner;
        if is_edited {
            self.replaced = None;
            self.outcome = None;
        }
        if let Some(folder) = browser.folder().filter(|_| is_clicked).map(Path::to_owned) {
            self.write(&folder, own_folder);
            if matches!(self.outcome, Some(Ok(_))) {
                browser.refresh();
            }
        }
        match (&self.replaced, &self.outcome) {
            (Some(path), _) => {
                let question = text!("{name} exists. Replace it?", name = file_name(path));
                paragraph(ui, &question, theme.color.reduction);
            }
            (None, Some(outcome)) => show_outcome(ui, theme, outcome),
            (None, None) => {}
        }
    }

    /// Writes the file, unless it exists: that is asked about first.
    fn write(&mut self, folder: &Path, own_folder: Option<&Path>) {
        let asked = self.replaced.take();
        let path = match file_transfer::export_path(folder, &self.typed, own_folder) {
            Ok(path) => path,
            Err(error) => {
                self.outcome = Some(Err(error));
                return;
            }
        };
        self.outcome = None;
        if path.symlink_metadata().is_ok() && asked.as_ref() != Some(&path) {
            self.replaced = Some(path);
            return;
        }
        self.outcome = Some(file_transfer::export(&self.preset, &path));
    }
}

fn paragraph(ui: &mut Ui, text: &str, color: egui::Color32) {
    ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
}

fn show_outcome(ui: &mut Ui, theme: Theme, outcome: &Outcome) {
    let (text, color) = match outcome {
        Ok(text) => (text, theme.color.text),
        Err(error) => (error, theme.color.over),
    };
    let text = RichText::new(text).size(egui::TextStyle::Small.resolve(ui.style()).size);
    ui.add(egui::Label::new(text.color(color)).wrap());
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn export_over_a_file_whose_name_is_no_text_is_refused() {
        let mut export = PresetExport {
            preset: flow_params::presets::all()[0].clone(),
            is_changed: false,
            typed: "mine.json".to_owned(),
            replaced: None,
            outcome: None,
        };
        export.take_name(Path::new("/music/Club.JSON"));
        assert_eq!(export.typed, "Club.JSON");
        let name = std::ffi::OsStr::from_bytes(b"club\xff.json");
        export.take_name(&Path::new("/music").join(name));
        assert_eq!(export.typed, "Club.JSON", "the name of no other file");
        assert!(matches!(&export.outcome, Some(Err(error)) if error.contains("can't be typed")));
    }
}
