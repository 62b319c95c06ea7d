//! The whole window, as a function of what is shared and what the user does.

use std::sync::Arc;

use egui::Ui;

use crate::editor::layout::Layout;
use crate::editor::model::analyzers::Analyzers;
use crate::editor::model::chain_response::{self, ChainResponse};
use crate::editor::model::listening_state::ListeningState;
use crate::editor::model::preferences_file::PreferencesFile;
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::session_state::SessionState;
use crate::editor::model::tonal_balance::TonalBalance;
use crate::editor::model::trace_export::TraceExport;
use crate::editor::model::undo::{EditHistory, Host};
use crate::editor::model::user_presets::UserPresets;
use crate::editor::panels::assistant::{self, AssistantAction, AssistantView};
use crate::editor::panels::assistant_details::AssistantDetails;
use crate::editor::panels::header::Header;
use crate::editor::panels::menu::Menu;
use crate::editor::panels::meters::{self, MeterReadout};
use crate::editor::panels::pillar_details;
use crate::editor::panels::pillars::{self, PillarReadouts};
use crate::editor::panels::spectrum::{self, ProposedCurves};
use crate::editor::panels::{status_bar, stereo};
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{GROUND, Theme, scale_widgets};
use crate::plugin_shared::PluginShared;
use flow_analysis::analyzer::BackendStatus;
use flow_analysis::effect_model;
use flow_analysis::reference::ReferenceTarget;
use flow_analysis::report::{Context, Proposal};
use flow_params::ParameterId;
use flow_platform::clock;
use flow_platform::flags::Flag;
use flow_service::ServiceStats;
use flow_service::load::Load;

/// The window's content. Needs no window: tests draw it without one.
pub struct Screen {
    shared: Arc<PluginShared>,
    history: EditHistory,
    header: Header,
    menu: Menu,
    listener: Analyzers,
    response: ChainResponse,
    /// The same with everything set that is proposed.
    proposed: ChainResponse,
    /// About the assistant's proposals.
    decisions: ProposalDecisions,
    /// Whether no window of this project was there before.
    is_first: bool,
    /// What they were so far, as far as that is remembered.
    taste: PreferencesFile,
    /// The audio thread's, when something was heard last: a window without sound stays as it is.
    load: Option<Load>,
    /// What the newest analysis ran on and how long it took, ns, likewise.
    made_by: (Arc<BackendStatus>, u64),
    /// The service's figures, likewise.
    counts: ServiceStats,
    /// Whose details are open.
    open: Option<Details>,
    assistant: AssistantDetails,
    /// Whom proposals lead to.
    goal: ReferenceTarget,
    /// The edits that the host knows.
    edits: [u32; 2],
}

/// What opens in the pillars' place.
#[derive(Clone, Copy)]
enum Details {
    Pillar(usize),
    Assistant,
}

impl Screen {
    /// How often the user edited what is saved beside the parameters: slots, and references.
    fn edits(shared: &PluginShared) -> [u32; 2] {
        let params = &shared.params;
        [params.slots.edits(), params.references.edits()]
    }

    /// Tells the host if there is something new to save beside the parameters.
    fn report_edits(&mut self) {
        let edits = Self::edits(&self.shared);
        if std::mem::replace(&mut self.edits, edits) != edits {
            self.shared.state_listener.notify();
        }
    }

    /// For an instance.
    #[must_use]
    pub fn new(
        shared: Arc<PluginShared>,
        host: Box<dyn Host + Send>,
        library: UserPresets,
        recordings: TraceExport,
    ) -> Self {
        let project = shared.params.references.project();
        let left = shared.session.take(project);
        let is_first = left.is_none();
        let left = left.unwrap_or_default();
        Self {
            history: EditHistory::new(shared.params.clone(), host).after(left.steps),
            header: Header::new(library),
            menu: Menu::new(recordings),
            listener: Analyzers::new(),
            response: ChainResponse::new(),
            proposed: ChainResponse::new(),
            decisions: left.decisions,
            is_first,
            taste: PreferencesFile::default(),
            load: None,
            made_by: Default::default(),
            counts: ServiceStats::default(),
            open: None,
            assistant: AssistantDetails::default(),
            goal: shared.params.references.target(),
            edits: Self::edits(&shared),
            shared,
        }
    }

    /// That learns what the user likes; without it nothing is learnt.
    #[must_use]
    pub fn with_taste(mut self, mut taste: PreferencesFile) -> Self {
        let known = taste.read();
        if self.is_first {
            self.decisions = ProposalDecisions::by(known);
        }
        self.taste = taste;
        self
    }

    /// What was decided says what the user likes. How near somebody wants a reference is no taste.
    fn teach(&mut self) {
        if self.goal.is_empty() {
            let params = &self.shared.params;
            self.decisions.teach(&mut self.taste, params, &self.history);
        }
    }

