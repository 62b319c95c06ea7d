//! The object that is component, processor and controller: its life, its buses, and its audio.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vst3::Steinberg::Vst::BusDirections_::{kInput, kOutput};
use vst3::Steinberg::Vst::BusInfo_::BusFlags_::kDefaultActive;
use vst3::Steinberg::Vst::BusTypes_::kMain;
use vst3::Steinberg::Vst::MediaTypes_::kAudio;
use vst3::Steinberg::Vst::ProcessModes_::kOffline;
use vst3::Steinberg::Vst::SpeakerArr::{kMono, kStereo};
use vst3::Steinberg::Vst::SymbolicSampleSizes_::kSample32;
use vst3::Steinberg::Vst::{
    AudioBusBuffers, BusDirection, BusInfo, IAudioProcessor, IAudioProcessorTrait, IComponent,
    IComponentTrait, IEditController, IParamValueQueueTrait, IParameterChanges,
    IParameterChangesTrait, IProcessContextRequirements, IProcessContextRequirementsTrait,
    IUnitInfo, IoMode, MediaType, ProcessData, ProcessSetup, RoutingInfo, SpeakerArrangement,
};
use vst3::Steinberg::{
    FUnknown, IBStream, IPluginBaseTrait, TBool, TUID, int32, kInvalidArgument, kNoInterface,
    kResultFalse, kResultOk, tresult, uint32,
};
use vst3::{Class, ComRef};

use super::controller::Pending;
use super::host::Vst3Host;
use super::units::Units;
use super::{int, stream, write_utf16};
use crate::formats::block_processor::{Change, HostAudio, MAX_CHANNELS};
use crate::formats::editor_context::Host;
use crate::formats::instance::Instance;
use crate::formats::panic_guard::{guard, guard_audio};
use crate::formats::state::{self, Purpose};

/// One instance as VST3 hosts have it.
pub(super) struct Component {
    pub(super) instance: Arc<Instance>,
    pub(super) host: Arc<Vst3Host>,
    pub(super) units: Units,
    /// Values that the host gave the controller and hasn't sent with a block yet.
    pub(super) pending: Arc<Mutex<Pending>>,
    /// Calls of `process` so far.
    pub(super) calls: AtomicU64,
    /// Whether the last block was a render without listeners.
    pub(super) is_block_offline: AtomicBool,
    /// Between `setProcessing(true)` and `(false)`.
    pub(super) is_processing: AtomicBool,
    /// The sample rate of the next activation, as the bits of a 64-bit number.
    sample_rate_hz: AtomicU64,
}

impl Class for Component {
    type Interfaces = (
        IComponent,
        IAudioProcessor,
        IEditController,
        IUnitInfo,
        IProcessContextRequirements,
    );
}

impl Component {
    /// `[main]` A new instance.
    pub(super) fn new() -> Self {
        let instance = Arc::new(Instance::new());
        let pending = Arc::new(Mutex::new(Pending::default()));
        let host = Vst3Host::new(instance.clone(), pending.clone());
        let listener = Arc::downgrade(&host);
        instance.shared.state_listener.connect(move || {
            if let Some(host) = listener.upgrade() {
                host.state_changed();
            }
        });
        Self {
            host,
            units: Units::new(&instance.parameters),
            instance,
            pending,
            calls: AtomicU64::new(0),
            is_block_offline: AtomicBool::new(false),
            is_processing: AtomicBool::new(false),
            sample_rate_hz: AtomicU64::new(48_000.0_f64.to_bits()),
        }
    }

    /// `[main]` The values that wait for a block.
    pub(super) fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sample_rate_hz(&self) -> f64 {
        f64::from_bits(self.sample_rate_hz.load(Ordering::Relaxed))
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        guard((), || {
            self.instance.editor.close();
            self.host.run_tasks();
            self.host.set_handler(None);
            self.host.disconnect_frame();
        });
    }
}

/// Whether a bus is the main audio input or output, which are all that there are.
fn is_main_bus(media: MediaType, direction: BusDirection, index: int32) -> bool {
    let is_known = direction == int!(kInput) || direction == int!(kOutput);
    media == int!(kAudio) && is_known && index == 0
}

