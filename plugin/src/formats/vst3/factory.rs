//! The factory of instances. Flow has one class.

use std::ffi::{c_char, c_void};

use vst3::Steinberg::PClassInfo_::ClassCardinality_::kManyInstances;
use vst3::Steinberg::PFactoryInfo_::FactoryFlags_::kUnicode;
use vst3::Steinberg::Vst::ComponentFlags_::kSimpleModeSupported;
use vst3::Steinberg::{
    FIDString, FUnknown, IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactory3,
    IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2, PClassInfoW, PFactoryInfo,
    TUID, int32, kInvalidArgument, kResultFalse, kResultOk, tresult,
};
use vst3::{Class, ComWrapper};

use super::int;
use super::plugin::Vst3Plugin;
use super::utf16::write_utf16;
use crate::formats::c_string::write_c_str;
use crate::formats::identity;
use crate::formats::panic_guard::guard;

/// The category of effects and instruments in VST3.
const CATEGORY: &str = "Audio Module Class";

/// The version of the interfaces that Flow implements.
const SDK_VERSION: &str = "VST 3.7.9";

/// The factory.
pub(super) struct Factory;

impl Class for Factory {
    type Interfaces = (IPluginFactory, IPluginFactory2, IPluginFactory3);
}

fn class_id() -> TUID {
    identity::vst3_class_id().map(|byte| c_char::from_ne_bytes([byte]))
}

/// Component and controller are one object, so they can't run on different computers.
const CLASS_FLAGS: u32 = int!(kSimpleModeSupported).cast_unsigned();

impl IPluginFactoryTrait for Factory {
    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        // SAFETY: null or the host's.
        let Some(info) = (unsafe { info.as_mut() }) else {
            return kInvalidArgument;
        };
        *info = PFactoryInfo {
            vendor: [0; _],
            url: [0; _],
            email: [0; _],
            flags: int!(kUnicode),
        };
        write_c_str(&mut info.vendor, identity::VENDOR);
        write_c_str(&mut info.url, identity::URL);
        write_c_str(&mut info.email, identity::EMAIL);
        kResultOk
    }

    unsafe fn countClasses(&self) -> int32 {
        1
    }

    unsafe fn getClassInfo(&self, index: int32, info: *mut PClassInfo) -> tresult {
        // SAFETY: null or the host's.
        let (0, Some(info)) = (index, unsafe { info.as_mut() }) else {
            return kInvalidArgument;
        };
        *info = PClassInfo {
            cid: class_id(),
            cardinality: int!(kManyInstances),
            category: [0; _],
            name: [0; _],
        };
        write_c_str(&mut info.category, CATEGORY);
        write_c_str(&mut info.name, identity::NAME);
        kResultOk
    }

    unsafe fn createInstance(
        &self,
        cid: FIDString,
        iid: FIDString,
        object: *mut *mut c_void,
    ) -> tresult {
        guard(kResultFalse, || {
            if cid.is_null() || iid.is_null() || object.is_null() {
                return kInvalidArgument;
            }
            // SAFETY: not null, and an id of 16 bytes.
            if unsafe { cid.cast::<TUID>().read_unaligned() } != class_id() {
                return kInvalidArgument;
            }
            let component = ComWrapper::new(Vst3Plugin::new());
            let Some(unknown) = component.as_com_ref::<FUnknown>() else {
                return kResultFalse;
            };
            let unknown = unknown.as_ptr();
            // SAFETY: the object's own table; the call counts the host's reference.
            unsafe { ((*(*unknown).vtbl).queryInterface)(unknown, iid.cast(), object) }
        })
    }
}

/// The description of the class in one of the two later structures, which differ in the encoding of some texts.
macro_rules! class_info {
    ($info:ident, $write:ident) => {{
        let mut info = $info {
            cid: class_id(),
            cardinality: int!(kManyInstances),
            category: [0; _],
            name: [0; _],
            classFlags: CLASS_FLAGS,
            subCategories: [0; _],
            vendor: [0; _],
            version: [0; _],
            sdkVersion: [0; _],
        };
        write_c_str(&mut info.category, CATEGORY);
        write_c_str(&mut info.subCategories, identity::VST3_CATEGORIES);
        $write(&mut info.name, identity::NAME);
        $write(&mut info.vendor, identity::VENDOR);
        $write(&mut info.version, identity::VERSION);
        $write(&mut info.sdkVersion, SDK_VERSION);
        info
    }};
}

impl IPluginFactory2Trait for Factory {
    unsafe fn getClassInfo2(&self, index: int32, info: *mut PClassInfo2) -> tresult {
        // SAFETY: null or the host's.
        let (0, Some(info)) = (index, unsafe { info.as_mut() }) else {
            return kInvalidArgument;
        };
        *info = class_info!(PClassInfo2, write_c_str);
        kResultOk
    }
}

impl IPluginFactory3Trait for Factory {
    unsafe fn getClassInfoUnicode(&self, index: int32, info: *mut PClassInfoW) -> tresult {
        // SAFETY: null or the host's.
        let (0, Some(info)) = (index, unsafe { info.as_mut() }) else {
            return kInvalidArgument;
        };
        *info = class_info!(PClassInfoW, write_utf16);
        kResultOk
    }

    unsafe fn setHostContext(&self, _context: *mut FUnknown) -> tresult {
        kResultOk
    }
}
