//! Values of any kind of parameter, and the way between them, texts and settings.

use std::error::Error;
use std::fmt;

use flow_dsp::ChainSettings;

use crate::kind::{Kind, Switch};
use crate::pillar::Pillar;
use crate::table::ParameterId;

/// A parameter's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParameterValue {
    /// A number in the parameter's unit.
    Number(f32),
    /// A position in the list of a choice.
    Choice(usize),
    /// The state of a switch.
    Switch(bool),
}

/// A value of another kind than its parameter, or a position beyond the list of a choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefusedValue {
    /// The parameter.
    pub id: ParameterId,
    /// The value.
    pub value: ParameterValue,
}

impl fmt::Display for RefusedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {:?} is no value of this parameter",
            self.id, self.value
        )
    }
}

impl Error for RefusedValue {}

impl ParameterId {
    /// The value in the settings. A choice that changes no sound has the one of a new instance.
    #[must_use]
    pub fn get(self, settings: &ChainSettings) -> ParameterValue {
        match self.kind() {
            Kind::Number(number) => ParameterValue::Number(number.get(settings)),
            Kind::Choice(choice) => {
                ParameterValue::Choice(choice.get(settings).unwrap_or_else(|| choice.default()))
            }
            Kind::Switch(switch) => ParameterValue::Switch(switch.get(settings)),
        }
    }

    /// Writes a value into the settings.
    ///
    /// # Errors
    ///
    /// If the value has another kind than the parameter, or is a position beyond its list.
    pub fn set(
        self,
        settings: &mut ChainSettings,
        value: ParameterValue,
    ) -> Result<(), RefusedValue> {
        let refused = RefusedValue { id: self, value };
        match (self.kind(), value) {
            (Kind::Number(number), ParameterValue::Number(value)) => number.set(settings, value),
            (Kind::Choice(choice), ParameterValue::Choice(position)) => {
                choice.set(settings, position).map_err(|_| refused)?;
            }
            (Kind::Switch(switch), ParameterValue::Switch(value)) => switch.set(settings, value),
            _ => return Err(refused),
        }
        Ok(())
    }

    /// The value of a new instance.
    #[must_use]
    pub fn default_value(self) -> ParameterValue {
        self.get(&ChainSettings::default())
    }

    /// The text of the value in the settings, with its unit.
    #[must_use]
    pub fn text(self, settings: &ChainSettings) -> String {
        match self.kind() {
            Kind::Number(number) => {
                let text = number.text(number.get(settings));
                format!("{text}{}", number.unit.label())
            }
            Kind::Choice(choice) => {
                let position = choice.get(settings).unwrap_or_else(|| choice.default());
                // The settings hold no position beyond the list.
                choice.names[position].to_owned()
            }
            Kind::Switch(switch) => Switch::text(switch.get(settings)).to_owned(),
        }
    }

    /// The value that a text means, brought into the range of the parameter. None for a text that means no value.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<ParameterValue> {
        Some(match self.kind() {
            Kind::Number(number) => {
                let [least, most] = number.range;
                ParameterValue::Number(number.parse(text)?.clamp(least, most))
            }
            Kind::Choice(choice) => ParameterValue::Choice(choice.parse(text)?),
            Kind::Switch(_) => ParameterValue::Switch(Switch::parse(text)?),
        })
    }

    /// One sentence about the sound, and the range and the default.
    #[must_use]
    pub fn tooltip(self) -> String {
        let range = match self.kind() {
            Kind::Number(number) => {
                let text = |value| format!("{}{}", number.text(value), number.unit.label());
                number.range.map(text).join(" to ")
            }
            Kind::Choice(choice) => choice.names.join(", "),
            Kind::Switch(_) => [false, true].map(Switch::text).join(", "),
        };
        let default = self.text(&ChainSettings::default());
        let range = crate::number::with_true_minus(&format!("{range}; default {default}"));
        format!("{}\n{range}", self.effect())
    }
}

impl Pillar {
    /// The switch of the pillar.
    #[must_use]
    pub fn switch(self) -> ParameterId {
        match self {
            Self::VelvetFloor => ParameterId::VelvetFloor,
            Self::HarmonicLattice => ParameterId::HarmonicLattice,
            Self::PhaseWeave => ParameterId::PhaseWeave,
            Self::VelvetCurve => ParameterId::VelvetCurve,
            Self::MasterChain => ParameterId::Dynamics,
        }
    }

