//! Mastering songs through the built plug-in: gain for the profile's loudness, limiter for its ceiling, and a report
//! of what was measured before and after.

mod album;
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
use report::Sheet;
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

    let quieter_lu = if arguments.album && !is_demo {
        album::quieter_lu(&songs)
    } else {
        vec![0.0; songs.len()]
    };
    let mut records = Vec::new();
    let (mut sheets, mut failures) = (Vec::new(), Vec::new());
    for ((path, outputs), quieter_lu) in songs.iter().zip(plan).zip(quieter_lu) {
        let done = outputs.and_then(|outputs| {
            let read = || if is_demo { Ok(demo()) } else { decode(path) };
            let goal = (&target, quieter_lu);
            one(path, read, goal, &mut flow, &outputs, arguments.json)
        });
        match done {
            Ok((record, sheet)) => {
                records.push(record);
                sheets.push(sheet);
            }
            Err(e) => {
                let why = format!("{e:#}");
                print_error(&format!("{}: {why}", path.display()));
                records.push(record::of_failure(path, &why));
                failures.push((path.display().to_string(), why));
            }
        }
    }
    if sheets.len() > 1 {
        let path = folder.write_overview(&report::overview(&target, &sheets, &failures))?;
        if !arguments.json {
            println!("All songs: {}", path.display());
        }
    }
    if arguments.json {
        print_json(records)?;
    }
    Ok(if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Masters one song and gives its record and its sheet.
fn one(
    path: &Path,
    read: impl FnOnce() -> Result<Decoded>,
    goal: (&Target, f64),
    flow: &mut Flow,
    outputs: &Outputs,
    is_json: bool,
) -> Result<(Value, Sheet)> {
    let (target, _) = goal;
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
    let mastered = song::master(decoded, goal, flow, &progress)?;
    let verdict = verdict(&mastered);
    progress.phase("writing");
    let sheet = report::sheet(&title, &flow.version, target, &mastered, &verdict);
    outputs.write(&mastered.output, &report::report(&sheet))?;
    drop(progress);
    if !is_json {
        print_summary(&title, target, &mastered, &verdict, outputs);
    }
    let name = path.display().to_string();
    let record = record::of_song(&name, target, &mastered, &verdict, outputs);
    Ok((record, sheet))
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
