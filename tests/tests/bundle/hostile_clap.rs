//! A CLAP host that breaks the rules: the plug-in answers, and nothing falls.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering;

use clap_sys::ext::audio_ports::{
    CLAP_EXT_AUDIO_PORTS, CLAP_PORT_MONO, CLAP_PORT_STEREO, clap_plugin_audio_ports,
};
use clap_sys::ext::configurable_audio_ports::{
    CLAP_EXT_CONFIGURABLE_AUDIO_PORTS, clap_audio_port_configuration_request,
    clap_plugin_configurable_audio_ports,
};
use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_plugin_gui};
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_plugin_latency};
use clap_sys::ext::params::{
    CLAP_EXT_PARAMS, CLAP_PARAM_IS_ENUM, CLAP_PARAM_IS_STEPPED, clap_param_info, clap_plugin_params,
};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::process::{CLAP_PROCESS_CONTINUE, CLAP_PROCESS_ERROR, CLAP_PROCESS_SLEEP};
use clap_sys::stream::{clap_istream, clap_ostream};
use flow_host::clap::parameter_id;
use flow_testkit::raw_clap::{RawBundle, RawPlugin, value_event};
use flow_testkit::signals;
use flow_testkit::testing::bundle_path;

const FRAMES: usize = 256;

fn open() -> RawBundle {
    RawBundle::open(&bundle_path())
}

fn value(flow: &RawPlugin<'_>, id: &str) -> f64 {
    let params: &clap_plugin_params = flow.extension(CLAP_EXT_PARAMS);
    let mut value = f64::NAN;
    // SAFETY: a living instance and a number to write to.
    assert!(unsafe { params.get_value.unwrap()(flow.plugin, parameter_id(id), &mut value) });
    value
}

fn noise() -> [Vec<f32>; 2] {
    let noise = signals::white_noise(48_000, 2, 1.0, 0.25, 3);
    [noise.channels[0].clone(), noise.channels[1].clone()]
}

fn block(noise: &[Vec<f32>; 2], index: usize) -> [&[f32]; 2] {
    [0, 1].map(|c| &noise[c][index * FRAMES..(index + 1) * FRAMES])
}

