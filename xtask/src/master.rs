//! Mastering songs through the built plug-in: gain for the profile's loudness, limiter for its ceiling, and a report
//! of what was measured before and after.

mod assist;
mod decode;
mod figures;
mod gain_search;
mod limiting;
mod ogg;
mod outputs;
mod pictures;
mod preset;
mod probe;
mod progress;
mod record;
mod report;
mod song;
mod spectrum;
mod target;
mod verdict;

use crate::cli::MasterArguments;
use crate::flow::Flow;
use crate::numbers::number;
use crate::{bundle, print_error};
use anyhow::{Result, anyhow};
use decode::{Decoded, decode};
use flow_tests::music;
use outputs::{Folder, Outputs};
use progress::Progress;
use serde_json::Value;
use song::Mastered;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use target::Target;
use verdict::{Verdict, verdict};

/// What the demo song is called; it is no file.
const DEMO: &str = "demo";
const DEMO_RATE_HZ: u32 = 48_000;

pub(crate) fn master(arguments: &MasterArguments) -> Result<ExitCode> {
    if arguments.list_presets {
        println!("{}", preset::list());
        return Ok(ExitCode::SUCCESS);
    }
    // What can be wrong without the plug-in is found before it is built.
    let target = Target::new(arguments)?;
    if let Some(path) = &arguments.probe
        && !probe::is_wanted()
    {
        return probe::again_with(path);
    }
    let folder = Folder::open(&arguments.out)?;
    let is_demo = arguments.songs.is_empty();
    let songs = if is_demo {
        vec![PathBuf::from(DEMO)]
    } else {
        arguments.songs.clone()
    };
    let plan = folder.plan(&songs);
    let clap = bundle::clap()?;
    let mut flow = Flow::open(&clap, usize::from(arguments.block))?;
    target.apply(&mut flow)?;

    let mut records = Vec::new();
    let mut failures = 0;
    for (path, outputs) in songs.iter().zip(plan) {
        let done = outputs.and_then(|outputs| {
            let read = || if is_demo { Ok(demo()) } else { decode(path) };
            one(path, read, &target, &mut flow, &outputs, arguments.json)
        });
        records.push(done.unwrap_or_else(|e| {
            failures += 1;
            print_error(&format!("{}: {e:#}", path.display()));
            record::of_failure(path, &format!("{e:#}"))
        }));
    }
    if arguments.json {
        print_json(records)?;
    }
    Ok(if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Masters one song and gives its record.
fn one(
    path: &Path,
    read: impl FnOnce() -> Result<Decoded>,
    target: &Target,
    flow: &mut Flow,
    outputs: &Outputs,
    is_json: bool,
) -> Result<Value> {
    let title = if path == Path::new(DEMO) {
        "Demo song".to_owned()
    } else {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let progress = Progress::new(&title);
    progress.phase("reading");
    let decoded = read()?;
    flow.renew()?;
    let mastered = song::master(decoded, target, flow, &progress)?;
    let verdict = verdict(&mastered);
    progress.phase("writing");
    let report = report::report(&title, &flow.version, target, &mastered, &verdict);
    outputs.write(&mastered.output, &report)?;
    drop(progress);
    if !is_json {
        print_summary(&title, target, &mastered, &verdict, outputs);
    }
    Ok(record::of_song(
        &path.display().to_string(),
        target,
        &mastered,
        &verdict,
        outputs,
    ))
}

fn demo() -> Decoded {
    Decoded {
        audio: music::demo_song(DEMO_RATE_HZ),
        warning: None,
    }
}

fn print_json(mut records: Vec<Value>) -> Result<()> {
    let value = if records.len() == 1 {
        records.remove(0)
    } else {
        Value::Array(records)
    };
    println!(
        "{}",
        serde_json::to_string_pretty(&value).map_err(|e| anyhow!("JSON cannot be written: {e}"))?
    );
    Ok(())
}

fn print_summary(
    title: &str,
    target: &Target,
    song: &Mastered,
    verdict: &Verdict,
    outputs: &Outputs,
) {
    let (before, after) = (&song.before, &song.after);
    let row = |name: &str, before: f64, after: f64, decimals| {
        println!(
            "  {name:<12}{:>9} →{:>9}",
            number(before, decimals),
            number(after, decimals)
        );
    };
    println!("{title} ({})", target.name());
    row("LUFS-I", before.lufs_i, after.lufs_i, 2);
    row("LRA", before.lra, after.lra, 2);
    row("dBTP", before.dbtp, after.dbtp, 2);
    row("PLR", before.plr, after.plr, 2);
    row("correlation", before.correlation, after.correlation, 3);
    for line in &verdict.lines {
        println!("  {line}");
    }
    println!(
        "  {}\n  {}",
        outputs.song.display(),
        outputs.report.display()
    );
}
