//! The whole window, as a function of what is shared and what the user does.

use std::sync::Arc;

use egui::Ui;

use super::assistant::{self, Asked, Told};
use super::balance::Balance;
use super::controls::Desk;
use super::decisions::{self, Decisions};
use super::details;
use super::hand::{Hand, Host};
use super::header::Header;
use super::layout::Layout;
use super::library::Library;
use super::listener::Listener;
use super::look::{GROUND, Look, scale_widgets};
use super::menu::Menu;
use super::meters_panel::{self, Figures};
use super::pillars::{self, Now};
use super::recordings::Recordings;
use super::response::Response;
use super::{engine_strip, spectrum_panel, stereo_panel};
use crate::params::AnyParam;
use crate::shared::Shared;
use flow_inference::analysis::{Context, Runs};
use flow_inference::clock;
use flow_inference::flags::Flag;
use flow_inference::load::Load;
use flow_inference::service::ServiceCounts;

/// The window's content. Needs no window: tests draw it without one.
pub struct Screen {
    shared: Arc<Shared>,
    hand: Hand,
    header: Header,
    menu: Menu,
    listener: Listener,
    response: Response,
    /// The same with everything set that is proposed.
    proposed: Response,
    /// About the assistant's proposals.
    decisions: Decisions,
    /// The audio thread's, when something was heard last: a window without sound stays as it is.
    load: Option<Load>,
    /// What the newest analysis ran on and how long it took, ns, likewise.
    made_by: (Arc<Runs>, u64),
    /// The service's figures, likewise.
    counts: ServiceCounts,
    /// The pillar whose details are open.
    open: Option<usize>,
}

impl Screen {
    /// For an instance.
    #[must_use]
    pub fn new(
        shared: Arc<Shared>,
        host: Box<dyn Host + Send>,
        library: Library,
        recordings: Recordings,
    ) -> Self {
        Self {
            hand: Hand::new(shared.params.clone(), host),
            header: Header::new(library),
            menu: Menu::new(recordings),
            listener: Listener::new(),
            response: Response::new(),
            proposed: Response::new(),
            decisions: Decisions::default(),
            load: None,
            made_by: Default::default(),
            counts: ServiceCounts::default(),
            open: None,
            shared,
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
        let rate_hz = shared.sample_rate_hz().unwrap_or(48_000.0);
        let delivery = params.delivery();
        let mut desk = Desk {
            hand: &mut self.hand,
            look,
        };
        let balance = Balance::new(&self.listener, settings.style_target);
        let context = Context {
            settings,
            delivery: *delivery,
        };
        self.header.show(ui, layout.header, &mut desk, &shared);
        let figures = (&self.counts, &*self.made_by.0);
        self.menu
            .show(ui, layout.menu, look, &shared.engine, figures);
        let (report, load) = shared.engine.newest(&context).unwrap_or_default();
        if heard {
            self.load = Some(load);
            self.made_by = (report.runs.clone(), report.took_ns);
            self.counts = shared.engine.counts();
        }
        let report = shared.engine.is_on(Flag::Assistant).then_some(&report);
        let proposals = self.decisions.open(report, params);
        let proposed =
            Some(decisions::with(&settings, &proposals)).filter(|p| *p != settings.sanitised());
        spectrum_panel::show(
            ui,
            layout.spectrum,
            &mut desk,
            (&params.curve, &settings, rate_hz),
            (&self.listener, &balance),
            &mut self.response,
            proposed.map(|proposed| *self.proposed.of(&proposed, rate_hz)),
        );
        meters_panel::history(
            ui.painter(),
            layout.history,
            look,
            &shared.moments,
            delivery.target_lufs,
        );
        let figures = Figures {
            readings: &readings,
            delivery,
            ceiling_dbtp: params.limiter.ceiling.value(),
        };
        if meters_panel::loudness(ui, layout.loudness, &mut desk, &figures) {
            shared.forget_meters();
        }
        stereo_panel::stereo(ui, layout.stereo, look, &self.listener, &readings.output);
        let style = AnyParam::from(&params.curve.style_target);
        let style = style.text(style.normalised());
        let told = Told {
            balance: &balance,
            style_name: &style,
            report,
            proposals: &proposals,
        };
        let place = layout.assistant;
        let asked = assistant::show(ui, place, &mut desk, params, &told, &mut self.decisions);
        if asked == Asked::Listen {
            // What was heard is forgotten when listening begins again.
            shared.engine.listen(false);
            shared.engine.listen(true);
        }
        match self.open {
            Some(pillar) => {
                if details::show(ui, layout.row(), &mut desk, params, pillar) {
                    self.open = None;
                }
            }
            None => {
                let now = Now {
                    activity: &readings.activity,
                    limiter_gain_db: readings.limiter_gain_db,
                };
                self.open = pillars::show(ui, &layout.pillars, &mut desk, params, &now);
            }
        }
        let (runs, took_ns) = &self.made_by;
        engine_strip::show(
            ui,
            layout.engine,
            look,
            &shared,
            (self.load, (runs, *took_ns)),
        );
        shared.engine.drew(begin_ns);
    }
}
