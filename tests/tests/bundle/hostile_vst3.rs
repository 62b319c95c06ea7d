//! VST3 hosts as they are: values told twice or once, processing that is on without a block, streams without an end,
//! null pointers. The plug-in answers, and nothing falls.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::null_mut;

use flow_host::clap::parameter_id;
use flow_host::vst3::{Vst3Bundle, Vst3Instance};
use flow_testkit::signals;
use flow_testkit::testing::bundle_path;
use vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_::{kIsBypass, kIsList};
use vst3::Steinberg::Vst::RestartFlags_::kParamValuesChanged;
use vst3::Steinberg::Vst::SpeakerArr::{k51, kMono, kStereo};
use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessorTrait, IComponentHandler,
    IComponentHandlerTrait, IComponentTrait, IEditControllerTrait, IParamValueQueue,
    IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, ParamID, ParameterInfo,
    ProcessData, ProcessSetup,
};
use vst3::Steinberg::{
    IBStream, IBStreamTrait, IPluginBaseTrait, kInvalidArgument, kNotImplemented, kResultFalse,
    kResultOk, tresult,
};
use vst3::{Class, ComWrapper};

const FRAMES: usize = 256;

fn open() -> Vst3Bundle {
    let path = bundle_path().with_file_name("Flow.vst3");
    Vst3Bundle::open(&path).unwrap_or_else(|e| panic!("{e}"))
}

fn create() -> Vst3Instance {
    open().instantiate().unwrap_or_else(|e| panic!("{e}"))
}

fn value(flow: &Vst3Instance, id: &str) -> f64 {
    // SAFETY: a living instance.
    unsafe { flow.controller().getParamNormalized(parameter_id(id)) }
}

fn set(flow: &Vst3Instance, id: &str, value: f64) {
    // SAFETY: a living instance.
    let result = unsafe {
        flow.controller()
            .setParamNormalized(parameter_id(id), value)
    };
    assert_eq!(result, kResultOk);
}

fn noise() -> [Vec<f32>; 2] {
    let noise = signals::white_noise(48_000, 2, 1.0, 0.25, 3);
    [noise.channels[0].clone(), noise.channels[1].clone()]
}

/// The changes of one parameter.
struct Queue {
    id: ParamID,
    points: Vec<(i32, f64)>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> i32 {
        i32::try_from(self.points.len()).unwrap()
    }

    unsafe fn getPoint(&self, index: i32, offset: *mut i32, value: *mut f64) -> tresult {
        let (at, to) = self.points[usize::try_from(index).unwrap()];
        // SAFETY: the plug-in's own.
        unsafe {
            offset.write(at);
            value.write(to);
        }
        kResultOk
    }

    unsafe fn addPoint(&self, _offset: i32, _value: f64, _index: *mut i32) -> tresult {
        kNotImplemented
    }
}

/// The changes of a block.
struct Changes(Vec<ComWrapper<Queue>>);

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> i32 {
        // One more than there are, as some hosts count.
        i32::try_from(self.0.len() + 1).unwrap()
    }

    unsafe fn getParameterData(&self, index: i32) -> *mut IParamValueQueue {
        let queue = self.0.get(usize::try_from(index).unwrap());
        let queue = queue.and_then(|queue| queue.as_com_ref::<IParamValueQueue>());
        queue.map_or(null_mut(), |queue| queue.as_ptr())
    }

    unsafe fn addParameterData(
        &self,
        _id: *const ParamID,
        _index: *mut i32,
    ) -> *mut IParamValueQueue {
        null_mut()
    }
}

