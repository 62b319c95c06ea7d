//! CLAP hosts that break the rules of extensions: null pointers, invalid indices, and failing streams.

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
use clap_sys::ext::params::{
    CLAP_EXT_PARAMS, CLAP_PARAM_IS_ENUM, CLAP_PARAM_IS_STEPPED, clap_param_info, clap_plugin_params,
};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
use clap_sys::process::CLAP_PROCESS_ERROR;
use clap_sys::stream::{clap_istream, clap_ostream};
use flow_host::clap::host_id;

use super::hostile_clap_audio::{open, value};

#[test]
fn null_pointers_and_indices_out_of_range_are_refused() {
    let bundle = open();
    let flow = bundle.create();
    let plugin = flow.plugin;
    let params: &clap_plugin_params = flow.extension(CLAP_EXT_PARAMS);
    let ports: &clap_plugin_audio_ports = flow.extension(CLAP_EXT_AUDIO_PORTS);
    let state: &clap_plugin_state = flow.extension(CLAP_EXT_STATE);
    let gui: &clap_plugin_gui = flow.extension(CLAP_EXT_GUI);
    let gain = host_id("gain");
    // SAFETY: the plug-in must accept null pointers; all others are valid.
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
        assert_eq!(text[2], 0, "the text must be cut to the buffer");
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
fn choices_and_switches_have_enumeration_and_step_flags() {
    let bundle = open();
    let flow = bundle.create();
    let params: &clap_plugin_params = flow.extension(CLAP_EXT_PARAMS);
    let flags_of = |id: &str| {
        // SAFETY: a living instance and a structure to write to.
        unsafe {
            let count = params.count.unwrap()(flow.plugin);
            let mut info: clap_param_info = std::mem::zeroed();
            let found = (0..count).any(|index| {
                params.get_info.unwrap()(flow.plugin, index, &mut info) && info.id == host_id(id)
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
fn configurable_ports_accept_mono_and_stereo_alone() {
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
        // SAFETY: a living instance, and `count` requests.
        unsafe {
            let can = ports.can_apply_configuration.unwrap()(flow.plugin, requests.as_ptr(), count);
            let done = ports.apply_configuration.unwrap()(flow.plugin, requests.as_ptr(), count);
            assert_eq!(can, done);
            done
        }
    };
    let (mono, stereo) = (CLAP_PORT_MONO.as_ptr(), CLAP_PORT_STEREO.as_ptr());
    assert!(apply(&[request(true, 1, mono), request(false, 1, mono)]));
    assert!(
        !apply(&[request(true, 2, stereo)]),
        "one side alone was accepted"
    );
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

/// A stream that returns one byte per read.
struct ByteStream<'b> {
    bytes: &'b [u8],
    position: usize,
}

unsafe extern "C" fn read_byte(stream: *const clap_istream, to: *mut c_void, size: u64) -> i64 {
    // SAFETY: the context of the streams below, and room for `size` bytes.
    unsafe {
        let source = &mut *(*stream).ctx.cast::<ByteStream<'_>>();
        match source.bytes.get(source.position) {
            Some(byte) if size > 0 => {
                to.cast::<u8>().write(*byte);
                source.position += 1;
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
fn state_from_slow_or_failing_stream_loads_whole_or_not_at_all() {
    let bundle = open();
    let flow = bundle.create();
    let state: &clap_plugin_state = flow.extension(CLAP_EXT_STATE);
    let json =
        br#"{"version": "0.1.0", "params": {"gain": {"f32": 6.0}}, "fields": {"state": "2"}}"#;
    let mut with_length = u64::try_from(json.len()).unwrap().to_le_bytes().to_vec();
    with_length.extend(json);
    // CLAP's container, and VST3's, which hosts may load too.
    for bytes in [&with_length[..], &json[..]] {
        let mut source = ByteStream { bytes, position: 0 };
        let stream = clap_istream {
            ctx: (&raw mut source).cast(),
            read: Some(read_byte),
        };
        // SAFETY: a living instance, and a stream that outlives the call.
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
        let mut source = ByteStream {
            bytes: &with_length[..cut],
            position: 0,
        };
        let stream = clap_istream {
            ctx: (&raw mut source).cast(),
            read: Some(read_byte),
        };
        // SAFETY: as above.
        let is_loaded = unsafe { state.load.unwrap()(flow.plugin, &stream) };
        assert!(!is_loaded, "{cut}");
    }
    assert_eq!(value(&flow, "gain"), loaded);
}
