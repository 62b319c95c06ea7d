//! Streaming renders: they equal renders of whole audio, and read the meters of their own instance.

use flow_audio_file::Audio;
use flow_dsp::Readings;
use flow_host::clap::{
    BlockSizes, Instance, READINGS_EXTENSION, RawReadingsExtension, RenderOptions, RenderedBlock,
    StreamFormat, StreamResult,
};
use flow_testkit::signals;
use flow_testkit::testing::{configure, open_bundle, render_with};
use std::ptr::{null, null_mut};

fn read_from(input: &Audio) -> impl FnMut(&mut [&mut [f32]]) -> usize {
    let mut start = 0;
    move |channels| {
        let end = input.frames().min(start + channels[0].len());
        for (to, from) in channels.iter_mut().zip(&input.channels) {
            to[..end - start].copy_from_slice(&from[start..end]);
        }
        end - std::mem::replace(&mut start, end)
    }
}

/// Renders `input` as a stream. Returns the output and the readings of each block.
fn stream(
    flow: &mut Instance,
    input: &Audio,
    options: &RenderOptions<'_>,
) -> (Audio, Vec<Readings>, StreamResult) {
    let format = StreamFormat {
        sample_rate_hz: input.sample_rate_hz,
        channel_count: input.channel_count(),
        expected_frames: input.frames() as u64,
    };
    let mut output = Audio::silence(input.sample_rate_hz, input.channel_count(), 0);
    let mut readings = Vec::new();
    let mut read = read_from(input);
    let write = |block: &RenderedBlock<'_>| {
        assert!(block.frames() > 0);
        for (to, from) in output.channels.iter_mut().zip(block.channels) {
            to.extend_from_slice(from);
        }
        readings.extend(block.readings);
        Ok(())
    };
    let result = flow
        .render_stream(format, options, |channels| Ok(read(channels)), write)
        .unwrap_or_else(|e| panic!("{e}"));
    (output, readings, result)
}

#[test]
fn streaming_render_of_any_length_equals_whole_render() {
    let mut flow = open_bundle().instantiate().unwrap();
    configure(&mut flow, &[("gain", "9 dB")]);
    let noise = signals::white_noise(48_000, 2, 0.25, 0.9, 2);
    for (frames, block) in [
        (0, BlockSizes::Fixed(512)),
        (1, BlockSizes::Fixed(512)),
        (512, BlockSizes::Fixed(512)),
        (10_240, BlockSizes::Fixed(512)),
        (10_241, BlockSizes::Cycle(&[1, 0, 700, 16])),
    ] {
        let input = noise.range(0, frames);
        let options = RenderOptions {
            block,
            ..RenderOptions::default()
        };
        let expected = render_with(&mut flow, &input, &options);
        let (output, _, result) = stream(&mut flow, &input, &options);
        assert_eq!(output.frames(), frames);
        assert_eq!(result.frames, frames as u64);
        assert_eq!(output.first_difference(&expected), None, "{frames}");
    }
}

#[test]
fn streaming_renders_of_two_threads_read_their_own_meters() {
    let bundle = open_bundle();
    let input = signals::sine(48_000, 2, 1.0, 440.0, 0.25, 0.0);
    let lowest = |gain: &str| {
        let mut flow = bundle.instantiate().unwrap();
        configure(&mut flow, &[("gain", gain), ("ceil", "-1 dB")]);
        // A newer instance that never processes must not answer.
        let _newer = bundle.instantiate().unwrap();
        let (_, readings, _) = stream(&mut flow, &input, &RenderOptions::default());
        assert_eq!(flow.readings(), readings.last().copied());
        let gains = readings.iter().map(|readings| readings.limiter_gain_db);
        (gains.fold(0.0, f32::min), readings.len())
    };
    std::thread::scope(|scope| {
        let limited = scope.spawn(|| lowest("18 dB"));
        let (idle_db, blocks) = lowest("0 dB");
        assert_eq!(idle_db, 0.0);
        // The first block of 512 frames is longer than the latency.
        assert_eq!(blocks, 48_000_usize.div_ceil(512) + 1);
        let (limited_db, _) = limited.join().unwrap();
        // 18 dB of gain lift a peak of -12 dBFS 7 dB above the ceiling.
        assert!((limited_db + 7.0).abs() < 0.3, "{limited_db}");
    });
}

#[test]
fn streaming_render_with_failing_source_or_sink_returns_its_error() {
    let mut flow = open_bundle().instantiate().unwrap();
    let format = StreamFormat {
        sample_rate_hz: 48_000,
        channel_count: 2,
        expected_frames: 1000,
    };
    let options = RenderOptions::default();
    let failed = flow.render_stream(format, &options, |_| Err("no input".into()), |_| Ok(()));
    assert_eq!(failed.unwrap_err().to_string(), "no input");
    let full = |_: &RenderedBlock<'_>| Err("the disk is full".into());
    let failed = flow.render_stream(format, &options, |channels| Ok(channels[0].len()), full);
    assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
    // The instance still renders.
    let input = signals::white_noise(48_000, 2, 0.1, 0.5, 3);
    assert_eq!(stream(&mut flow, &input, &options).0.frames(), 4800);
}

#[test]
fn readings_extension_with_null_pointers_returns_false() {
    let bundle = super::hostile_clap_audio::open();
    let flow = bundle.create();
    let extension: &RawReadingsExtension = flow.extension(READINGS_EXTENSION);
    let read = extension.read.unwrap();
    let mut readings = Readings::default();
    // SAFETY: the plug-in must accept null pointers; all others are valid.
    unsafe {
        assert!(!read(null(), &raw mut readings));
        assert!(!read(flow.plugin, null_mut()));
        assert!(read(flow.plugin, &raw mut readings));
    }
    assert_eq!(readings, Readings::default());
}
