//! The whole window, as a function of what is shared and what the user does.

use std::sync::Arc;

use egui::Ui;

use super::assistant::{self, Asked, Told};
use super::assistant_details::AssistantDetails;
use super::balance::Balance;
use super::controls::Desk;
use super::decisions::Decisions;
use super::details;
use super::hand::{Hand, Host};
use super::header::Header;
use super::hearing::Hearing;
use super::layout::Layout;
use super::left::Left;
use super::library::Library;
use super::listener::Listener;
use super::look::{GROUND, Look, scale_widgets};
use super::menu::Menu;
use super::meters_panel::{self, Figures};
use super::pillars::{self, Now};
use super::recordings::Recordings;
use super::response::{self, Response};
use super::spectrum_panel::{self, Ahead};
use super::taste::TasteFile;
use super::{engine_strip, stereo_panel};
use crate::params::AnyParam;
use crate::plugin_shared::PluginShared;
use flow_analysis::analysis::{Context, Proposal};
use flow_analysis::analyst::Runs;
use flow_analysis::effect;
use flow_analysis::goal::Goal;
use flow_platform::clock;
use flow_platform::flags::Flag;
use flow_service::load::Load;
use flow_service::service::ServiceCounts;

/// The window's content. Needs no window: tests draw it without one.
pub struct Screen {
    shared: Arc<PluginShared>,
    hand: Hand,
    header: Header,
    menu: Menu,
    listener: Listener,
    response: Response,
    /// The same with everything set that is proposed.
    proposed: Response,
    /// About the assistant's proposals.
    decisions: Decisions,
    /// Whether no window of this project was there before.
    is_first: bool,
    /// What they were so far, as far as that is remembered.
    taste: TasteFile,
    /// The audio thread's, when something was heard last: a window without sound stays as it is.
    load: Option<Load>,
    /// What the newest analysis ran on and how long it took, ns, likewise.
    made_by: (Arc<Runs>, u64),
    /// The service's figures, likewise.
    counts: ServiceCounts,
    /// Whose details are open.
    open: Option<Details>,
    assistant: AssistantDetails,
    /// Whom proposals lead to.
    goal: Goal,
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
        library: Library,
        recordings: Recordings,
    ) -> Self {
        let project = shared.params.references.project();
        let left = shared.between.take(project);
        let is_first = left.is_none();
        let left = left.unwrap_or_default();
        Self {
            hand: Hand::new(shared.params.clone(), host).after(left.steps),
            header: Header::new(library),
            menu: Menu::new(recordings),
            listener: Listener::new(),
            response: Response::new(),
            proposed: Response::new(),
            decisions: left.decisions,
            is_first,
            taste: TasteFile::default(),
            load: None,
            made_by: Default::default(),
            counts: ServiceCounts::default(),
            open: None,
            assistant: AssistantDetails::default(),
            goal: shared.params.references.goal(),
            edits: Self::edits(&shared),
            shared,
        }
    }

    /// That learns what the user likes; without it nothing is learnt.
    #[must_use]
    pub fn with_taste(mut self, mut taste: TasteFile) -> Self {
        let known = taste.read();
        if self.is_first {
            self.decisions = Decisions::by(known);
        }
        self.taste = taste;
        self
    }

    /// What was decided says what the user likes. How near somebody wants a reference is no taste.
    fn teach(&mut self) {
        if self.goal.is_empty() {
            let params = &self.shared.params;
            self.decisions.teach(&mut self.taste, params, &self.hand);
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
        let look = Look::fitting(window.size());
        let layout = Layout::new(window, look);
        ui.painter().rect_filled(window, 0.0, GROUND);
        scale_widgets(ui, look);

        let readings = shared.meters.read();
        let settings = params.chain_settings();
        let rate_hz = shared.chain_rate_hz().unwrap_or(48_000.0);
        let delivery = params.delivery();
        self.assistant
            .references
            .go_on(ui.ctx(), &params.references);
        let goal = params.references.goal();
        self.report_edits();
        if goal != self.goal {
            self.teach();
            let others = goal.references != self.goal.references;
            self.decisions.aim_anew(others);
            self.goal = goal.clone();
        }
        let mut desk = Desk {
            hand: &mut self.hand,
            look,
            indications: &shared.indications,
        };
        let balance = Balance::new(&self.listener, settings.style_target);
        let context = Context {
            settings,
            delivery: *delivery,
            turn_down: self.decisions.turn_down,
            goal,
        };
        self.header.show(ui, layout.header, &mut desk, &shared);
        let figures = (&self.counts, &*self.made_by.0);
        let is_reset = self
            .menu
            .show(ui, layout.menu, look, &shared, (figures, &self.taste));
        if is_reset {
            self.taste.reset();
            self.decisions.go_off_the_record();
        }
        let newest = shared.analysis.latest_report(&context);
        if let (true, Some((report, load))) = (heard, &newest) {
            self.load = Some(*load);
            self.made_by = (report.runs.clone(), report.took_ns);
            self.counts = shared.analysis.counts();
        }
        let report = newest.as_ref().map(|(report, _)| report);
        let is_listening = shared.analysis.is_listening();
        let is_on = shared.analysis.is_enabled(Flag::Assistant);
        let hearing = Hearing::of(is_on, is_listening, report);
        let analysis = hearing.ready();
        let proposed = analysis.map_or(&[][..], |analysis| &analysis.proposals);
        let proposals = self.decisions.open(proposed, params);
        let mut ahead = Ahead::default();
        let then = response::linear(&effect::with(&settings, &proposals));
        if then != response::linear(&settings.sanitised()) {
            ahead.response = Some(*self.proposed.of(&then, rate_hz));
        }
        if proposals.iter().any(Proposal::moves_balance) {
            ahead.target =
                analysis.and_then(|analysis| Some(Ahead::target(analysis, analysis.correction()?)));
        }
        spectrum_panel::show(
            ui,
            layout.spectrum,
            &mut desk,
            (&params.curve, &settings, rate_hz),
            (&self.listener, &balance),
            &mut self.response,
            &ahead,
        );
        meters_panel::history(
            ui.painter(),
            layout.history,
            look,
            &shared.meter_history,
            delivery.target_lufs,
        );
        let figures = Figures {
            readings: &readings,
            delivery,
            ceiling_dbtp: params.limiter.ceiling.value(),
        };
        if meters_panel::loudness(ui, layout.loudness, &mut desk, &figures) {
            shared.reset_meters();
        }
        stereo_panel::stereo(ui, layout.stereo, look, &self.listener, &readings.output);
        let style = AnyParam::from(&params.curve.style_target);
        let style = style.text(style.normalized());
        let told = Told {
            hearing: &hearing,
            is_listening,
            balance: &balance,
            style_name: &style,
            has_more: report.is_some_and(|report| report.has_more),
            proposals: &proposals,
        };
        let place = layout.assistant;
        let mut listens_anew = false;
        match assistant::show(ui, place, &mut desk, params, &told, &mut self.decisions) {
            Asked::Listen => listens_anew = true,
            Asked::Stop => shared.analysis.stop(),
            Asked::GoOn => shared.analysis.analyze_latest(),
            Asked::Details => {
                self.open = match self.open {
                    Some(Details::Assistant) => None,
                    _ => Some(Details::Assistant),
                }
            }
            Asked::Nothing => {}
        }
        let row = layout.row();
        let closed = match self.open {
            Some(Details::Pillar(pillar)) => details::show(ui, row, &mut desk, params, pillar),
            Some(Details::Assistant) => {
                let decisions = &mut self.decisions;
                self.assistant
                    .show(ui, row, &mut desk, params, &told, decisions)
            }
            None => {
                let now = Now {
                    activity: &readings.activity,
                    limiter_gain_db: readings.limiter_gain_db,
                };
                let opened = pillars::show(ui, &layout.pillars, &mut desk, params, &now);
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
        engine_strip::show(
            ui,
            layout.engine,
            look,
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
        self.shared.between.leave(Left {
            project: self.shared.params.references.project(),
            decisions: std::mem::take(&mut self.decisions),
            steps: self.hand.take_steps(),
        });
    }
}
