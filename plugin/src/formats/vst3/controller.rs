//! The controller interface: parameters as normalized values, and views.

use vst3::ComRef;
use vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_::{kCanAutomate, kIsBypass, kIsList};
use vst3::Steinberg::Vst::{
    IComponentHandler, IEditControllerTrait, ParamID, ParamValue, ParameterInfo, String128, TChar,
};
use vst3::Steinberg::{FIDString, IBStream, IPlugView, int32, kResultOk, tresult};

use super::plugin::Vst3Plugin;
use super::utf16::{read_utf16, write_utf16};
use super::{checked, int, view};
use crate::formats::panic_guard::guard;
use crate::params::AnyParam;
use flow_dsp::math::narrow;

/// Rounds a normalized value to the parameter's steps.
fn round_to_step(param: AnyParam<'_>, normalized: f32) -> f32 {
    param.normalized_from(param.plain(normalized.clamp(0.0, 1.0)))
}

impl IEditControllerTrait for Vst3Plugin {
    // One object is component and controller, so it has this state already.
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
        checked(|| {
            let (row, param) = self.instance.parameters.at(usize::try_from(index).ok()?)?;
            // SAFETY: null or the host's.
            let info = unsafe { info.as_mut() }?;
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
                unitId: self.units.id(row.id.group()),
                flags,
            };
            write_utf16(&mut info.title, param.id().name());
            write_utf16(&mut info.shortTitle, param.id().name());
            write_utf16(&mut info.units, param.unit());
            Some(true)
        })
    }

    unsafe fn getParamStringByValue(
        &self,
        id: ParamID,
        normalized: ParamValue,
        text: *mut String128,
    ) -> tresult {
        checked(|| {
            let param = self.instance.parameters.get(id)?;
            // SAFETY: null or the host's.
            let text = unsafe { text.as_mut() }?;
            if !normalized.is_finite() {
                return None;
            }
            let normalized = narrow(normalized).clamp(0.0, 1.0);
            write_utf16(text, &param.number_text(normalized));
            Some(true)
        })
    }

    unsafe fn getParamValueByString(
        &self,
        id: ParamID,
        text: *mut TChar,
        normalized: *mut ParamValue,
    ) -> tresult {
        checked(|| {
            let param = self.instance.parameters.get(id)?;
            // SAFETY: null or the host's; the text ends with a zero.
            let (normalized, text) = unsafe { (normalized.as_mut()?, read_utf16(text)?) };
            let Some(value) = param.parse(&text) else {
                return Some(false);
            };
            *normalized = value.into();
            Some(true)
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
            self.is_live();
            let pending = self.pending_values().get(id, self.calls());
            let value = pending.map_or_else(
                || param.normalized(),
                |pending| round_to_step(param, pending),
            );
            value.into()
        })
    }

    unsafe fn setParamNormalized(&self, id: ParamID, normalized: ParamValue) -> tresult {
        checked(|| {
            let param = self.instance.parameters.get(id)?;
            if !normalized.is_finite() {
                return None;
            }
            let value = narrow(normalized);
            if self.is_live() {
                let calls = self.calls();
                self.pending_values().insert(id, value, calls);
            } else {
                param.set_normalized(value);
                self.instance.shared.repaint.request_repaint();
            }
            Some(true)
        })
    }

    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let handler = unsafe { ComRef::from_raw(handler) };
            self.host.set_handler(handler.map(|h| h.to_com_ptr()));
            Some(true)
        })
    }

    unsafe fn createView(&self, _name: FIDString) -> *mut IPlugView {
        guard(std::ptr::null_mut(), || {
            view::create(&self.instance, &self.host)
        })
    }
}
