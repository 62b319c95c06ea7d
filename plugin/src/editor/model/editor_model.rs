//! The state behind the editor, and the view model that it builds once per frame.

use std::sync::Arc;

use flow_analysis::analyzer::BackendStatus;
use flow_analysis::correction::{BANDS, FIRST_BAND};
use flow_analysis::effect_model;
use flow_analysis::reference::ReferenceTarget;
use flow_analysis::report::{Analysis, Context, Grade, Proposal};
use flow_dsp::{ChainSettings, Delivery, Readings};
use flow_params::ParameterId;
use flow_platform::flags::Flag;
use flow_service::ServiceStats;
use flow_service::audio_load::Load;

use crate::editor::model::analyzers::{Analyzers, Curve};
use crate::editor::model::chain_response::{self, ChainResponse};
use crate::editor::model::listening_state::ListeningState;
use crate::editor::model::number_text::value_text;
use crate::editor::model::preferences_file::PreferencesFile;
use crate::editor::model::preferences_file::display_options::Averaging;
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::tonal_balance::TonalBalance;
use crate::editor::model::undo::EditHistory;
use crate::plugin_shared::PluginShared;

/// Time between two steps of the meters with reduced motion, s.
const REDUCED_MOTION_STEP_S: f64 = 0.25;

/// The state that outlives a frame.
pub(crate) struct EditorModel {
    shared: Arc<PluginShared>,
    analyzers: Analyzers,
    response: ChainResponse,
    /// The response with all recommended proposals applied.
    proposed_response: ChainResponse,
    status: ServiceStatus,
    pub(crate) preferences: PreferencesFile,
    /// The references and their amount in the last frame.
    target: ReferenceTarget,
    /// The edit counts that the host was told.
    pub(crate) reported_edits: [u32; 2],
    /// The readings that are shown, and since when, s.
    shown: (Readings, f64),
    /// Audio has arrived since.
    has_newer: bool,
}

/// The service's figures. They change only while audio arrives, so an idle window is not redrawn.
#[derive(Default)]
pub(crate) struct ServiceStatus {
    /// The load of the audio thread.
    pub(crate) load: Option<Load>,
    /// The backend of the newest analysis.
    pub(crate) backend: Arc<BackendStatus>,
    /// Duration of the newest analysis, ns.
    pub(crate) analysis_ns: u64,
    pub(crate) counts: ServiceStats,
}

/// All that the panels show in one frame.
pub(crate) struct EditorView<'a> {
    pub(crate) shared: &'a PluginShared,
    pub(crate) settings: ChainSettings,
    pub(crate) delivery: &'static Delivery,
    pub(crate) readings: Readings,
    pub(crate) analyzers: &'a Analyzers,
    pub(crate) balance: TonalBalance,
    pub(crate) responses: ResponseCurves,
    pub(crate) assistant: AssistantView,
    pub(crate) preferences: &'a PreferencesFile,
    pub(crate) status: &'a ServiceStatus,
}

impl EditorView<'_> {
    /// The loudness that meters, statistics and the assistant aim at, LUFS: the user's own target, or that of the delivery.
    pub(crate) fn target_lufs(&self) -> Option<f32> {
        self.own_target_lufs().or(self.delivery.target_lufs)
    }

    /// The user's own target, LUFS.
    pub(crate) fn own_target_lufs(&self) -> Option<f32> {
        self.preferences.own_target_lufs()
    }
}

/// The curves that the spectrum shows besides levels.
pub(crate) struct ResponseCurves {
    /// The chain's response, dB; that of the mid if mid and side differ.
    pub(crate) current: Curve,
    /// The response of the side, where it differs, dB.
    pub(crate) side: Option<Curve>,
    /// The response with all recommended proposals applied, where it differs, dB.
    pub(crate) proposed: Option<Curve>,
    /// The target of the proposals for the input: third octaves against the broadband level, dB.
    pub(crate) target_db: Option<[f32; BANDS]>,
}

