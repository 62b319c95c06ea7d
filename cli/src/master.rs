//! Masters songs through the built plug-in: gain for the profile's loudness, limiter for its ceiling, and a report of
//! measurements before and after.

pub(crate) mod advice;
mod album;
mod encoding;
mod file_format;
pub(crate) mod job_pool;
mod json_record;
mod level;
pub(crate) mod loudness_stats;
mod mastering;
mod outcome;
mod outputs;
mod preset;
mod program;
pub(crate) mod progress;
pub(crate) mod proposals;
pub(crate) mod remarks;
mod report;
mod session_probe;
pub(crate) mod target;
mod verification;

use crate::MasterArguments;
use crate::interrupt;
use crate::messages::{
    HEADING_STYLE, WrongArgument, failure_record, print_error, print_records, print_result,
    printable, report_failure,
};
use crate::plugin_session::PluginSession;
use crate::song_source::SongSource;
use crate::stored_song::StoredSong;
use album::CueTrack;
use anyhow::{Context, Result, anyhow};
use flow_audio_file::{Metadata, OutputFormat, StoreOptions};
use flow_params::number::number;
use flow_platform::atomic_file::CompleteFile;
use job_pool::MemoryBudget;
use mastering::{MasteredProgram, MasteringResult};
use outcome::{MasteringOutcome, outcome};
use outputs::{Folder, Outputs};
use program::{Program, ProgramFormat};
use progress::ProgressBars;
use report::SongReport;
use serde_json::Value;
use session_probe::Recording;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use target::MasteringTarget;

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
    // SAFETY: no other thread runs yet.
    let recording = arguments
        .probe
        .as_deref()
        .map(|path| unsafe { Recording::begin(path) });
    let recording = recording.transpose().map_err(|e| WrongArgument::new(&e))?;
    interrupt::handle(arguments.json, true, report_failure)?;
    // Wrong arguments are reported before the plug-in is built, which takes minutes.
    let targets = MasteringTarget::all(arguments).map_err(|e| WrongArgument::new(&e))?;
    let folder = Folder::open(&arguments.out)?;
    let songs = if arguments.songs.is_empty() {
        vec![SongSource::demo()]
    } else {
        SongSource::from_arguments(&arguments.songs)
    };
    let names: Vec<&Path> = songs.iter().map(SongSource::naming_path).collect();
    let profiles: Vec<_> = targets
        .iter()
        .map(MasteringTarget::file_name_part)
        .collect();
    let has_overview = songs.len() * targets.len() > 1;
    let references = arguments.references.iter().map(PathBuf::as_path);
    let inputs: Vec<&Path> = songs
        .iter()
        .map(SongSource::path)
        .chain(references)
        .collect();
    let container = targets[0].format.output.container();
    let outputs = folder.plan(&names, &inputs, &profiles, container);
    let planned = outputs.iter().flatten().filter_map(|o| o.as_ref().ok());
    let cue_sheet_obstacle =
        album::cue_sheet_obstacle(planned.map(Outputs::song_name), profiles.len());
    let has_cue_sheets = arguments.album && cue_sheet_obstacle.is_none();
    let mut shared_files = Vec::new();
    for profile in profiles.iter().filter(|_| has_cue_sheets) {
        shared_files.push(folder.cue_sheet(*profile)?);
    }
    if has_overview {
        shared_files.push(folder.overview()?);
    }
    if let Some(recording) = &recording {
        let planned = outputs.iter().flatten().filter_map(|o| o.as_ref().ok());
        let planned = planned.flat_map(|outputs| [&*outputs.song, &*outputs.report]);
        let shared_files = shared_files.iter().map(PathBuf::as_path);
        let files = inputs.iter().copied().chain(planned).chain(shared_files);
        let checked = recording.check_place(files);
        checked.map_err(|e| WrongArgument::new(&e))?;
    }
    let run = MasteringRun {
        outputs,
        cue_sheet_obstacle,
        is_stereo: arguments.stereo,
        clap: plugin()?,
        block_samples: usize::from(arguments.block),
        memory: MemoryBudget::new(),
        format: ProgramFormat {
            is_stereo: false,
            sample_rate_hz: arguments.sample_rate_hz,
        },
        songs,
        targets,
        has_overview,
    };
    // A wrong setting is one error, not one for each song.
    let applied = run.targets[0].apply(&mut run.open()?);
    applied.map_err(|e| WrongArgument::new(&e))?;
    let results = if arguments.album {
        run.album(&folder)?
    } else {
        run.master(&folder)
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
    /// The files of each song, one entry for each target.
    outputs: Vec<Vec<Result<Outputs>>>,
    targets: Vec<MasteringTarget>,
    clap: PathBuf,
    block_samples: usize,
    memory: MemoryBudget,
    format: ProgramFormat,
    /// Whether mono songs are written with two equal channels.
    is_stereo: bool,
    /// The reason why an album has no cue sheet.
    cue_sheet_obstacle: Option<String>,
    /// Whether the run has several results and therefore a page on all of them.
    has_overview: bool,
}

