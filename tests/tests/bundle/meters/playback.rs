//! Playback with the meters read after each block.

use flow_audio_file::Audio;
use flow_dsp::Readings;
use flow_host::clap::Instance;
use flow_testkit::testing::{configure, open_bundle};

/// The interval at which the meters are read. Case 13 of EBU Tech 3341 needs 20 ms or less.
const POLL_SECONDS: f64 = 0.01;

/// An instance that plays with its meters.
pub(crate) struct MeteredPlayback {
    pub(crate) flow: Instance,
}

impl MeteredPlayback {
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        let mut flow = open_bundle()
            .instantiate()
            .unwrap_or_else(|e| panic!("{e}"));
        configure(&mut flow, settings);
        Self { flow }
    }

    /// Plays `audio` in blocks of [`POLL_SECONDS`] and calls `observe` after each with the seconds played. Returns the
    /// last readings.
    pub(crate) fn play(
        &mut self,
        audio: &Audio,
        mut observe: impl FnMut(f64, &Readings) + Send,
    ) -> Readings {
        let rate = audio.sample_rate_hz;
        let block = flow_audio_file::seconds_to_samples(POLL_SECONDS, rate);
        let mut session = self
            .flow
            .start(rate, audio.channel_count(), block, false)
            .unwrap_or_else(|e| panic!("{e}"));
        let played = session.on_audio_thread(|thread| {
            let mut output = Audio::silence(rate, audio.channel_count(), block);
            let mut last = Readings::default();
            for start in (0..audio.frames()).step_by(block) {
                let end = (start + block).min(audio.frames());
                let input: Vec<&[f32]> = audio.channels.iter().map(|c| &c[start..end]).collect();
                let mut out: Vec<&mut [f32]> = output
                    .channels
                    .iter_mut()
                    .map(|c| &mut c[..end - start])
                    .collect();
                thread
                    .process(&input, &mut out, &[])
                    .unwrap_or_else(|e| panic!("{e}"));
                last = thread
                    .readings()
                    .unwrap_or_else(|| panic!("the plug-in offers no readings"));
                observe(end as f64 / f64::from(rate), &last);
            }
            last
        });
        played.unwrap_or_else(|e| panic!("{e}"))
    }
}