    /// Draws everything.
    pub fn show(&mut self, ui: &mut Ui) {
        let begin_ns = clock::now_ns();
        let shared = self.shared.clone();
        let params = &*shared.params;
        params.slots.settle(params);
        let heard = self.listener.listen(&shared);
        let window = ui.ctx().content_rect();
        let theme = Theme::fitting(window.size());
        let layout = Layout::new(window, theme);
        ui.painter().rect_filled(window, 0.0, GROUND);
        scale_widgets(ui, theme);

        let readings = shared.meters.read();
        let settings = params.chain_settings();
        let rate_hz = shared.chain_rate_hz().unwrap_or(48_000.0);
        let delivery = params.delivery();
        self.assistant
            .references
            .go_on(ui.ctx(), &params.references);
        let goal = params.references.target();
        self.report_edits();
        if goal != self.goal {
            self.teach();
            let others = goal.references != self.goal.references;
            self.decisions.aim_anew(others);
            self.goal = goal.clone();
        }
        let mut controls = ParamUi {
            history: &mut self.history,
            theme,
            indications: &shared.indications,
        };
        let balance = TonalBalance::new(&self.listener, settings.style_target);
        let context = Context {
            settings,
            delivery: *delivery,
            allow_gain_reduction: self.decisions.turn_down,
            reference_target: goal,
        };
        self.header.show(ui, layout.header, &mut controls, &shared);
        let figures = (&self.counts, &*self.made_by.0);
        let is_reset = self
            .menu
            .show(ui, layout.menu, theme, &shared, (figures, &self.taste));
        if is_reset {
            self.taste.reset();
            self.decisions.go_off_the_record();
        }
        let newest = shared.analysis.latest_report(&context);
        if let (true, Some((report, load))) = (heard, &newest) {
            self.load = Some(*load);
            self.made_by = (report.backend.clone(), report.analysis_duration_ns);
            self.counts = shared.analysis.counts();
        }
        let report = newest.as_ref().map(|(report, _)| report);
        let is_listening = shared.analysis.is_listening();
        let is_on = shared.analysis.is_enabled(Flag::Assistant);
        let hearing = ListeningState::of(is_on, is_listening, report);
        let analysis = hearing.ready();
        let proposed = analysis.map_or(&[][..], |analysis| &analysis.proposals);
        let proposals = self.decisions.open(proposed, params);
        let mut ahead = ProposedCurves::default();
        let then = chain_response::linear(&effect_model::apply(&settings, &proposals));
        if then != chain_response::linear(&settings.sanitised()) {
            ahead.response = Some(*self.proposed.of(&then, rate_hz));
        }
        if proposals.iter().any(Proposal::changes_balance) {
            ahead.target = analysis.and_then(|analysis| {
                Some(ProposedCurves::target(analysis, analysis.correction()?))
            });
        }
        spectrum::show(
            ui,
            layout.spectrum,
            &mut controls,
            (params, &settings, rate_hz),
            (&self.listener, &balance),
            &mut self.response,
            &ahead,
        );
        meters::history(
            ui.painter(),
            layout.history,
            theme,
            &shared.meter_history,
            delivery.target_lufs,
        );
        let figures = MeterReadout {
            readings: &readings,
            delivery,
            ceiling_dbtp: settings.limiter.ceiling_db,
        };
        if meters::loudness(ui, layout.loudness, &mut controls, &figures) {
            shared.reset_meters();
        }
        stereo::stereo(ui, layout.stereo, theme, &self.listener, &readings.output);
        let style = params.get(ParameterId::StyleTarget);
        let style = style.text(style.normalized());
        let view = AssistantView {
            hearing: &hearing,
            is_listening,
            balance: &balance,
            style_name: &style,
            has_more: report.is_some_and(|report| report.has_newer_window),
            proposals: &proposals,
        };
        let place = layout.assistant;
        let mut listens_anew = false;
        match assistant::show(ui, place, &mut controls, params, &view, &mut self.decisions) {
            AssistantAction::Listen => listens_anew = true,
            AssistantAction::Stop => shared.analysis.stop(),
            AssistantAction::GoOn => shared.analysis.analyze_latest(),
            AssistantAction::Details => {
                self.open = match self.open {
                    Some(Details::Assistant) => None,
                    _ => Some(Details::Assistant),
                }
            }
            AssistantAction::Nothing => {}
        }
        let row = layout.row();
        let closed = match self.open {
            Some(Details::Pillar(pillar)) => {
                pillar_details::show(ui, row, &mut controls, params, pillar)
            }
            Some(Details::Assistant) => {
                let decisions = &mut self.decisions;
                self.assistant
                    .show(ui, row, &mut controls, params, &view, decisions)
            }
            None => {
                let now = PillarReadouts {
                    activity: &readings.activity,
                    limiter_gain_db: readings.limiter_gain_db,
                };
                let opened = pillars::show(ui, &layout.pillars, &mut controls, params, &now);
                self.open = opened.map(Details::Pillar);
                false
            }
        };
        if closed {
            self.open = None;
        }
        if listens_anew {
            // What was decided is final.
            self.teach();
            self.decisions.forget(self.taste.read());
            shared.analysis.restart();
        }
        let (runs, took_ns) = &self.made_by;
        status_bar::show(
            ui,
            layout.engine,
            theme,
            &shared,
            (self.load, (runs, *took_ns)),
        );
        shared.analysis.record_repaint(begin_ns);
    }
}

impl Drop for Screen {
    /// Leaves to the next window what the user did.
    fn drop(&mut self) {
        self.report_edits();
        self.teach();
        self.shared.session.leave(SessionState {
            project: self.shared.params.references.project(),
            decisions: std::mem::take(&mut self.decisions),
            steps: self.history.take_steps(),
        });
    }
}
