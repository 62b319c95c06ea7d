//! The results of mastering: of a program, and of each of its tracks.

use crate::master::advice::Advice;
use crate::master::level::Level;
use crate::master::loudness_stats::LoudnessStats;
use crate::master::program::Program;
use crate::master::remarks::Remark;
use crate::plugin_session::ShownValue;
use crate::stage_activity::StageActivity;
use flow_audio_file::StoredAudio;
use flow_dsp::Readings;

/// A mastered song with its measurements.
pub(crate) struct MasteringResult {
    pub(crate) input: StoredAudio,
    pub(crate) output: StoredAudio,
    pub(crate) before: LoudnessStats,
    pub(crate) after: LoudnessStats,
    pub(crate) level: Level,
    /// None if only the ceiling applies, or if another track of the album reaches the target.
    pub(crate) target_lufs: Option<f64>,
    /// How far a track of an album lies below the loudest one, which has the target. None for the loudest and for songs.
    pub(crate) below_loudest_lu: Option<f64>,
    pub(crate) ceiling_dbtp: f64,
    /// The final loudness gain and trim.
    pub(crate) gain_db: f64,
    pub(crate) trim_db: f64,
    /// The part of trim that brings samples over full scale to it, 0 or less.
    pub(crate) full_scale_trim_db: f64,
    /// The loudness that the style Clean reaches, measured or predicted, if Loud replaced it.
    pub(crate) clean_style_lufs: Option<f64>,
    /// The number of times that the plug-in rendered the whole program.
    pub(crate) renders: u32,
    pub(crate) latency_samples: u32,
    pub(crate) process_seconds: f64,
    pub(crate) readings: Option<Readings>,
    /// The activity of the stages over time; none if the plug-in doesn't offer its readings.
    pub(crate) activity: Option<StageActivity>,
    /// All parameters.
    pub(crate) settings: Vec<ShownValue>,
    /// The findings and proposals of the assistant and the references, with the applied ones.
    pub(crate) advice: Advice,
    /// The faults of the recording.
    pub(crate) findings: Vec<Remark>,
    /// Warnings about the file's completeness, each a clause.
    pub(crate) warnings: Vec<String>,
}

/// A mastered program, from which the results of its tracks are taken.
pub(crate) struct MasteredProgram<'a> {
    pub(super) program: &'a Program,
    pub(super) output: StoredAudio,
    pub(super) after: Vec<LoudnessStats>,
    /// The activity of the stages in each track; empty if the plug-in doesn't offer its readings.
    pub(super) activities: Vec<StageActivity>,
    pub(super) level: Level,
    pub(super) ceiling_dbtp: f64,
    pub(super) gain_db: f64,
    pub(super) trim_db: f64,
    pub(super) full_scale_trim_db: f64,
    pub(super) clean_style_lufs: Option<f64>,
    pub(super) renders: u32,
    pub(super) latency_samples: u32,
    pub(super) process_seconds: f64,
    pub(super) readings: Option<Readings>,
    pub(super) settings: Vec<ShownValue>,
    pub(super) advice: Advice,
}

impl MasteredProgram<'_> {
    /// The result of one track.
    pub(crate) fn track(&self, index: usize) -> Option<MasteringResult> {
        let program = self.program;
        let (track, after) = (program.tracks.get(index)?, self.after.get(index)?);
        let input = program.audio.part(track.frames.clone());
        let output = self.output.part(track.frames.clone());
        let loudest = self.after.iter().map(|stats| stats.lufs_i);
        let below_loudest_lu = loudest.fold(f64::NEG_INFINITY, f64::max) - after.lufs_i;
        let below_loudest_lu = Some(below_loudest_lu).filter(|lu| *lu > 0.0);
        Some(MasteringResult {
            activity: self.activities.get(index).cloned(),
            input,
            output,
            before: track.before.clone(),
            after: after.clone(),
            level: self.level,
            target_lufs: self
                .level
                .target_lufs()
                .filter(|_| below_loudest_lu.is_none()),
            below_loudest_lu,
            ceiling_dbtp: self.ceiling_dbtp,
            gain_db: self.gain_db,
            trim_db: self.trim_db,
            full_scale_trim_db: self.full_scale_trim_db,
            clean_style_lufs: self.clean_style_lufs,
            renders: self.renders,
            latency_samples: self.latency_samples,
            process_seconds: self.process_seconds,
            readings: self.readings.filter(|_| program.tracks.len() == 1),
            settings: self.settings.clone(),
            advice: self.advice.clone(),
            findings: track.findings.clone(),
            warnings: track.warnings.clone(),
        })
    }
}

impl MasteringResult {
    pub(crate) fn seconds(&self) -> f64 {
        self.input.seconds()
    }

    /// The song's duration divided by the time that the plug-in took.
    pub(crate) fn real_time_factor(&self) -> f64 {
        self.seconds() / self.process_seconds
    }

    /// The limiter's deepest gain reduction in dB, 0 or less; NaN if the plug-in doesn't offer it.
    pub(crate) fn deepest_reduction_db(&self) -> f64 {
        let activity = self.activity.as_ref();
        activity.map_or(f64::NAN, |activity| activity.limiter().lowest_db())
    }
}
