//! Processes buffers of a song through the chain, as a plug-in or a player does, and prints the meters:
//! `cargo run --release -p flow_dsp --example process_buffer`.

use flow_demo_song::demo_excerpt;
use flow_dsp::{Chain, ChainSettings, Monitor, Spec};

/// Frames of a buffer. Any length gives the same bits, and it may change from buffer to buffer.
const BUFFER_FRAMES: usize = 512;

fn main() {
    let song = demo_excerpt(48_000, 20.0, 8.0);
    let (mut left, mut right) = (song.channels[0].clone(), song.channels[1].clone());

    // This allocates. Nothing after it does, so that `process` may run on an audio thread.
    let mut chain = Chain::new(Spec {
        sample_rate_hz: f64::from(song.sample_rate_hz),
    });

    // A stage whose settings are neutral is a pure delay. These bring the song up by 6 dB, into a ceiling of −1 dBTP.
    let mut settings = ChainSettings {
        loudness_gain_db: 6.0,
        ..ChainSettings::default()
    };
    settings.limiter.ceiling_db = -1.0;

    let buffers = left
        .chunks_mut(BUFFER_FRAMES)
        .zip(right.chunks_mut(BUFFER_FRAMES));
    for (left, right) in buffers {
        // In place. Settings may change before each call; they ramp, so that nothing clicks.
        chain.process(&settings, Monitor::default(), &mut [left, right]);
    }

    // The output begins this much later than the input. A player that needs them aligned drops so many frames.
    println!("latency: {} samples", chain.latency_samples());
    let readings = chain.readings();
    println!(
        "loudness: {:.1} -> {:.1} LUFS",
        readings.input.integrated_lufs, readings.output.integrated_lufs
    );
    println!("true peak: {:.2} dBTP", readings.output.true_peak_dbtp);
    println!("limiter: {:.1} dB", readings.limiter_gain_min_db);
}
