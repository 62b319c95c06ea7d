//! Masters a song for streaming by rules, as a WAV file: `cargo run --release -p flow_analysis --example master SONG WAV`.
//!
//! The program `flow master` runs the plug-in instead, with the network.

use std::error::Error;
use std::path::Path;

use flow_analysis::effect_model::apply;
use flow_analysis::features::AnalysisWindow;
use flow_analysis::pipeline::analyze;
use flow_analysis::report::Context;
use flow_audio_file::{Audio, OutputFormat};
use flow_dsp::{Chain, ChainSettings, Delivery, Monitor, Spec};

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1);
    let (Some(song), Some(output)) = (paths.next(), paths.next()) else {
        return Err("usage: master SONG WAV".into());
    };
    let song = flow_audio_file::read(Path::new(&song))?.audio;
    let spec = Spec {
        sample_rate_hz: f64::from(song.sample_rate_hz),
    };
    let mut left = song.channels[0].clone();
    let mut right = song.channels[song.channels.len() - 1].clone();

    let context = Context {
        delivery: *Delivery::find("streaming").ok_or("there is no such delivery")?,
        ..Context::default()
    };
    let analysis = analyze(&AnalysisWindow::of(spec, &left, &right), &context);
    for proposal in &analysis.proposals {
        println!(
            "{}: {}. {}",
            proposal.id.name(),
            proposal.to,
            proposal.reason
        );
    }
    let settings = apply(&ChainSettings::default(), &analysis.proposals);

    let mut chain = Chain::new(spec);
    let latency = usize::try_from(chain.latency_samples())?;
    for channel in [&mut left, &mut right] {
        channel.extend(std::iter::repeat_n(0.0, latency));
    }
    chain.process(&settings, Monitor::default(), &mut [&mut left, &mut right]);
    let channels = [left, right].map(|channel| channel[latency..].to_vec());
    let audio = Audio::new(song.sample_rate_hz, channels.into());
    flow_audio_file::write(Path::new(&output), &OutputFormat::WAV_24, &audio)?;
    Ok(())
}