fn channels_of(arrangement: SpeakerArrangement) -> Option<usize> {
    if arrangement == kMono {
        Some(1)
    } else {
        (arrangement == kStereo).then_some(2)
    }
}

// A host may do both more than once: one object is component and controller.
impl IPluginBaseTrait for Component {
    unsafe fn initialize(&self, _context: *mut FUnknown) -> tresult {
        kResultOk
    }

    unsafe fn terminate(&self) -> tresult {
        guard(kResultOk, || {
            self.instance.editor.close();
            // The window's last edits, before the host gets all its references back.
            self.host.run_tasks();
            self.host.set_handler(None);
            self.host.disconnect_frame();
            kResultOk
        })
    }
}

impl IComponentTrait for Component {
    unsafe fn getControllerClassId(&self, _id: *mut TUID) -> tresult {
        kNoInterface
    }

    unsafe fn setIoMode(&self, _mode: IoMode) -> tresult {
        kResultOk
    }

    unsafe fn getBusCount(&self, media: MediaType, direction: BusDirection) -> int32 {
        i32::from(is_main_bus(media, direction, 0))
    }

    unsafe fn getBusInfo(
        &self,
        media: MediaType,
        direction: BusDirection,
        index: int32,
        info: *mut BusInfo,
    ) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let (true, Some(info)) = (is_main_bus(media, direction, index), unsafe {
                info.as_mut()
            }) else {
                return kInvalidArgument;
            };
            *info = BusInfo {
                mediaType: media,
                direction,
                channelCount: i32::try_from(self.instance.channels()).unwrap_or(0),
                name: [0; _],
                busType: int!(kMain),
                flags: int!(kDefaultActive).cast_unsigned(),
            };
            let is_input = direction == int!(kInput);
            write_utf16(&mut info.name, if is_input { "Input" } else { "Output" });
            kResultOk
        })
    }

    unsafe fn getRoutingInfo(&self, from: *mut RoutingInfo, to: *mut RoutingInfo) -> tresult {
        // SAFETY: null or the host's.
        let (Some(from), Some(to)) = (unsafe { (from.as_ref(), to.as_mut()) }) else {
            return kInvalidArgument;
        };
        if from.mediaType != int!(kAudio) || from.busIndex != 0 {
            return kInvalidArgument;
        }
        *to = *from;
        kResultOk
    }

    unsafe fn activateBus(
        &self,
        media: MediaType,
        direction: BusDirection,
        index: int32,
        _state: TBool,
    ) -> tresult {
        if is_main_bus(media, direction, index) {
            kResultOk
        } else {
            kInvalidArgument
        }
    }

    unsafe fn setActive(&self, state: TBool) -> tresult {
        guard(kResultFalse, || {
            if state == 0 {
                self.apply_pending();
                self.instance.deactivate();
                return kResultOk;
            }
            if self.instance.activate(self.sample_rate_hz()) {
                kResultOk
            } else {
                kResultFalse
            }
        })
    }

    unsafe fn setState(&self, stream: *mut IBStream) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let Some(stream) = (unsafe { ComRef::from_raw(stream) }) else {
                return kInvalidArgument;
            };
            let Some(bytes) = stream::read_all(&stream) else {
                return kResultFalse;
            };
            let Some(used) = self.instance.load(&bytes, Purpose::Project) else {
                return kResultFalse;
            };
            stream::give_back(&stream, bytes.len() - used);
            // Values that were set before belong to the state before.
            self.pending().clear();
            self.host.values_changed();
            kResultOk
        })
    }

    unsafe fn getState(&self, stream: *mut IBStream) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let Some(stream) = (unsafe { ComRef::from_raw(stream) }) else {
                return kInvalidArgument;
            };
            match state::to_json(&self.state()) {
                Some(bytes) if stream::write_all(&stream, &bytes) => kResultOk,
                _ => kResultFalse,
            }
        })
    }
}