#[test]
fn event_at_or_past_the_end_of_the_block_counts_from_the_next_block() {
    let bundle = open();
    let noise = noise();
    let frames = u32::try_from(FRAMES).unwrap();
    let gain = parameter_id("gain");
    let render = |late: &[clap_sys::events::clap_event_param_value], then: Option<u32>| {
        let flow = bundle.create();
        assert!(flow.activate(48_000.0));
        flow.start();
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
fn events_out_of_order_count_in_the_order_of_their_samples() {
    let bundle = open();
    let noise = noise();
    let (gain, trim) = (parameter_id("gain"), parameter_id("trim"));
    let sorted = [
        value_event(10, gain, 0.6),
        value_event(10, gain, 0.7),
        value_event(90, trim, 0.4),
        value_event(200, gain, 0.8),
    ];
    let render = |events: &[_]| {
        let flow = bundle.create();
        assert!(flow.activate(48_000.0));
        flow.start();
        let first = flow.process(block(&noise, 0), events).1;
        (first, flow.process(block(&noise, 1), &[]).1)
    };
    let [a, b, c, d] = sorted;
    assert_eq!(render(&[d, a, c, b]), render(&sorted));
}

#[test]
fn events_of_unknown_parameters_and_wrong_sizes_are_ignored() {
    let bundle = open();
    let flow = bundle.create();
    assert!(flow.activate(48_000.0));
    flow.start();
    let before = value(&flow, "gain");
    let gain = parameter_id("gain");
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
    // Finite values beyond the range end at its border.
    flow.process([&silence, &silence], &[value_event(0, gain, 1e30)]);
    assert_eq!(value(&flow, "gain"), 1.0);
}

#[test]
fn missing_buffers_are_answered_with_silence() {
    let bundle = open();
    let flow = bundle.create();
    assert!(flow.activate(48_000.0));
    flow.start();
    let mut ones = [vec![1.0_f32; FRAMES], vec![1.0_f32; FRAMES]];
    let mut to = ones.each_mut().map(|channel| channel.as_mut_ptr());
    // Without an input bus the output's old content is no input.
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

    // A port that says it has channels, and has no list of them.
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
fn more_channels_than_the_layout_are_silent() {
    let bundle = open();
    let flow = bundle.create();
    assert!(flow.activate(48_000.0));
    flow.start();
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
fn mono_sound_survives_an_unused_output_in_the_memory_of_the_input() {
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
    assert!(!changed, "the layout stays during an activation");
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
            "the unused output is silent"
        );
    }
    assert!(energy > 1.0, "{energy}");
}

#[test]
fn output_of_64_bits_is_silent() {
    let bundle = open();
    let flow = bundle.create();
    assert!(flow.activate(48_000.0));
    flow.start();
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
    assert_eq!(output.constant_mask, 0, "the host's old mask is gone");
}

#[test]
fn buffers_that_lie_on_one_another_give_the_same_output() {
    let bundle = open();
    let noise = noise();
    let render = |in_place: bool, is_swapped: bool| {
        let flow = bundle.create();
        assert!(flow.activate(48_000.0));
        flow.start();
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
fn every_sample_rate_is_answered_and_strange_ones_pass_audio_through() {
    let bundle = open();
    let flow = bundle.create();
    let latency: &clap_plugin_latency = flow.extension(CLAP_EXT_LATENCY);
    // SAFETY: a living instance.
    let latency = || unsafe { latency.get.unwrap()(flow.plugin) };
    let noise = noise();
    for rate in [8_000.0, 11_025.0, 22_050.0, 48_000.0, 384_000.0, 768_000.0] {
        assert!(flow.activate(rate), "{rate} Hz");
        flow.start();
        assert!(latency() > 100, "{rate} Hz");
        let (_, output) = flow.process(block(&noise, 0), &[]);
        assert!(output.iter().flatten().all(|sample| sample.is_finite()));
        flow.deactivate();
    }
    for rate in [
        1_234.567_8,
        7_999.9,
        768_001.0,
        0.0,
        -48_000.0,
        1e300,
        f64::NAN,
        f64::INFINITY,
    ] {
        assert!(flow.activate(rate), "{rate} Hz");
        flow.start();
        assert_eq!(latency(), 0, "{rate} Hz");
        let (status, output) = flow.process(block(&noise, 1), &[]);
        assert_eq!(status, CLAP_PROCESS_CONTINUE, "{rate} Hz");
        assert_eq!(
            [&output[0][..], &output[1][..]],
            block(&noise, 1),
            "{rate} Hz"
        );
        flow.deactivate();
    }
}

#[test]
fn activation_after_a_strange_rate_sounds_like_a_fresh_instance() {
    let bundle = open();
    let noise = noise();
    let gain = [value_event(0, parameter_id("gain"), 0.9)];
    let play = |flow: &RawPlugin<'_>| {
        assert!(flow.activate(44_100.0));
        flow.start();
        [0, 1, 2, 3].map(|index| flow.process(block(&noise, index), &gain).1)
    };
    let fresh = play(&bundle.create());
    let flow = bundle.create();
    for rate in [96_000.0, 1_000.0] {
        assert!(flow.activate(rate));
        flow.start();
        flow.process(block(&noise, 5), &gain);
        flow.deactivate();
    }
    assert_eq!(play(&flow), fresh);
}

#[test]
fn latency_is_known_before_activation_and_asks_for_no_restart() {
    let bundle = open();
    let flow = bundle.create();
    let latency: &clap_plugin_latency = flow.extension(CLAP_EXT_LATENCY);
    // SAFETY: a living instance.
    let latency = || unsafe { latency.get.unwrap()(flow.plugin) };
    let told = latency();
    assert!(flow.activate(48_000.0));
    assert_eq!(
        latency(),
        told,
        "what a new instance tells is true at 48 kHz"
    );
    let changes = || flow.requests().latency_changes.load(Ordering::Relaxed);
    assert_eq!(changes(), 0);
    flow.deactivate();
    // At another rate the host is told inside `activate`, where CLAP allows it.
    assert!(flow.activate(96_000.0));
    assert_ne!(latency(), told);
    assert_eq!(changes(), 1);
    assert_eq!(flow.requests().restarts.load(Ordering::Relaxed), 0);
}

#[test]
fn silence_after_the_tail_lets_the_host_put_the_instance_to_sleep() {
    let bundle = open();
    let flow = bundle.create();
    assert!(flow.activate(48_000.0));
    flow.start();
    let noise = noise();
    let loud = [value_event(0, parameter_id("gain"), 0.9)];
    let (status, _) = flow.process(block(&noise, 0), &loud);
    assert_eq!(status, CLAP_PROCESS_CONTINUE);
    let tail: &clap_plugin_tail = flow.extension(CLAP_EXT_TAIL);
    // SAFETY: a living instance.
    let tail = unsafe { tail.get.unwrap()(flow.plugin) };
    assert!(tail > 0 && tail < 48_000, "{tail}");
    // Subnormal numbers are silence too.
    let silence = [f32::from_bits(1); FRAMES];
    let mut blocks = 0;
    let output = loop {
        let (status, output) = flow.process([&silence, &silence], &[]);
        blocks += 1;
        if status == CLAP_PROCESS_SLEEP {
            break output;
        }
        assert_eq!(status, CLAP_PROCESS_CONTINUE);
        assert!(blocks < 1000, "it never sleeps");
    };
    assert!(
        blocks * FRAMES > usize::try_from(tail).unwrap(),
        "{blocks} blocks"
    );
    assert!(blocks * FRAMES < 3 * 48_000, "{blocks} blocks");
    assert!(output.iter().flatten().all(|sample| *sample == 0.0));
    // A block without outputs says nothing of silence.
    let mut sound = [const { [0.5_f32; FRAMES] }; 2];
    let mut from = sound.each_mut().map(|channel| channel.as_mut_ptr());
    let status = flow.process_raw(from.as_mut_ptr(), null_mut(), 2, FRAMES, &[]);
    assert_eq!(status, CLAP_PROCESS_CONTINUE);
    // And it wakes with the first sound.
    assert_eq!(flow.process(block(&noise, 1), &[]).0, CLAP_PROCESS_CONTINUE);
}

#[test]
fn null_pointers_and_indices_past_the_end_are_refused() {
    let bundle = open();
    let flow = bundle.create();
    let plugin = flow.plugin;
    let params: &clap_plugin_params = flow.extension(CLAP_EXT_PARAMS);
    let ports: &clap_plugin_audio_ports = flow.extension(CLAP_EXT_AUDIO_PORTS);
    let state: &clap_plugin_state = flow.extension(CLAP_EXT_STATE);
    let gui: &clap_plugin_gui = flow.extension(CLAP_EXT_GUI);
    let gain = parameter_id("gain");
    // SAFETY: null pointers are what this is about; all others are to living things.
    unsafe {
        let mut info: clap_param_info = std::mem::zeroed();
        let count = params.count.unwrap()(plugin);
        assert!(params.get_info.unwrap()(plugin, count - 1, &mut info));
        for index in [count, count + 1, u32::MAX] {
            assert!(!params.get_info.unwrap()(plugin, index, &mut info));
        }
        assert!(!params.get_info.unwrap()(plugin, 0, null_mut()));
        assert!(!params.get_info.unwrap()(null(), 0, &mut info));
        assert_eq!(params.count.unwrap()(null()), 0);
        let mut number = 0.0;
        assert!(!params.get_value.unwrap()(plugin, 12_345, &mut number));
        assert!(!params.get_value.unwrap()(plugin, gain, null_mut()));
        let mut text = [0 as c_char; 16];
        let to_text = params.value_to_text.unwrap();
        assert!(!to_text(plugin, 12_345, 0.0, text.as_mut_ptr(), 16));
        assert!(!to_text(plugin, gain, 0.0, null_mut(), 16));
        assert!(!to_text(plugin, gain, 0.0, text.as_mut_ptr(), 0));
        assert!(!to_text(plugin, gain, f64::NAN, text.as_mut_ptr(), 16));
        assert!(to_text(plugin, gain, 1e300, text.as_mut_ptr(), 3));
        assert_eq!(text[2], 0, "cut to the host's buffer");
        let to_value = params.text_to_value.unwrap();
        assert!(!to_value(plugin, gain, null(), &mut number));
        assert!(!to_value(plugin, gain, c"\xff\xfe".as_ptr(), &mut number));
        assert!(!to_value(plugin, gain, c"1 dB".as_ptr(), null_mut()));
        params.flush.unwrap()(plugin, null(), null());
        params.flush.unwrap()(null(), null(), null());
        let mut port = std::mem::zeroed();
        assert!(!ports.get.unwrap()(plugin, 1, true, &mut port));
        assert!(!ports.get.unwrap()(plugin, 0, true, null_mut()));
        assert!(!state.save.unwrap()(plugin, null()));
        assert!(!state.load.unwrap()(plugin, null()));
        assert!(!gui.create.unwrap()(plugin, c"beos".as_ptr(), false));
        assert!(!gui.create.unwrap()(plugin, null(), true));
        assert!(!gui.set_parent.unwrap()(plugin, null()));
        assert!(!gui.show.unwrap()(plugin));
        gui.destroy.unwrap()(plugin);
        let process = (*plugin).process.unwrap();
        assert_eq!(process(plugin, null()), CLAP_PROCESS_ERROR);
        assert_eq!(process(null(), null()), CLAP_PROCESS_ERROR);
        (*plugin).deactivate.unwrap()(plugin);
        (*plugin).stop_processing.unwrap()(plugin);
        (*plugin).reset.unwrap()(plugin);
        (*plugin).on_main_thread.unwrap()(plugin);
        (*plugin).destroy.unwrap()(null());
        assert!((*plugin).get_extension.unwrap()(plugin, null()).is_null());
        assert!((*plugin).get_extension.unwrap()(plugin, c"x".as_ptr()).is_null());
    }
}

#[test]
fn choices_are_enumerations_and_switches_are_steps() {
    let bundle = open();
    let flow = bundle.create();
    let params: &clap_plugin_params = flow.extension(CLAP_EXT_PARAMS);
    let flags_of = |id: &str| {
        // SAFETY: a living instance and a structure to write to.
        unsafe {
            let count = params.count.unwrap()(flow.plugin);
            let mut info: clap_param_info = std::mem::zeroed();
            let found = (0..count).any(|index| {
                params.get_info.unwrap()(flow.plugin, index, &mut info)
                    && info.id == parameter_id(id)
            });
            assert!(found, "{id}");
            info.flags & (CLAP_PARAM_IS_STEPPED | CLAP_PARAM_IS_ENUM)
        }
    };
    assert_eq!(
        flags_of("lstyl"),
        CLAP_PARAM_IS_STEPPED | CLAP_PARAM_IS_ENUM
    );
    assert_eq!(flags_of("byp"), CLAP_PARAM_IS_STEPPED);
    assert_eq!(flags_of("gain"), 0);
}

#[test]
fn configurable_ports_take_mono_and_stereo_and_nothing_else() {
    let bundle = open();
    let flow = bundle.create();
    let ports: &clap_plugin_configurable_audio_ports =
        flow.extension(CLAP_EXT_CONFIGURABLE_AUDIO_PORTS);
    let request =
        |is_input, channel_count, port_type: *const c_char| clap_audio_port_configuration_request {
            is_input,
            port_index: 0,
            channel_count,
            port_type,
            port_details: null(),
        };
    let apply = |requests: &[clap_audio_port_configuration_request]| {
        let count = u32::try_from(requests.len()).unwrap();
        // SAFETY: a living instance, and as many requests as it is told.
        unsafe {
            let can = ports.can_apply_configuration.unwrap()(flow.plugin, requests.as_ptr(), count);
            let done = ports.apply_configuration.unwrap()(flow.plugin, requests.as_ptr(), count);
            assert_eq!(can, done);
            done
        }
    };
    let (mono, stereo) = (CLAP_PORT_MONO.as_ptr(), CLAP_PORT_STEREO.as_ptr());
    assert!(apply(&[request(true, 1, mono), request(false, 1, mono)]));
    assert!(!apply(&[request(true, 2, stereo)]), "only one side");
    assert!(!apply(&[request(true, 2, mono), request(false, 2, mono)]));
    assert!(!apply(&[
        request(true, 6, null()),
        request(false, 6, null())
    ]));
    assert!(!apply(&[]));
    assert!(apply(&[
        request(true, 2, null()),
        request(false, 2, stereo)
    ]));
}

/// Bytes, handed out one at a time.
struct Drip<'b> {
    bytes: &'b [u8],
    taken: usize,
}

unsafe extern "C" fn drip(stream: *const clap_istream, to: *mut c_void, size: u64) -> i64 {
    // SAFETY: the context of the stream below, and room for what is asked.
    unsafe {
        let drip = &mut *(*stream).ctx.cast::<Drip<'_>>();
        match drip.bytes.get(drip.taken) {
            Some(byte) if size > 0 => {
                to.cast::<u8>().write(*byte);
                drip.taken += 1;
                1
            }
            _ => 0,
        }
    }
}

unsafe extern "C" fn fail_to_read(_: *const clap_istream, _: *mut c_void, _: u64) -> i64 {
    -1
}

unsafe extern "C" fn fail_to_write(_: *const clap_ostream, _: *const c_void, _: u64) -> i64 {
    -1
}

#[test]
fn state_in_dripping_or_failing_stream_loads_whole_or_not_at_all() {
    let bundle = open();
    let flow = bundle.create();
    let state: &clap_plugin_state = flow.extension(CLAP_EXT_STATE);
    let json =
        br#"{"version": "0.1.0", "params": {"gain": {"f32": 6.0}}, "fields": {"state": "2"}}"#;
    let mut with_length = u64::try_from(json.len()).unwrap().to_le_bytes().to_vec();
    with_length.extend(json);
    // CLAP's container, and VST3's, which a host may bring along.
    for bytes in [&with_length[..], &json[..]] {
        let mut drops = Drip { bytes, taken: 0 };
        let stream = clap_istream {
            ctx: (&raw mut drops).cast(),
            read: Some(drip),
        };
        // SAFETY: a living instance, and a stream that lives until the call is over.
        assert!(unsafe { state.load.unwrap()(flow.plugin, &stream) });
        assert!((value(&flow, "gain") - 0.625).abs() < 0.2);
    }
    assert!(flow.requests().rescans.load(Ordering::Relaxed) >= 2);
    let loaded = value(&flow, "gain");
    let broken = clap_istream {
        ctx: null_mut(),
        read: Some(fail_to_read),
    };
    let full = clap_ostream {
        ctx: null_mut(),
        write: Some(fail_to_write),
    };
    // SAFETY: as above.
    unsafe {
        assert!(!state.load.unwrap()(flow.plugin, &broken));
        assert!(!state.save.unwrap()(flow.plugin, &full));
    }
    for cut in [0, 1, 7, 8, 9, with_length.len() - 1] {
        let mut drops = Drip {
            bytes: &with_length[..cut],
            taken: 0,
        };
        let stream = clap_istream {
            ctx: (&raw mut drops).cast(),
            read: Some(drip),
        };
        // SAFETY: as above.
        let is_loaded = unsafe { state.load.unwrap()(flow.plugin, &stream) };
        assert!(!is_loaded, "{cut}");
    }
    assert_eq!(value(&flow, "gain"), loaded);
}
