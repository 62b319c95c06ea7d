//! The options of the app, which the framework reads. Its own check of their values comes after devices have been opened, and
//! takes values that no device has.

use std::ops::RangeInclusive;

use super::audio_settings::Backend;

/// The values of an option.
#[derive(Clone, Debug, PartialEq)]
enum Values {
    /// A name of a backend.
    Backend,
    /// A whole number.
    Integer(RangeInclusive<u32>),
    /// A number.
    Number(RangeInclusive<f64>),
    /// Any text.
    Text,
}

/// An option with its long and its short name.
struct FrameworkOption {
    long: &'static str,
    short: Option<&'static str>,
    values: Values,
}

const fn option(
    long: &'static str,
    short: Option<&'static str>,
    values: Values,
) -> FrameworkOption {
    FrameworkOption {
        long,
        short,
        values,
    }
}

/// All options that take a value.
const OPTIONS: [FrameworkOption; 18] = [
    option("--backend", Some("-b"), Values::Backend),
    // Stereo and mono.
    option("--audio-layout", Some("-l"), Values::Integer(1..=2)),
    // Hz, at which Flow works.
    option(
        "--sample-rate",
        Some("-r"),
        Values::Integer(8_000..=768_000),
    ),
    // Frames.
    option("--period-size", Some("-p"), Values::Integer(1..=65_536)),
    // Seconds.
    option("--input-latency", None, Values::Number(0.0..=10.0)),
    option("--input-capacity", None, Values::Number(0.001..=60.0)),
    option("--midi-capacity", None, Values::Integer(1..=1_000_000)),
    option("--input-device", None, Values::Text),
    option("--output-device", None, Values::Text),
    option("--midi-input", None, Values::Text),
    option("--midi-output", None, Values::Text),
    option("--connect-jack-inputs", None, Values::Text),
    option("--connect-jack-midi-input", None, Values::Text),
    option("--connect-jack-midi-output", None, Values::Text),
    option("--dpi-scale", None, Values::Number(0.25..=8.0)),
    // Beats per minute.
    option("--tempo", None, Values::Number(1.0..=1000.0)),
    option("--timesig-num", None, Values::Integer(1..=255)),
    option("--timesig-denom", None, Values::Integer(1..=255)),
];

impl Values {
    /// The allowed values, if `value` is none of them.
    fn refuse(&self, value: &str) -> Option<String> {
        match self {
            Self::Backend => {
                let names = Backend::ALL.map(Backend::argument);
                let is_known = names.contains(&value);
                (!is_known).then(|| format!("it is one of {}", names.join(", ")))
            }
            Self::Integer(range) => {
                let is_inside = value
                    .parse::<u32>()
                    .is_ok_and(|number| range.contains(&number));
                let (first, last) = (range.start(), range.end());
                (!is_inside).then(|| format!("it is a whole number from {first} to {last}"))
            }
            Self::Number(range) => {
                // NaN lies in no range.
                let is_inside = value
                    .parse::<f64>()
                    .is_ok_and(|number| range.contains(&number));
                let (first, last) = (range.start(), range.end());
                (!is_inside).then(|| format!("it is a number from {first} to {last}"))
            }
            Self::Text => None,
        }
    }
}

/// Checks options with their values, as a command line has them: `--tempo 90`, `--tempo=90`, `-r 48000`, `-r48000`.
///
/// # Errors
///
/// One line about the first option that is unknown, named twice or without a usable value.
pub(super) fn check(arguments: &[String]) -> Result<(), String> {
    let mut named = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let Some((option, inline)) = OPTIONS
            .iter()
            .find_map(|o| Some((o, o.value_in(argument)?)))
        else {
            return Err(format!("{argument}: there is no such option"));
        };
        let name = option.long;
        let value = inline.or_else(|| arguments.next().map(String::as_str));
        let value = value.ok_or_else(|| format!("{argument}: its value is missing"))?;
        if let Some(allowed) = option.values.refuse(value) {
            return Err(format!("{name} {value}: {allowed}"));
        }
        if named.contains(&name) {
            return Err(format!("{name} is named twice"));
        }
        named.push(name);
    }
    Ok(())
}

/// The value of an option in arguments that [`check`] has passed.
pub(super) fn number(long: &str, arguments: &[String]) -> Option<f64> {
    let option = OPTIONS.iter().find(|option| option.long == long)?;
    let mut arguments = arguments.iter();
    let inline = arguments.find_map(|argument| option.value_in(argument))?;
    let value = inline.or_else(|| arguments.next().map(String::as_str));
    value?.parse().ok()
}

impl FrameworkOption {
    /// None if the argument is another option; else its value, if it has one within.
    fn value_in<'a>(&self, argument: &'a str) -> Option<Option<&'a str>> {
        if let Some(rest) = argument.strip_prefix(self.long) {
            return match rest.strip_prefix('=') {
                Some(value) => Some(Some(value)),
                None => rest.is_empty().then_some(None),
            };
        }
        let rest = argument.strip_prefix(self.short?)?;
        let value = rest.strip_prefix('=').unwrap_or(rest);
        Some((!rest.is_empty()).then_some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_of(arguments: &str) -> Result<(), String> {
        let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        check(&arguments)
    }

    #[test]
    fn usable_values_pass() {
        for arguments in [
            "--backend dummy -r48000 -p 512 --tempo=93.5",
            "-b=dummy --sample-rate 192000 --output-device=",
            "--input-latency 0.15 --input-capacity 0.4 -l 2",
        ] {
            assert_eq!(check_of(arguments), Ok(()), "{arguments}");
        }
    }

    #[test]
    fn number_is_read_in_each_notation() {
        for (arguments, number_of_scale) in [
            ("-r 48000 --dpi-scale 2", Some(2.0)),
            ("--dpi-scale=1.5 -l 2", Some(1.5)),
            ("-r 48000", None),
        ] {
            let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
            assert_eq!(number("--dpi-scale", &arguments), number_of_scale);
        }
    }

    #[test]
    fn value_that_no_device_has_is_refused_with_the_allowed_ones() {
        for (arguments, error) in [
            (
                "-r 0",
                "--sample-rate 0: it is a whole number from 8000 to 768000",
            ),
            (
                "-r 4294967295",
                "--sample-rate 4294967295: it is a whole number from 8000 to 768000",
            ),
            (
                "-p 0",
                "--period-size 0: it is a whole number from 1 to 65536",
            ),
            (
                "--input-latency nan",
                "--input-latency nan: it is a number from 0 to 10",
            ),
            (
                "--tempo=fast",
                "--tempo fast: it is a number from 1 to 1000",
            ),
            ("--turbo on", "--turbo: there is no such option"),
            ("-x", "-x: there is no such option"),
            ("--tempo", "--tempo: its value is missing"),
            (
                "-r 48000 --sample-rate=44100",
                "--sample-rate is named twice",
            ),
        ] {
            assert_eq!(check_of(arguments), Err(error.to_owned()), "{arguments}");
        }
        assert!(check_of("-b tape").unwrap_err().contains("dummy"));
    }
}
