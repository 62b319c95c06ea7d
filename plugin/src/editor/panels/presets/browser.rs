//! The presets: a field with the chosen one, and a browser with search, favorites and descriptions.

use std::path::PathBuf;

use egui::{Rect, RichText, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo};
use flow_params::Preset;

use crate::editor::language::{key, text, translate};
use crate::editor::model::export_file::display_path;
use crate::editor::model::preset_choice::PresetChoice;
use crate::editor::model::user_presets::UserPresets;
use crate::editor::model::user_presets::file_transfer::PresetImport;
use crate::editor::panels::presets::dialog::PresetDialog;
use crate::editor::panels::presets::file_page::PresetFilePage;
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::choice::draw_field;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, bold, regular, scale_widgets};
use crate::params::FlowParams;
use crate::plugin_shared::PluginShared;
use crate::presets;

/// Size of the browser's list, pixels at 100 %.
const LIST: Vec2 = Vec2::new(220.0, 330.0);
/// Width of the description, pixels at 100 %.
const DESCRIPTION_WIDTH: f32 = 250.0;
/// The heading of the favorites.
const FAVORITES: &str = key!("Favorites");

/// The user's presets, the chosen preset, and the browser's state.
pub(crate) struct PresetBrowser {
    user_presets: UserPresets,
    choice: PresetChoice,
    dialog: Option<PresetDialog>,
    /// The reason why a favorite could not be marked.
    error: Option<String>,
    search: String,
    /// Name of the preset whose description is shown: the last one below the pointer.
    described: Option<String>,
    /// The page of preset files, which stands in place of the pillars.
    file_page: Option<PresetFilePage>,
    import: PresetImport,
}

/// A direction through the list of presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PresetStep {
    Back,
    Forward,
}

impl PresetBrowser {
    pub(crate) fn new(mut user_presets: UserPresets, choice: PresetChoice) -> Self {
        user_presets.reload();
        Self {
            user_presets,
            choice,
            dialog: None,
            error: None,
            search: String::new(),
            described: None,
            file_page: None,
            import: PresetImport::default(),
        }
    }

    /// Whether a dialog is open.
    pub(crate) fn has_dialog(&self) -> bool {
        self.dialog.is_some()
    }

    /// The choice, for the next window.
    pub(crate) fn take_choice(&mut self) -> PresetChoice {
        std::mem::take(&mut self.choice)
    }

    /// Forgets the chosen preset.
    pub(crate) fn forget_choice(&mut self) {
        self.choice.forget();
    }

    /// All presets in menu order: those of one category together, each category where its first preset is.
    fn all(&self) -> impl Iterator<Item = &Preset> {
        let factory = flow_params::presets::all().iter();
        let mut all: Vec<&Preset> = factory.chain(self.user_presets.presets()).collect();
        let mut categories: Vec<&str> = Vec::new();
        for preset in &all {
            if !categories.contains(&preset.category.as_str()) {
                categories.push(&preset.category);
            }
        }
        let place = |preset: &&Preset| categories.iter().position(|c| **c == preset.category);
        all.sort_by_key(place);
        all.into_iter()
    }

    /// Draws a button that applies the preset before or behind the chosen one, and the first one if none is chosen.
    pub(crate) fn step_button(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        (shared, step): (&PluginShared, PresetStep),
    ) {
        let is_chosen = |preset: &Preset| Some(&preset.name) == self.choice.name();
        let index = self.all().position(is_chosen);
        let next = match (index, step) {
            (None, _) => Some(0),
            (Some(index), PresetStep::Back) => index.checked_sub(1),
            (Some(index), PresetStep::Forward) => index.checked_add(1),
        };
        let preset = next.and_then(|next| self.all().nth(next)).cloned();
        let (tip, state) = match &preset {
            Some(preset) => (
                text!("Applies {name}", name = preset.name),
                ActionState::Possible,
            ),
            None => (text!("No more presets").to_owned(), ActionState::Impossible),
        };
        let names = match step {
            PresetStep::Back => ["‹", "‹", text!("Previous preset")],
            PresetStep::Forward => ["›", "›", text!("Next preset")],
        };
        if controls.named_action(ui, rect, names, &tip, state)
            && let Some(preset) = preset
        {
            self.apply(&preset, controls, shared);
        }
    }

