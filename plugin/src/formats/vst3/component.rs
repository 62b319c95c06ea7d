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
    FUnknown, IBStream, IPluginBaseTrait, TBool, TUID, int32, kNoInterface, kResultOk, tresult,
};

use super::plugin::Vst3Plugin;
use super::utf16::write_utf16;
use super::{checked, int, stream};
use crate::formats::state_container::{self, Purpose};

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
        checked(|| {
            self.disconnect();
            Some(true)
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
        checked(|| {
            // SAFETY: null or the host's.
            let info = unsafe { info.as_mut() }?;
            if !is_main_bus(media, direction, index) {
                return None;
            }
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
            Some(true)
        })
    }

    unsafe fn getRoutingInfo(&self, from: *mut RoutingInfo, to: *mut RoutingInfo) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let (from, to) = unsafe { (from.as_ref()?, to.as_mut()?) };
            if from.mediaType != int!(kAudio) || from.busIndex != 0 {
                return None;
            }
            *to = *from;
            Some(true)
        })
    }

    unsafe fn activateBus(
        &self,
        media: MediaType,
        direction: BusDirection,
        index: int32,
        _state: TBool,
    ) -> tresult {
        checked(|| is_main_bus(media, direction, index).then_some(true))
    }

    unsafe fn setActive(&self, state: TBool) -> tresult {
        checked(|| {
            if state == 0 {
                self.apply_pending_values();
                self.instance.deactivate();
                return Some(true);
            }
            Some(self.instance.activate(self.sample_rate_hz()))
        })
    }

    unsafe fn setState(&self, stream: *mut IBStream) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let stream = unsafe { ComRef::from_raw(stream) }?;
            let Some(bytes) = stream::read_all(&stream) else {
                return Some(false);
            };
            let Some(used) = self.instance.load(&bytes, Purpose::Project) else {
                return Some(false);
            };
            stream::seek_back(&stream, bytes.len() - used);
            // Pending values belong to the state before.
            self.pending_values().clear();
            self.host.values_changed();
            Some(true)
        })
    }

    unsafe fn getState(&self, stream: *mut IBStream) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let stream = unsafe { ComRef::from_raw(stream) }?;
            let bytes = state_container::to_json(&self.state());
            Some(bytes.is_some_and(|bytes| stream::write_all(&stream, &bytes)))
        })
    }
}
