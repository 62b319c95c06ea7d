//! VST3 hosts that break the rules of component and controller: null pointers, repeated calls, and limited streams.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::null_mut;

use flow_host::clap::host_id;
use vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_::{kIsBypass, kIsList};
use vst3::Steinberg::Vst::RestartFlags_::kParamValuesChanged;
use vst3::Steinberg::Vst::SpeakerArr::{k51, kMono, kStereo};
use vst3::Steinberg::Vst::{
    IAudioProcessorTrait, IComponentHandler, IComponentHandlerTrait, IComponentTrait,
    IEditControllerTrait, ParamID, ParameterInfo, ProcessSetup,
};
use vst3::Steinberg::{
    IBStream, IBStreamTrait, IPluginBaseTrait, kInvalidArgument, kNotImplemented, kResultFalse,
    kResultOk, tresult,
};
use vst3::{Class, ComWrapper};

use super::vst3_blocks::{create, set, value};

#[test]
fn state_loaded_over_pending_values_wins_and_is_reported() {
    struct Handler {
        restarts: Cell<i32>,
        flow: RefCell<Option<vst3::ComPtr<vst3::Steinberg::Vst::IEditController>>>,
        value: Cell<f64>,
    }
    impl Class for Handler {
        type Interfaces = (IComponentHandler,);
    }
    impl IComponentHandlerTrait for Handler {
        unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
            kResultOk
        }
        unsafe fn performEdit(&self, _id: ParamID, _value: f64) -> tresult {
            kResultOk
        }
        unsafe fn endEdit(&self, _id: ParamID) -> tresult {
            kResultOk
        }
        unsafe fn restartComponent(&self, flags: i32) -> tresult {
            assert_eq!(flags, kParamValuesChanged);
            self.restarts.set(self.restarts.get() + 1);
            // Hosts read all values during the call.
            if let Some(flow) = &*self.flow.borrow() {
                // SAFETY: a living instance.
                self.value
                    .set(unsafe { flow.getParamNormalized(host_id("gain")) });
            }
            kResultOk
        }
    }
    let mut flow = create();
    let handler = ComWrapper::new(Handler {
        restarts: Cell::new(0),
        flow: RefCell::new(Some(flow.controller())),
        value: Cell::new(f64::NAN),
    });
    let pointer = handler.to_com_ptr::<IComponentHandler>().unwrap();
    // SAFETY: the handler lives as long as the instance.
    unsafe { flow.controller().setComponentHandler(pointer.as_ptr()) };
    flow.activate(48_000, false).unwrap();
    let saved = flow.save_state().unwrap();
    let expected = value(&flow, "gain");
    set(&flow, "gain", 0.1);
    flow.load_state(&saved).unwrap();
    assert_eq!(handler.restarts.get(), 1);
    assert_eq!(handler.value.get(), expected);
    assert_eq!(value(&flow, "gain"), expected);
    handler.flow.replace(None);
    // SAFETY: as above; null removes the handler.
    unsafe { flow.controller().setComponentHandler(null_mut()) };
    flow.load_state(&saved).unwrap();
}

#[test]
fn setup_at_any_sample_rate_reports_its_latency() {
    let flow = create();
    let processor = flow.processor();
    let setup = |sample_rate_hz| ProcessSetup {
        processMode: 0,
        symbolicSampleSize: 0,
        maxSamplesPerBlock: 512,
        sampleRate: sample_rate_hz,
    };
    let supported = [8_000.0, 44_100.0, 96_000.0, 768_000.0];
    for rate in [&supported[..], &[1_234.567_8, 0.0, f64::NAN]].concat() {
        let mut setup = setup(rate);
        // SAFETY: a living instance and data that outlives the call.
        unsafe {
            assert_eq!(processor.setupProcessing(&mut setup), kResultOk);
            let reported = processor.getLatencySamples();
            assert_eq!(flow.component().setActive(1), kResultOk, "{rate} Hz");
            assert_eq!(processor.getLatencySamples(), reported, "{rate} Hz");
            assert_eq!(reported > 0, rate >= 8_000.0, "{rate} Hz");
            assert_eq!(flow.component().setActive(0), kResultOk);
        }
    }
    let mut wide = setup(48_000.0);
    wide.symbolicSampleSize = 1;
    // SAFETY: as above.
    unsafe {
        assert_eq!(processor.setupProcessing(&mut wide), kResultFalse);
        assert_eq!(processor.setupProcessing(null_mut()), kInvalidArgument);
    }
}

#[test]
fn bus_arrangements_accept_mono_and_stereo_alone() {
    let flow = create();
    for (input, output, is_accepted) in [
        (kMono, kMono, true),
        (kMono, kStereo, false),
        (kStereo, kMono, false),
        (k51, k51, false),
        (kStereo, kStereo, true),
    ] {
        let (mut from, mut to) = (input, output);
        // SAFETY: a living instance and data that outlives the call.
        let result = unsafe {
            flow.processor()
                .setBusArrangements(&mut from, 1, &mut to, 1)
        };
        assert_eq!(result == kResultOk, is_accepted, "{input} {output}");
    }
    // SAFETY: the plug-in must accept null pointers.
    unsafe {
        for count in [0, 1] {
            let processor = flow.processor();
            let result = processor.setBusArrangements(null_mut(), count, null_mut(), count);
            assert_eq!(result, kResultFalse);
        }
    }
}