    fn apply(&mut self, preset: &Preset, controls: &mut ParamUi<'_>, shared: &PluginShared) {
        let (keep, params) = (self.choice.keeps_ceiling_and_gain, &shared.params);
        controls
            .history
            .together(|history| presets::apply(preset, keep, params, history));
        self.choice.choose(preset, params);
        shared.restart_figures();
    }

    /// Draws the field with the chosen preset, which opens the browser. Returns whether the page of preset files was asked for.
    pub(crate) fn field(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        shared: &PluginShared,
    ) -> bool {
        let theme = controls.theme;
        let response = ui.interact(rect, ui.scope_id().with("presets"), Sense::click());
        let is_changed = self.choice.is_changed(&shared.params);
        let shown = match self.choice.name() {
            Some(name) if is_changed => format!("{name} *"),
            Some(name) => name.clone(),
            None => text!("Presets").to_owned(),
        };
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ComboBox, true, text!("Presets"));
            info.current_text_value = Some(shown.clone());
            info
        });
        draw_field(theme, ui.painter(), rect, &response, ["", &shown]);
        let chosen = self.all().find(|p| Some(&p.name) == self.choice.name());
        let tip = chosen.map_or("", |preset| translate(&preset.description));
        let mut tip = tip.to_owned();
        if is_changed {
            tip.push_str(text!(" Changed since it was loaded."));
        }
        let response = if tip.is_empty() {
            response
        } else {
            response.on_hover_text(tip.trim_start())
        };
        if response.clicked() {
            self.user_presets.reload();
            self.search.clear();
            self.error = None;
            self.described = self.choice.name().cloned();
        }
        let mut chosen = None;
        let mut page = None;
        egui::Popup::menu(&response)
            .gap(theme.px(3.0))
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                scale_widgets(ui, theme);
                chosen = self.browser(ui, theme);
                page = self.file_buttons(ui, theme, is_changed);
            });
        if let Some(preset) = chosen {
            self.apply(&preset, controls, shared);
            egui::Popup::close_all(ui.ctx());
        }
        let is_opened = page.is_some();
        self.file_page = page.or(self.file_page.take());
        is_opened
    }

    /// Imports files on the page of preset files, which begins in their folder.
    pub(crate) fn import_files(&mut self, paths: Vec<PathBuf>) {
        let folder = paths.first().and_then(|path| path.parent());
        self.file_page = Some(PresetFilePage::import(folder));
        self.import.begin_anew();
        self.import.add(paths);
    }

    /// Draws the page of preset files. Returns whether it was closed.
    pub(crate) fn file_page(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>) -> bool {
        let presets = (&mut self.user_presets, &mut self.import);
        let page = self.file_page.as_mut();
        page.is_none_or(|page| page.show(ui, rect, controls, presets))
    }

    /// Draws the browser. Returns the chosen preset.
    fn browser(&mut self, ui: &mut Ui, theme: Theme) -> Option<Preset> {
        ui.set_width(theme.px(LIST.x + DESCRIPTION_WIDTH + 16.0));
        let field = egui::TextEdit::singleline(&mut self.search)
            .hint_text(text!("Search by name, category or description"))
            .desired_width(f32::INFINITY);
        let search = ui.add(field);
        search.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, text!("Search presets")));
        let is_entered = search.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let keeps = &mut self.choice.keeps_ceiling_and_gain;
        ui.checkbox(keeps, text!("Keep my ceiling and gain"));
        ui.separator();

        let found: Vec<(String, Preset)> = self.found();
        let mut chosen = None;
        if is_entered && !self.search.trim().is_empty() {
            chosen = found.first().map(|(_, preset)| preset.clone());
        }
        let column = egui::Layout::top_down(egui::Align::LEFT);
        ui.horizontal_top(|ui| {
            let list = egui::ScrollArea::vertical()
                .id_salt("presets")
                .max_height(theme.px(LIST.y))
                .min_scrolled_height(theme.px(LIST.y))
                .auto_shrink(false);
            ui.allocate_ui_with_layout(theme.vec(LIST.x, LIST.y), column, |ui| {
                list.show(ui, |ui| {
                    let clicked = self.list(ui, theme, &found);
                    chosen = chosen.take().or(clicked);
                });
            });
            ui.add_space(theme.px(6.0));
            let size = theme.vec(DESCRIPTION_WIDTH, LIST.y);
            ui.allocate_ui_with_layout(size, column, |ui| self.description(ui, theme));
        });
        ui.separator();
        chosen
    }

    /// The presets that the search finds, each with its heading. Favorites come first.
    fn found(&self) -> Vec<(String, Preset)> {
        let search = self.search.to_lowercase();
        let has_words = |preset: &&Preset| {
            let [category, description] =
                [&preset.category, &preset.description].map(|text| translate(text));
            let text = format!("{} {category} {description}", preset.name);
            let text = text.to_lowercase();
            search.split_whitespace().all(|word| text.contains(word))
        };
        let is_favorite = |preset: &&Preset| self.user_presets.is_favorite(&preset.name);
        let favorites = self.all().filter(has_words).filter(is_favorite);
        let favorites = favorites.map(|preset| (FAVORITES.to_owned(), preset.clone()));
        let all = self.all().filter(has_words);
        let all = all.map(|preset| (preset.category.clone(), preset.clone()));
        favorites.chain(all).collect()
    }

    /// Draws the found presets with a star each. Returns the clicked one.
    fn list(&mut self, ui: &mut Ui, theme: Theme, found: &[(String, Preset)]) -> Option<Preset> {
        let mut chosen = None;
        if found.is_empty() {
            ui.label(text!("No preset has all of these words."));
        }
        let mut last = "";
        for (heading, preset) in found {
            if heading != last {
                last = heading;
                ui.small(translate(heading));
            }
            ui.horizontal(|ui| {
                let is_favorite = self.user_presets.is_favorite(&preset.name);
                let place = if heading == FAVORITES {
                    text!("{name} among the favorites", name = preset.name)
                } else {
                    preset.name.clone()
                };
                if star(ui, theme, &place, is_favorite) {
                    self.error = self.user_presets.toggle_favorite(&preset.name).err();
                }
                let is_chosen = Some(&preset.name) == self.choice.name();
                let label = ui.selectable_label(is_chosen, &preset.name);
                label.widget_info(|| {
                    WidgetInfo::selected(Role::Button, true, is_chosen, place.clone())
                });
                if label.gained_focus() {
                    label.scroll_to_me(None);
                }
                if label.hovered() || label.has_focus() {
                    self.described = Some(preset.name.clone());
                }
                if label.clicked() {
                    chosen = Some(preset.clone());
                }
            });
        }
        chosen
    }

    /// Draws name, category and description of the preset below the pointer.
    fn description(&self, ui: &mut Ui, theme: Theme) {
        let described = self
            .all()
            .find(|p| Some(&p.name) == self.described.as_ref());
        let Some(preset) = described else {
            let style = regular(12.0, theme.color.tertiary);
            let hint = RichText::new(text!("Rest the pointer on a preset to read about it."));
            ui.label(hint.font(theme.font(style)).color(style.color));
            return;
        };
        let name = RichText::new(&preset.name);
        ui.label(name.font(theme.font(bold(13.5, theme.color.text))));
        ui.label(
            RichText::new(translate(&preset.category))
                .small()
                .color(theme.color.secondary),
        );
        let text = if preset.description.is_empty() {
            text!("This preset has no description.")
        } else {
            translate(&preset.description)
        };
        egui::ScrollArea::vertical()
            .id_salt("description")
            .auto_shrink(false)
            .show(ui, |ui| ui.add(egui::Label::new(text).wrap()));
    }

    /// Draws the buttons that write, remove, import and export presets, and the folder of the user's. Returns the page of
    /// preset files that was asked for.
    fn file_buttons(
        &mut self,
        ui: &mut Ui,
        theme: Theme,
        is_changed: bool,
    ) -> Option<PresetFilePage> {
        let chosen = self.all().find(|p| Some(&p.name) == self.choice.name());
        let chosen = chosen.cloned();
        let mine = chosen.as_ref().map(|preset| preset.name.clone());
        let mine = mine.filter(|name| self.user_presets.has(name));
        let mut page = None;
        let last_folder = self.file_page.as_ref().and_then(PresetFilePage::folder);
        let mut dialog = None;
        ui.horizontal_wrapped(|ui| {
            if ui.button(text!("Save as…")).clicked() {
                dialog = Some(PresetDialog::save(&self.choice, &self.user_presets));
            }
            if let Some(mine) = mine {
                if ui.button(text!("Rename “{mine}”…", mine)).clicked() {
                    dialog = Some(PresetDialog::rename(mine.clone()));
                }
                if ui.button(text!("Delete “{mine}”…", mine)).clicked() {
                    dialog = Some(PresetDialog::delete(mine));
                }
            }
            if ui.button(text!("Import…")).clicked() {
                self.import.begin_anew();
                page = Some(PresetFilePage::import(last_folder));
            }
            if let Some(preset) = chosen
                && ui
                    .button(text!("Export “{name}”…", name = preset.name))
                    .clicked()
            {
                page = Some(PresetFilePage::export(last_folder, preset, is_changed));
            }
        });
        if dialog.is_some() || page.is_some() {
            egui::Popup::close_all(ui.ctx());
        }
        self.dialog = dialog.or(self.dialog.take());
        if let Some(folder) = self.user_presets.folder() {
            ui.horizontal_wrapped(|ui| {
                let text = text!(
                    "Your presets are files in {folder}",
                    folder = display_path(folder)
                );
                ui.label(RichText::new(text).small().color(theme.color.secondary));
                if ui.small_button(text!("Copy path")).clicked() {
                    ui.copy_text(folder.display().to_string());
                }
            });
        }
        let errors = [self.error.as_deref(), self.user_presets.skipped()];
        for error in errors.into_iter().flatten() {
            ui.colored_label(theme.color.over, error);
        }
        page
    }

    /// Draws the open dialog.
    pub(crate) fn dialog(&mut self, ui: &Ui, controls: &ParamUi<'_>, params: &FlowParams) {
        let presets = (&mut self.user_presets, &mut self.choice);
        let is_over = |dialog: &mut PresetDialog| dialog.show(ui, controls, params, presets);
        if self.dialog.as_mut().is_some_and(is_over) {
            self.dialog = None;
        }
    }
}

