//! Single processors, from audio to audio.

use flow_audio_file::Audio;
use flow_dsp::{Baseline, QUANTUM, Quantum, Spec, internals::processor::Processor};

/// The whole quanta of two channels.
pub(crate) fn quanta(channels: &[Vec<f32>]) -> Vec<Quantum> {
    (0..channels[0].len() / QUANTUM)
        .map(|q| Quantum {
            channels: [0, 1].map(|c| core::array::from_fn(|i| channels[c][q * QUANTUM + i])),
        })
        .collect()
}

/// Processes all whole quanta of `input` with a processor prepared for its rate. `settings` may change with the frame.
pub(crate) fn processed<P: Processor>(
    processor: &mut P,
    settings: impl FnMut(usize) -> P::Settings,
    input: &Audio,
) -> Audio {
    processed_and(processor, settings, input, |_, _| ())
}

/// The same; `after` sees the processor and its output after each quantum.
pub(crate) fn processed_and<P: Processor>(
    processor: &mut P,
    mut settings: impl FnMut(usize) -> P::Settings,
    input: &Audio,
    mut after: impl FnMut(&P, &mut Quantum),
) -> Audio {
    processor.prepare(Spec {
        sample_rate_hz: f64::from(input.sample_rate_hz),
    });
    let mut channels = [(); 2].map(|()| Vec::with_capacity(input.frames()));
    for (q, mut quantum) in quanta(&input.channels).into_iter().enumerate() {
        processor.process::<Baseline>(settings(q * QUANTUM), &mut quantum);
        after(processor, &mut quantum);
        for (channel, lane) in channels.iter_mut().zip(&quantum.channels) {
            channel.extend_from_slice(lane);
        }
    }
    Audio::new(input.sample_rate_hz, channels.into())
}