/// The assistant's state.
pub(crate) struct AssistantView {
    pub(crate) listening: ListeningState,
    /// *Listen* is on.
    pub(crate) is_listening: bool,
    /// Clearly more audio has arrived than was analyzed.
    pub(crate) has_more: bool,
    /// A part of it is clearly louder than the analyzed one.
    pub(crate) has_louder_part: bool,
    /// Name of the style target.
    pub(crate) style_name: String,
    /// Other proposals are on trial, which will replace the present ones.
    pub(crate) is_trying: bool,
    /// The undecided proposals, the most recommended first.
    pub(crate) proposals: Vec<Proposal>,
}

impl AssistantView {
    /// The state in a few words, or how the mix sounds.
    pub(crate) fn heading(&self) -> String {
        self.listening.heading(&self.proposals)
    }

    /// One line of explanation: see [`ListeningState::explanation`].
    pub(crate) fn explanation(&self) -> String {
        self.listening.explanation(&self.style_name)
    }

    /// The heading and the explanation, as sentences for a screen reader.
    pub(crate) fn description(&self) -> String {
        let heading = self.heading();
        format!("{}. {}", heading.trim_end_matches('.'), self.explanation())
    }

    /// The proposals that *Apply all* takes.
    pub(crate) fn recommended(&self) -> impl Iterator<Item = &Proposal> {
        let proposals = self.proposals.iter();
        proposals.filter(|p| p.grade == Grade::Recommended && !p.is_empty())
    }
}

impl EditorModel {
    pub(crate) fn new(shared: Arc<PluginShared>) -> Self {
        Self {
            analyzers: Analyzers::new(),
            response: ChainResponse::new(),
            proposed_response: ChainResponse::new(),
            status: ServiceStatus::default(),
            preferences: PreferencesFile::default(),
            target: shared.params.references.target(),
            reported_edits: edit_counts(&shared),
            shown: (shared.meters.read(), f64::NEG_INFINITY),
            has_newer: false,
            shared,
        }
    }

    /// Tells the host about new edits of slots and references, which are saved beside the parameters.
    pub(crate) fn report_edits(&mut self) {
        let edits = edit_counts(&self.shared);
        if std::mem::replace(&mut self.reported_edits, edits) != edits {
            self.shared.host.state_changed();
        }
    }

    /// Records the decisions in the preferences. With references nothing is recorded: their amount is no preference.
    pub(crate) fn record_preferences(
        &mut self,
        decisions: &mut ProposalDecisions,
        history: &EditHistory,
    ) {
        if self.target.is_empty() {
            decisions.record(&mut self.preferences, &self.shared.params, history);
        }
    }

