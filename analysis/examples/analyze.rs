//! Prints the proposals for a song as JSON: `cargo run --release -p flow_analysis --example analyze SONG`.

use std::error::Error;
use std::path::Path;

use flow_analysis::features::AnalysisWindow;
use flow_analysis::pipeline::analyze;
use flow_analysis::report::Context;
use flow_dsp::Spec;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: analyze SONG")?;
    let song = flow_audio_file::read(Path::new(&path))?.audio;
    let spec = Spec {
        sample_rate_hz: f64::from(song.sample_rate_hz),
    };
    // A mono song counts as two equal channels.
    let (left, right) = (&song.channels[0], &song.channels[song.channels.len() - 1]);
    let window = AnalysisWindow::of(spec, left, right);
    let analysis = analyze(&window, &Context::default());
    println!("{}", serde_json::to_string_pretty(&analysis.proposals)?);
    Ok(())
}
