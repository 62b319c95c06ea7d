//! Loads the built plug-in without a window, sets parameters, and renders a song through it:
//! `cargo run --release -p flow_host --example host_plugin target/bundled/Flow.clap SONG WAV`.

use flow_audio_file::OutputFormat;
use flow_host::clap::{BlockSizes, Bundle, RenderOptions};
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1);
    let (Some(bundle), Some(song), Some(output)) = (paths.next(), paths.next(), paths.next())
    else {
        return Err("usage: host_plugin BUNDLE SONG WAV".into());
    };

    let bundle = Bundle::open(Path::new(&bundle))?;
    let descriptor = bundle.descriptor()?;
    println!("{} {}", descriptor.name, descriptor.version);

    // The thread that creates an instance is CLAP's main thread. Rendering runs on a thread of its own.
    let mut flow = bundle.instantiate()?;
    println!("{} parameters", flow.parameters().len());

    // The plug-in parses texts with units. The ids are those of docs/manual/controls.md.
    flow.set_text("gain", "6 dB")?;
    flow.set_text("ceil", "-1 dBTP")?;
    flow.set_text("lstyl", "Punch")?;
    println!(
        "Limiter style: {}",
        flow.value_text("lstyl").unwrap_or_default()
    );

    let song = flow_audio_file::read(Path::new(&song))?.audio;
    // Blocks of any size give the same bits. The latency is removed from the start of the output.
    let options = RenderOptions {
        block: BlockSizes::Fixed(256),
        ..RenderOptions::default()
    };
    let render = flow.render(&song, &options)?;
    println!("latency: {} samples", render.latency_samples);
    flow_audio_file::write(Path::new(&output), &OutputFormat::WAV_24, &render.audio)?;
    Ok(())
}
