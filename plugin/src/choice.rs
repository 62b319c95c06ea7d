//! Parameters that are one of several names.
//!
//! nice-plug's own `EnumParam` only knows a name in exactly its own spelling, so these are integers
//! with names. The position in the list is what states and automation hold: lists are append only.

use std::sync::Arc;

use nice_plug::prelude::{IntParam, IntRange};

/// A parameter whose values are the positions in `names`, of which there are at least two.
pub(crate) fn choice(label: &str, names: &'static [&'static str], default: usize) -> IntParam {
    let position = |index: usize| i32::try_from(index).unwrap_or(0);
    let range = IntRange::Linear {
        min: 0,
        max: position(names.len() - 1),
    };
    IntParam::new(label, position(default), range)
        .with_value_to_string(Arc::new(|value| pick(names, value).to_string()))
        .with_string_to_value(Arc::new(move |text| find(names, text).map(position)))
}

/// The element at a parameter's value; the first for values that no list has.
pub(crate) fn pick<T>(list: &'static [T], value: i32) -> &'static T {
    usize::try_from(value)
        .ok()
        .and_then(|index| list.get(index))
        .unwrap_or(&list[0])
}

/// The position of the name that `text` means: case, spaces and punctuation don't matter, except
/// in numbers, and a beginning is enough if only one name has it ("16" for "16 bit").
fn find(names: &[&str], text: &str) -> Option<usize> {
    let wanted = plain(text);
    if let Some(index) = names.iter().position(|name| plain(name) == wanted) {
        return Some(index);
    }
    // Of a ratio, the one side says it all.
    let ratio = format!("{wanted}:1");
    if let Some(index) = names.iter().position(|name| plain(name) == ratio) {
        return Some(index);
    }
    // A single letter would be a guess.
    if wanted.chars().count() < 2 {
        return None;
    }
    let mut starts = names
        .iter()
        .enumerate()
        .filter(|(_, name)| plain(name).starts_with(&wanted));
    match (starts.next(), starts.next()) {
        (Some((index, _)), None) => Some(index),
        _ => None,
    }
}

/// Lower-case letters and digits, and what stands between two digits: 1.5 is not 15.
fn plain(text: &str) -> String {
    let text: Vec<char> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let is_digit = |index: usize| text.get(index).is_some_and(char::is_ascii_digit);
    let mut plain = String::new();
    for (i, c) in text.iter().enumerate() {
        match c {
            c if c.is_alphanumeric() => plain.push(*c),
            '.' | ',' if i > 0 && is_digit(i - 1) && is_digit(i + 1) => plain.push('.'),
            ':' if i > 0 && is_digit(i - 1) && is_digit(i + 1) => plain.push(':'),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &[
        "Off",
        "16 bit",
        "20 bit",
        "24 bit",
        "Apple Music",
        "Amazon",
        "Apple Pie",
    ];

    #[test]
    fn names_that_people_type() {
        for (text, expected) in [
            ("Off", Some(0)),
            (" off ", Some(0)),
            ("16 BIT", Some(1)),
            ("16-bit", Some(1)),
            ("24", Some(3)),
            ("apple-music", Some(4)),
            ("amaz", Some(5)),
            ("apple", None),
            ("a", None),
            ("", None),
            ("32 bit", None),
        ] {
            assert_eq!(find(NAMES, text), expected, "{text:?}");
        }
    }

    #[test]
    fn ratios_that_people_type() {
        const RATIOS: &[&str] = &["1.5:1", "2:1", "4:1"];
        for (text, expected) in [
            ("1.5:1", Some(0)),
            ("1,5 : 1", Some(0)),
            ("1.5", Some(0)),
            ("2", Some(1)),
            ("4 : 1", Some(2)),
            ("15:1", None),
            ("2.1", None),
            ("21", None),
            ("3", None),
            (":1", None),
        ] {
            assert_eq!(find(RATIOS, text), expected, "{text:?}");
        }
    }

    #[test]
    fn values_outside_the_list_are_the_first() {
        for value in [-1, 7, i32::MIN, i32::MAX] {
            assert_eq!(*pick(NAMES, value), "Off");
        }
    }
}
