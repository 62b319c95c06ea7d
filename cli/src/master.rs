//! Masters songs through the built plug-in: gain for the profile's loudness, limiter for its ceiling, and a report of
//! measurements before and after.

mod album;
mod applied_proposals;
mod gain_reduction;
mod gain_search;
pub(crate) mod job_pool;
mod json_record;
pub(crate) mod loudness_stats;
mod mastering;
mod outcome;
mod outputs;
mod preset;
mod probe;
pub(crate) mod progress;
mod proposal_source;
pub(crate) mod proposals;
mod read_settings;
mod report;
pub(crate) mod target;

use crate::MasterArguments;
use crate::messages::{
    HEADING_STYLE, WrongArgument, failure_record, print_error, print_records, print_result,
};
use crate::plugin_session::PluginSession;
use crate::signals;
use crate::song_source::SongSource;
use anyhow::{Result, anyhow};
use flow_audio_file::Audio;
use flow_measure::loudness;
use flow_params::number::number;
use job_pool::MemoryBudget;
use mastering::MasteringResult;
use outcome::{MasteringOutcome, outcome};
use outputs::{Folder, Outputs};
use probe::Recording;
use progress::ProgressBars;
use report::SongReport;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use target::{LoudnessGoal, MasteringTarget};

/// Masters the songs that `arguments` name, or the demo song, through the bundle that `plugin` finds or builds.
///
/// # Errors
///
/// If no song can be mastered, for example because of a wrong argument. A song that fails alone is reported and makes
/// the exit code 1; the others are mastered.
pub fn master(
    arguments: &MasterArguments,
    plugin: &dyn Fn() -> Result<PathBuf>,
) -> Result<ExitCode> {
    // Wrong arguments are reported before the plug-in is built, which takes minutes.
    let target = MasteringTarget::new(arguments).map_err(|e| WrongArgument::new(&e))?;
    signals::handle()?;
    let recording = arguments.probe.as_deref().map(Recording::begin);
    let recording = recording.transpose().map_err(|e| WrongArgument::new(&e))?;
    let folder = Folder::open(&arguments.out)?;
    let songs = if arguments.songs.is_empty() {
        vec![SongSource::demo()]
    } else {
        SongSource::from_arguments(&arguments.songs)
    };
    let names: Vec<&Path> = songs.iter().map(SongSource::naming_path).collect();
    let run = MasteringRun {
        outputs: folder.plan(&names),
        clap: plugin()?,
        block_samples: usize::from(arguments.block),
        memory: MemoryBudget::new(),
        songs,
        target,
    };
    // A wrong setting is one error, not one for each song.
    let applied = run.target.apply(&mut run.open()?);
    applied.map_err(|e| WrongArgument::new(&e))?;
    let results = if arguments.album {
        run.album()
    } else {
        run.master(&vec![run.target.goal(); run.songs.len()])
    };
    let code = run.report(results, &folder, arguments.json)?;
    if let Some(Err(e)) = recording.map(|recording| recording.check()) {
        // stdout has the results already.
        print_error(&format!("{e:#}"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(code)
}

/// The parts of a run that its songs share.
struct MasteringRun {
    songs: Vec<SongSource>,
    outputs: Vec<Result<Outputs>>,
    target: MasteringTarget,
    clap: PathBuf,
    block_samples: usize,
    memory: MemoryBudget,
}

/// The results of a mastered song that are kept until the end of the run.
struct SongResult {
    record: Value,
    report: SongReport,
    /// The lines for the terminal.
    summary: String,
    lufs: f64,
}

impl MasteringRun {
    fn open(&self) -> Result<PluginSession> {
        PluginSession::open(&self.clap, self.block_samples)
    }

    /// Masters each song to its goal.
    fn master(&self, goals: &[LoudnessGoal]) -> Vec<Result<SongResult>> {
        let bars = ProgressBars::new(self.songs.len());
        job_pool::run(
            self.songs.len(),
            || self.open(),
            |plugin, i| self.master_song(i, goals[i], plugin, &bars),
        )
    }

    /// Masters the songs with their relative loudness preserved. If one stays below its goal, all goals are lowered by
    /// as much.
    fn album(&self) -> Vec<Result<SongResult>> {
        let goals = album::goals(self.target.goal(), &self.measured_lufs());
        let results = self.master(&goals);
        let reached = results
            .iter()
            .map(|result| Some(result.as_ref().ok()?.lufs));
        let shortfall_lu =
            album::shortfall_lu(&goals, &reached.collect::<Vec<_>>(), outcome::REACHED_LU);
        if shortfall_lu > 0.0 {
            self.master(&album::lowered(&goals, shortfall_lu))
        } else {
            results
        }
    }

    /// The integrated loudness of each song; none where it cannot be measured.
    fn measured_lufs(&self) -> Vec<Option<f64>> {
        let bars = ProgressBars::new(self.songs.len());
        let measured = job_pool::run(
            self.songs.len(),
            || Ok(()),
            |(), i| {
                let _memory = self.memory.wait_for(&self.songs[i]);
                let progress = bars.song(&self.songs[i].title());
                progress.phase("measuring");
                let song = self.songs[i].read()?;
                let audio = Audio::new(song.sample_rate_hz, song.channels);
                Ok(loudness::loudness(&audio).integrated_lufs)
            },
        );
        let finite = |lufs: Result<f64>| lufs.ok().filter(|lufs| lufs.is_finite());
        measured.into_iter().map(finite).collect()
    }

    /// Masters one song and writes its files.
    fn master_song(
        &self,
        i: usize,
        goal: LoudnessGoal,
        plugin: &mut PluginSession,
        bars: &ProgressBars,
    ) -> Result<SongResult> {
        let outputs = self.outputs[i].as_ref().map_err(|e| anyhow!("{e:#}"))?;
        let _memory = self.memory.wait_for(&self.songs[i]);
        let title = self.songs[i].title();
        let progress = bars.song(&title);
        progress.phase("reading");
        let song = self.songs[i].read()?;
        plugin.reset()?;
        let mastered = mastering::master(song, &self.target, goal, plugin, &progress)?;
        let outcome = outcome(&mastered);
        progress.phase("writing");
        let report = SongReport::new(&title, &plugin.version, &self.target, &mastered, &outcome);
        outputs.write(&mastered.output, &report.page())?;
        let name = self.songs[i].path().display().to_string();
        Ok(SongResult {
            record: json_record::of_song(&name, &self.target, &mastered, &outcome, outputs),
            summary: summary(&title, &self.target, &mastered, &outcome, outputs),
            lufs: mastered.after.lufs_i,
            report,
        })
    }

    /// Prints the results of all songs in their order and, if there are several, writes them to a page.
    fn report(
        &self,
        results: Vec<Result<SongResult>>,
        folder: &Folder,
        is_json: bool,
    ) -> Result<ExitCode> {
        let mut records = Vec::new();
        let (mut reports, mut failures) = (Vec::new(), Vec::new());
        for (song, result) in self.songs.iter().zip(results) {
            match result {
                Ok(done) => {
                    if !is_json {
                        print_result(&done.summary)?;
                    }
                    records.push(done.record);
                    reports.push(done.report);
                }
                Err(e) => {
                    let (path, error) = (song.path(), format!("{e:#}"));
                    print_error(&format!("{}: {error}", path.display()));
                    records.push(failure_record(path, &error));
                    failures.push((path.display().to_string(), error));
                }
            }
        }
        if self.songs.len() > 1 && !reports.is_empty() {
            let page = report::overview(&self.target, &reports, &failures);
            let path = folder.write_overview(&page)?;
            if !is_json {
                print_result(&format!("All songs: {}", path.display()))?;
            }
        } else {
            folder.remove_overview()?;
        }
        if is_json {
            print_records(records)?;
        }
        Ok(if failures.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn summary(
    title: &str,
    target: &MasteringTarget,
    song: &MasteringResult,
    outcome: &MasteringOutcome,
    outputs: &Outputs,
) -> String {
    let (before, after) = (&song.before, &song.after);
    let row = |name: &str, before: f64, after: f64, decimals| {
        format!(
            "  {name:<12}{:>9} →{:>9}",
            number(before, decimals),
            number(after, decimals)
        )
    };
    let mut lines = vec![
        format!(
            "{HEADING_STYLE}{title}{HEADING_STYLE:#} ({})",
            target.name()
        ),
        row("LUFS-I", before.lufs_i, after.lufs_i, 2),
        row("LRA", before.lra, after.lra, 2),
        row("dBTP", before.dbtp, after.dbtp, 2),
        row("PLR", before.plr, after.plr, 2),
        row("correlation", before.correlation, after.correlation, 3),
    ];
    lines.extend(outcome.lines.iter().map(|line| format!("  {line}")));
    lines.push(format!("  {}", outputs.song.display()));
    lines.push(format!("  {}\n", outputs.report.display()));
    lines.join("\n")
}