    /// Fetches audio and the newest report, and builds the view of the frame at `time_s`.
    pub(crate) fn update(
        &mut self,
        decisions: &mut ProposalDecisions,
        history: &EditHistory,
        time_s: f64,
    ) -> EditorView<'_> {
        self.report_edits();
        let params = self.shared.params.clone();
        params.slots.settle(&params);
        params.stage_slots.settle(&params);
        let target = params.references.target();
        if target != self.target {
            self.record_preferences(decisions, history);
            decisions.retarget(target.references != self.target.references);
            self.target = target.clone();
        }
        let settings = params.chain_settings();
        let delivery = params.delivery();
        let has_step = self.step_readings(time_s);
        let context = Context {
            settings,
            delivery: *delivery,
            own_target_lufs: self.preferences.own_target_lufs(),
            intensity: decisions.intensity,
            allow_gain_reduction: decisions.allow_gain_reduction,
            reference_target: target,
        };
        let report = self.fetch_report(&context, has_step);
        let assistant = self.assistant_view(report, decisions);
        let responses = self.response_curves(&settings, &assistant);
        EditorView {
            shared: &self.shared,
            settings,
            delivery,
            readings: self.shown.0,
            analyzers: &self.analyzers,
            balance: TonalBalance::new(&self.analyzers.output, settings.style_target),
            responses,
            assistant,
            preferences: &self.preferences,
            status: &self.status,
        }
    }

    /// Takes the newest readings, with reduced motion a few times a second. Returns whether it did.
    fn step_readings(&mut self, time_s: f64) -> bool {
        let is_reduced = self.preferences.display().appearance.reduced_motion;
        let has_step = !is_reduced || time_s - self.shown.1 >= REDUCED_MOTION_STEP_S;
        if has_step {
            self.shown = (self.shared.meters.read(), time_s);
            self.has_newer = false;
        }
        has_step
    }

    /// The time until the readings of newer audio are shown, s; `None` without newer audio.
    pub(crate) fn next_step_s(&self, time_s: f64) -> Option<f64> {
        let next_s = self.shown.1 + REDUCED_MOTION_STEP_S - time_s;
        self.has_newer.then_some(next_s.max(0.0))
    }

    /// Analyzes the audio that has arrived, and takes the service's newest report. The stereo image moves
    /// with the readings only.
    fn fetch_report(&mut self, context: &Context, has_step: bool) -> Option<flow_service::Report> {
        let display = self.preferences.display();
        let mut averaging = display.spectrum.averaging;
        if display.appearance.reduced_motion {
            averaging = Averaging::Slow;
        }
        let average_s = averaging.seconds();
        let has_audio = self.analyzers.fetch(&self.shared, average_s, has_step);
        self.has_newer |= has_audio && !has_step;
        let analysis = &self.shared.analysis;
        let (report, load) = analysis.latest_report(context)?;
        if has_audio {
            self.status = ServiceStatus {
                load: Some(load),
                backend: report.backend.clone(),
                analysis_ns: report.analysis_duration_ns,
                counts: analysis.counts(),
            };
        }
        Some(report)
    }

    fn assistant_view(
        &self,
        report: Option<flow_service::Report>,
        decisions: &mut ProposalDecisions,
    ) -> AssistantView {
        let params = &self.shared.params;
        let client = &self.shared.analysis;
        let is_listening = client.is_listening();
        let is_enabled = client.is_enabled(Flag::Assistant);
        let has_rate = self.shared.sample_rate_hz().is_some();
        let listening = if has_rate && self.shared.chain_rate_hz().is_none() {
            ListeningState::UnsupportedRate
        } else {
            ListeningState::new(is_enabled, is_listening, report.as_ref())
        };
        let proposed = listening.analysis().map_or(&[][..], |a| &a.proposals);
        let proposals = decisions.open_proposals(proposed, params);
        let style = params.get(ParameterId::StyleTarget);
        AssistantView {
            listening,
            is_listening,
            has_more: report.as_ref().is_some_and(|r| r.has_newer_window),
            has_louder_part: report.as_ref().is_some_and(|r| r.has_louder_part),
            is_trying: report.is_some_and(|r| r.trial_progress.is_some()),
            style_name: value_text(style, style.normalized()),
            proposals,
        }
    }

    fn response_curves(
        &mut self,
        settings: &ChainSettings,
        assistant: &AssistantView,
    ) -> ResponseCurves {
        let rate_hz = self.shared.chain_rate_hz().unwrap_or(48_000.0);
        let then = effect_model::apply(settings, assistant.recommended());
        let proposed = chain_response::linear(&then);
        let is_changed = proposed != chain_response::linear(&settings.sanitized());
        let has_target = assistant.proposals.iter().any(Proposal::changes_balance);
        let analysis = assistant.listening.analysis().filter(|_| has_target);
        let current = self.response.gains_db(settings, rate_hz);
        ResponseCurves {
            current: current.mid,
            side: current.side,
            proposed: is_changed.then(|| self.proposed_response.gains_db(&proposed, rate_hz).mid),
            target_db: analysis.and_then(target_db),
        }
    }
}

/// The analyzed spectrum with the mean of its correction, dB.
fn target_db(analysis: &Analysis) -> Option<[f32; BANDS]> {
    let correction = analysis.correction()?;
    let levels = &analysis.summary.third_octaves_db[FIRST_BAND..];
    Some(std::array::from_fn(|band| {
        levels[band] + correction.curve[band].mean
    }))
}

/// Numbers of the user's edits of slots and of references.
pub(crate) fn edit_counts(shared: &PluginShared) -> [u32; 2] {
    let params = &shared.params;
    [
        params
            .slots
            .edits()
            .wrapping_add(params.stage_slots.edits()),
        params.references.edits(),
    ]
}
