//! A parameter of any kind, for code that treats all parameters alike.

use flow_params::ParameterId;
use nice_plug::params::InternalParamMut;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{Param, ParamFlags, ParamPtr};

use super::host_param::{HostParam, position};
use super::modulation::Modulation;

/// One parameter of an instance.
///
/// "Normalized" is a host's number: 0 to 1 from one end of the parameter to the other.
#[derive(Clone, Copy)]
pub struct AnyParam<'p> {
    id: ParameterId,
    param: &'p HostParam,
    modulation: &'p Modulation,
}

/// Calls the same method, whatever the kind.
macro_rules! forward {
    ($self:ident, $param:ident => $call:expr) => {
        match $self.param {
            HostParam::Float($param, _) => $call,
            HostParam::Int($param, _) => $call,
            HostParam::Bool($param, _) => $call,
        }
    };
}

impl<'p> AnyParam<'p> {
    pub(super) fn new(id: ParameterId, param: &'p HostParam, modulation: &'p Modulation) -> Self {
        Self {
            id,
            param,
            modulation,
        }
    }

    /// Its id in the registry.
    #[must_use]
    pub fn id(self) -> ParameterId {
        self.id
    }

    /// The number in the unit of its texts that a normalized value stands for.
    #[must_use]
    pub(crate) fn plain(self, normalized: f32) -> f32 {
        // SAFETY: the reference inside `self` keeps the parameter alive.
        unsafe { self.ptr().preview_plain(normalized) }
    }

    /// The normalized value of a number in the unit of its texts.
    #[must_use]
    pub(crate) fn normalized_from(self, plain: f32) -> f32 {
        // SAFETY: the reference inside `self` keeps the parameter alive.
        unsafe { self.ptr().preview_normalized(plain) }
    }

    /// Whether two normalized values lie at most one step of its grid apart.
    #[must_use]
    pub(crate) fn is_within_a_step(self, a: f32, b: f32) -> bool {
        let step = match self.param {
            HostParam::Float(_, number) => number.step(),
            HostParam::Int(..) | HostParam::Bool(..) => 0.0,
        };
        // Half a step is for rounding.
        (self.plain(a) - self.plain(b)).abs() <= 1.5 * step
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

    /// Whether its values go in two directions from the default, as gains in decibels do.
    #[must_use]
    pub(crate) fn is_bipolar(self) -> bool {
        matches!(self.param, HostParam::Float(_, number) if number.is_bipolar())
    }

    /// Whether a host's bypass button belongs to it.
    #[must_use]
    pub(crate) fn is_bypass(self) -> bool {
        forward!(self, param => param.flags().contains(ParamFlags::BYPASS))
    }

    /// The pointer that the framework's contexts know it by.
    #[must_use]
    pub fn ptr(self) -> ParamPtr {
        forward!(self, param => param.as_ptr())
    }

    /// The steps between the ends of a choice; 1 for a switch, and 0 where the steps are too small to count.
    #[must_use]
    pub fn steps(self) -> usize {
        forward!(self, param => param.step_count().unwrap_or(0))
    }

    /// The present value as a state holds it, without a host's modulation.
    #[must_use]
    pub fn value(self) -> ParamValue {
        match self.param {
            HostParam::Float(param, _) => ParamValue::F32(param.unmodulated_plain_value()),
            HostParam::Int(param, _) => ParamValue::I32(param.unmodulated_plain_value()),
            HostParam::Bool(param, _) => ParamValue::Bool(param.unmodulated_plain_value()),
        }
    }

    /// The value of a normalized number as a state holds it.
    #[must_use]
    pub(crate) fn value_at(self, normalized: f32) -> ParamValue {
        let normalized = normalized.clamp(0.0, 1.0);
        match self.param {
            HostParam::Float(param, _) => ParamValue::F32(param.preview_plain(normalized)),
            HostParam::Int(param, _) => ParamValue::I32(param.preview_plain(normalized)),
            HostParam::Bool(param, _) => ParamValue::Bool(param.preview_plain(normalized)),
        }
    }

    /// The present position in the list of a choice, with modulation; none for other kinds.
    #[must_use]
    pub(crate) fn position(self) -> Option<usize> {
        match self.param {
            HostParam::Int(param, _) => position(param.value()),
            HostParam::Float(..) | HostParam::Bool(..) => None,
        }
    }

    /// The present value, normalized, without a host's modulation.
    #[must_use]
    pub fn normalized(self) -> f32 {
        forward!(self, param => param.unmodulated_normalized_value())
    }

    /// The value of a new instance, normalized.
    #[must_use]
    pub fn default_normalized(self) -> f32 {
        forward!(self, param => param.default_normalized_value())
    }

    /// `[any]` Sets the value, normalized and clamped to 0 to 1; the parameter puts it on its own grid. NaN and infinity
    /// change nothing.
    pub(crate) fn set_normalized(self, normalized: f32) {
        if !normalized.is_finite() {
            return;
        }
        let normalized = normalized.clamp(0.0, 1.0);
        // SAFETY: the reference inside `self` keeps the parameter alive.
        self.store(&self.value_at(normalized), || unsafe {
            self.ptr()._internal_set_normalized_value(normalized);
        });
    }

    /// Calls one of the framework's setters, again without the modulation if that holds the parameter at an end of its range:
    /// there the framework drops new values.
    fn store(self, value: &ParamValue, set: impl Fn()) {
        set();
        let is_stored = match (value, self.value()) {
            (ParamValue::F32(value), ParamValue::F32(stored)) => {
                stored.to_bits() == value.to_bits()
            }
            (ParamValue::I32(value), ParamValue::I32(stored)) => stored == *value,
            (ParamValue::Bool(value), ParamValue::Bool(stored)) => stored == *value,
            _ => true,
        };
        let offset = self.modulation.offset();
        if !is_stored && offset != 0.0 {
            self.modulate(0.0);
            set();
            self.modulate(offset);
        }
    }

    /// `[any]` Sets the offset that a host's modulation adds to the value, normalized.
    pub(crate) fn set_modulation(self, offset: f32) {
        if offset.is_finite() {
            self.modulation.set(offset);
            self.modulate(offset);
        }
    }

    fn modulate(self, offset: f32) {
        // SAFETY: the reference inside `self` keeps the parameter alive.
        unsafe { self.ptr()._internal_modulate_value(offset) };
    }

    /// `[main]` Sets a value as a state holds it, unchanged. Returns false for a value of another kind, which changes nothing.
    #[must_use]
    pub(crate) fn set_saved(self, saved: &ParamValue) -> bool {
        match (self.param, saved) {
            // SAFETY: the framework marks its setters unsafe only to discourage their use in plug-ins; they store atomics.
            (HostParam::Float(param, _), ParamValue::F32(value)) => self.store(saved, || unsafe {
                param._internal_set_plain_value(*value);
            }),
            // SAFETY: as above.
            (HostParam::Int(param, _), ParamValue::I32(value)) => self.store(saved, || unsafe {
                param._internal_set_plain_value(*value);
            }),
            // SAFETY: as above.
            (HostParam::Bool(param, _), ParamValue::Bool(value)) => self.store(saved, || unsafe {
                param._internal_set_plain_value(*value);
            }),
            _ => return false,
        }
        true
    }

    /// The value that `text` means, normalized.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<f32> {
        forward!(self, param => param.string_to_normalized_value(text))
    }

