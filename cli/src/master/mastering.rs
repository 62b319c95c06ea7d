//! One song: measured, mastered, measured again.

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

/// Quieter than this there is nothing that loudness could be measured of (the absolute gate of BS.1770).
const SILENT_LUFS: f64 = -70.0;
/// The shortest piece that has an integrated loudness.
const SHORTEST_SECONDS: f64 = 0.4;
/// Range of the parameters `gain` and `trim`.
const GAIN_DB: f64 = 24.0;

/// Less than this is not worth another style.
const WORTH_LU: f64 = 0.1;

/// A mastered song and everything that was measured on the way.
pub(crate) struct MasteringResult {
    pub(crate) input: Audio,
    pub(crate) output: Audio,
    pub(crate) before: LoudnessStats,
    pub(crate) after: LoudnessStats,
    /// None where only the ceiling counted.
    pub(crate) target_lufs: Option<f64>,
    pub(crate) ceiling_dbtp: f64,
    /// The loudness gain and the trim that the plug-in ended with.
    pub(crate) gain_db: f64,
    pub(crate) trim_db: f64,
    /// None where the gain was not searched for.
    pub(crate) search: Option<SearchResult>,
    /// It was louder than the goal already, and nobody asked to have it turned down.
    pub(crate) was_loud_enough: bool,
    /// As loud as the limiter's default style came, where it wasn't enough and Loud took over.
    pub(crate) gave_up_lufs: Option<f64>,
    pub(crate) latency_samples: u32,
    pub(crate) process_seconds: f64,
    pub(crate) readings: Option<Readings>,
    /// Over time, in steps of [`gain_reduction::STEP_SECONDS`].
    pub(crate) reduction_db: Vec<f64>,
    /// All parameters.
    pub(crate) settings: Vec<ParameterValue>,
    /// What the assistant proposed and why, a sentence each.
    pub(crate) assisted: Vec<String>,
    pub(crate) warning: Option<&'static str>,
}

