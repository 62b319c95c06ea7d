//! CLAP hosts that break the rules with audio and events: the plug-in processes all of it without a crash.

use std::ptr::{from_ref, null, null_mut};
use std::sync::atomic::Ordering;

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::clap_event_transport;
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_plugin_latency};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::process::{
    CLAP_PROCESS_CONTINUE, CLAP_PROCESS_ERROR, CLAP_PROCESS_SLEEP, clap_process,
};
use flow_host::clap::host_id;
use flow_testkit::raw_clap::{RawBundle, RawPlugin, value_event};
use flow_testkit::signals;
use flow_testkit::testing::bundle_path;

const FRAMES: usize = 256;

pub(super) fn open() -> RawBundle {
    RawBundle::open(&bundle_path())
}

pub(super) fn value(flow: &RawPlugin<'_>, id: &str) -> f64 {
    let params: &clap_plugin_params = flow.extension(CLAP_EXT_PARAMS);
    let mut value = f64::NAN;
    // SAFETY: a living instance and a number to write to.
    assert!(unsafe { params.get_value.unwrap()(flow.plugin, host_id(id), &mut value) });
    value
}

fn latency(flow: &RawPlugin<'_>) -> u32 {
    let latency: &clap_plugin_latency = flow.extension(CLAP_EXT_LATENCY);
    // SAFETY: a living instance.
    unsafe { latency.get.unwrap()(flow.plugin) }
}

fn noise() -> [Vec<f32>; 2] {
    let noise = signals::white_noise(48_000, 2, 1.0, 0.25, 3);
    [noise.channels[0].clone(), noise.channels[1].clone()]
}

fn block(noise: &[Vec<f32>; 2], index: usize) -> [&[f32]; 2] {
    [0, 1].map(|c| &noise[c][index * FRAMES..(index + 1) * FRAMES])
}

#[test]
fn event_after_the_end_of_its_block_applies_to_the_next() {
    let bundle = open();
    let noise = noise();
    let frames = u32::try_from(FRAMES).unwrap();
    let gain = host_id("gain");
    let render = |late: &[clap_sys::events::clap_event_param_value], then: Option<u32>| {
        let flow = bundle.start(48_000.0);
        let first = flow.process(block(&noise, 0), late).1;
        let events: Vec<_> = then
            .map(|t| value_event(t, gain, 0.9))
            .into_iter()
            .collect();
        let second = flow.process(block(&noise, 1), &events).1;
        let gain = value(&flow, "gain");
        assert!((gain - 0.9).abs() < 0.01, "the value {gain} was lost");
        (first, second)
    };
    let expected = render(&[], Some(0));
    for time in [frames, frames + 1, 10 * frames, u32::MAX] {
        let late = render(&[value_event(time, gain, 0.9)], None);
        assert_eq!(late, expected, "at {time} of {frames}");
    }
}

#[test]
fn events_out_of_order_apply_in_order_of_samples() {
    let bundle = open();
    let noise = noise();
    let (gain, trim) = (host_id("gain"), host_id("trim"));
    let sorted = [
        value_event(10, gain, 0.6),
        value_event(10, gain, 0.7),
        value_event(90, trim, 0.4),
        value_event(200, gain, 0.8),
    ];
    let render = |events: &[_]| {
        let flow = bundle.start(48_000.0);
        let first = flow.process(block(&noise, 0), events).1;
        (first, flow.process(block(&noise, 1), &[]).1)
    };
    let [a, b, c, d] = sorted;
    assert_eq!(render(&[d, a, c, b]), render(&sorted));
}

#[test]
fn events_of_unknown_parameters_and_wrong_sizes_are_ignored() {
    let bundle = open();
    let flow = bundle.start(48_000.0);
    let before = value(&flow, "gain");
    let gain = host_id("gain");
    let mut short = value_event(0, gain, 0.9);
    short.header.size = 16;
    let mut foreign = value_event(0, gain, 0.9);
    foreign.header.space_id = 77;
    let mut unknown_kind = value_event(0, gain, 0.9);
    unknown_kind.header.type_ = 999;
    let events = [
        short,
        foreign,
        unknown_kind,
        value_event(0, 0, 1.0),
        value_event(0, u32::MAX, 1.0),
        value_event(0, gain, f64::NAN),
        value_event(0, gain, f64::INFINITY),
    ];
    let silence = [0.0; FRAMES];
    let (status, _) = flow.process([&silence, &silence], &events);
    assert_ne!(status, CLAP_PROCESS_ERROR);
    assert_eq!(value(&flow, "gain"), before);
    // Finite values outside the range are clamped.
    flow.process([&silence, &silence], &[value_event(0, gain, 1e30)]);
    assert_eq!(value(&flow, "gain"), 1.0);
}

