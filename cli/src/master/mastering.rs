//! The mastering of one song: measurement, proposals, search for the gain, and measurement of the output.

use super::applied_proposals::AppliedProposals;
use super::gain_reduction;
use super::gain_search::{self, SearchResult, StopReason};
use super::loudness_stats::LoudnessStats;
use super::progress::SongProgress;
use super::proposals;
use super::target::{LoudnessGoal, MasteringTarget};
use flow_params::ParameterId;

use crate::plugin_session::{ParameterValue, PluginSession, Setting};
use anyhow::{Result, ensure};
use flow_audio_file::Audio;
use flow_audio_file::Song;
use flow_dsp::Readings;
use flow_host::clap::RenderResult;
use flow_measure::loudness;

/// The absolute gate of BS.1770: a quieter song has no integrated loudness.
const SILENT_LUFS: f64 = -70.0;
/// The length of a gating block of BS.1770: a shorter song has no integrated loudness.
const SHORTEST_SECONDS: f64 = 0.4;
/// The range of the parameters `gain` and `trim` in both directions.
const GAIN_DB: f64 = 24.0;

/// The limiter's style changes to Loud only if that adds more than this.
const STYLE_CHANGE_LU: f64 = 0.1;

/// A mastered song with its measurements.
pub(crate) struct MasteringResult {
    pub(crate) input: Audio,
    pub(crate) output: Audio,
    pub(crate) before: LoudnessStats,
    pub(crate) after: LoudnessStats,
    /// None if only the ceiling applies.
    pub(crate) target_lufs: Option<f64>,
    pub(crate) ceiling_dbtp: f64,
    /// The final loudness gain and trim.
    pub(crate) gain_db: f64,
    pub(crate) trim_db: f64,
    /// None if the gain was set by hand or has no target.
    pub(crate) search: Option<SearchResult>,
    /// Whether the song was louder than the goal and must not be turned down.
    pub(crate) was_loud_enough: bool,
    /// The loudness that the style Clean reached, if Loud replaced it.
    pub(crate) clean_style_lufs: Option<f64>,
    pub(crate) latency_samples: u32,
    pub(crate) process_seconds: f64,
    pub(crate) readings: Option<Readings>,
    /// Gain reduction over time, in steps of [`gain_reduction::STEP_SECONDS`].
    pub(crate) reduction_db: Vec<f64>,
    /// All parameters.
    pub(crate) settings: Vec<ParameterValue>,
    pub(crate) proposals: AppliedProposals,
    /// Doubts about the file's completeness, each a clause.
    pub(crate) warnings: Vec<String>,
}