impl IAudioProcessorTrait for Component {
    unsafe fn setBusArrangements(
        &self,
        inputs: *mut SpeakerArrangement,
        input_count: int32,
        outputs: *mut SpeakerArrangement,
        output_count: int32,
    ) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or as many as the host says.
            let (1, 1, Some(input), Some(output)) = (
                input_count,
                output_count,
                unsafe { inputs.as_ref() },
                unsafe { outputs.as_ref() },
            ) else {
                return kResultFalse;
            };
            match channels_of(*input) {
                Some(channels) if input == output && self.instance.set_channels(channels) => {
                    kResultOk
                }
                _ => kResultFalse,
            }
        })
    }

    unsafe fn getBusArrangement(
        &self,
        direction: BusDirection,
        index: int32,
        arrangement: *mut SpeakerArrangement,
    ) -> tresult {
        // SAFETY: null or the host's.
        let (true, Some(arrangement)) = (is_main_bus(int!(kAudio), direction, index), unsafe {
            arrangement.as_mut()
        }) else {
            return kInvalidArgument;
        };
        *arrangement = if self.instance.channels() == 1 {
            kMono
        } else {
            kStereo
        };
        kResultOk
    }

    unsafe fn canProcessSampleSize(&self, size: int32) -> tresult {
        if size == int!(kSample32) {
            kResultOk
        } else {
            kResultFalse
        }
    }

    unsafe fn getLatencySamples(&self) -> uint32 {
        self.instance.latency_samples()
    }

    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let Some(setup) = (unsafe { setup.as_ref() }) else {
                return kInvalidArgument;
            };
            if setup.symbolicSampleSize != int!(kSample32) {
                return kResultFalse;
            }
            let is_new_rate = setup.sampleRate.to_bits() != self.sample_rate_hz().to_bits();
            if is_new_rate && self.instance.is_active() {
                return kResultFalse;
            }
            self.sample_rate_hz
                .store(setup.sampleRate.to_bits(), Ordering::Relaxed);
            self.instance.announce_rate(setup.sampleRate);
            self.instance
                .set_offline(setup.processMode == int!(kOffline));
            kResultOk
        })
    }

    unsafe fn setProcessing(&self, state: TBool) -> tresult {
        guard(kResultOk, || {
            let is_processing = state != 0;
            self.is_processing.store(is_processing, Ordering::Relaxed);
            if !is_processing {
                self.apply_pending();
            } else if let Some(mut audio) = self.instance.try_audio() {
                audio.processor.reset();
            }
            kResultOk
        })
    }

    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        guard_audio(kResultFalse, || {
            // SAFETY: null or the host's block.
            let Some(data) = (unsafe { data.as_ref() }) else {
                return kInvalidArgument;
            };
            let frames = usize::try_from(data.numSamples).unwrap_or(0);
            // SAFETY: the host promises that the buffers of a block are valid while it is processed.
            unsafe {
                let audio = host_audio(data, self.instance.channels(), frames);
                let parameters = &*self.instance.parameters;
                let Some(mut side) = self.instance.try_audio() else {
                    // The host changes the activation on another thread, which it must not. The values count all the same.
                    read_changes(data.inputParameterChanges, |_, id, change| {
                        change.apply(parameters, id);
                    });
                    clear_unused(data, 0, frames);
                    return kResultOk;
                };
                // Hosts may change between live and offline without another setup; a bounce hears no monitor state.
                let is_offline = data.processMode == int!(kOffline) || self.instance.is_offline();
                side.processor.set_offline(is_offline);
                self.is_block_offline.store(is_offline, Ordering::Relaxed);
                read_changes(data.inputParameterChanges, |frame, id, change| {
                    side.push_event(frame, id, change);
                });
                side.process(parameters, &audio);
                // Only now: a host may have lent memory of its input for an output that Flow doesn't use.
                clear_unused(data, audio.channels, frames);
                if side.is_block_asleep() {
                    // As many low bits as there are channels.
                    (*data.outputs).silenceFlags = (1 << audio.channels) - 1;
                }
            }
            // Only now do the block's values count.
            self.calls.fetch_add(1, Ordering::Release);
            kResultOk
        })
    }

    unsafe fn getTailSamples(&self) -> uint32 {
        self.instance.tail_samples()
    }
}

impl IProcessContextRequirementsTrait for Component {
    // Flow follows no transport.
    unsafe fn getProcessContextRequirements(&self) -> uint32 {
        0
    }
}