#[test]
fn process_with_missing_buffers_outputs_silence() {
    let bundle = open();
    let flow = bundle.start(48_000.0);
    let mut ones = [vec![1.0_f32; FRAMES], vec![1.0_f32; FRAMES]];
    let mut to = ones.each_mut().map(|channel| channel.as_mut_ptr());
    // Without an input port the output's old content must not become input.
    for _ in 0..8 {
        let status = flow.process_raw(null_mut(), to.as_mut_ptr(), 2, FRAMES, &[]);
        assert_ne!(status, CLAP_PROCESS_ERROR);
    }
    assert!(ones.iter().flatten().all(|sample| *sample == 0.0));

    // One channel of each side is null.
    let mut input = [vec![0.5_f32; FRAMES], vec![0.5_f32; FRAMES]];
    let mut from = input.each_mut().map(|channel| channel.as_mut_ptr());
    for (null_in, null_out) in [(0, 1), (1, 0), (0, 0)] {
        let (mut from, mut to) = (from, to);
        from[null_in] = null_mut();
        to[null_out] = null_mut();
        flow.process_raw(from.as_mut_ptr(), to.as_mut_ptr(), 2, FRAMES, &[]);
    }
    flow.process_raw(from.as_mut_ptr(), null_mut(), 2, FRAMES, &[]);
    flow.process_raw(null_mut(), null_mut(), 2, FRAMES, &[]);

    // A port with channels but without a list of them.
    let mut process = flow.block(FRAMES);
    let port = clap_sys::audio_buffer::clap_audio_buffer {
        data32: null_mut(),
        data64: null_mut(),
        channel_count: 2,
        latency: 0,
        constant_mask: 0,
    };
    let mut output = port;
    (process.audio_inputs, process.audio_inputs_count) = (&port, 1);
    (process.audio_outputs, process.audio_outputs_count) = (&mut output, 1);
    assert_ne!(flow.process_events(process, &[]), CLAP_PROCESS_ERROR);
    assert!(ones.iter().flatten().all(|sample| sample.is_finite()));
    assert_eq!(from[0], input[0].as_mut_ptr());
}

#[test]
fn channels_beyond_the_layout_are_silent() {
    let bundle = open();
    let flow = bundle.start(48_000.0);
    let mut input = [const { [0.1_f32; FRAMES] }; 4];
    let mut output = [const { [1.0_f32; FRAMES] }; 4];
    let mut from = input.each_mut().map(|channel| channel.as_mut_ptr());
    let mut to = output.each_mut().map(|channel| channel.as_mut_ptr());
    flow.process_raw(from.as_mut_ptr(), to.as_mut_ptr(), 4, FRAMES, &[]);
    for channel in &output[2..] {
        assert!(channel.iter().all(|sample| *sample == 0.0));
    }
}

#[test]
fn unused_output_in_input_memory_leaves_mono_output_intact() {
    use clap_sys::ext::audio_ports_config::{
        CLAP_EXT_AUDIO_PORTS_CONFIG, clap_plugin_audio_ports_config,
    };
    let bundle = open();
    let flow = bundle.create();
    let configs: &clap_plugin_audio_ports_config = flow.extension(CLAP_EXT_AUDIO_PORTS_CONFIG);
    // SAFETY: a living instance.
    assert!(unsafe { configs.select.unwrap()(flow.plugin, 1) });
    assert!(flow.activate(48_000.0));
    // SAFETY: as above.
    let changed = unsafe { configs.select.unwrap()(flow.plugin, 0) };
    assert!(!changed, "the layout changed during an activation");
    flow.start();
    let mut energy = 0.0;
    for _ in 0..4 {
        let mut input = [0.25_f32; FRAMES];
        let mut output = [1.0_f32; FRAMES];
        let mut from = [input.as_mut_ptr(), null_mut()];
        let mut to = [output.as_mut_ptr(), input.as_mut_ptr()];
        flow.process_raw(from.as_mut_ptr(), to.as_mut_ptr(), 2, FRAMES, &[]);
        energy += output.iter().map(|sample| sample * sample).sum::<f32>();
        assert!(
            input.iter().all(|sample| *sample == 0.0),
            "the unused output isn't silent"
        );
    }
    assert!(energy > 1.0, "{energy}");
}