/// Masters `song` to a goal with a new plug-in instance.
///
/// # Errors
///
/// If the song is too short or silent, or if the plug-in fails.
pub(crate) fn master(
    song: Song,
    target: &MasteringTarget,
    goal: LoudnessGoal,
    plugin: &mut PluginSession,
    progress: &SongProgress,
) -> Result<MasteringResult> {
    let input = Audio::new(song.sample_rate_hz, song.channels);
    ensure!(
        input.seconds() >= SHORTEST_SECONDS,
        "it is shorter than {SHORTEST_SECONDS} s, too short for loudness"
    );
    progress.phase("measuring");
    let before = LoudnessStats::of(&input);
    ensure!(
        before.lufs_i > SILENT_LUFS,
        "it is silent: no part is louder than −70 LUFS"
    );
    let goal = goal.resolve(before.lufs_i);

    target.apply(plugin)?;
    let mut proposals = AppliedProposals::default();
    if target.proposals.is_active() {
        progress.phase("analyzing");
        proposals = proposals::apply(&input, target, target.delivery(goal), plugin)?;
    }
    // In bypass the gain has no effect.
    let may_search =
        !target.has_setting(ParameterId::LoudnessGain) && !plugin.is_on(ParameterId::Bypass);
    let may_trim = !target.has_setting(ParameterId::Trim);
    let mut last: Option<RenderResult> = None;
    let mut search = None;
    let mut clean_style_lufs = None;
    let mut was_loud_enough = false;
    if let Some(target_lufs) = goal.lufs.filter(|_| may_search) {
        let trim_db = plugin.number(ParameterId::Trim).unwrap_or(0.0);
        let range_db = if may_trim { 2.0 * GAIN_DB } else { GAIN_DB };
        let lowest_db = if goal.may_lower { -range_db } else { 0.0 };
        let mut search_from = |plugin: &mut PluginSession, first_db: f64| {
            let mut renders = 0;
            gain_search::search(target_lufs, first_db, (lowest_db, range_db), |gain_db| {
                renders += 1;
                progress.phase(format!(
                    "finding the gain: render {renders}, {gain_db:+.2} dB"
                ));
                set_gain(plugin, gain_db)?;
                let rendered = plugin.render(&input, &|done, all| progress.done(done, all))?;
                // The plug-in's own meter costs no extra pass. An independent meter verifies the result.
                let metered = plugin
                    .readings()
                    .map(|r| f64::from(r.output.integrated_lufs));
                let lufs =
                    metered.unwrap_or_else(|| loudness::loudness(&rendered.audio).integrated_lufs);
                last = Some(rendered);
                Ok(lufs)
            })
        };
        let mut found = search_from(plugin, target_lufs - before.lufs_i - trim_db)?;
        // Clean reaches its loudness limit before Loud does.
        if found.stop_reason == StopReason::CeilingLimit
            && !target.has_setting(ParameterId::LimiterStyle)
        {
            plugin.set(&Setting::new(ParameterId::LimiterStyle, "Loud"))?;
            let louder = search_from(plugin, found.gain_db)?;
            if louder.lufs > found.lufs + STYLE_CHANGE_LU {
                clean_style_lufs = Some(found.lufs);
                found = louder;
            } else {
                plugin.set(&Setting::new(ParameterId::LimiterStyle, "Clean"))?;
                set_gain(plugin, found.gain_db)?;
                last = None;
            }
        }
        // The best render isn't always the last.
        if found.last_gain_db.to_bits() != found.gain_db.to_bits() {
            set_gain(plugin, found.gain_db)?;
            last = None;
        }
        was_loud_enough = !goal.may_lower && found.lufs > target_lufs + gain_search::TOLERANCE_LU;
        search = Some(found);
    }
    let rendered = match last {
        Some(rendered) => rendered,
        None => {
            progress.phase("mastering");
            plugin.render(&input, &|done, all| progress.done(done, all))?
        }
    };
    let readings = plugin.readings();
    let output = rendered.audio;
    ensure!(
        output.is_finite(),
        "the plug-in's output has NaN or infinity"
    );
    progress.phase("verifying");
    let after = LoudnessStats::of(&output);
    let gain_db = plugin.number(ParameterId::LoudnessGain).unwrap_or(0.0);
    let trim_db = plugin.number(ParameterId::Trim).unwrap_or(0.0);
    Ok(MasteringResult {
        reduction_db: gain_reduction::reduction_db(&input, &output, gain_db + trim_db),
        before,
        after,
        target_lufs: goal.lufs.filter(|_| !was_loud_enough),
        was_loud_enough,
        ceiling_dbtp: plugin.number(ParameterId::Ceiling).unwrap_or(0.0),
        gain_db,
        trim_db,
        search,
        clean_style_lufs,
        latency_samples: rendered.latency_samples,
        process_seconds: rendered.process_seconds,
        readings,
        settings: plugin.settings(),
        proposals,
        warnings: song.warnings.clone(),
        input,
        output,
    })
}

/// Sets the whole gain before the limiter: the loudness gain within its range, and trim for the rest.
fn set_gain(plugin: &mut PluginSession, gain_db: f64) -> Result<()> {
    let loudness_gain_db = gain_db.clamp(-GAIN_DB, GAIN_DB);
    plugin.set(&Setting::new(
        ParameterId::LoudnessGain,
        &format!("{loudness_gain_db:.2}"),
    ))?;
    let rest_db = gain_db - loudness_gain_db;
    if rest_db != 0.0 || plugin.trimmed {
        plugin.trimmed = true;
        plugin.set(&Setting::new(ParameterId::Trim, &format!("{rest_db:.2}")))?;
    }
    Ok(())
}

impl MasteringResult {
    pub(crate) fn seconds(&self) -> f64 {
        self.input.seconds()
    }

    /// The song's duration divided by the time that the plug-in took.
    pub(crate) fn real_time_factor(&self) -> f64 {
        self.seconds() / self.process_seconds
    }

    /// The strongest gain reduction in dB, 0 or less: from the plug-in's meter, or else from the audio.
    pub(crate) fn deepest_reduction_db(&self) -> f64 {
        let metered = self
            .readings
            .map(|r| f64::from(r.limiter_gain_min_db))
            .filter(|db| db.is_finite());
        metered.unwrap_or_else(|| self.reduction_db.iter().copied().fold(0.0, f64::min))
    }

    /// The reason why the search ended, if there was one.
    pub(crate) fn stop_reason(&self) -> Option<StopReason> {
        self.search.map(|found| found.stop_reason)
    }
}
