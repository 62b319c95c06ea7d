//! The unit interface: groups of parameters. Flow has no program lists.

use vst3::Steinberg::Vst::{
    BusDirection, CString, IUnitInfoTrait, MediaType, ProgramListID, ProgramListInfo, String128,
    UnitID, UnitInfo, kNoParentUnitId, kNoProgramListId, kRootUnitId,
};
use vst3::Steinberg::{
    IBStream, int16, int32, kInvalidArgument, kNotImplemented, kResultFalse, tresult,
};

use super::checked;
use super::plugin::Vst3Plugin;
use super::utf16::write_utf16;

impl IUnitInfoTrait for Vst3Plugin {
    unsafe fn getUnitCount(&self) -> int32 {
        i32::try_from(self.units.len() + 1).unwrap_or(1)
    }

    unsafe fn getUnitInfo(&self, index: int32, info: *mut UnitInfo) -> tresult {
        checked(|| {
            let index = usize::try_from(index).ok()?;
            // SAFETY: null or the host's.
            let info = unsafe { info.as_mut() }?;
            let (id, parent, name) = match index.checked_sub(1) {
                None => (kRootUnitId, kNoParentUnitId, "Root unit"),
                Some(index) => {
                    let unit = self.units.at(index)?;
                    (unit.id, unit.parent, unit.name)
                }
            };
            *info = UnitInfo {
                id,
                parentUnitId: parent,
                name: [0; _],
                programListId: kNoProgramListId,
            };
            write_utf16(&mut info.name, name);
            Some(true)
        })
    }

    unsafe fn getProgramListCount(&self) -> int32 {
        0
    }

    unsafe fn getProgramListInfo(&self, _index: int32, _info: *mut ProgramListInfo) -> tresult {
        kInvalidArgument
    }

    unsafe fn getProgramName(
        &self,
        _list: ProgramListID,
        _index: int32,
        _name: *mut String128,
    ) -> tresult {
        kInvalidArgument
    }

    unsafe fn getProgramInfo(
        &self,
        _list: ProgramListID,
        _index: int32,
        _attribute: CString,
        _value: *mut String128,
    ) -> tresult {
        kInvalidArgument
    }

    unsafe fn hasProgramPitchNames(&self, _list: ProgramListID, _index: int32) -> tresult {
        kInvalidArgument
    }

    unsafe fn getProgramPitchName(
        &self,
        _list: ProgramListID,
        _index: int32,
        _pitch: int16,
        _name: *mut String128,
    ) -> tresult {
        kInvalidArgument
    }

    unsafe fn getSelectedUnit(&self) -> UnitID {
        kRootUnitId
    }

    unsafe fn selectUnit(&self, _unit: UnitID) -> tresult {
        kResultFalse
    }

    unsafe fn getUnitByBus(
        &self,
        _media: MediaType,
        _direction: BusDirection,
        _bus: int32,
        _channel: int32,
        unit: *mut UnitID,
    ) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            *unsafe { unit.as_mut() }? = kRootUnitId;
            Some(true)
        })
    }

    unsafe fn setUnitProgramData(
        &self,
        _list_or_unit: int32,
        _program: int32,
        _data: *mut IBStream,
    ) -> tresult {
        kNotImplemented
    }
}