/// Processes a stereo block with these points; output starts as ones.
fn process(
    flow: &Vst3Instance,
    input: [&[f32]; 2],
    points: &[(&str, &[(i32, f64)])],
) -> (tresult, [Vec<f32>; 2], u64) {
    let queues = points.iter().map(|(id, points)| {
        ComWrapper::new(Queue {
            id: parameter_id(id),
            points: points.to_vec(),
        })
    });
    let changes = ComWrapper::new(Changes(queues.collect()));
    let changes = changes.to_com_ptr::<IParameterChanges>().unwrap();
    let mut output = [vec![1.0; input[0].len()], vec![1.0; input[0].len()]];
    let mut from = input.map(|channel| channel.as_ptr().cast_mut());
    let mut to = output.each_mut().map(|channel| channel.as_mut_ptr());
    let bus = |channels: &mut [*mut f32; 2]| AudioBusBuffers {
        numChannels: 2,
        silenceFlags: u64::MAX,
        __field0: AudioBusBuffers__type0 {
            channelBuffers32: channels.as_mut_ptr(),
        },
    };
    let (mut from, mut to) = (bus(&mut from), bus(&mut to));
    let mut data = empty_block(input[0].len());
    (data.numInputs, data.inputs) = (1, &mut from);
    (data.numOutputs, data.outputs) = (1, &mut to);
    data.inputParameterChanges = changes.as_ptr();
    // SAFETY: everything lives until the call is over.
    let result = unsafe { flow.processor().process(&mut data) };
    (result, output, to.silenceFlags)
}

fn empty_block(frames: usize) -> ProcessData {
    // SAFETY: plain data, for which all zeros are allowed: null pointers and 32-bit samples.
    let mut data: ProcessData = unsafe { std::mem::zeroed() };
    data.numSamples = i32::try_from(frames).unwrap();
    data
}

fn block(noise: &[Vec<f32>; 2], index: usize) -> [&[f32]; 2] {
    [0, 1].map(|c| &noise[c][index * FRAMES..(index + 1) * FRAMES])
}

#[test]
fn value_set_while_no_block_comes_is_told_and_saved_at_once() {
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
    // It becomes the value when the host ends processing without another block.
    flow.deactivate();
    assert_eq!(value(&flow, "gain"), value(&other, "gain"));
}

