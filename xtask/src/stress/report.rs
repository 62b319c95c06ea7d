//! The report on all runs.

use super::run::{Mode, Run};
use flow_params::number::number;
use serde::Serialize;
use std::fmt;

/// The target for audio's CPU time at p99.99.
const MOST_OF_DEADLINE_PERCENT: f64 = 50.0;

/// The report, which `--json` prints as it is.
#[derive(Serialize)]
pub(super) struct StressReport {
    runs: Vec<Run>,
    /// The largest p99.99 of audio's CPU time in the runs of Flow, in % of the deadline.
    audio_percent_of_deadline: f64,
    audio_within_target: bool,
    /// The dropped blocks of the runs of each mode.
    dropped: u64,
    dropped_audio_only: u64,
    dropped_without_scheduler: u64,
    no_more_drops_than_audio_only: bool,
    /// Whether the offline renders of all runs are identical.
    pub(super) bounces_are_identical: bool,
}

impl StressReport {
    pub(super) fn of(runs: Vec<Run>) -> Self {
        let dropped = |mode| {
            let of_mode = runs.iter().filter(|run| run.mode == mode);
            of_mode.map(|run| run.dropped).sum::<u64>()
        };
        let audio_percent_of_deadline = runs
            .iter()
            .filter(|run| run.mode == Mode::Flow)
            .map(Run::percent_of_deadline)
            .fold(0.0, f64::max);
        let (flow, audio_only) = (dropped(Mode::Flow), dropped(Mode::AudioOnly));
        Self {
            audio_percent_of_deadline,
            audio_within_target: audio_percent_of_deadline < MOST_OF_DEADLINE_PERCENT,
            dropped: flow,
            dropped_audio_only: audio_only,
            dropped_without_scheduler: dropped(Mode::WithoutScheduler),
            no_more_drops_than_audio_only: flow <= audio_only,
            bounces_are_identical: runs.windows(2).all(|pair| pair[0].bounce == pair[1].bounce),
            runs,
        }
    }
}

impl Run {
    fn percent_of_deadline(&self) -> f64 {
        100.0 * self.audio_us_p99_99 / self.deadline_us
    }
}

impl fmt::Display for StressReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for of_block in self
            .runs
            .chunk_by(|a, b| a.block_samples == b.block_samples)
        {
            let Some(first) = of_block.first() else {
                continue;
            };
            let windows = of_block.iter().map(|run| run.windows).max().unwrap_or(0);
            let priority = if of_block.iter().all(|run| run.real_time_priority) {
                "real-time"
            } else {
                "normal"
            };
            writeln!(
                f,
                "{} samples at 48 kHz ({} µs), {} instances, {windows} windows, {} s, {priority} priority, {} cores under load",
                first.block_samples,
                number(first.deadline_us, 0),
                first.instances,
                first.seconds,
                first.burnt_cores,
            )?;
            writeln!(
                f,
                "{:28} {:>9} {:>8} {:>7} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9} {:>6} {:>6} {:>14} {:>10} {:>8} {:>8} {:>6}",
                "",
                "buffers",
                "dropped",
                "late",
                "audio µs",
                "p99.99",
                "worst",
                "deadline",
                "steal",
                "deferred",
                "aged",
                "AI CPU",
                "analysis, p99",
                "old. result",
                "UI age",
                "pictures",
                "stale",
            )?;
            for run in of_block {
                let steal = run
                    .steal_percent
                    .map_or("–".to_owned(), |s| number(s, 1) + " %");
                writeln!(
                    f,
                    "{:28} {:>9} {:>8} {:>7} {:>9} {:>9} {:>9} {:>7} % {:>7} {:>9} {:>6} {:>4} % {:>11} ms {:>8} ms {:>5} ms {:>8} {:>6}",
                    run.mode.name(),
                    run.buffers,
                    run.dropped,
                    run.late,
                    number(run.audio_us_median, 1),
                    number(run.audio_us_p99_99, 1),
                    number(run.audio_us_worst, 1),
                    number(run.percent_of_deadline(), 1),
                    steal,
                    run.service.deferred,
                    run.service.aged,
                    number(run.analysis_cpu_percent, 1),
                    format!(
                        "{}, {}",
                        number(run.service.analysis_ms_median, 1),
                        number(run.service.analysis_ms_p99, 1)
                    ),
                    number(run.service.oldest_result_ms, 0),
                    number(run.service.newest_ui_age_ms, 0),
                    run.service.pictures,
                    run.service.stale,
                )?;
            }
            writeln!(f)?;
        }
        writeln!(
            f,
            "Audio's CPU time at p99.99 is {} % of the deadline (target: below {} %).",
            number(self.audio_percent_of_deadline, 1),
            number(MOST_OF_DEADLINE_PERCENT, 0),
        )?;
        writeln!(
            f,
            "Dropped: {} with everything, {} without the scheduler, {} without analysis and windows{}.",
            self.dropped,
            self.dropped_without_scheduler,
            self.dropped_audio_only,
            if self.dropped == self.dropped_without_scheduler {
                ": this load shows no effect of the scheduler; try --normal-priority or more instances"
            } else {
                ""
            },
        )?;
        let same = if self.bounces_are_identical {
            "is identical in all runs"
        } else {
            "is NOT identical in all runs"
        };
        writeln!(f, "The bounce {same}.")
    }
}
