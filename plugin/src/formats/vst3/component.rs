//! The component interface: buses, activation and state.

use vst3::ComRef;
use vst3::Steinberg::Vst::BusDirections_::{kInput, kOutput};
use vst3::Steinberg::Vst::BusInfo_::BusFlags_::kDefaultActive;
use vst3::Steinberg::Vst::BusTypes_::kMain;
use vst3::Steinberg::Vst::MediaTypes_::kAudio;
use vst3::Steinberg::Vst::{
    BusDirection, BusInfo, IComponentTrait, IoMode, MediaType, RoutingInfo,
};
use vst3::Steinberg::{
    FUnknown, IBStream, IPluginBaseTrait, TBool, TUID, int32, kInvalidArgument, kNoInterface,
    kResultFalse, kResultOk, tresult,
};

use super::plugin::Vst3Plugin;
use super::utf16::write_utf16;
use super::{int, stream};
use crate::formats::panic_guard::guard;
use crate::formats::state::{self, Purpose};

/// Whether a bus is the main audio input or output. Flow has no other buses.
pub(super) fn is_main_bus(media: MediaType, direction: BusDirection, index: int32) -> bool {
    let is_known = direction == int!(kInput) || direction == int!(kOutput);
    media == int!(kAudio) && is_known && index == 0
}

// A host may call both more than once, because one object is component and controller.
impl IPluginBaseTrait for Vst3Plugin {
    unsafe fn initialize(&self, _context: *mut FUnknown) -> tresult {
        kResultOk
    }

    unsafe fn terminate(&self) -> tresult {
        guard(kResultOk, || {
            self.disconnect();
            kResultOk
        })
    }
}

impl IComponentTrait for Vst3Plugin {
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
                self.apply_pending_values();
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
            stream::seek_back(&stream, bytes.len() - used);
            // Pending values belong to the state before.
            self.pending_values().clear();
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
