//! The kinds of parameters: numbers with a unit, choices and switches.

use std::error::Error;
use std::fmt;

use flow_dsp::ChainSettings;

/// Reads and writes one field of the settings.
#[derive(Clone, Copy)]
pub struct Access<T: 'static> {
    /// Reads the field.
    pub get: fn(&ChainSettings) -> T,
    /// Writes the field.
    pub set: fn(&mut ChainSettings, T),
}

/// The kind of a parameter, with its range and its place in the settings.
pub enum Kind {
    /// A number with a unit.
    Number(Number),
    /// One of several names.
    Choice(Choice),
    /// On or off.
    Switch(Switch),
}

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Decibels.
    Decibels,
    /// Decibels of true peak.
    TruePeak,
    /// Per cent. The settings hold a fraction.
    Percent,
    /// Milliseconds.
    Milliseconds,
    /// Hertz.
    Hertz,
    /// Decibels into a compressor for one decibel out of it.
    Ratio,
    /// The Q of a bell: its center over its width.
    QualityFactor,
}

/// A unit as users type it, in lower case, and the factor to the parameter's own unit.
type Spelling = (&'static str, f32);

impl Unit {
    /// The text behind the number.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Decibels => " dB",
            Self::TruePeak => " dBTP",
            Self::Percent => " %",
            Self::Milliseconds => " ms",
            Self::Hertz => " Hz",
            Self::Ratio => ":1",
            Self::QualityFactor => "",
        }
    }

    fn spellings(self) -> &'static [Spelling] {
        match self {
            Self::Decibels => &[("db", 1.0)],
            Self::TruePeak => &[("dbtp", 1.0), ("db", 1.0), ("dbfs", 1.0)],
            Self::Percent => &[("%", 1.0), ("percent", 1.0)],
            Self::Milliseconds => &[("ms", 1.0), ("s", 1000.0), ("sec", 1000.0)],
            Self::Hertz => &[("hz", 1.0), ("khz", 1000.0)],
            Self::Ratio => &[(":1", 1.0), (": 1", 1.0), ("to 1", 1.0)],
            Self::QualityFactor => &[("q", 1.0)],
        }
    }

    /// The parameter's value of 1 in the settings.
    pub(crate) const fn per_setting(self) -> f32 {
        if matches!(self, Self::Percent) {
            100.0
        } else {
            1.0
        }
    }
}

/// The way from the position of a knob to its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taper {
    /// Equal steps.
    Linear,
    /// With the geometric middle in the middle of the knob, as times, frequencies and ratios are heard.
    Geometric,
}

/// A parameter that is a number.
pub struct Number {
    /// The unit of values and texts.
    pub unit: Unit,
    /// Least and largest value, in the unit.
    pub range: [f32; 2],
    /// The way from the knob to the value.
    pub taper: Taper,
    /// Decimals of the texts. Values lie on a grid of the last one.
    pub decimals: usize,
    pub(crate) access: Access<f32>,
}

impl Number {
    /// The value in the unit of the settings, which hold per cents as fractions.
    #[must_use]
    pub fn setting(&self, settings: &ChainSettings) -> f32 {
        (self.access.get)(settings)
    }

    /// Writes a value in the unit of the settings.
    pub fn write_setting(&self, settings: &mut ChainSettings, value: f32) {
        (self.access.set)(settings, value);
    }

    /// The value in the settings, in the unit of the parameter.
    #[must_use]
    pub fn get(&self, settings: &ChainSettings) -> f32 {
        self.setting(settings) * self.unit.per_setting()
    }

    /// Writes a value in the unit of the parameter into the settings.
    pub fn set(&self, settings: &mut ChainSettings, value: f32) {
        (self.access.set)(settings, value / self.unit.per_setting());
    }

    /// The value of a new instance, in the unit of the parameter.
    #[must_use]
    pub fn default(&self) -> f32 {
        self.get(&ChainSettings::default())
    }

    /// The text of a value without its unit, as hosts show it.
    #[must_use]
    pub fn text(&self, value: f32) -> String {
        crate::number::ascii(value, self.decimals)
    }

    /// The value of a text such as "-1", "−1,5 dB" or "0.12 s", in the unit of the parameter, whatever its range. None for
    /// anything else.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<f32> {
        parse(text, self.unit)
    }

    /// The step of the grid of its texts and values, in the unit of the parameter.
    #[must_use]
    pub fn step(&self) -> f32 {
        [1.0, 0.1, 0.01][self.decimals.min(2)]
    }

    /// Whether values go in two directions from the default, which lies in the middle of a linear range: gains in decibels,
    /// and the width.
    #[must_use]
    pub fn is_bipolar(&self) -> bool {
        let [least, most] = self.range;
        self.taper == Taper::Linear && least + most == 2.0 * self.default()
    }

    /// Whether a value in the unit of the parameter lies in the range, to half a step of its texts.
    #[must_use]
    pub fn has(&self, value: f32) -> bool {
        let [least, most] = self.range;
        let tolerance = 0.5 * self.step();
        (least - tolerance..=most + tolerance).contains(&value)
    }
}

fn parse(text: &str, unit: Unit) -> Option<f32> {
    let (number, typed) = crate::number::split(text)?;
    let scale = if typed.is_empty() {
        1.0
    } else {
        unit.spellings().iter().find(|(name, _)| *name == typed)?.1
    };
    let value = number * scale;
    value.is_finite().then_some(value)
}

/// A parameter that is one of several names. Its value is the position in the list. Saved states and automation hold
/// positions, so lists only grow at their ends.
pub struct Choice {
    /// The names in the order of the positions, at least two.
    pub names: &'static [&'static str],
    /// The place of the position in the settings.
    pub target: ChoiceTarget,
}