#[test]
fn value_told_to_the_controller_while_blocks_come_leaves_the_sound_alone() {
    // Hosts repeat automation to the controller, late. The audio follows the blocks only.
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
fn loaded_state_wins_over_values_that_waited_and_is_announced() {
    struct Handler {
        restarts: Cell<i32>,
        flow: RefCell<Option<vst3::ComPtr<vst3::Steinberg::Vst::IEditController>>>,
        seen: Cell<f64>,
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
            // Hosts read all values before they return.
            if let Some(flow) = &*self.flow.borrow() {
                // SAFETY: a living instance.
                self.seen
                    .set(unsafe { flow.getParamNormalized(parameter_id("gain")) });
            }
            kResultOk
        }
    }
    let mut flow = create();
    let handler = ComWrapper::new(Handler {
        restarts: Cell::new(0),
        flow: RefCell::new(Some(flow.controller())),
        seen: Cell::new(f64::NAN),
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
    assert_eq!(handler.seen.get(), expected);
    assert_eq!(value(&flow, "gain"), expected);
    handler.flow.replace(None);
    // SAFETY: as above; hosts take the handler back like this.
    unsafe { flow.controller().setComponentHandler(null_mut()) };
    flow.load_state(&saved).unwrap();
}

#[test]
fn all_points_of_a_block_count_at_their_own_samples() {
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
fn points_out_of_place_and_unknown_parameters_do_no_harm() {
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
        "the last value counts"
    );
}

#[test]
fn missing_and_foreign_buffers_are_answered_with_silence() {
    let mut flow = create();
    let noise = noise();
    let is_silent = |flow: &Vst3Instance| {
        let (result, output, _) = process(flow, block(&noise, 0), &[]);
        result == kResultOk && output.iter().flatten().all(|sample| *sample == 0.0)
    };
    assert!(is_silent(&flow), "before the first activation");
    flow.activate(48_000, false).unwrap();
    process(&flow, block(&noise, 0), &[]);
    // SAFETY: null pointers and missing buses are what this is about.
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
        // Without an input bus the output's old content is no input.
        let mut ones = [const { [1.0_f32; FRAMES] }; 2];
        let mut channels = ones.each_mut().map(|channel| channel.as_mut_ptr());
        output.__field0.channelBuffers32 = channels.as_mut_ptr();
        (data.numInputs, data.outputs) = (0, &mut output);
        for _ in 0..8 {
            assert_eq!(flow.processor().process(&mut data), kResultOk);
        }
        assert!(ones.iter().flatten().all(|sample| *sample == 0.0));
        // 64-bit samples, which Flow refuses, are silent too.
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
fn every_sample_rate_is_set_up_and_its_latency_is_known_before_activation() {
    let flow = create();
    let processor = flow.processor();
    let setup = |sample_rate_hz| ProcessSetup {
        processMode: 0,
        symbolicSampleSize: 0,
        maxSamplesPerBlock: 512,
        sampleRate: sample_rate_hz,
    };
    for rate in [
        8_000.0,
        44_100.0,
        96_000.0,
        768_000.0,
        1_234.567_8,
        0.0,
        f64::NAN,
    ] {
        let mut setup = setup(rate);
        // SAFETY: a living instance and data that lives until the call is over.
        unsafe {
            assert_eq!(processor.setupProcessing(&mut setup), kResultOk);
            let told = processor.getLatencySamples();
            assert_eq!(flow.component().setActive(1), kResultOk, "{rate} Hz");
            assert_eq!(processor.getLatencySamples(), told, "{rate} Hz");
            assert_eq!(told > 0, rate >= 8_000.0, "{rate} Hz");
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
fn layouts_are_mono_or_stereo_on_both_sides() {
    let flow = create();
    for (input, output, is_accepted) in [
        (kMono, kMono, true),
        (kMono, kStereo, false),
        (kStereo, kMono, false),
        (k51, k51, false),
        (kStereo, kStereo, true),
    ] {
        let (mut from, mut to) = (input, output);
        // SAFETY: a living instance and data that lives until the call is over.
        let result = unsafe {
            flow.processor()
                .setBusArrangements(&mut from, 1, &mut to, 1)
        };
        assert_eq!(result == kResultOk, is_accepted, "{input} {output}");
    }
    // SAFETY: null pointers are what this is about.
    unsafe {
        let processor = flow.processor();
        assert_eq!(
            processor.setBusArrangements(null_mut(), 1, null_mut(), 1),
            kResultFalse
        );
        assert_eq!(
            processor.setBusArrangements(null_mut(), 0, null_mut(), 0),
            kResultFalse
        );
    }
}

#[test]
fn silence_after_the_tail_is_flagged() {
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    let noise = noise();
    assert_eq!(
        process(&flow, block(&noise, 0), &[]).2,
        0,
        "the host's own flags are gone"
    );
    let silence = [0.0; FRAMES];
    let blocks = (0..1000).find(|_| process(&flow, [&silence, &silence], &[]).2 == 0b11);
    let blocks = blocks.expect("silence is flagged");
    // SAFETY: a living instance.
    let tail = unsafe { flow.processor().getTailSamples() };
    assert!((blocks + 1) * FRAMES > usize::try_from(tail).unwrap());
}

#[test]
fn long_block_that_begins_with_sound_is_not_flagged_as_silent() {
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    // Longer than the tail, which is over at its end.
    let mut channel = vec![0.0_f32; 60_000];
    channel[..1_000].fill(0.5);
    let (_, output, flags) = process(&flow, [&channel, &channel], &[]);
    assert!(output[0].iter().any(|sample| sample.abs() > 0.1));
    assert_eq!(flags, 0);
}

#[test]
fn value_set_while_the_host_is_idle_stays_when_blocks_come_again() {
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    let noise = noise();
    process(&flow, block(&noise, 0), &[]);
    set(&flow, "gain", 0.75);
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert!((value(&flow, "gain") - 0.75).abs() < 0.01);
    process(&flow, block(&noise, 1), &[]);
    assert!((value(&flow, "gain") - 0.75).abs() < 0.01);
}

#[test]
fn setup_at_another_rate_is_refused_during_an_activation() {
    let mut flow = create();
    flow.activate(48_000, false).unwrap();
    let mut setup = ProcessSetup {
        processMode: 0,
        symbolicSampleSize: 0,
        maxSamplesPerBlock: 512,
        sampleRate: 96_000.0,
    };
    // SAFETY: a living instance and data that lives until the call is over.
    unsafe {
        let told = flow.processor().getLatencySamples();
        assert_eq!(flow.processor().setupProcessing(&mut setup), kResultFalse);
        assert_eq!(flow.processor().getLatencySamples(), told);
        setup.sampleRate = 48_000.0;
        assert_eq!(flow.processor().setupProcessing(&mut setup), kResultOk);
    }
}

#[test]
fn choices_are_flagged_as_lists_and_one_switch_as_bypass() {
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
            assert_eq!(
                controller.getParameterInfo(index, &mut info),
                kInvalidArgument
            );
        }
        assert_eq!(controller.getParameterInfo(0, null_mut()), kInvalidArgument);
        // Hosts take the middle of a step for the step.
        let style = parameter_id("lstyl");
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
    let (gain, unknown) = (parameter_id("gain"), 12_345);
    // SAFETY: null pointers are what this is about.
    unsafe {
        let mut text = [0; 128];
        let mut number = 0.0;
        assert_eq!(
            controller.getParamStringByValue(unknown, 0.5, &mut text),
            kInvalidArgument
        );
        assert_eq!(
            controller.getParamStringByValue(gain, 0.5, null_mut()),
            kInvalidArgument
        );
        assert_eq!(
            controller.getParamStringByValue(gain, f64::NAN, &mut text),
            kInvalidArgument
        );
        assert_eq!(
            controller.getParamStringByValue(gain, 7.0, &mut text),
            kResultOk
        );
        assert_eq!(
            controller.getParamValueByString(gain, null_mut(), &mut number),
            kInvalidArgument
        );
        assert_eq!(
            controller.getParamValueByString(gain, text.as_mut_ptr(), null_mut()),
            kInvalidArgument
        );
        assert_eq!(
            controller.setParamNormalized(unknown, 0.5),
            kInvalidArgument
        );
        assert_eq!(
            controller.setParamNormalized(gain, f64::NAN),
            kInvalidArgument
        );
        assert_eq!(flow.component().setState(null_mut()), kInvalidArgument);
        assert_eq!(flow.component().getState(null_mut()), kInvalidArgument);
        // Hosts that take component and controller for two objects do all of this twice.
        assert_eq!(flow.component().initialize(null_mut()), kResultOk);
        assert_eq!(flow.component().terminate(), kResultOk);
        assert_eq!(flow.component().setActive(0), kResultOk);
        assert_eq!(flow.processor().setProcessing(0), kResultOk);
        // A view needs no screen until it is attached.
        let view = controller.createView(c"editor".as_ptr());
        assert!(!view.is_null());
        drop(vst3::ComPtr::from_raw(view));
    }
}

/// A stream that can't seek, gives a few bytes at a time, and has more behind the state.
struct Tape {
    bytes: Vec<u8>,
    position: Cell<usize>,
}

impl Class for Tape {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Tape {
    unsafe fn read(&self, to: *mut c_void, wanted: i32, done: *mut i32) -> tresult {
        let rest = &self.bytes[self.position.get()..];
        let count = rest.len().min(usize::try_from(wanted).unwrap()).min(13);
        // SAFETY: the plug-in's buffer has room for what it wants.
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
fn state_in_a_stream_without_seeking_that_goes_on_behind_it_loads() {
    let flow = create();
    let json =
        br#"{"version": "0.1.0", "params": {"gain": {"f32": 6.0}}, "fields": {"state": "2"}}"#;
    let mut with_length = u64::try_from(json.len()).unwrap().to_le_bytes().to_vec();
    with_length.extend(json);
    for state in [&json[..], &with_length[..]] {
        set(&flow, "gain", 0.0);
        let tape = ComWrapper::new(Tape {
            bytes: [state, b"JUCEPrivateData\0\0"].concat(),
            position: Cell::new(0),
        });
        let stream = tape.to_com_ptr::<IBStream>().unwrap();
        // SAFETY: a living instance and a stream that outlives the call.
        let result = unsafe { flow.component().setState(stream.as_ptr()) };
        assert_eq!(result, kResultOk);
        let text = {
            let mut text = [0; 128];
            let gain = parameter_id("gain");
            // SAFETY: as above.
            unsafe {
                flow.controller()
                    .getParamStringByValue(gain, value(&flow, "gain"), &mut text)
            };
            String::from_utf16_lossy(&text)
        };
        assert!(text.starts_with("6.00"), "{text}");
    }
}
