//! VST3 hosts that break the rules with audio and automation, or report values early, late or once.

use std::ptr::null_mut;

use flow_host::vst3::Vst3Instance;
use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessorTrait, ProcessContext,
};
use vst3::Steinberg::{kInvalidArgument, kResultOk};

use super::vst3_blocks::{
    FRAMES, block, create, empty_block, noise, process, process_at, set, value,
};

#[test]
fn value_set_without_a_block_is_reported_and_saved_at_once() {
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    let noise = noise();
    process(&flow, block(&noise, 0), &[]);
    set(&flow, "gain", 0.75);
    assert!((value(&flow, "gain") - 0.75).abs() < 0.01);
    let saved = flow.save_state().unwrap();
    let mut other = create();
    other.load_state(&saved).unwrap();
    assert_eq!(value(&other, "gain"), value(&flow, "gain"));
    // It applies when the host ends processing without another block.
    flow.deactivate();
    assert_eq!(value(&flow, "gain"), value(&other, "gain"));
}

#[test]
fn value_set_in_the_controller_between_blocks_leaves_the_audio_unchanged() {
    // Hosts repeat automation to the controller later. Only the blocks change the audio.
    let noise = noise();
    let play = |echo: bool| {
        let mut flow = create();
        flow.activate(48_000, false).unwrap();
        [0, 1, 2, 3].map(|index| {
            if echo {
                set(&flow, "gain", 0.1);
            }
            let points: &[(i32, f64)] = if index == 1 { &[(7, 0.9)] } else { &[] };
            process(&flow, block(&noise, index), &[("gain", points)]).1
        })
    };
    assert_eq!(play(true), play(false));
}

#[test]
fn automation_points_of_a_block_apply_at_their_samples() {
    let noise = noise();
    let whole = {
        let mut flow = create();
        flow.activate(48_000, false).unwrap();
        let points: &[(i32, f64)] = &[(10, 0.9), (100, 0.2), (200, 0.7)];
        process(&flow, block(&noise, 0), &[("gain", points)]).1
    };
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    let mut pieces = [Vec::new(), Vec::new()];
    let cuts = [
        (0, 10, None),
        (10, 100, Some(0.9)),
        (100, 200, Some(0.2)),
        (200, 256, Some(0.7)),
    ];
    for (from, to, value) in cuts {
        let input = [0, 1].map(|c| &noise[c][from..to]);
        let point = value.map(|value| (0, value));
        let points = point.as_slice();
        let output = process(&flow, input, &[("gain", points)]).1;
        for (all, piece) in pieces.iter_mut().zip(output) {
            all.extend(piece);
        }
    }
    assert_eq!(whole, pieces);
}

#[test]
fn automation_points_outside_the_block_do_no_harm() {
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    let noise = noise();
    let late: &[(i32, f64)] = &[(-5, 0.4), (100_000, 0.8), (3, f64::NAN), (3, 1e300)];
    let unknown: &[(i32, f64)] = &[(0, 1.0)];
    let points = [("gain", late), ("no such id", unknown)];
    let (result, output, _) = process(&flow, block(&noise, 0), &points);
    assert_eq!(result, kResultOk);
    assert!(output.iter().flatten().all(|sample| sample.is_finite()));
    assert!(
        (value(&flow, "gain") - 0.8).abs() < 0.01,
        "the last value must apply"
    );
}

