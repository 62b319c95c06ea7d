//! Names of a choice as users type them.

/// The position of the name that `text` means. Case, spaces and punctuation don't matter, except in numbers. A beginning
/// is enough if only one name has it: "16" for "16 bit".
pub(crate) fn find(names: &[&str], text: &str) -> Option<usize> {
    let wanted = plain(text);
    if let Some(index) = names.iter().position(|name| plain(name) == wanted) {
        return Some(index);
    }
    // "2" is enough for "2:1".
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

/// Lower-case letters and digits, and the marks between two digits: 1.5 is not 15.
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

    #[test]
    fn find_name_in_any_spelling_returns_position() {
        const NAMES: &[&str] = &[
            "Off",
            "16 bit",
            "20 bit",
            "24 bit",
            "Apple Music",
            "Amazon",
            "Apple Pie",
        ];
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
    fn find_ratio_in_any_spelling_returns_position() {
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
}
