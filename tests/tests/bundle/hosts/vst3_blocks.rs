//! A VST3 host for tests: instances, and blocks with automation.

use std::ptr::null_mut;

use flow_host::clap::host_id;
use flow_host::vst3::{Vst3Bundle, Vst3Instance};
use flow_testkit::signals;
use flow_testkit::testing::bundle_path;
use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessorTrait, IEditControllerTrait,
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, ParamID,
    ProcessContext, ProcessData,
};
use vst3::Steinberg::{kNotImplemented, kResultOk, tresult};
use vst3::{Class, ComWrapper};

pub(super) const FRAMES: usize = 256;

pub(super) fn open() -> Vst3Bundle {
    let path = bundle_path().with_file_name("Flow.vst3");
    Vst3Bundle::open(&path).unwrap_or_else(|e| panic!("{e}"))
}

pub(super) fn create() -> Vst3Instance {
    open().instantiate().unwrap_or_else(|e| panic!("{e}"))
}

pub(super) fn value(flow: &Vst3Instance, id: &str) -> f64 {
    // SAFETY: a living instance.
    unsafe { flow.controller().getParamNormalized(host_id(id)) }
}

pub(super) fn set(flow: &Vst3Instance, id: &str, value: f64) {
    // SAFETY: a living instance.
    let result = unsafe { flow.controller().setParamNormalized(host_id(id), value) };
    assert_eq!(result, kResultOk);
}

pub(super) fn noise() -> [Vec<f32>; 2] {
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
        // SAFETY: the plug-in's variables.
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
        // One too many, as some hosts report.
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

/// Processes a stereo block with points of automation. Returns the result, the output and its silence flags. The
/// output holds ones before.
pub(super) fn process(
    flow: &Vst3Instance,
    input: [&[f32]; 2],
    points: &[(&str, &[(i32, f64)])],
) -> (tresult, [Vec<f32>; 2], u64) {
    process_at(flow, input, points, null_mut())
}

/// The same with the host's place in its song, which may be null.
pub(super) fn process_at(
    flow: &Vst3Instance,
    input: [&[f32]; 2],
    points: &[(&str, &[(i32, f64)])],
    context: *mut ProcessContext,
) -> (tresult, [Vec<f32>; 2], u64) {
    let queues = points.iter().map(|(id, points)| {
        ComWrapper::new(Queue {
            id: host_id(id),
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
    data.processContext = context;
    // SAFETY: all data outlives the call.
    let result = unsafe { flow.processor().process(&mut data) };
    (result, output, to.silenceFlags)
}

pub(super) fn empty_block(frames: usize) -> ProcessData {
    // SAFETY: all zeros are valid: null pointers and 32-bit samples.
    let mut data: ProcessData = unsafe { std::mem::zeroed() };
    data.numSamples = i32::try_from(frames).unwrap();
    data
}

pub(super) fn block(noise: &[Vec<f32>; 2], index: usize) -> [&[f32]; 2] {
    [0, 1].map(|c| &noise[c][index * FRAMES..(index + 1) * FRAMES])
}