    /// The text of a normalized value, with its unit.
    #[must_use]
    pub fn text(self, normalized: f32) -> String {
        forward!(self, param => param.normalized_value_to_string(normalized, true))
    }

    /// A saved value, normalized; the default if the parameter can't have it.
    #[must_use]
    pub fn normalize(self, saved: Option<&ParamValue>) -> f32 {
        match (self.param, self.clean(saved)) {
            (HostParam::Float(param, _), ParamValue::F32(value)) => param.preview_normalized(value),
            (HostParam::Int(param, _), ParamValue::I32(value)) => param.preview_normalized(value),
            (HostParam::Bool(param, _), ParamValue::Bool(value)) => param.preview_normalized(value),
            _ => self.default_normalized(),
        }
    }

    /// A saved value brought to one that the parameter can have; the default if it is missing or unusable.
    #[must_use]
    pub fn clean(self, saved: Option<&ParamValue>) -> ParamValue {
        let usable = saved.and_then(|saved| self.usable(saved));
        usable.unwrap_or_else(|| match self.param {
            HostParam::Float(param, _) => ParamValue::F32(param.default_plain_value()),
            HostParam::Int(param, _) => ParamValue::I32(param.default_plain_value()),
            HostParam::Bool(param, _) => ParamValue::Bool(param.default_plain_value()),
        })
    }

    /// A saved value in the parameter's range. None for a value of another kind, for a number that isn't finite, and for a
    /// position outside the list, which is not near any name of it.
    #[must_use]
    pub fn usable(self, saved: &ParamValue) -> Option<ParamValue> {
        match (self.param, saved) {
            // Clamped, but not put on the knob's grid: a saved value comes back to the bit.
            (HostParam::Float(_, number), ParamValue::F32(value)) if value.is_finite() => {
                let [least, most] = number.range;
                Some(ParamValue::F32(value.clamp(least, most)))
            }
            (HostParam::Int(_, choice), ParamValue::I32(value)) => {
                let position = position(*value)?;
                choice.text(position).map(|_| ParamValue::I32(*value))
            }
            (HostParam::Bool(..), ParamValue::Bool(value)) => Some(ParamValue::Bool(*value)),
            _ => None,
        }
    }
}