/// The results of a mastered song that are kept until the end of the run.
struct SongResult {
    record: Value,
    report: SongReport,
    /// The lines for the terminal.
    summary: String,
}

/// The results of one song, one for each target; one error if nothing was tried.
type SongResults = Result<Vec<Result<SongResult>>>;

impl MasteringRun {
    fn open(&self) -> Result<PluginSession> {
        PluginSession::open(&self.clap, self.block_samples)
    }

    /// Masters each song alone.
    fn master(&self, folder: &Folder) -> Vec<SongResults> {
        let bars = ProgressBars::new(self.songs.len());
        job_pool::run(
            self.songs.len(),
            || self.open(),
            |plugin, i| self.master_song(i, folder, plugin, &bars),
        )
    }

    /// Masters the songs as one program, which is cut into files.
    ///
    /// # Errors
    ///
    /// If any song cannot be read or written. An album is written as a whole or not at all.
    fn album(&self, folder: &Folder) -> Result<Vec<SongResults>> {
        for (song, outputs) in self.songs.iter().zip(&self.outputs) {
            let path = song.path().display();
            let mut outputs = outputs.iter();
            outputs.try_for_each(|outputs| match outputs {
                Ok(_) => Ok(()),
                Err(e) => Err(anyhow!("{path}: {e:#}; no track of the album was mastered")),
            })?;
        }
        let bars = ProgressBars::new(self.songs.len());
        let read = |(): &mut (), i: usize| {
            let progress = bars.song(&self.songs[i].title());
            progress.phase("reading");
            let store = StoreOptions::in_folder(folder.path(), self.songs.len());
            StoredSong::read(self.songs[i].open()?, &store)
        };
        let songs = job_pool::run(self.songs.len(), || Ok(()), read);
        let songs = self.songs.iter().zip(songs).map(|(source, song)| {
            let path = source.path().display();
            song.with_context(|| format!("{path}: no track of the album was mastered"))
        });
        let songs = songs.collect::<Result<Vec<StoredSong>>>()?;
        let titles: Vec<String> = (0..self.songs.len())
            .map(|i| self.songs[i].title())
            .collect();
        let progress = bars.song("Album");
        progress.phase("measuring");
        let store = StoreOptions::in_folder(folder.path(), 1);
        let mut program = album::join(&titles, songs, self.format, store)?;
        if let (Some(reason), Some(first)) = (&self.cue_sheet_obstacle, program.tracks.first_mut())
        {
            first.findings.push(remarks::without_cue_sheet(reason));
        }
        self.check_rate(program.audio.sample_rate_hz)?;
        let mut results: Vec<Vec<Result<SongResult>>> = titles.iter().map(|_| Vec::new()).collect();
        let metadata: Vec<Metadata> = self.songs.iter().map(SongSource::metadata).collect();
        let mut plugin = self.open()?;
        let (mut files, mut stale) = (Vec::new(), Vec::new());
        let store = StoreOptions::in_folder(folder.path(), self.songs.len());
        for (t, target) in self.targets.iter().enumerate() {
            plugin.reset()?;
            let mastered = mastering::master(&program, target, &mut plugin, &progress)?;
            progress.phase("writing");
            let (target_results, target_files) =
                self.complete(0, t, &mastered, &metadata, &plugin.version, &store)?;
            files.extend(target_files);
            for (results, result) in results.iter_mut().zip(target_results) {
                results.push(Ok(result));
            }
            if self.cue_sheet_obstacle.is_some() {
                // That of another album would name other files.
                stale.push(target.file_name_part());
            } else {
                let sheet = self.cue_sheet(t, &program, &metadata)?;
                let path = folder.cue_sheet(target.file_name_part())?;
                files.push(outputs::complete_text(&path, &sheet)?);
            }
        }
        outputs::appear(files)?;
        for profile in stale {
            folder.remove_cue_sheet(profile)?;
        }
        Ok(results.into_iter().map(Ok).collect())
    }