/// A star that marks a favorite. Returns whether it was clicked.
fn star(ui: &mut Ui, theme: Theme, preset: &str, is_favorite: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(theme.vec(16.0, 16.0), Sense::click());
    let name = text!("Favorite {preset}", preset);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_favorite, &name));
    let point = |i: u8| {
        let radius = theme.px(if i.is_multiple_of(2) { 6.0 } else { 2.6 });
        let angle = std::f32::consts::PI * (f32::from(i) / 5.0 - 0.5);
        rect.center() + Vec2::angled(angle) * radius
    };
    let points: Vec<egui::Pos2> = (0..10).map(point).collect();
    if is_favorite {
        // A star is not convex: five triangles and a pentagon fill it.
        let inner: Vec<egui::Pos2> = points.iter().skip(1).step_by(2).copied().collect();
        let fill = |corners: Vec<egui::Pos2>| {
            Shape::convex_polygon(corners, theme.color.reduction, Stroke::NONE)
        };
        ui.painter().add(fill(inner));
        for tip in (0..10).step_by(2) {
            let corners = [points[(tip + 9) % 10], points[tip], points[tip + 1]];
            ui.painter().add(fill(corners.to_vec()));
        }
    } else {
        let color = if response.hovered() {
            theme.color.text
        } else {
            theme.color.tertiary
        };
        let stroke = Stroke::new(theme.px(1.0), color);
        ui.painter().add(Shape::closed_line(points, stroke));
    }
    theme.focus(ui.painter(), rect, &response);
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    response.clicked()
}