#[test]
fn output_with_64_bit_samples_is_silent() {
    let bundle = open();
    let flow = bundle.start(48_000.0);
    let mut ones = [const { [1.0_f64; FRAMES] }; 2];
    let mut channels = ones.each_mut().map(|channel| channel.as_mut_ptr());
    let mut output = clap_sys::audio_buffer::clap_audio_buffer {
        data32: null_mut(),
        data64: channels.as_mut_ptr(),
        channel_count: 2,
        latency: 0,
        constant_mask: u64::MAX,
    };
    let mut process = flow.block(FRAMES);
    (process.audio_outputs, process.audio_outputs_count) = (&mut output, 1);
    assert_eq!(flow.process_events(process, &[]), CLAP_PROCESS_CONTINUE);
    assert!(ones.iter().flatten().all(|sample| *sample == 0.0));
    assert_eq!(output.constant_mask, 0, "the host's old mask is still set");
}

#[test]
fn overlapping_buffers_give_the_same_output() {
    let bundle = open();
    let noise = noise();
    let render = |in_place: bool, is_swapped: bool| {
        let flow = bundle.start(48_000.0);
        let mut input = [0, 1].map(|c| noise[c][..4096].to_vec());
        let mut output = [vec![0.0_f32; 4096], vec![0.0_f32; 4096]];
        let mut from = input.each_mut().map(|channel| channel.as_mut_ptr());
        let mut to = if in_place {
            from
        } else {
            output.each_mut().map(|channel| channel.as_mut_ptr())
        };
        if is_swapped {
            to.swap(0, 1);
        }
        flow.process_raw(from.as_mut_ptr(), to.as_mut_ptr(), 2, 4096, &[]);
        let mut result = if in_place { input } else { output };
        if is_swapped {
            result.swap(0, 1);
        }
        result
    };
    let expected = render(false, false);
    assert_eq!(render(true, false), expected);
    assert_eq!(render(true, true), expected);
}

#[test]
fn process_outside_an_activation_is_silent() {
    let bundle = open();
    let flow = bundle.create();
    let half = [0.5; FRAMES];
    let is_silent = |flow: &RawPlugin<'_>| {
        let (status, output) = flow.process([&half, &half], &[]);
        status != CLAP_PROCESS_ERROR && output.iter().flatten().all(|sample| *sample == 0.0)
    };
    assert!(is_silent(&flow), "before the first activation");
    assert!(flow.activate(48_000.0));
    flow.start();
    flow.process([&half, &half], &[]);
    flow.deactivate();
    assert!(is_silent(&flow), "after deactivation");
}

#[test]
fn sample_rate_outside_the_range_passes_audio_through() {
    let bundle = open();
    let flow = bundle.create();
    let latency = || latency(&flow);
    let noise = noise();
    for rate in [8_000.0, 11_025.0, 22_050.0, 48_000.0, 384_000.0, 768_000.0] {
        assert!(flow.activate(rate), "{rate} Hz");
        flow.start();
        assert!(latency() > 100, "{rate} Hz");
        let (_, output) = flow.process(block(&noise, 0), &[]);
        assert!(output.iter().flatten().all(|sample| sample.is_finite()));
        flow.deactivate();
    }
    let fast = [768_001.0, 1e300, f64::INFINITY];
    let slow = [1_234.567_8, 7_999.9, 0.0, -48_000.0, f64::NAN];
    for rate in [&fast[..], &slow].concat() {
        assert!(flow.activate(rate), "{rate} Hz");
        flow.start();
        assert_eq!(latency(), 0, "{rate} Hz");
        let (status, output) = flow.process(block(&noise, 1), &[]);
        assert_eq!(status, CLAP_PROCESS_CONTINUE, "{rate} Hz");
        assert_eq!(output, block(&noise, 1), "{rate} Hz");
        flow.deactivate();
    }
}

#[test]
fn activation_after_unsupported_rate_renders_like_a_new_instance() {
    let bundle = open();
    let noise = noise();
    let gain = [value_event(0, host_id("gain"), 0.9)];
    let play = |flow: &RawPlugin<'_>| {
        assert!(flow.activate(44_100.0));
        flow.start();
        [0, 1, 2, 3].map(|index| flow.process(block(&noise, index), &gain).1)
    };
    let expected = play(&bundle.create());
    let flow = bundle.create();
    for rate in [96_000.0, 1_000.0] {
        assert!(flow.activate(rate));
        flow.start();
        flow.process(block(&noise, 5), &gain);
        flow.deactivate();
    }
    assert_eq!(play(&flow), expected);
}

