//! A parameter with its value, as the command line and proposals give it.

use crate::similar_names::is_similar;
use anyhow::{Result, anyhow, bail, ensure};
use flow_dsp::ChainSettings;
use flow_params::{Kind, ParameterId, Switch, number};

/// A parameter and the text of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The parameter.
    pub id: ParameterId,
    /// The value, such as `-2 dB`.
    pub text: String,
}

impl Setting {
    /// A setting of this parameter to this value.
    #[must_use]
    pub fn new(id: ParameterId, text: &str) -> Self {
        Self {
            id,
            text: text.to_owned(),
        }
    }

    /// A setting of this parameter to its value in `settings`.
    #[must_use]
    pub fn of(id: ParameterId, settings: &ChainSettings) -> Self {
        Self::new(id, &id.text(settings))
    }

    /// Parses `ID=VALUE`.
    ///
    /// # Errors
    ///
    /// If id or value is missing, if the parameter is unknown, or if the value is none of the parameter's.
    pub fn parse(argument: &str) -> Result<Self> {
        let (id, text) = argument.split_once('=').unwrap_or((argument, ""));
        let (id, text) = (id.trim(), text.trim());
        if id.is_empty() || text.is_empty() {
            bail!("--set {argument}: write it as ID=VALUE, such as ceil=-2");
        }
        let id = find(id)?;
        ensure!(
            has_value(id, text),
            "--set {argument}: {} takes {}",
            id.name(),
            values(id)
        );
        Ok(Self::new(id, text))
    }
}

/// The parameter with this id or name.
fn find(typed: &str) -> Result<ParameterId> {
    ParameterId::find(typed).map_err(|unknown| {
        let resembles =
            |id: &ParameterId| is_similar(typed, id.as_str()) || is_similar(typed, id.name());
        let similar = ParameterId::ALL.into_iter().filter(resembles);
        let similar: Vec<String> = similar.map(|id| format!("{id} ({})", id.name())).collect();
        if similar.is_empty() {
            anyhow!(unknown)
        } else {
            anyhow!(
                "there is no parameter \"{typed}\"; similar: {}",
                similar.join(", ")
            )
        }
    })
}

/// Whether the text is a value of the parameter, within its range.
fn has_value(id: ParameterId, text: &str) -> bool {
    match id.kind() {
        Kind::Number(number) => {
            let [least, most] = number.range;
            let value = number.parse(text);
            value.is_some_and(|value| (least..=most).contains(&value))
        }
        Kind::Choice(choice) => choice.parse(text).is_some(),
        Kind::Switch(_) => Switch::parse(text).is_some(),
    }
}

/// The values of a parameter: a range or names.
fn values(id: ParameterId) -> String {
    match id.kind() {
        Kind::Number(kind) => {
            let text = |value| format!("{}{}", kind.text(value), kind.unit.label());
            let [least, most] = kind.range.map(text);
            number::with_true_minus(&format!("{least} to {most}"))
        }
        Kind::Choice(choice) => choice.names.join(", "),
        Kind::Switch(_) => [true, false].map(Switch::text).join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(argument: &str) -> String {
        Setting::parse(argument).unwrap_err().to_string()
    }

    #[test]
    fn value_outside_of_range_is_refused_with_range() {
        for (argument, range) in [
            ("ceil=99", "−12.00 dBTP to 0.00 dBTP"),
            ("ceil=-12.01", "−12.00 dBTP to 0.00 dBTP"),
            ("wewid=201%", "0.0 % to 200.0 %"),
            ("wewid=200.04%", "0.0 % to 200.0 %"),
            ("rel=20 s", "10.0 ms to 1000.0 ms"),
            ("lstyl=brutal", "Clean, Punch, Loud"),
            ("byp=maybe", "On or Off"),
        ] {
            let error = error(argument);
            assert!(error.contains(argument) && error.contains(range), "{error}");
        }
        for argument in [
            "ceil=-12",
            "ceil = 0 dBTP",
            "rel=1 s",
            "lstyl=loud",
            "byp=off",
        ] {
            assert!(Setting::parse(argument).is_ok(), "{argument}");
        }
    }

    #[test]
    fn unknown_parameter_lists_similar_ones_or_all() {
        let similar = error("celi=-1");
        assert!(similar.contains("similar: ceil (Ceiling)"), "{similar}");
        let similar = error("Mono belo=on");
        assert!(similar.contains("wemon (Mono below)"), "{similar}");
        assert!(error("fuzz=3").contains("there are: b1ch, b1db"));
    }

    #[test]
    fn values_of_every_parameter_are_accepted() {
        for id in ParameterId::ALL {
            let texts: Vec<String> = match id.kind() {
                Kind::Number(kind) => kind.range.map(|value| kind.text(value)).into(),
                Kind::Choice(choice) => choice.names.iter().map(|&name| name.to_owned()).collect(),
                Kind::Switch(_) => vec!["on".to_owned()],
            };
            for text in texts {
                let parsed = Setting::parse(&format!("{id}={text}"));
                assert!(parsed.is_ok(), "{parsed:?}");
            }
        }
    }
}