    /// The cue sheet of an album for a target.
    fn cue_sheet(&self, target: usize, program: &Program, metadata: &[Metadata]) -> Result<String> {
        let mut tracks = Vec::new();
        for (i, (track, metadata)) in program.tracks.iter().zip(metadata).enumerate() {
            let file = self.outputs(i, target)?.song_name();
            tracks.push(CueTrack {
                file: file.to_string_lossy().into_owned(),
                title: self.songs[i].title(),
                metadata,
                frames: track.frames.len(),
            });
        }
        Ok(album::cue_sheet(&tracks, program.audio.sample_rate_hz))
    }

    /// Checks that all targets' formats support the rate, before the work.
    fn check_rate(&self, rate_hz: u32) -> Result<()> {
        let mut formats = self.targets.iter().map(|target| target.format.output);
        formats.try_for_each(|format| format.check_rate(rate_hz))
    }

    /// The planned files of a song for a target.
    fn outputs(&self, i: usize, target: usize) -> Result<&Outputs> {
        let planned = self.outputs[i][target].as_ref();
        planned.map_err(|e| anyhow!("{e:#}"))
    }

    /// Masters one song to each target and writes its files.
    fn master_song(
        &self,
        i: usize,
        folder: &Folder,
        plugin: &mut PluginSession,
        bars: &ProgressBars,
    ) -> SongResults {
        for target in 0..self.targets.len() {
            self.outputs(i, target)?;
        }
        let stream = self.songs[i].open()?;
        let _memory = self.memory.wait_for(stream.as_ref());
        let progress = bars.song(&self.songs[i].title());
        progress.phase("reading");
        let store = StoreOptions::in_folder(folder.path(), 1);
        let song = StoredSong::read(stream, &store)?;
        let program = Program::song(song, self.format, store)?;
        self.check_rate(program.audio.sample_rate_hz)?;
        let metadata = [self.songs[i].metadata()];
        let store = StoreOptions::in_folder(folder.path(), 1);
        let mut master = |(t, target): (usize, &MasteringTarget)| {
            plugin.reset()?;
            let mastered = mastering::master(&program, target, plugin, &progress)?;
            progress.phase("writing");
            let (mut results, files) =
                self.complete(i, t, &mastered, &metadata, &plugin.version, &store)?;
            outputs::appear(files)?;
            results.pop().context("the track is missing")
        };
        Ok(self.targets.iter().enumerate().map(&mut master).collect())
    }

