//! The whole content of the editor.

use std::sync::Arc;

use egui::{Key, Popup, Rect, Ui};
use flow_analysis::report::Intensity;
use flow_dsp::math::narrow;
use flow_params::Pillar;
use flow_platform::clock;

use crate::editor::app_part::{AppPart, SongPage};
use crate::editor::file_drop::FileDropInbox;
use crate::editor::focus_return::FocusReturn;
use crate::editor::language::Language;
use crate::editor::layout::{Layout, WindowKind};
use crate::editor::model::editor_model::{EditorModel, edit_counts};
use crate::editor::model::preferences_file::PreferencesFile;
use crate::editor::model::preferences_file::display_options::{Appearance, UsualSize};
use crate::editor::model::preferences_file::language_choice::LanguageChoice;
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::session_state::SessionState;
use crate::editor::model::session_statistics::StatisticsExport;
use crate::editor::model::trace_export::TraceExport;
use crate::editor::model::undo::{EditHistory, Host};
use crate::editor::model::user_presets::UserPresets;
use crate::editor::panels::assistant::{AssistantAction, AssistantPanel};
use crate::editor::panels::assistant_details::AssistantDetails;
use crate::editor::panels::drop_target::{DropAction, DropTargets};
use crate::editor::panels::header::{Header, HeaderRequest};
use crate::editor::panels::history::HistoryPanel;
use crate::editor::panels::menu::Menu;
use crate::editor::panels::meters::LoudnessPanel;
use crate::editor::panels::pillar_details::Instruments;
use crate::editor::panels::spectrum::SpectrumPanel;
use crate::editor::panels::status_bar::StatusBar;
use crate::editor::panels::{pillar_details, pillars, stereo};
use crate::editor::widgets::param_ui::{ParamUi, take_menu_key};
use crate::editor::widgets::theme::palette::Palette;
use crate::editor::widgets::theme::{self, Theme, scale_widgets};
use crate::instances;
use crate::plugin_shared::PluginShared;
use crate::references::files::ReferenceFiles;

/// The editor's content. Tests draw it without a window.
pub struct Screen {
    shared: Arc<PluginShared>,
    /// The number of the project that undo steps, decisions and the preset's name belong to.
    project: u32,
    history: EditHistory,
    decisions: ProposalDecisions,
    /// No earlier window of this project has left decisions.
    is_first_window: bool,
    model: EditorModel,
    header: Header,
    menu: Menu,
    /// The details that replace the pillars.
    details: Option<Details>,
    assistant: AssistantPanel,
    assistant_details: AssistantDetails,
    instruments: Instruments,
    spectrum: SpectrumPanel,
    history_panel: HistoryPanel,
    loudness: LoudnessPanel,
    status_bar: StatusBar,
    drop_targets: DropTargets,
    has_file_dialog: bool,
    /// The part that only the app has.
    app_part: Option<Box<dyn AppPart>>,
    focus_return: FocusReturn<Details>,
    /// The appearance of egui's own widgets.
    appearance: Appearance,
    /// The language while the user has chosen none.
    system_language: Language,
    /// The size that the user has chosen for this window.
    chosen_size: Option<UsualSize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Details {
    Pillar(Pillar),
    Assistant,
    PresetFiles,
    Song(SongPage),
}

impl Screen {
    /// Creates the content for an instance. Without [`with_preferences`](Self::with_preferences) nothing is recorded.
    #[must_use]
    pub fn new(
        shared: Arc<PluginShared>,
        host: Box<dyn Host + Send>,
        presets: UserPresets,
        trace_export: TraceExport,
    ) -> Self {
        let project = shared.params.references.project();
        let last = shared.session.take(project);
        let is_first_window = last.is_none();
        let SessionState {
            decisions,
            undo,
            preset,
            reported_edits,
            ..
        } = last.unwrap_or_else(|| SessionState {
            reported_edits: edit_counts(&shared),
            ..SessionState::default()
        });
        let mut model = EditorModel::new(shared.clone());
        // An import may have gone on since the last window.
        model.reported_edits = reported_edits;
        Self {
            project,
            history: EditHistory::new(shared.params.clone(), host).with_stacks(undo),
            decisions,
            is_first_window,
            model,
            header: Header::new(presets, preset),
            menu: Menu::new(trace_export),
            details: None,
            assistant: AssistantPanel::default(),
            assistant_details: AssistantDetails::default(),
            instruments: Instruments::default(),
            spectrum: SpectrumPanel::default(),
            history_panel: HistoryPanel::default(),
            loudness: LoudnessPanel::new(StatisticsExport::in_folder(None)),
            status_bar: StatusBar::default(),
            drop_targets: DropTargets::default(),
            has_file_dialog: false,
            app_part: None,
            focus_return: FocusReturn::default(),
            appearance: Appearance::default(),
            system_language: Language::ENGLISH,
            chosen_size: None,
            shared,
        }
    }

