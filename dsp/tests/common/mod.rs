//! Helpers of the tests; not every test file uses all of them.
#![allow(dead_code)]

pub(crate) mod compressors;
pub(crate) mod processing;
pub(crate) mod spectra;

use flow_audio_file::Audio;
use flow_dsp::{Chain, ChainSettings, Monitor, Spec};

/// A chain for a sample rate.
pub(crate) fn chain(rate_hz: impl Into<f64>) -> Chain {
    Chain::new(Spec {
        sample_rate_hz: rate_hz.into(),
    })
}

/// Processes audio in blocks of the given sizes, repeated; without latency compensation.
pub(crate) fn run(
    chain: &mut Chain,
    settings: &ChainSettings,
    monitor: Monitor,
    input: &Audio,
    blocks: &[usize],
) -> Audio {
    let mut output = input.clone();
    let mut done = 0;
    let mut sizes = blocks.iter().cycle();
    while done < output.frames() {
        let end = (done + sizes.next().copied().unwrap_or(512)).min(output.frames());
        let mut slices: Vec<&mut [f32]> = output
            .channels
            .iter_mut()
            .map(|c| &mut c[done..end])
            .collect();
        chain.process(settings, monitor, &mut slices);
        done = end;
    }
    output
}

/// Processes audio in blocks of 512 without a monitor state.
pub(crate) fn play(chain: &mut Chain, settings: &ChainSettings, input: &Audio) -> Audio {
    run(chain, settings, Monitor::default(), input, &[512])
}

/// Plays audio through a new chain.
pub(crate) fn master(settings: &ChainSettings, input: &Audio) -> Audio {
    play(&mut chain(input.sample_rate_hz), settings, input)
}

/// Delays audio by whole samples, keeping its length.
pub(crate) fn delayed(audio: &Audio, samples: u32) -> Audio {
    let samples = samples as usize;
    let mut out = audio.clone();
    for channel in &mut out.channels {
        channel.rotate_right(samples);
        channel[..samples].fill(0.0);
    }
    out
}