/// A position beyond the list of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPosition(pub usize);

impl fmt::Display for UnknownPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list has no position {}", self.0)
    }
}

impl Error for UnknownPosition {}

/// The place of a choice.
pub enum ChoiceTarget {
    /// A field of the settings.
    Settings(Access<usize>),
    /// No field: the choice changes no sound.
    NoSound {
        /// The position in a new instance.
        default: usize,
    },
}

impl Choice {
    /// The position in the settings; none for a choice that changes no sound.
    #[must_use]
    pub fn get(&self, settings: &ChainSettings) -> Option<usize> {
        match &self.target {
            ChoiceTarget::Settings(access) => Some((access.get)(settings)),
            ChoiceTarget::NoSound { .. } => None,
        }
    }

    /// Writes a position into the settings. A choice that changes no sound writes nothing.
    ///
    /// # Errors
    ///
    /// If the position lies beyond the list.
    pub fn set(
        &self,
        settings: &mut ChainSettings,
        position: usize,
    ) -> Result<(), UnknownPosition> {
        if position >= self.names.len() {
            return Err(UnknownPosition(position));
        }
        if let ChoiceTarget::Settings(access) = &self.target {
            (access.set)(settings, position);
        }
        Ok(())
    }

    /// The position in a new instance.
    #[must_use]
    pub fn default(&self) -> usize {
        match &self.target {
            ChoiceTarget::Settings(access) => (access.get)(&ChainSettings::default()),
            ChoiceTarget::NoSound { default } => *default,
        }
    }

    /// The name at a position; none beyond the list.
    #[must_use]
    pub fn text(&self, position: usize) -> Option<&'static str> {
        self.names.get(position).copied()
    }

    /// The position of the name that a text means.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<usize> {
        crate::choice::find(self.names, text)
    }
}

/// A parameter that is on or off.
pub struct Switch(pub(crate) Access<bool>);

impl Switch {
    /// The state in the settings.
    #[must_use]
    pub fn get(&self, settings: &ChainSettings) -> bool {
        (self.0.get)(settings)
    }

    /// Writes a state into the settings.
    pub fn set(&self, settings: &mut ChainSettings, is_on: bool) {
        (self.0.set)(settings, is_on);
    }

    /// The state of a new instance.
    #[must_use]
    pub fn default(&self) -> bool {
        self.get(&ChainSettings::default())
    }

    /// The text of a state.
    #[must_use]
    pub fn text(is_on: bool) -> &'static str {
        if is_on { "On" } else { "Off" }
    }

    /// The state that a text means.
    #[must_use]
    pub fn parse(text: &str) -> Option<bool> {
        match text.trim().to_lowercase().as_str() {
            "on" | "true" | "yes" | "1" | "enabled" => Some(true),
            "off" | "false" | "no" | "0" | "disabled" => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_number_in_any_spelling_returns_value_in_own_unit() {
        let cases = [
            ("-1", Unit::TruePeak, Some(-1.0)),
            ("-1 dB", Unit::TruePeak, Some(-1.0)),
            (" -1.0 dBTP ", Unit::TruePeak, Some(-1.0)),
            ("−1,5db", Unit::Decibels, Some(-1.5)),
            ("+3 dB", Unit::Decibels, Some(3.0)),
            (".5", Unit::Decibels, Some(0.5)),
            ("120ms", Unit::Milliseconds, Some(120.0)),
            ("0.12 s", Unit::Milliseconds, Some(120.0)),
            ("0.02 kHz", Unit::Hertz, Some(20.0)),
            ("50%", Unit::Percent, Some(50.0)),
            ("50 percent", Unit::Percent, Some(50.0)),
            ("2", Unit::Ratio, Some(2.0)),
            ("2:1", Unit::Ratio, Some(2.0)),
            ("1,50 : 1", Unit::Ratio, Some(1.5)),
            ("2:2", Unit::Ratio, None),
            ("1,4", Unit::QualityFactor, Some(1.4)),
            ("1.4 Q", Unit::QualityFactor, Some(1.4)),
            ("", Unit::Decibels, None),
            ("dB", Unit::Decibels, None),
            ("loud", Unit::Decibels, None),
            ("1 ms", Unit::Decibels, None),
            ("1-2", Unit::Decibels, None),
            ("1.2.3", Unit::Decibels, None),
            ("nan", Unit::Decibels, None),
            ("inf", Unit::Decibels, None),
            ("-inf dB", Unit::Decibels, None),
            (
                "99999999999999999999999999999999999999999",
                Unit::Decibels,
                None,
            ),
        ];
        for (text, unit, expected) in cases {
            assert_eq!(parse(text, unit), expected, "{text:?}");
        }
    }

    #[test]
    fn is_bipolar_for_gains_and_width_is_true_and_for_amounts_and_levels_is_false() {
        use crate::ParameterId::{self, Comfort, MidAttack, MidThreshold, Trim, Width};
        let is_bipolar = |id: ParameterId| matches!(id.kind(), Kind::Number(n) if n.is_bipolar());
        for (id, expected) in [
            (Trim, true),
            (Width, true),
            (Comfort, false),
            (MidThreshold, false),
            (MidAttack, false),
        ] {
            assert_eq!(is_bipolar(id), expected, "{id}");
        }
    }

    #[test]
    fn parse_switch_in_any_spelling_returns_state() {
        for text in ["on", "On", " ON ", "true", "yes", "1"] {
            assert_eq!(Switch::parse(text), Some(true), "{text:?}");
        }
        for text in ["off", "Off", "FALSE", "no", "0"] {
            assert_eq!(Switch::parse(text), Some(false), "{text:?}");
        }
        assert_eq!(Switch::parse("perhaps"), None);
    }
}