    /// The results of the songs of a mastered program, and their files, which have not appeared yet. `first` is the index of its
    /// first song, `target` that of its target, and `metadata` has that of each of its songs.
    fn complete(
        &self,
        first: usize,
        target: usize,
        mastered: &MasteredProgram<'_>,
        metadata: &[Metadata],
        version: &str,
        store: &StoreOptions,
    ) -> Result<(Vec<SongResult>, Vec<CompleteFile>)> {
        let mut songs: Vec<MasteringResult> = Vec::new();
        let mut outputs = Vec::new();
        for track in 0..metadata.len() {
            let mut song = mastered.track(track).context("a track is missing")?;
            song.advice.reconcile(&mut song.findings);
            if self.is_stereo && song.output.channel_count() == 1 {
                song.output = song.output.into_stereo();
                song.findings.push(remarks::stereo_from_mono());
            }
            songs.push(song);
            outputs.push(self.outputs(first + track, target)?);
        }
        let target = &self.targets[target];
        let format = &target.format.output;
        let encoded = encoding::encode(&mut songs, &outputs, metadata, format, store)?;
        let mut files = encoded.files;
        let mut results = Vec::new();
        for (track, song) in songs.iter().enumerate() {
            let (source, outputs) = (&self.songs[first + track], outputs[track]);
            let (title, metadata) = (source.title(), &metadata[track]);
            let mut outcome = outcome(song, target, encoded.changes[track]);
            let rate_hz = song.output.sample_rate_hz;
            outcome.lines.extend(target.proposals.warning_lines());
            outcome
                .lines
                .extend(metadata_lines(metadata, format, rate_hz));
            let report =
                SongReport::new(&title, version, target, song, &outcome, outputs, metadata)?;
            files.push(outputs::complete_text(&outputs.report, &report.page())?);
            results.push(SongResult {
                record: json_record::of_song(source, target, song, &outcome, outputs),
                summary: summary(&title, target, song, &outcome, outputs),
                report,
            });
        }
        Ok((results, files))
    }

    /// Prints the results of all songs in their order and, if there are several, writes them to a page.
    fn report(
        &self,
        results: Vec<SongResults>,
        folder: &Folder,
        is_json: bool,
    ) -> Result<ExitCode> {
        let mut records = Vec::new();
        let (mut reports, mut failures) = (Vec::new(), Vec::new());
        let results = self.songs.iter().zip(results);
        let results = results.flat_map(|(song, results)| {
            let results = results.unwrap_or_else(|e| vec![Err(e)]);
            results.into_iter().map(move |result| (song, result))
        });
        for (song, result) in results {
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
        if is_json {
            print_records(records)?;
        }
        let overview = self.overview(&reports, &failures, folder);
        match &overview {
            Ok(Some(path)) if !is_json => {
                let path = path.display().to_string();
                print_result(&format!("All songs: {}", printable(&path)))?;
            }
            Ok(_) => {}
            // stdout has the results already.
            Err(e) => print_error(&format!("{e:#}")),
        }
        Ok(if failures.is_empty() && overview.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Writes the page on all songs and returns its path. One song has no such page; that of an earlier run is removed.
    fn overview(
        &self,
        reports: &[SongReport],
        failures: &[(String, String)],
        folder: &Folder,
    ) -> Result<Option<PathBuf>> {
        if !self.has_overview || reports.is_empty() {
            folder.remove_overview()?;
            return Ok(None);
        }
        let names: Vec<String> = self.targets.iter().map(MasteringTarget::name).collect();
        let page = report::overview(&names.join(", "), reports, failures);
        let path = folder.overview()?;
        outputs::appear(vec![outputs::complete_text(&path, &page)?])?;
        Ok(Some(path))
    }
}

/// Sentences about metadata that the master lacks.
fn metadata_lines(metadata: &Metadata, format: &OutputFormat, rate_hz: u32) -> Vec<String> {
    let mut lines = Vec::new();
    let dropped = metadata.dropped_data(format, rate_hz);
    if !dropped.is_empty() {
        lines.push(format!("Not carried over: {}.", dropped.join(", ")));
    }
    let warnings = metadata.warnings().iter();
    lines.extend(warnings.map(|warning| format!("Warning: {warning}.")));
    lines
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
    let paths = [&outputs.song, &outputs.report].map(|path| path.display().to_string());
    let texts = outcome.lines.iter().chain(&paths);
    lines.extend(texts.map(|text| format!("  {}", printable(text))));
    lines.push(String::new());
    lines.join("\n")
}
