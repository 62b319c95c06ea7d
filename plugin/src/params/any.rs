//! A parameter of any kind: for what goes through all of them, such as states, slots and presets.

use nice_plug::params::InternalParamMut;
use nice_plug::params::range::IntRange;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{BoolParam, FloatParam, IntParam, Param, ParamFlags, ParamPtr};

/// One parameter, whatever its kind.
///
/// "Normalized" is a host's number: 0 to 1 from one end of the parameter to the other.
#[derive(Clone, Copy)]
pub enum AnyParam<'p> {
    /// A number with a unit.
    Float(&'p FloatParam),
    /// A choice.
    Int(&'p IntParam),
    /// A switch.
    Bool(&'p BoolParam),
}

/// Calls the same method, whatever the kind.
macro_rules! forward {
    ($self:ident, $param:ident => $call:expr) => {
        match $self {
            AnyParam::Float($param) => $call,
            AnyParam::Int($param) => $call,
            AnyParam::Bool($param) => $call,
        }
    };
}

impl<'p> From<&'p FloatParam> for AnyParam<'p> {
    fn from(param: &'p FloatParam) -> Self {
        Self::Float(param)
    }
}

impl<'p> From<&'p IntParam> for AnyParam<'p> {
    fn from(param: &'p IntParam) -> Self {
        Self::Int(param)
    }
}

impl<'p> From<&'p BoolParam> for AnyParam<'p> {
    fn from(param: &'p BoolParam) -> Self {
        Self::Bool(param)
    }
}

impl<'p> AnyParam<'p> {
    /// As hosts show it.
    #[must_use]
    pub fn name(self) -> &'p str {
        forward!(self, param => param.name())
    }
}