    /// Reads the user's preferences from a file and records them there.
    #[must_use]
    pub fn with_preferences(mut self, mut file: PreferencesFile) -> Self {
        let preferences = file.read();
        if self.is_first_window {
            self.decisions = ProposalDecisions::with_preferences(preferences);
        }
        self.model.preferences = file;
        self
    }

    /// Shows the texts in this language while the user has chosen none; otherwise in English.
    #[must_use]
    pub fn with_system_language(mut self, language: Language) -> Self {
        self.system_language = language;
        self
    }

    /// Adds the app's part.
    #[must_use]
    pub(crate) fn with_app_part(mut self, part: Box<dyn AppPart>) -> Self {
        self.app_part = Some(part);
        self
    }

    /// Whether the window should be closed.
    pub(crate) fn should_close(&self) -> bool {
        let part = self.app_part.as_ref();
        part.is_some_and(|part| part.should_close())
    }

    fn kind(&self) -> WindowKind {
        match self.app_part {
            Some(_) => WindowKind::App,
            None => WindowKind::Plugin,
        }
    }

    /// Remembers a size that the user has chosen, for the windows of other projects. The app has its own.
    pub fn remember_size(&mut self, logical: [f32; 2]) {
        if self.kind() == WindowKind::Plugin {
            self.chosen_size = Some(UsualSize::new(logical));
        }
    }

    /// Saves statistics of sessions to files.
    #[must_use]
    pub fn with_statistics(mut self, export: StatisticsExport) -> Self {
        self.loudness = LoudnessPanel::new(export);
        self
    }

    /// Remembers in a list where the songs of references lie.
    #[must_use]
    pub fn with_reference_files(self, files: ReferenceFiles) -> Self {
        let references = &self.shared.params.references;
        let mut import = self.shared.reference_import.lock();
        import.set_files(files, references);
        drop(import);
        self
    }

    /// The language of the texts: the user's, that of the system, or English if Flow doesn't have that.
    fn language(&mut self) -> Language {
        self.model.preferences.follow_language();
        match self.model.preferences.display().appearance.language {
            LanguageChoice::System => self.system_language,
            LanguageChoice::Fixed(language) => language,
        }
    }

    /// Takes the files that are dragged onto the window.
    #[must_use]
    pub fn with_file_drops(mut self, inbox: FileDropInbox) -> Self {
        self.drop_targets.set_inbox(inbox);
        self
    }

    /// Offers the system's dialog for files.
    #[must_use]
    pub fn with_file_dialog(mut self, is_available: bool) -> Self {
        self.has_file_dialog = is_available;
        self
    }

