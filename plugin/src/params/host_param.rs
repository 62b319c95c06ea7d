//! The framework's parameters, made from rows of the registry.

use std::sync::Arc;

use flow_dsp::ChainSettings;
use flow_params::{Choice, Kind, Number, ParameterId, Switch, Taper};
use nice_plug::prelude::{BoolParam, FloatParam, FloatRange, IntParam, IntRange, Param};

/// One of the framework's parameters with its row of the registry.
pub(super) enum HostParam {
    /// A number with a unit.
    Float(FloatParam, &'static Number),
    /// A choice. The framework's own enumerations know a name in exactly one spelling, so these are integers with names.
    Int(IntParam, &'static Choice),
    /// A switch.
    Bool(BoolParam, &'static Switch),
}

impl HostParam {
    pub(super) fn new(id: ParameterId) -> Self {
        match id.kind() {
            Kind::Number(number) => Self::Float(float(id, number), number),
            Kind::Choice(choice) => Self::Int(int(id, choice), choice),
            Kind::Switch(switch) => {
                let param = BoolParam::new(id.name(), switch.default())
                    .with_string_to_value(Arc::new(Switch::parse));
                let is_bypass = id == ParameterId::Bypass;
                let param = if is_bypass {
                    param.make_bypass()
                } else {
                    param
                };
                Self::Bool(param, switch)
            }
        }
    }

    /// `[audio]` Writes the present value into the settings. A number that a host made infinite or NaN counts as the
    /// default. Never allocates.
    pub(super) fn write(&self, settings: &mut ChainSettings) {
        match self {
            Self::Float(param, number) => {
                let value = param.value();
                let is_valid = value.is_finite();
                number.set(
                    settings,
                    if is_valid {
                        value
                    } else {
                        param.default_plain_value()
                    },
                );
            }
            Self::Int(param, choice) => {
                let is_set = position(param.value())
                    .is_some_and(|position| choice.set(settings, position).is_ok());
                debug_assert!(is_set, "states are migrated, and hosts set steps");
            }
            Self::Bool(param, switch) => switch.set(settings, param.value()),
        }
    }
}

/// The position in a choice's list; none for a number below 0.
pub(super) fn position(value: i32) -> Option<usize> {
    usize::try_from(value).ok()
}

fn float(id: ParameterId, number: &'static Number) -> FloatParam {
    let [min, max] = number.range;
    let range = match number.taper {
        Taper::Linear => FloatRange::Linear { min, max },
        Taper::Geometric => {
            let middle = (min * max).sqrt();
            FloatRange::Skewed {
                min,
                max,
                // ((middle − min) / (max − min))^factor = 0.5
                factor: 0.5_f32.ln() / ((middle - min) / (max - min)).ln(),
            }
        }
    };
    // With a grid, a value typed, saved, automated or shown is the same value. A host's normalized 32-bit number alone
    // would bring −1 dB back as −1.000001 dB.
    FloatParam::new(id.name(), number.default(), range)
        .with_unit(number.unit.label())
        .with_step_size(number.step())
        .with_value_to_string(Arc::new(|value| number.text(value)))
        .with_string_to_value(Arc::new(|text| number.parse(text)))
}

fn int(id: ParameterId, choice: &'static Choice) -> IntParam {
    let value = |position: usize| i32::try_from(position).expect("lists have few names");
    let range = IntRange::Linear {
        min: 0,
        max: value(choice.names.len() - 1),
    };
    IntParam::new(id.name(), value(choice.default()), range)
        .with_value_to_string(Arc::new(|value| {
            let name = position(value).and_then(|position| choice.text(position));
            name.map_or_else(|| value.to_string(), str::to_owned)
        }))
        .with_string_to_value(Arc::new(move |text| choice.parse(text).map(value)))
}
