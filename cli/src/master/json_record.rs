//! The JSON object that `--json` prints for a song.

use super::advice::ProposedChange;
use super::loudness_stats::LoudnessStats;
use super::mastering::MasteringResult;
use super::outcome::MasteringOutcome;
use super::outputs::Outputs;
use super::target::MasteringTarget;
use crate::file_url::file_url;
use crate::song_source::SongSource;
use crate::stage_activity::StageSeries;
use flow_analysis::report::Check;
use flow_audio_file::Bits;
use serde::Serialize;
use serde_json::{Map, Value, json};

#[derive(Serialize)]
struct Record<'a> {
    song: String,
    song_url: Option<String>,
    profile: &'a str,
    preset: Option<&'a str>,
    assisted: bool,
    reference: Option<String>,
    target_lufs: Option<f64>,
    ceiling_dbtp: f64,
    format: &'static str,
    bits: Option<&'static str>,
    sample_rate_hz: u32,
    channels: usize,
    seconds: f64,
    input: &'a LoudnessStats,
    output: &'a LoudnessStats,
    plugin_meters: Value,
    latency_samples: u32,
    latency_ms: f64,
    real_time_factor: Option<f64>,
    gain_db: f64,
    trim_db: f64,
    gain_reduction_db: Option<f64>,
    stages: Vec<Value>,
    full_scale_trim_db: f64,
    renders: u32,
    target_reached: Option<bool>,
    reason: &'a Option<String>,
    ceiling_held: bool,
    encoding_gain_db: Option<f64>,
    below_loudest_lu: Option<f64>,
    findings: Vec<Value>,
    verdict: &'a [String],
    recognized: &'a Option<String>,
    /// The applied changes.
    proposals: &'a [ProposedChange],
    also_possible: &'a [ProposedChange],
    checks: &'a [Check],
    settings: Map<String, Value>,
    output_path: String,
    output_url: Option<String>,
    report_path: String,
    report_url: Option<String>,
}

pub(crate) fn of_song(
    source: &SongSource,
    target: &MasteringTarget,
    song: &MasteringResult,
    outcome: &MasteringOutcome,
    outputs: &Outputs,
) -> Value {
    let rate = song.input.sample_rate_hz;
    let record = Record {
        song: source.path().display().to_string(),
        song_url: source.url(),
        profile: target.delivery.id,
        preset: target.preset.map(|preset| preset.name.as_str()),
        assisted: target.proposals.is_assisted,
        reference: target.proposals.names(),
        target_lufs: song.target_lufs,
        ceiling_dbtp: song.ceiling_dbtp,
        format: target.format.output.container().extension(),
        bits: target.format.output.bits().map(Bits::name),
        sample_rate_hz: rate,
        channels: song.output.channel_count(),
        seconds: rounded(song.seconds()),
        input: &song.before,
        output: &song.after,
        plugin_meters: plugin_meters(song),
        latency_samples: song.latency_samples,
        latency_ms: rounded(1000.0 * f64::from(song.latency_samples) / f64::from(rate)),
        real_time_factor: Some(song.real_time_factor())
            .filter(|x| x.is_finite())
            .map(|x| x.round()),
        gain_db: rounded(song.gain_db),
        trim_db: rounded(song.trim_db),
        gain_reduction_db: Some(rounded(song.deepest_reduction_db())).filter(|db| db.is_finite()),
        stages: stages(song),
        full_scale_trim_db: rounded(song.full_scale_trim_db),
        renders: song.renders,
        target_reached: outcome.target_reached,
        reason: &outcome.reason,
        ceiling_held: outcome.ceiling_held,
        encoding_gain_db: outcome.encoding_gain_db.map(rounded),
        below_loudest_lu: song.below_loudest_lu.map(rounded),
        findings: song.advice.finding_records(&song.findings),
        verdict: &outcome.lines,
        recognized: &song.advice.recognized,
        proposals: &song.advice.recommended,
        also_possible: &song.advice.possible,
        checks: &song.advice.checks,
        settings: song
            .settings
            .iter()
            .map(|shown| (shown.id.name().to_owned(), json!(shown.text)))
            .collect(),
        output_path: outputs.song.display().to_string(),
        output_url: file_url(&outputs.song),
        report_path: outputs.report.display().to_string(),
        report_url: file_url(&outputs.report),
    };
    serde_json::to_value(record).unwrap_or(Value::Null)
}

/// The gain reduction of each stage, in the order of the signal.
fn stages(song: &MasteringResult) -> Vec<Value> {
    let gains = song.activity.iter().flat_map(|activity| &activity.gains);
    let stage = |series: &StageSeries| {
        json!({
            "name": series.reading.name(),
            "deepest_db": rounded(series.lowest_db()),
            "average_db": rounded(series.mean_db()),
            "active_share": rounded(series.active_share()),
        })
    };
    gains.map(stage).collect()
}

/// The readings of the plug-in's own meters at input and output.
fn plugin_meters(song: &MasteringResult) -> Value {
    let Some(readings) = song.readings else {
        return Value::Null;
    };
    let of = |r: &flow_dsp::SignalReadings| {
        json!({
            "lufs_i": finite(r.integrated_lufs),
            "lra": finite(r.loudness_range_lu),
            "dbtp": finite(r.true_peak_dbtp),
            "plr": finite(r.plr_db),
        })
    };
    json!({ "input": of(&readings.input), "output": of(&readings.output) })
}

fn finite(value: f32) -> Option<f64> {
    Some(f64::from(value))
        .filter(|x| x.is_finite())
        .map(rounded)
}

/// Three decimals. Adding 0 takes the sign off a zero.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_zero_has_no_sign() {
        assert!(rounded(-0.0).is_sign_positive() && rounded(-0.0001).is_sign_positive());
    }
}