/// Masters `song` to a goal. `flow` must be new.
pub(crate) fn master(
    song: Song,
    target: &MasteringTarget,
    goal: LoudnessGoal,
    flow: &mut PluginSession,
    progress: &SongProgress,
) -> Result<MasteringResult> {
    let input = Audio::new(song.sample_rate_hz, song.channels);
    ensure!(
        input.seconds() >= SHORTEST_SECONDS,
        "it is shorter than {SHORTEST_SECONDS} s: too short to measure"
    );
    progress.phase("measuring");
    let before = LoudnessStats::of(&input);
    ensure!(
        before.lufs_i > SILENT_LUFS,
        "it is silent: nothing in it is louder than −70 LUFS"
    );
    let goal = goal.from(before.lufs_i);

    target.apply(flow)?;
    let mut assisted = Vec::new();
    if target.proposals.is_active() {
        progress.phase("listening");
        assisted = proposals::apply(&input, target, target.delivery(goal), flow)?;
    }
    // Bypassed, no gain is heard.
    let may_search = !target.sets(ParameterId::LoudnessGain) && !flow.is_on(ParameterId::Bypass);
    let may_trim = !target.sets(ParameterId::Trim);
    let mut last: Option<RenderResult> = None;
    let mut search = None;
    let mut gave_up_lufs = None;
    let mut was_loud_enough = false;
    if let Some(target_lufs) = goal.lufs.filter(|_| may_search) {
        let trim_db = flow.number(ParameterId::Trim).unwrap_or(0.0);
        let range_db = if may_trim { 2.0 * GAIN_DB } else { GAIN_DB };
        let lowest_db = if goal.may_lower { -range_db } else { 0.0 };
        let mut search_from = |flow: &mut PluginSession, first_db: f64| {
            let mut renders = 0;
            gain_search::search(target_lufs, first_db, (lowest_db, range_db), |gain_db| {
                renders += 1;
                progress.phase(format!(
                    "finding the gain: render {renders}, {gain_db:+.2} dB"
                ));
                set_gain(flow, gain_db)?;
                let rendered = flow.render(&input, &|done, all| progress.done(done, all))?;
                // The plug-in's own meter has measured already while it rendered; the result is verified by another.
                let metered = flow.readings().map(|r| f64::from(r.output.integrated_lufs));
                let lufs =
                    metered.unwrap_or_else(|| loudness::loudness(&rendered.audio).integrated_lufs);
                last = Some(rendered);
                Ok(lufs)
            })
        };
        let mut found = search_from(flow, target_lufs - before.lufs_i - trim_db)?;
        // The gentle style takes back what it is given long before the ceiling allows no more. Loud must buy
        // something to be worth its sound.
        if found.outcome == StopReason::CeilingHolds && !target.sets(ParameterId::LimiterStyle) {
            flow.set(&Setting::new(ParameterId::LimiterStyle, "Loud"))?;
            let louder = search_from(flow, found.gain_db)?;
            if louder.lufs > found.lufs + WORTH_LU {
                gave_up_lufs = Some(found.lufs);
                found = louder;
            } else {
                flow.set(&Setting::new(ParameterId::LimiterStyle, "Clean"))?;
                set_gain(flow, found.gain_db)?;
                last = None;
            }
        }
        // The best render need not be the last.
        if found.last_gain_db.to_bits() != found.gain_db.to_bits() {
            set_gain(flow, found.gain_db)?;
            last = None;
        }
        was_loud_enough = !goal.may_lower && found.lufs > target_lufs + gain_search::TOLERANCE_LU;
        search = Some(found);
    }
    let rendered = match last {
        Some(rendered) => rendered,
        None => {
            progress.phase("mastering");
            flow.render(&input, &|done, all| progress.done(done, all))?
        }
    };
    let readings = flow.readings();
    let output = rendered.audio;
    ensure!(output.is_finite(), "the plug-in made NaN or infinity of it");
    progress.phase("verifying");
    let after = LoudnessStats::of(&output);
    let gain_db = flow.number(ParameterId::LoudnessGain).unwrap_or(0.0);
    let trim_db = flow.number(ParameterId::Trim).unwrap_or(0.0);
    Ok(MasteringResult {
        reduction_db: gain_reduction::reduction_db(&input, &output, gain_db + trim_db),
        before,
        after,
        target_lufs: goal.lufs.filter(|_| !was_loud_enough),
        was_loud_enough,
        ceiling_dbtp: flow.number(ParameterId::Ceiling).unwrap_or(0.0),
        gain_db,
        trim_db,
        search,
        gave_up_lufs,
        latency_samples: rendered.latency_samples,
        process_seconds: rendered.process_seconds,
        readings,
        settings: flow.settings(),
        assisted,
        warning: song.warning,
        input,
        output,
    })
}

/// Sets the whole gain before the limiter: the loudness gain as far as it goes, and trim for the rest.
fn set_gain(flow: &mut PluginSession, gain_db: f64) -> Result<()> {
    let loudness_gain_db = gain_db.clamp(-GAIN_DB, GAIN_DB);
    flow.set(&Setting::new(
        ParameterId::LoudnessGain,
        &format!("{loudness_gain_db:.2}"),
    ))?;
    let rest_db = gain_db - loudness_gain_db;
    if rest_db != 0.0 || flow.trimmed {
        flow.trimmed = true;
        flow.set(&Setting::new(ParameterId::Trim, &format!("{rest_db:.2}")))?;
    }
    Ok(())
}

impl MasteringResult {
    pub(crate) fn seconds(&self) -> f64 {
        self.input.seconds()
    }

    /// How many times faster than the song plays the plug-in processed it.
    pub(crate) fn real_time_factor(&self) -> f64 {
        self.seconds() / self.process_seconds
    }

    /// Strongest gain reduction, dB, 0 or less: by the plug-in's meter, or as read off the audio.
    pub(crate) fn deepest_reduction_db(&self) -> f64 {
        let metered = self
            .readings
            .map(|r| f64::from(r.limiter_gain_min_db))
            .filter(|db| db.is_finite());
        metered.unwrap_or_else(|| self.reduction_db.iter().copied().fold(0.0, f64::min))
    }

    /// Why the search ended, if there was one.
    pub(crate) fn outcome(&self) -> Option<StopReason> {
        self.search.map(|found| found.outcome)
    }
}
