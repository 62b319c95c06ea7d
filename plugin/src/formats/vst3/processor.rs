//! The processor interface: bus arrangements, setup, and blocks.

use std::sync::atomic::Ordering;

use vst3::ComRef;
use vst3::Steinberg::Vst::MediaTypes_::kAudio;
use vst3::Steinberg::Vst::ProcessModes_::kOffline;
use vst3::Steinberg::Vst::SpeakerArr::{kMono, kStereo};
use vst3::Steinberg::Vst::SymbolicSampleSizes_::kSample32;
use vst3::Steinberg::Vst::{
    AudioBusBuffers, BusDirection, IAudioProcessorTrait, IParamValueQueueTrait, IParameterChanges,
    IParameterChangesTrait, IProcessContextRequirementsTrait, ProcessData, ProcessSetup,
    SpeakerArrangement,
};
use vst3::Steinberg::{TBool, int32, kInvalidArgument, kResultFalse, kResultOk, tresult, uint32};

use super::component::is_main_bus;
use super::plugin::Vst3Plugin;
use super::transport::{self, song_position};
use super::{checked, int};
use crate::formats::block_processor::{Change, HostAudio, MAX_CHANNELS, clear};
use crate::formats::panic_guard::guard_audio;

/// The number of channels of a supported arrangement.
fn channels_of(arrangement: SpeakerArrangement) -> Option<usize> {
    if arrangement == kMono {
        Some(1)
    } else {
        (arrangement == kStereo).then_some(2)
    }
}

impl IAudioProcessorTrait for Vst3Plugin {
    unsafe fn setBusArrangements(
        &self,
        inputs: *mut SpeakerArrangement,
        input_count: int32,
        outputs: *mut SpeakerArrangement,
        output_count: int32,
    ) -> tresult {
        checked(|| {
            // SAFETY: null or valid for the counts.
            let (1, 1, Some(input), Some(output)) = (
                input_count,
                output_count,
                unsafe { inputs.as_ref() },
                unsafe { outputs.as_ref() },
            ) else {
                return Some(false);
            };
            let channels = channels_of(*input).filter(|_| input == output);
            Some(channels.is_some_and(|channels| self.instance.set_channels(channels)))
        })
    }

    unsafe fn getBusArrangement(
        &self,
        direction: BusDirection,
        index: int32,
        arrangement: *mut SpeakerArrangement,
    ) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let arrangement = unsafe { arrangement.as_mut() }?;
            if !is_main_bus(int!(kAudio), direction, index) {
                return None;
            }
            let is_mono = self.instance.channels() == 1;
            *arrangement = if is_mono { kMono } else { kStereo };
            Some(true)
        })
    }

    unsafe fn canProcessSampleSize(&self, size: int32) -> tresult {
        checked(|| Some(size == int!(kSample32)))
    }

    unsafe fn getLatencySamples(&self) -> uint32 {
        self.instance.latency_samples()
    }

    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let setup = unsafe { setup.as_ref() }?;
            if setup.symbolicSampleSize != int!(kSample32) {
                return Some(false);
            }
            let is_new_rate = setup.sampleRate.to_bits() != self.sample_rate_hz().to_bits();
            if is_new_rate && self.instance.is_active() {
                return Some(false);
            }
            self.set_sample_rate(setup.sampleRate);
            self.instance
                .set_offline(setup.processMode == int!(kOffline));
            Some(true)
        })
    }

    unsafe fn setProcessing(&self, state: TBool) -> tresult {
        checked(|| {
            let is_processing = state != 0;
            self.is_processing.store(is_processing, Ordering::Relaxed);
            if !is_processing {
                self.apply_pending_values();
            } else if let Some(mut audio) = self.instance.try_audio() {
                audio.processor.reset();
            }
            Some(true)
        })
    }

    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        guard_audio(kResultFalse, || {
            // SAFETY: null or the host's block.
            let Some(data) = (unsafe { data.as_ref() }) else {
                return kInvalidArgument;
            };
            let frames = usize::try_from(data.numSamples).unwrap_or(0);
            // SAFETY: the host promises that a block's buffers and changes are valid during the call.
            unsafe {
                let audio = host_audio(data, self.instance.channels(), frames);
                let parameters = &*self.instance.parameters;
                let Some(mut block_processor) = self.instance.try_audio() else {
                    // The host changes the activation on another thread, against VST3's rules. The values still apply.
                    read_changes(data.inputParameterChanges, |_, id, change| {
                        change.apply(parameters, id);
                    });
                    clear_unused(data, 0, frames);
                    return kResultOk;
                };
                // Hosts may switch between live and offline without another setup; a bounce ignores the monitor state.
                let is_offline = data.processMode == int!(kOffline) || self.instance.is_offline();
                block_processor.processor.set_offline(is_offline);
                let context = data.processContext.as_ref();
                block_processor
                    .processor
                    .set_song_position(context.and_then(song_position));
                self.is_block_offline.store(is_offline, Ordering::Relaxed);
                read_changes(data.inputParameterChanges, |frame, id, change| {
                    block_processor.push_event(frame, id, change);
                });
                block_processor.process(parameters, &audio);
                // After processing, because a host may reuse input memory for an output that Flow doesn't write.
                clear_unused(data, audio.channels, frames);
                if block_processor.is_block_asleep() {
                    // One bit per channel.
                    (*data.outputs).silenceFlags = (1 << audio.channels) - 1;
                }
            }
            self.count_call();
            kResultOk
        })
    }

    unsafe fn getTailSamples(&self) -> uint32 {
        self.instance.tail_samples()
    }
}

impl IProcessContextRequirementsTrait for Vst3Plugin {
    unsafe fn getProcessContextRequirements(&self) -> uint32 {
        transport::REQUIREMENTS
    }
}

/// The channels of the main buses. A 64-bit block, which Flow refuses in `setupProcessing`, has none.
///
/// # Safety
///
/// The block must be valid.
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

/// Silences the outputs that Flow doesn't write, and clears the silence flags that the host left.
///
/// # Safety
///
/// The block must be valid.
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
            // SAFETY: as promised by the caller, with the block's sample size.
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

/// Passes all points of the host's parameter changes to `take`, each as a step at its frame.
///
/// # Safety
///
/// `changes` must be null or the host's.
unsafe fn read_changes(changes: *mut IParameterChanges, mut take: impl FnMut(u32, u32, Change)) {
    // SAFETY: as promised by the caller.
    let Some(changes) = (unsafe { ComRef::from_raw(changes) }) else {
        return;
    };
    // SAFETY: the host's objects, valid during the call.
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