#[test]
fn setup_at_another_rate_during_an_activation_is_refused() {
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    let mut setup = ProcessSetup {
        processMode: 0,
        symbolicSampleSize: 0,
        maxSamplesPerBlock: 512,
        sampleRate: 96_000.0,
    };
    // SAFETY: a living instance and data that outlives the call.
    unsafe {
        let reported = flow.processor().getLatencySamples();
        assert_eq!(flow.processor().setupProcessing(&mut setup), kResultFalse);
        assert_eq!(flow.processor().getLatencySamples(), reported);
        setup.sampleRate = 48_000.0;
        assert_eq!(flow.processor().setupProcessing(&mut setup), kResultOk);
    }
}

#[test]
fn choices_and_bypass_have_list_and_bypass_flags() {
    let flow = create();
    let controller = flow.controller();
    // SAFETY: a living instance and a structure to write to.
    unsafe {
        let count = controller.getParameterCount();
        let mut info: ParameterInfo = std::mem::zeroed();
        let (mut lists, mut bypasses) = (0, 0);
        for index in 0..count {
            assert_eq!(controller.getParameterInfo(index, &mut info), kResultOk);
            let has = |flag: i32| info.flags & flag != 0;
            assert_eq!(has(kIsList), info.stepCount > 1);
            lists += u32::from(has(kIsList));
            bypasses += u32::from(has(kIsBypass));
        }
        assert!(
            lists >= 5 && bypasses == 1,
            "{lists} lists, {bypasses} bypasses"
        );
        for index in [-1, count, count + 1, i32::MAX] {
            let result = controller.getParameterInfo(index, &mut info);
            assert_eq!(result, kInvalidArgument);
        }
        assert_eq!(controller.getParameterInfo(0, null_mut()), kInvalidArgument);
        // Values between two steps are rounded to one.
        let style = host_id("lstyl");
        let steps = 3.0_f64;
        assert_eq!(controller.setParamNormalized(style, 0.4), kResultOk);
        let snapped = controller.getParamNormalized(style);
        assert!((snapped * steps - (snapped * steps).round()).abs() < 1e-6 || snapped == 0.5);
    }
}

#[test]
fn unknown_parameters_and_null_pointers_are_refused() {
    let flow = create();
    let controller = flow.controller();
    let (gain, unknown) = (host_id("gain"), 12_345);
    // SAFETY: the plug-in must accept null pointers.
    unsafe {
        let mut text = [0_u16; 128];
        let mut number = 0.0;
        let text = &raw mut text;
        let refused = |result| assert_eq!(result, kInvalidArgument);
        refused(controller.getParamStringByValue(unknown, 0.5, text));
        refused(controller.getParamStringByValue(gain, 0.5, null_mut()));
        refused(controller.getParamStringByValue(gain, f64::NAN, text));
        let wide = controller.getParamStringByValue(gain, 7.0, text);
        assert_eq!(wide, kResultOk);
        refused(controller.getParamValueByString(gain, null_mut(), &mut number));
        refused(controller.getParamValueByString(gain, text.cast(), null_mut()));
        refused(controller.setParamNormalized(unknown, 0.5));
        refused(controller.setParamNormalized(gain, f64::NAN));
        refused(flow.component().setState(null_mut()));
        refused(flow.component().getState(null_mut()));
        // Hosts that treat component and controller as two objects make these calls twice.
        assert_eq!(flow.component().initialize(null_mut()), kResultOk);
        assert_eq!(flow.component().terminate(), kResultOk);
        assert_eq!(flow.component().setActive(0), kResultOk);
        assert_eq!(flow.processor().setProcessing(0), kResultOk);
        // A view needs no display until it is attached.
        let view = controller.createView(c"editor".as_ptr());
        assert!(!view.is_null());
        drop(vst3::ComPtr::from_raw(view));
    }
}

/// A stream that can't seek, returns a few bytes per read, and has more data after the state.
struct ShortReadStream {
    bytes: Vec<u8>,
    position: Cell<usize>,
}

impl Class for ShortReadStream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for ShortReadStream {
    unsafe fn read(&self, to: *mut c_void, wanted: i32, done: *mut i32) -> tresult {
        let rest = &self.bytes[self.position.get()..];
        let count = rest.len().min(usize::try_from(wanted).unwrap()).min(13);
        // SAFETY: the plug-in's buffer has room for `wanted` bytes.
        unsafe {
            to.cast::<u8>().copy_from(rest.as_ptr(), count);
            done.write(i32::try_from(count).unwrap());
        }
        self.position.set(self.position.get() + count);
        if count == 0 { kResultFalse } else { kResultOk }
    }

    unsafe fn write(&self, _from: *mut c_void, _given: i32, _done: *mut i32) -> tresult {
        kNotImplemented
    }

    unsafe fn seek(&self, _to: i64, _mode: i32, _result: *mut i64) -> tresult {
        kNotImplemented
    }

    unsafe fn tell(&self, _position: *mut i64) -> tresult {
        kNotImplemented
    }
}

#[test]
fn state_from_stream_without_seeking_and_with_more_data_loads() {
    let flow = create();
    let json =
        br#"{"version": "0.1.0", "params": {"gain": {"f32": 6.0}}, "fields": {"state": "2"}}"#;
    let mut with_length = u64::try_from(json.len()).unwrap().to_le_bytes().to_vec();
    with_length.extend(json);
    for state in [&json[..], &with_length[..]] {
        set(&flow, "gain", 0.0);
        let source = ComWrapper::new(ShortReadStream {
            bytes: [state, b"JUCEPrivateData\0\0"].concat(),
            position: Cell::new(0),
        });
        let stream = source.to_com_ptr::<IBStream>().unwrap();
        // SAFETY: a living instance and a stream that outlives the call.
        let result = unsafe { flow.component().setState(stream.as_ptr()) };
        assert_eq!(result, kResultOk);
        // 6 dB of −24 to 24.
        assert!((value(&flow, "gain") - 0.625).abs() < 1e-6);
    }
}