impl AnyParam<'_> {
    /// The number in the unit of the parameter's texts that a normalized value stands for.
    #[must_use]
    pub(crate) fn plain(self, normalized: f32) -> f32 {
        // SAFETY: the reference inside `self` keeps the parameter alive.
        unsafe { self.ptr().preview_plain(normalized) }
    }

    /// The normalized value of a number in the unit of the parameter's texts.
    #[must_use]
    pub(crate) fn normalized_from(self, plain: f32) -> f32 {
        // SAFETY: the reference inside `self` keeps the parameter alive.
        unsafe { self.ptr().preview_normalized(plain) }
    }

    /// The unit behind the number in its texts, such as " dB"; empty for choices and switches.
    #[must_use]
    pub(crate) fn unit(self) -> &'static str {
        forward!(self, param => param.unit())
    }

    /// The text of a normalized value without its unit.
    #[must_use]
    pub(crate) fn number_text(self, normalized: f32) -> String {
        forward!(self, param => param.normalized_value_to_string(normalized, false))
    }

    /// Whether a host's bypass button belongs to it.
    #[must_use]
    pub(crate) fn is_bypass(self) -> bool {
        forward!(self, param => param.flags().contains(ParamFlags::BYPASS))
    }

    /// None for the framework's own enumerations, which Flow doesn't use.
    ///
    /// # Safety
    ///
    /// The pointer must be to a parameter that lives as long as the result.
    pub(crate) unsafe fn new(ptr: ParamPtr) -> Option<Self> {
        // SAFETY: as promised by the caller.
        unsafe {
            match ptr {
                ParamPtr::FloatParam(param) => Some(Self::Float(&*param)),
                ParamPtr::IntParam(param) => Some(Self::Int(&*param)),
                ParamPtr::BoolParam(param) => Some(Self::Bool(&*param)),
                ParamPtr::EnumParam(_) => None,
            }
        }
    }

    /// What the framework's contexts know it by.
    #[must_use]
    pub fn ptr(self) -> ParamPtr {
        forward!(self, param => param.as_ptr())
    }

    /// How many steps lie between the ends of a choice; 1 for a switch and 0 where the steps are too small to count.
    #[must_use]
    pub fn steps(self) -> usize {
        forward!(self, param => param.step_count().unwrap_or(0))
    }

    /// Its present value as a state holds it, without a host's modulation.
    #[must_use]
    pub fn value(self) -> ParamValue {
        match self {
            Self::Float(param) => ParamValue::F32(param.unmodulated_plain_value()),
            Self::Int(param) => ParamValue::I32(param.unmodulated_plain_value()),
            Self::Bool(param) => ParamValue::Bool(param.unmodulated_plain_value()),
        }
    }

    /// The value of a normalized number as a state holds it.
    #[must_use]
    pub(crate) fn value_at(self, normalized: f32) -> ParamValue {
        let normalized = normalized.clamp(0.0, 1.0);
        match self {
            Self::Float(param) => ParamValue::F32(param.preview_plain(normalized)),
            Self::Int(param) => ParamValue::I32(param.preview_plain(normalized)),
            Self::Bool(param) => ParamValue::Bool(param.preview_plain(normalized)),
        }
    }

    /// Its present value, normalized, without a host's modulation.
    #[must_use]
    pub fn normalized(self) -> f32 {
        forward!(self, param => param.unmodulated_normalized_value())
    }

    /// The value of a new instance, normalized.
    #[must_use]
    pub fn default_normalized(self) -> f32 {
        forward!(self, param => param.default_normalized_value())
    }

    /// `[any]` Sets the value, normalized and clamped to 0 to 1; the parameter puts it on its own grid. A value that is no
    /// number changes nothing.
    pub(crate) fn set_normalized(self, normalized: f32) {
        if normalized.is_finite() {
            // SAFETY: the reference inside `self` keeps the parameter alive.
            unsafe {
                self.ptr()
                    ._internal_set_normalized_value(normalized.clamp(0.0, 1.0));
            }
        }
    }

    /// `[any]` Sets the offset that a host's modulation adds to the value, normalized.
    pub(crate) fn set_modulation(self, offset: f32) {
        if offset.is_finite() {
            // SAFETY: the reference inside `self` keeps the parameter alive.
            unsafe { self.ptr()._internal_modulate_value(offset) };
        }
    }

    /// `[main]` Sets a value as a state holds it, unchanged. A value of another kind changes nothing.
    pub(crate) fn set_saved(self, saved: &ParamValue) {
        match (self, saved) {
            // SAFETY: the framework marks its setters unsafe to keep them out of a plug-in's sight; they only store
            // atomics.
            (Self::Float(param), ParamValue::F32(value)) => unsafe {
                param._internal_set_plain_value(*value);
            },
            // SAFETY: as above.
            (Self::Int(param), ParamValue::I32(value)) => unsafe {
                param._internal_set_plain_value(*value);
            },
            // SAFETY: as above.
            (Self::Bool(param), ParamValue::Bool(value)) => unsafe {
                param._internal_set_plain_value(*value);
            },
            _ => {}
        }
    }

    /// The value that people mean by `text`, normalized.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<f32> {
        forward!(self, param => param.string_to_normalized_value(text))
    }

    /// How the plug-in writes a normalized value, with its unit.
    #[must_use]
    pub fn text(self, normalized: f32) -> String {
        forward!(self, param => param.normalized_value_to_string(normalized, true))
    }

    /// A saved value, normalized; the default if it can't be one.
    #[must_use]
    pub fn normalize(self, saved: Option<&ParamValue>) -> f32 {
        match (self, self.clean(saved)) {
            (Self::Float(param), ParamValue::F32(value)) => param.preview_normalized(value),
            (Self::Int(param), ParamValue::I32(value)) => param.preview_normalized(value),
            (Self::Bool(param), ParamValue::Bool(value)) => param.preview_normalized(value),
            _ => self.default_normalized(),
        }
    }

    /// A saved value brought to one that the parameter can have; the default if it is missing or
    /// of another kind.
    #[must_use]
    pub fn clean(self, saved: Option<&ParamValue>) -> ParamValue {
        match self {
            Self::Float(param) => ParamValue::F32(match saved {
                // Clamped, but not put on the knob's grid: what was saved comes back to the bit.
                Some(ParamValue::F32(value)) if value.is_finite() => {
                    value.clamp(param.preview_plain(0.0), param.preview_plain(1.0))
                }
                _ => param.default_plain_value(),
            }),
            Self::Int(param) => ParamValue::I32(match (saved, param.range()) {
                // A choice outside the list is not near any other choice.
                (Some(ParamValue::I32(value)), IntRange::Linear { min, max })
                    if (min..=max).contains(value) =>
                {
                    *value
                }
                _ => param.default_plain_value(),
            }),
            Self::Bool(param) => ParamValue::Bool(match saved {
                Some(ParamValue::Bool(value)) => *value,
                _ => param.default_plain_value(),
            }),
        }
    }
}
