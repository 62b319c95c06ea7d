//! Parameters as VST3 hosts see them: normalized values in a list with groups.
//!
//! VST3 hosts tell a new value twice: the controller at once, and the processor with the next block. The audio follows the
//! second. Until the block comes, the first is pending: hosts that ask for values or save the state meanwhile get it. It
//! becomes the value itself when processing ends, and when a host asks for or sets a value after half a second without a
//! block, which only happens where nothing is played. After two blocks it is forgotten: the host has had its turn.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nice_plug::plugin::PluginState;
use vst3::ComRef;
use vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_::{kCanAutomate, kIsBypass, kIsList};
use vst3::Steinberg::Vst::{
    BusDirection, CString, IComponentHandler, IEditControllerTrait, IUnitInfoTrait, MediaType,
    ParamID, ParamValue, ParameterInfo, ProgramListID, ProgramListInfo, String128, TChar, UnitID,
    UnitInfo, kNoParentUnitId, kNoProgramListId, kRootUnitId,
};
use vst3::Steinberg::{
    FIDString, IBStream, IPlugView, int16, int32, kInvalidArgument, kNotImplemented, kResultFalse,
    kResultOk, tresult,
};

use super::component::Component;
use super::{int, read_utf16, view, write_utf16};
use crate::formats::panic_guard::guard;
use crate::formats::state::{self, Purpose};
use crate::params::AnyParam;
use flow_dsp::math::narrow;

/// A host that sends no block for so long while processing is on has stopped: live blocks are shorter than this.
const IDLE: Duration = Duration::from_millis(500);

/// Values that the host gave the controller and hasn't sent with a block yet.
#[derive(Default)]
pub(super) struct Pending {
    /// With the count of `process` calls at that time: after another call, the host has had its turn.
    values: HashMap<ParamID, (f32, u64)>,
    /// The count that was seen last, and since when.
    seen: Option<(u64, Instant)>,
}

impl Pending {
    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.values.clear();
    }

    /// Forgets one: the user has set the parameter since.
    pub(super) fn remove(&mut self, id: ParamID) {
        self.values.remove(&id);
    }

    /// The value to tell and save. It counts for one block longer than it waits: a host that had assembled the next block
    /// already sends it with the one after.
    fn get(&self, id: ParamID, calls: u64) -> Option<f32> {
        let (value, at) = self.values.get(&id)?;
        (calls.wrapping_sub(*at) <= 1).then_some(*value)
    }

    /// Whether no block came for [`IDLE`].
    fn is_idle(&mut self, calls: u64) -> bool {
        match self.seen {
            Some((seen, since)) if seen == calls => since.elapsed() >= IDLE,
            _ => {
                self.seen = Some((calls, Instant::now()));
                false
            }
        }
    }
}

impl Component {
    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// `[any]` Makes pending values the values themselves, since no block will bring them. Where another thread has them at
    /// the moment, nothing happens, and the next call on the main thread does it.
    pub(super) fn apply_pending(&self) {
        let calls = self.calls();
        let Ok(mut pending) = self.pending.try_lock() else {
            return;
        };
        for (id, (value, at)) in pending.values.drain() {
            if let Some(param) = self.instance.parameters.get(id)
                && at == calls
            {
                param.set_normalized(value);
            }
        }
    }

    /// `[main]` Whether values wait for blocks. If none came for a while, those that waited become values first.
    pub(super) fn settle_pending(&self) -> bool {
        let is_idle = self.pending().is_idle(self.calls());
        // A bounce may take long for a block.
        let is_offline = self.is_block_offline.load(Ordering::Relaxed);
        let is_live = self.is_processing.load(Ordering::Relaxed) && (is_offline || !is_idle);
        if !is_live {
            self.apply_pending();
        }
        is_live
    }

    /// `[main]` The present state with pending values in it.
    pub(super) fn state(&self) -> PluginState {
        self.settle_pending();
        // Before the parameters are read: a block in between makes pending values the values themselves.
        let calls = self.calls();
        let pending = self.pending().values.clone();
        let mut state = state::object(&self.instance.parameters, Purpose::Project);
        for (row, param) in self.instance.parameters.each() {
            if let Some((value, at)) = pending.get(&row.host_id)
                && calls.wrapping_sub(*at) <= 1
            {
                state.params.insert(row.id.clone(), param.value_at(*value));
            }
        }
        state
    }

    /// A value as the parameter's own grid has it.
    fn snapped(param: AnyParam<'_>, normalized: f32) -> f32 {
        param.normalized_from(param.plain(normalized.clamp(0.0, 1.0)))
    }
}

impl IEditControllerTrait for Component {
    // Component and controller are one object: it has its state already.
    unsafe fn setComponentState(&self, _stream: *mut IBStream) -> tresult {
        kResultOk
    }

    unsafe fn setState(&self, _stream: *mut IBStream) -> tresult {
        kResultOk
    }

    unsafe fn getState(&self, _stream: *mut IBStream) -> tresult {
        kResultOk
    }

    unsafe fn getParameterCount(&self) -> int32 {
        i32::try_from(self.instance.parameters.len()).unwrap_or(0)
    }