/// The channels of the main buses; none of a 64-bit block, which Flow refuses beforehand.
///
/// # Safety
///
/// The block must be as VST3 promises.
unsafe fn host_audio(data: &ProcessData, channels: usize, frames: usize) -> HostAudio {
    let is_32_bit = data.symbolicSampleSize == int!(kSample32);
    let first = |buses: *mut AudioBusBuffers, count: int32| {
        // SAFETY: as promised by the caller.
        unsafe { buses.as_ref() }.filter(|_| count > 0 && is_32_bit)
    };
    let (input, output) = (
        first(data.inputs, data.numInputs),
        first(data.outputs, data.numOutputs),
    );
    let channel = |bus: Option<&AudioBusBuffers>, index: usize| match bus {
        Some(bus) if i32::try_from(index).is_ok_and(|index| index < bus.numChannels) => {
            // SAFETY: as promised by the caller.
            unsafe {
                let buffers = bus.__field0.channelBuffers32;
                if buffers.is_null() {
                    std::ptr::null_mut()
                } else {
                    *buffers.add(index)
                }
            }
        }
        _ => std::ptr::null_mut(),
    };
    let available = output.map_or(0, |bus| usize::try_from(bus.numChannels).unwrap_or(0));
    HostAudio {
        inputs: std::array::from_fn::<_, MAX_CHANNELS, _>(|c| channel(input, c).cast_const()),
        outputs: std::array::from_fn(|c| channel(output, c)),
        channels: channels.min(available),
        frames,
    }
}

/// Silences what no channel of Flow's is written to, and takes the silence flags back that the host left.
///
/// # Safety
///
/// The block must be as VST3 promises.
unsafe fn clear_unused(data: &ProcessData, used: usize, frames: usize) {
    if data.outputs.is_null() {
        return;
    }
    let is_32_bit = data.symbolicSampleSize == int!(kSample32);
    for index in 0..usize::try_from(data.numOutputs).unwrap_or(0) {
        // SAFETY: as promised by the caller.
        let bus = unsafe { &mut *data.outputs.add(index) };
        bus.silenceFlags = 0;
        let begin = if index == 0 { used } else { 0 };
        for channel in begin..usize::try_from(bus.numChannels).unwrap_or(0) {
            // SAFETY: as promised by the caller, of the size that the block says.
            unsafe {
                if is_32_bit && !bus.__field0.channelBuffers32.is_null() {
                    clear(*bus.__field0.channelBuffers32.add(channel), frames);
                } else if !is_32_bit && !bus.__field0.channelBuffers64.is_null() {
                    clear(*bus.__field0.channelBuffers64.add(channel), frames);
                }
            }
        }
    }
}

/// # Safety
///
/// `samples` must be null or valid for writing `frames` samples, for which zero bytes are 0.0.
unsafe fn clear<S>(samples: *mut S, frames: usize) {
    if !samples.is_null() {
        // SAFETY: as promised by the caller.
        unsafe { samples.write_bytes(0, frames) };
    }
}

/// Gives all points of the host's parameter changes to `take`, each as a step at its own sample.
///
/// # Safety
///
/// `changes` must be null or the host's.
unsafe fn read_changes(changes: *mut IParameterChanges, mut take: impl FnMut(u32, u32, Change)) {
    // SAFETY: as promised by the caller.
    let Some(changes) = (unsafe { ComRef::from_raw(changes) }) else {
        return;
    };
    // SAFETY: the host's own objects, for all of what follows.
    unsafe {
        for index in 0..changes.getParameterCount() {
            let Some(queue) = ComRef::from_raw(changes.getParameterData(index)) else {
                continue;
            };
            let host_id = queue.getParameterId();
            for point in 0..queue.getPointCount() {
                let (mut offset, mut value) = (0, 0.0);
                if queue.getPoint(point, &mut offset, &mut value) == kResultOk {
                    let frame = u32::try_from(offset).unwrap_or(0);
                    let value = flow_dsp::math::narrow(value);
                    take(frame, host_id, Change::Value(value));
                }
            }
        }
    }
}