#[test]
fn missing_and_64_bit_buffers_give_silence() {
    let mut flow = create();
    let noise = noise();
    let is_silent = |flow: &Vst3Instance| {
        let (result, output, _) = process(flow, block(&noise, 0), &[]);
        result == kResultOk && output.iter().flatten().all(|sample| *sample == 0.0)
    };
    assert!(is_silent(&flow), "before the first activation");
    flow.activate(48_000, false).unwrap();
    process(&flow, block(&noise, 0), &[]);
    // SAFETY: the plug-in must accept null pointers and missing buses.
    unsafe {
        assert_eq!(flow.processor().process(null_mut()), kInvalidArgument);
        let mut data = empty_block(FRAMES);
        assert_eq!(flow.processor().process(&mut data), kResultOk);
        (data.numInputs, data.numOutputs) = (1, 1);
        assert_eq!(flow.processor().process(&mut data), kResultOk);
        // An output whose channels are null, and no input.
        let mut channels = [null_mut(); 2];
        let mut output = AudioBusBuffers {
            numChannels: 2,
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 {
                channelBuffers32: channels.as_mut_ptr(),
            },
        };
        data.outputs = &mut output;
        assert_eq!(flow.processor().process(&mut data), kResultOk);
        output.__field0.channelBuffers32 = null_mut();
        assert_eq!(flow.processor().process(&mut data), kResultOk);
        // Without an input bus the output's old content must not become input.
        let mut ones = [const { [1.0_f32; FRAMES] }; 2];
        let mut channels = ones.each_mut().map(|channel| channel.as_mut_ptr());
        output.__field0.channelBuffers32 = channels.as_mut_ptr();
        (data.numInputs, data.outputs) = (0, &mut output);
        for _ in 0..8 {
            assert_eq!(flow.processor().process(&mut data), kResultOk);
        }
        assert!(ones.iter().flatten().all(|sample| *sample == 0.0));
        // Flow refuses 64-bit samples and must silence them.
        let mut ones = [const { [1.0_f64; FRAMES] }; 2];
        let mut channels = ones.each_mut().map(|channel| channel.as_mut_ptr());
        output.__field0.channelBuffers64 = channels.as_mut_ptr();
        (data.symbolicSampleSize, data.outputs) = (1, &mut output);
        assert_eq!(flow.processor().process(&mut data), kResultOk);
        assert!(ones.iter().flatten().all(|sample| *sample == 0.0));
    }
    flow.deactivate();
    assert!(is_silent(&flow), "after deactivation");
}

#[test]
fn silence_after_the_tail_sets_the_silence_flags() {
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    let noise = noise();
    assert_eq!(
        process(&flow, block(&noise, 0), &[]).2,
        0,
        "the host's flags are still set"
    );
    let silence = [0.0; FRAMES];
    let blocks = (0..1000).find(|_| process(&flow, [&silence, &silence], &[]).2 == 0b11);
    let blocks = blocks.expect("the silence flags are never set");
    // SAFETY: a living instance.
    let tail = unsafe { flow.processor().getTailSamples() };
    assert!((blocks + 1) * FRAMES > usize::try_from(tail).unwrap());
}

#[test]
fn long_block_with_sound_at_its_start_sets_no_silence_flags() {
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    // The block is longer than the tail, so its end is silent.
    let mut channel = vec![0.0_f32; 60_000];
    channel[..1_000].fill(0.5);
    let (_, output, flags) = process(&flow, [&channel, &channel], &[]);
    assert!(output[0].iter().any(|sample| sample.abs() > 0.1));
    assert_eq!(flags, 0);
}

#[test]
fn song_position_of_any_numbers_changes_no_sample() {
    let noise = noise();
    let render = |context: *mut ProcessContext| {
        let mut flow = create();
        flow.activate(48_000, false).unwrap();
        let blocks = (0..60).map(|index| process_at(&flow, block(&noise, index), &[], context).1);
        blocks.flatten().flatten().collect::<Vec<f32>>()
    };
    let expected = render(null_mut());
    for number in [0.0, f64::NAN, f64::NEG_INFINITY, 1e300, -8.0, 130.0] {
        for signature in [0, -4, i32::MIN, i32::MAX, 4] {
            // SAFETY: a structure of numbers.
            let mut context: ProcessContext = unsafe { std::mem::zeroed() };
            context.state = u32::MAX;
            (context.sampleRate, context.tempo) = (number, number);
            context.projectTimeSamples = i64::MIN;
            (context.projectTimeMusic, context.barPositionMusic) = (number, -number);
            (context.timeSigNumerator, context.timeSigDenominator) = (signature, signature);
            let output = render(&raw mut context);
            assert!(output == expected, "{number}, {signature}");
        }
    }
}