    /// Draws one frame.
    pub fn show(&mut self, ui: &mut Ui) {
        let begin_ns = clock::now_ns();
        let _language = self.language().enter();
        // A text field, a menu or a dialog takes Escape for itself, and is closed before the end of the frame.
        let has_other_use = self.focus_return.was_typing() || self.is_menu_open(ui.ctx());
        let shared = self.shared.clone();
        self.follow_project();
        let references = &mut self.assistant_details.references;
        references.poll(ui.ctx(), &shared);
        if let Some(part) = &mut self.app_part
            && part.begin_frame(ui.ctx(), shared.sample_rate_hz())
        {
            shared.restart_figures();
        }
        let window = ui.ctx().content_rect();
        let kind = self.kind();
        let appearance = self.model.preferences.display().appearance;
        if self.appearance != appearance {
            self.appearance = appearance;
            theme::set_appearance(ui.ctx(), appearance);
            ui.reset_style();
        }
        let theme = Theme::fit(window.size(), kind.design(), Palette::of(appearance.colors));
        // Hosts may make the window smaller than that. Then it shows the upper left part.
        let least = kind.design() * Theme::LEAST_SCALE;
        let content = Rect::from_min_size(window.min, window.size().max(least));
        let layout = Layout::new(content, theme, kind);
        ui.painter()
            .rect_filled(window, 0.0, theme.color.background);
        scale_widgets(ui, theme);

        let time_s = ui.input(|i| i.time);
        let decisions = &mut self.decisions;
        let view = self.model.update(decisions, &self.history, time_s);
        let mut controls = ParamUi {
            history: &mut self.history,
            theme,
            indications: &shared.indications,
            host: &shared.host,
            is_menu_key: take_menu_key(ui),
            has_file_dialog: self.has_file_dialog,
        };
        let header = &mut self.header;
        match header.show(ui, layout.header, &mut controls, &shared) {
            Some(HeaderRequest::PresetFiles) => self.details = Some(Details::PresetFiles),
            Some(HeaderRequest::References) => {
                self.details = Some(Details::Assistant);
                self.assistant_details.open_references();
            }
            None => {}
        }
        let mut display = view.preferences.display();
        let is_reset = self
            .menu
            .show(ui, layout.menu, theme, &view, &mut display.appearance);
        if let Some(part) = &mut self.app_part {
            let open = match self.details {
                Some(Details::Song(page)) => Some(page),
                _ => None,
            };
            if let Some(page) = part.strip(ui, layout.strip, &mut controls, open) {
                self.details = (open != Some(page)).then_some(Details::Song(page));
            }
        }
        let spectrum = &mut self.spectrum;
        display.spectrum = spectrum.show(ui, layout.spectrum, &mut controls, &view);
        let history = &mut self.history_panel;
        display.history = history.show(ui, layout.history, &controls, &view);
        let loudness = &mut self.loudness;
        let meters = &mut display.meters;
        if loudness.show(ui, layout.loudness, &controls, &view, meters) {
            shared.restart_figures();
        }
        stereo::show(ui, layout.stereo, theme, &view);
        let decisions = &mut self.decisions;
        let intensity = decisions.intensity;
        let assistant = &mut self.assistant;
        let action = assistant.show(ui, layout.assistant, &mut controls, &view, decisions);
        let row = layout.pillar_row();
        self.focus_return.enter_page(ui.ctx(), self.details);
        let is_closed = match self.details {
            Some(Details::Pillar(pillar)) => {
                let shown = (pillar, &mut self.instruments);
                pillar_details::show(ui, row, &mut controls, &view, shown)
            }
            Some(Details::Assistant) => {
                let details = &mut self.assistant_details;
                details.show(ui, row, &mut controls, &view, decisions)
            }
            Some(Details::PresetFiles) => self.header.preset_files(ui, row, &controls),
            Some(Details::Song(page)) => self
                .app_part
                .as_mut()
                .is_none_or(|part| part.page(ui, row, &controls, (page, &view.settings))),
            None => {
                let opened = pillars::show(ui, &layout.pillars, &mut controls, &view);
                self.details = opened.map(Details::Pillar);
                false
            }
        };
        if !matches!(self.details, Some(Details::Pillar(_))) {
            // Its button is in the details.
            shared.monitor.end_solo();
        }
        self.status_bar.show(ui, layout.status, theme, &view);
        let is_escaped = !has_other_use && ui.input(|i| i.key_pressed(Key::Escape));
        if is_closed || is_escaped {
            self.details = None;
        }
        display.window = self.chosen_size.or(display.window);
        let preferences = &mut self.model.preferences;
        let is_changed = display != preferences.display();
        let last_language = preferences.display().appearance.language;
        preferences.set_display(display, time_s);
        if let Some(wait_s) = preferences.write_settled_display(time_s) {
            ui.ctx().request_repaint_after_secs(narrow(wait_s));
        }
        if is_changed {
            // The next frame has a new appearance.
            ui.ctx().request_repaint();
        }
        if display.appearance.language != last_language {
            // All windows have one language.
            let instances = instances::all().into_iter();
            instances.for_each(|instance| instance.repaint.request_repaint());
        }
        if self.decisions.intensity != intensity {
            self.model
                .preferences
                .set_intensity(self.decisions.intensity);
        }
        if is_reset {
            self.model.preferences.reset();
            self.decisions.stop_recording();
            self.decisions.intensity = Intensity::default();
        }
        self.perform(action);
        let dropped = self.drop_targets.show(ui, theme, kind);
        self.use_files(dropped);
        let is_menu_open = self.is_menu_open(ui.ctx());
        let focus = &mut self.focus_return;
        focus.end_frame(ui.ctx(), is_menu_open, self.details);
        if let Some(next_s) = self.model.next_step_s(time_s) {
            ui.ctx().request_repaint_after_secs(narrow(next_s));
        }
        shared.analysis.record_repaint(begin_ns);
    }