    /// Whether the pillar is on. Loudness gain, limiter and dither of the Master Chain work without its switch.
    #[must_use]
    pub fn is_on(self, settings: &ChainSettings) -> bool {
        self.switch().get(settings) == ParameterValue::Switch(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that is not the default.
    fn other(id: ParameterId) -> ParameterValue {
        match (id.kind(), id.default_value()) {
            (Kind::Number(number), ParameterValue::Number(default)) => {
                let [least, most] = number.range;
                ParameterValue::Number(if default == most { least } else { most })
            }
            (Kind::Choice(choice), ParameterValue::Choice(default)) => {
                ParameterValue::Choice((default + 1) % choice.names.len())
            }
            (Kind::Switch(_), ParameterValue::Switch(is_on)) => ParameterValue::Switch(!is_on),
            _ => panic!("{id}: the default has another kind"),
        }
    }

    #[test]
    fn set_value_of_each_parameter_is_got_back_and_changes_no_other() {
        for id in ParameterId::ALL {
            let mut settings = ChainSettings::default();
            id.set(&mut settings, other(id)).unwrap();
            assert_eq!(settings, settings.sanitized(), "{id}");
            if id == ParameterId::Delivery {
                assert_eq!(settings, ChainSettings::default());
                continue;
            }
            assert_eq!(id.get(&settings), other(id), "{id}");
            id.set(&mut settings, id.default_value()).unwrap();
            assert_eq!(settings, ChainSettings::default(), "{id}");
        }
    }

    #[test]
    fn number_beyond_its_range_is_clamped_by_the_chain_to_the_same_range() {
        for id in ParameterId::ALL {
            let Kind::Number(number) = id.kind() else {
                continue;
            };
            let [least, most] = number.range;
            for (value, expected) in [
                (least - 1.0, least),
                (most + 1.0, most),
                (f32::NAN, number.default()),
            ] {
                let mut settings = ChainSettings::default();
                number.set(&mut settings, value);
                assert_eq!(number.get(&settings.sanitized()), expected, "{id} {value}");
            }
        }
    }

    #[test]
    fn set_value_that_the_parameter_cannot_have_is_an_error() {
        let mut settings = ChainSettings::default();
        for (id, value) in [
            (ParameterId::Ceiling, ParameterValue::Switch(true)),
            (ParameterId::LimiterStyle, ParameterValue::Choice(3)),
            (ParameterId::Delivery, ParameterValue::Choice(99)),
        ] {
            let error = id.set(&mut settings, value).unwrap_err();
            assert_eq!(error, RefusedValue { id, value });
            assert_eq!(settings, ChainSettings::default());
        }
    }

    #[test]
    fn label_is_the_name_below_the_heading_of_a_group() {
        for (id, label, short_name) in [
            (ParameterId::Depth, "Depth", "Depth"),
            (ParameterId::MidThreshold, "Threshold", "Threshold"),
            (ParameterId::GlueAmount, "Amount", "Glue"),
            (ParameterId::MonoSafety, "Amount", "Mono safety"),
            (ParameterId::Match10, "1.3 kHz", "1.3 kHz"),
        ] {
            assert_eq!((id.label(), id.short_name()), (label, short_name));
        }
    }

    #[test]
    fn tooltip_of_each_parameter_has_effect_range_and_default() {
        for id in ParameterId::ALL {
            assert!(id.effect().len() > 15, "{id}");
            assert!(id.tooltip().contains("; default "), "{}", id.tooltip());
        }
        let tip = ParameterId::Ceiling.tooltip();
        assert!(tip.ends_with("−12.00 dBTP to 0.00 dBTP; default −1.00 dBTP"));
        let tip = ParameterId::GlueRatio.tooltip();
        assert!(tip.ends_with("1.5:1, 2:1, 4:1; default 2:1"), "{tip}");
    }

    #[test]
    fn match_bands_are_named_by_their_frequencies() {
        for (id, hz) in crate::MATCH_BANDS.iter().zip(flow_dsp::MATCH_HZ) {
            let frequency = if hz < 1000.0 {
                format!("{hz} Hz")
            } else {
                format!("{} kHz", hz / 1000.0)
            };
            assert_eq!(id.name(), format!("Match {frequency}"));
        }
    }
}