#[test]
fn latency_before_activation_is_known_without_restart() {
    let bundle = open();
    let flow = bundle.create();
    let latency = || latency(&flow);
    let reported = latency();
    assert!(flow.activate(48_000.0));
    assert_eq!(
        latency(),
        reported,
        "a new instance must report the latency at 48 kHz"
    );
    let changes = || flow.requests().latency_changes.load(Ordering::Relaxed);
    assert_eq!(changes(), 0);
    flow.deactivate();
    // At another rate `activate` reports the change, as CLAP allows.
    assert!(flow.activate(96_000.0));
    assert_ne!(latency(), reported);
    assert_eq!(changes(), 1);
    assert_eq!(flow.requests().restarts.load(Ordering::Relaxed), 0);
}

#[test]
fn silence_after_the_tail_returns_the_sleep_status() {
    let bundle = open();
    let flow = bundle.start(48_000.0);
    let noise = noise();
    let loud = [value_event(0, host_id("gain"), 0.9)];
    let (status, _) = flow.process(block(&noise, 0), &loud);
    assert_eq!(status, CLAP_PROCESS_CONTINUE);
    let tail: &clap_plugin_tail = flow.extension(CLAP_EXT_TAIL);
    // SAFETY: a living instance.
    let tail = unsafe { tail.get.unwrap()(flow.plugin) };
    assert!(tail > 0 && tail < 48_000, "{tail}");
    // Subnormal numbers count as silence.
    let silence = [f32::from_bits(1); FRAMES];
    let mut blocks = 0;
    let output = loop {
        let (status, output) = flow.process([&silence, &silence], &[]);
        blocks += 1;
        if status == CLAP_PROCESS_SLEEP {
            break output;
        }
        assert_eq!(status, CLAP_PROCESS_CONTINUE);
        assert!(blocks < 1000, "the instance never sleeps");
    };
    assert!(
        blocks * FRAMES > usize::try_from(tail).unwrap(),
        "{blocks} blocks"
    );
    assert!(blocks * FRAMES < 3 * 48_000, "{blocks} blocks");
    assert!(output.iter().flatten().all(|sample| *sample == 0.0));
    // A block without outputs must not report silence.
    let mut sound = [const { [0.5_f32; FRAMES] }; 2];
    let mut from = sound.each_mut().map(|channel| channel.as_mut_ptr());
    let status = flow.process_raw(from.as_mut_ptr(), null_mut(), 2, FRAMES, &[]);
    assert_eq!(status, CLAP_PROCESS_CONTINUE);
    // Sound wakes the instance.
    assert_eq!(flow.process(block(&noise, 1), &[]).0, CLAP_PROCESS_CONTINUE);
}

/// A transport of equal numbers, all of whose flags are set.
fn transport(number: i64, tempo: f64, size: usize) -> clap_event_transport {
    // SAFETY: a structure of numbers.
    let mut transport: clap_event_transport = unsafe { std::mem::zeroed() };
    transport.header.size = u32::try_from(size).unwrap();
    transport.flags = u32::MAX;
    (transport.song_pos_beats, transport.song_pos_seconds) = (number, number);
    (transport.bar_start, transport.tempo) = (number.wrapping_neg(), tempo);
    transport.bar_number = i32::try_from(number >> 32).unwrap();
    transport
}

#[test]
fn transport_of_any_numbers_changes_no_sample() {
    let bundle = open();
    let noise = noise();
    let render = |transport: *const clap_event_transport| {
        let flow = bundle.start(48_000.0);
        let mut whole = Vec::new();
        for index in 0..60 {
            let mut output = [[1.0_f32; FRAMES]; 2];
            let mut from = block(&noise, index).map(|channel| channel.as_ptr().cast_mut());
            let mut to = output.each_mut().map(|channel| channel.as_mut_ptr());
            let port = |channels: &mut [*mut f32; 2]| clap_audio_buffer {
                data32: channels.as_mut_ptr(),
                data64: null_mut(),
                channel_count: 2,
                latency: 0,
                constant_mask: 0,
            };
            let (input, mut out) = (port(&mut from), port(&mut to));
            let process = clap_process {
                transport,
                audio_inputs: &input,
                audio_outputs: &mut out,
                audio_inputs_count: 1,
                audio_outputs_count: 1,
                ..flow.block(FRAMES)
            };
            assert_ne!(flow.process_events(process, &[]), CLAP_PROCESS_ERROR);
            whole.extend(output.concat());
        }
        whole
    };
    let expected = render(null());
    let whole = size_of::<clap_event_transport>();
    for number in [0, i64::MIN, i64::MAX, -(40 << 31), 65 << 31] {
        for tempo in [0.0, f64::NAN, 1e9, -120.0, 120.0] {
            for size in [whole, 16] {
                let transport = transport(number, tempo, size);
                let output = render(from_ref(&transport));
                assert!(output == expected, "{number}, {tempo}, {size}");
            }
        }
    }
}