    /// Whether a menu or a dialog is open.
    fn is_menu_open(&self, ctx: &egui::Context) -> bool {
        Popup::is_any_open(ctx) || self.header.has_dialog()
    }

    /// Forgets what belongs to the last project after the host has loaded another one.
    fn follow_project(&mut self) {
        let project = self.shared.params.references.project();
        if std::mem::replace(&mut self.project, project) == project {
            return;
        }
        // The decisions can't be recorded any more: the parameters are those of the new project.
        self.decisions = ProposalDecisions::with_preferences(self.model.preferences.read());
        self.history.clear();
        self.header.forget_choice();
        self.shared.monitor.end_reference();
    }

    /// Opens, adds and imports dropped files. The page of presets comes first, because an import may ask.
    fn use_files(&mut self, dropped: DropAction) {
        if let (Some(song), Some(part)) = (dropped.song, &mut self.app_part) {
            part.open_song(song);
            if matches!(self.details, Some(Details::Song(SongPage::Open))) {
                self.details = None;
            }
        }
        if !dropped.references.is_empty() {
            let (details, shared) = (&mut self.assistant_details, &self.shared);
            details.add_references(dropped.references, shared);
            self.details = Some(Details::Assistant);
        }
        if !dropped.presets.is_empty() {
            self.header.import_presets(dropped.presets);
            self.details = Some(Details::PresetFiles);
        }
    }

    fn perform(&mut self, action: AssistantAction) {
        let analysis = &self.shared.analysis;
        match action {
            AssistantAction::None => {}
            AssistantAction::Listen => {
                // The decisions about the last song are final.
                let (decisions, history) = (&mut self.decisions, &self.history);
                self.model.record_preferences(decisions, history);
                decisions.reset(self.model.preferences.read());
                analysis.restart();
            }
            AssistantAction::Stop => analysis.stop(),
            AssistantAction::Reanalyze => analysis.analyze_latest(),
            AssistantAction::ToggleDetails => {
                self.details = match self.details {
                    Some(Details::Assistant) => None,
                    _ => Some(Details::Assistant),
                };
            }
        }
    }
}

impl Drop for Screen {
    /// Records the decisions and keeps the session for the next window.
    fn drop(&mut self) {
        self.model.report_edits();
        if self.shared.reference_import.lock().is_running() {
            // Nothing else could tell the host that there will be more to save.
            self.shared.host.state_changed();
        }
        self.model.preferences.write_display();
        self.model
            .record_preferences(&mut self.decisions, &self.history);
        self.shared.session.put(SessionState {
            project: self.project,
            decisions: std::mem::take(&mut self.decisions),
            undo: self.history.take_stacks(),
            preset: self.header.take_choice(),
            reported_edits: self.model.reported_edits,
        });
    }
}