    unsafe fn getParameterInfo(&self, index: int32, info: *mut ParameterInfo) -> tresult {
        guard(kResultFalse, || {
            let found = usize::try_from(index).ok();
            let found = found.and_then(|index| self.instance.parameters.at(index));
            // SAFETY: null or the host's.
            let (Some((row, param)), Some(info)) = (found, unsafe { info.as_mut() }) else {
                return kInvalidArgument;
            };
            let mut flags = int!(kCanAutomate);
            if param.steps() > 1 {
                flags |= int!(kIsList);
            }
            if param.is_bypass() {
                flags |= int!(kIsBypass);
            }
            *info = ParameterInfo {
                id: row.host_id,
                title: [0; _],
                shortTitle: [0; _],
                units: [0; _],
                stepCount: i32::try_from(param.steps()).unwrap_or(0),
                defaultNormalizedValue: param.default_normalized().into(),
                unitId: self.units.id(&row.group),
                flags,
            };
            write_utf16(&mut info.title, param.name());
            write_utf16(&mut info.shortTitle, param.name());
            write_utf16(&mut info.units, param.unit());
            kResultOk
        })
    }

    unsafe fn getParamStringByValue(
        &self,
        id: ParamID,
        normalized: ParamValue,
        text: *mut String128,
    ) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let (Some(param), Some(text)) =
                (self.instance.parameters.get(id), unsafe { text.as_mut() })
            else {
                return kInvalidArgument;
            };
            if !normalized.is_finite() {
                return kInvalidArgument;
            }
            let normalized = narrow(normalized).clamp(0.0, 1.0);
            write_utf16(text, &param.number_text(normalized));
            kResultOk
        })
    }

    unsafe fn getParamValueByString(
        &self,
        id: ParamID,
        text: *mut TChar,
        normalized: *mut ParamValue,
    ) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let (Some(param), Some(normalized)) = (self.instance.parameters.get(id), unsafe {
                normalized.as_mut()
            }) else {
                return kInvalidArgument;
            };
            // SAFETY: null or the host's text, which ends with a zero.
            let Some(text) = (unsafe { read_utf16(text) }) else {
                return kInvalidArgument;
            };
            let Some(value) = param.parse(&text) else {
                return kResultFalse;
            };
            *normalized = value.into();
            kResultOk
        })
    }

    unsafe fn normalizedParamToPlain(&self, id: ParamID, normalized: ParamValue) -> ParamValue {
        guard(normalized, || {
            let param = self.instance.parameters.get(id);
            param.map_or(normalized, |param| param.plain(narrow(normalized)).into())
        })
    }

    unsafe fn plainParamToNormalized(&self, id: ParamID, plain: ParamValue) -> ParamValue {
        guard(plain, || {
            let param = self.instance.parameters.get(id);
            param.map_or(plain, |param| param.normalized_from(narrow(plain)).into())
        })
    }

    unsafe fn getParamNormalized(&self, id: ParamID) -> ParamValue {
        guard(0.0, || {
            let Some(param) = self.instance.parameters.get(id) else {
                return 0.0;
            };
            self.settle_pending();
            let pending = self.pending().get(id, self.calls());
            let value = pending.map_or_else(
                || param.normalized(),
                |pending| Self::snapped(param, pending),
            );
            value.into()
        })
    }

    unsafe fn setParamNormalized(&self, id: ParamID, normalized: ParamValue) -> tresult {
        guard(kResultFalse, || {
            let Some(param) = self.instance.parameters.get(id) else {
                return kInvalidArgument;
            };
            if !normalized.is_finite() {
                return kInvalidArgument;
            }
            let value = narrow(normalized);
            if self.settle_pending() {
                let calls = self.calls();
                self.pending().values.insert(id, (value, calls));
            } else {
                param.set_normalized(value);
                self.instance.shared.repaint.request_repaint();
            }
            kResultOk
        })
    }

    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let handler = unsafe { ComRef::from_raw(handler) };
            self.host.set_handler(handler.map(|h| h.to_com_ptr()));
            kResultOk
        })
    }

    unsafe fn createView(&self, _name: FIDString) -> *mut IPlugView {
        guard(std::ptr::null_mut(), || {
            view::create(&self.instance, &self.host)
        })
    }
}

impl IUnitInfoTrait for Component {
    unsafe fn getUnitCount(&self) -> int32 {
        i32::try_from(self.units.len() + 1).unwrap_or(1)
    }

    unsafe fn getUnitInfo(&self, index: int32, info: *mut UnitInfo) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let (Ok(index), Some(info)) = (usize::try_from(index), unsafe { info.as_mut() }) else {
                return kInvalidArgument;
            };
            let (id, parent, name) = match index.checked_sub(1) {
                None => (kRootUnitId, kNoParentUnitId, "Root unit".to_owned()),
                Some(index) => match self.units.at(index) {
                    Some(unit) => (unit.id, unit.parent, unit.name),
                    None => return kInvalidArgument,
                },
            };
            *info = UnitInfo {
                id,
                parentUnitId: parent,
                name: [0; _],
                programListId: kNoProgramListId,
            };
            write_utf16(&mut info.name, &name);
            kResultOk
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
        // SAFETY: null or the host's.
        match unsafe { unit.as_mut() } {
            Some(unit) => {
                *unit = kRootUnitId;
                kResultOk
            }
            None => kInvalidArgument,
        }
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
