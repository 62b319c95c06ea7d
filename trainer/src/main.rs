//! Flow's own code for the training recipe, so that training and inference use the same features.
//!
//! ```text
//! flow_trainer demo                      the demo song, raw f32 at 44.1 kHz
//! flow_trainer features                  log-mel features of sounds on standard input
//! flow_trainer classify                  the content class of each ten seconds of standard input
//! flow_trainer evaluate MANIFEST         the value of proposals for sounds named on standard input
//! ```

mod classify;
mod distance;
mod evaluate;
mod features;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["demo"] => demo(),
        ["features"] => features::serve(),
        ["classify"] => classify::classify(),
        ["evaluate", manifest] => evaluate::evaluate(manifest.as_ref()),
        _ => usage(),
    };
    if let Err(e) = done {
        eprintln!("error: {e:#}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn usage() -> Result<()> {
    bail!("flow_trainer demo, features, classify or evaluate MANIFEST")
}

/// Writes the demo song to standard output.
fn demo() -> Result<()> {
    let song = flow_demo_song::demo_song(44_100);
    let frames = song.channels[0].iter().zip(&song.channels[1]);
    let bytes: Vec<u8> = frames
        .flat_map(|(left, right)| [*left, *right])
        .flat_map(f32::to_le_bytes)
        .collect();
    std::io::stdout().write_all(&bytes)?;
    Ok(())
}
