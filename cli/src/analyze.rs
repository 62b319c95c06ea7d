//! `flow analyze`: measurements, content, findings and proposals of songs, without the plug-in.

mod song_analysis;

use crate::arguments::AnalyzeArguments;
use crate::interrupt;
use crate::master::job_pool::{self, MemoryBudget};
use crate::master::progress::ProgressBars;
use crate::master::target::delivery;
use crate::messages::{
    WrongArgument, failure_record, print_error, print_records, print_result, report_failure,
};
use crate::song_source::SongSource;
use anyhow::Result;
use flow_analysis::report::Context;
use flow_inference::NetworkPredictor;
use song_analysis::SongAnalysis;
use std::process::ExitCode;

/// Analyzes the songs that `arguments` name.
///
/// # Errors
///
/// If an argument is wrong. A song that fails alone is reported and makes the exit code 1; the others are analyzed.
pub fn analyze(arguments: &AnalyzeArguments) -> Result<ExitCode> {
    let delivery = delivery(&arguments.profile).map_err(|e| WrongArgument::new(&e))?;
    let context = Context {
        delivery: *delivery,
        intensity: arguments.intensity,
        ..Context::default()
    };
    interrupt::handle(arguments.json, false, report_failure)?;
    let songs = SongSource::from_arguments(&arguments.songs);
    let bars = ProgressBars::new(songs.len());
    let memory = MemoryBudget::new();
    let results = job_pool::run(
        songs.len(),
        || Ok(NetworkPredictor::shipped()?),
        |network, i| {
            let progress = bars.song(&songs[i].title());
            SongAnalysis::of(&songs[i], &context, network, &memory, &progress)
        },
    );
    drop(bars);
    let mut records = Vec::new();
    let mut code = ExitCode::SUCCESS;
    for (song, result) in songs.iter().zip(results) {
        match result {
            Ok(analysis) if arguments.json => records.push(analysis.record(song)),
            Ok(analysis) => print_result(&analysis.text(&song.title()))?,
            Err(e) => {
                let error = format!("{e:#}");
                print_error(&format!("{}: {error}", song.path().display()));
                records.push(failure_record(song.path(), &error));
                code = ExitCode::FAILURE;
            }
        }
    }
    if arguments.json {
        print_records(records)?;
    }
    Ok(code)
}
