//! Plots as files: written, and compared with what they would be now.

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::Path;

/// What a line may lie beside the stored one: what an eye would see. On an axis of 24 dB this is 0.1 dB.
const TOLERANCE_PIXELS: f64 = 1.0;

pub(crate) fn write(folder: &Path, pictures: &[(String, String)]) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    for (name, picture) in pictures {
        let path = folder.join(name);
        std::fs::write(&path, picture)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// What is wrong with the stored plots, one line each.
pub(crate) fn differences(folder: &Path, pictures: &[(String, String)]) -> Vec<String> {
    let known: BTreeSet<&str> = pictures.iter().map(|(name, _)| name.as_str()).collect();
    let names = std::fs::read_dir(folder).into_iter().flatten();
    let mut unknown: Vec<String> = names
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !known.contains(name.as_str()))
        .map(|name| format!("{name}: no plot is called that"))
        .collect();
    unknown.sort();
    let wrong = pictures.iter().filter_map(|(name, picture)| {
        let reason = match std::fs::read_to_string(folder.join(name)) {
            Ok(stored) => difference(&stored, picture)?,
            Err(_) => "missing".to_owned(),
        };
        Some(format!("{name}: {reason}"))
    });
    unknown.into_iter().chain(wrong).collect()
}

/// In what two pictures differ, if it can be seen. Positions have a decimal point; all else must be the same.
fn difference(stored: &str, new: &str) -> Option<String> {
    let (stored, new) = (parts(stored), parts(new));
    let mut furthest = 0.0_f64;
    for (old, new) in stored.iter().zip(&new) {
        match (position(old), position(new)) {
            (Some(old), Some(new)) => furthest = furthest.max((old - new).abs()),
            _ if old != new => return Some(format!("\"{old}\" is now \"{new}\"")),
            _ => {}
        }
    }
    if stored.len() != new.len() {
        return Some("another number of points".to_owned());
    }
    (furthest > TOLERANCE_PIXELS).then(|| format!("off by up to {furthest:.1} pixels"))
}

/// Numbers, and what lies between them.
fn parts(picture: &str) -> Vec<&str> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    let mut parts = Vec::new();
    let mut rest = picture;
    while let Some(first) = rest.chars().next() {
        let kind = is_number(first);
        let end = rest.find(|c| is_number(c) != kind).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = &rest[end..];
    }
    parts
}

fn position(part: &str) -> Option<f64> {
    part.contains('.').then(|| part.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_seen_is_a_difference() {
        let stored = "<text>Gain, dB</text><path d=\"M10.0 20.0L30.5 40.5\"/><text>12</text>";
        assert_eq!(difference(stored, stored), None);
        assert_eq!(difference(stored, &stored.replace("40.5", "41.4")), None);
        let moved = difference(stored, &stored.replace("40.5", "42.0"));
        assert_eq!(moved.unwrap(), "off by up to 1.5 pixels");
        let renamed = difference(stored, &stored.replace("Gain", "Level")).unwrap();
        assert!(renamed.contains("Gain") && renamed.contains("Level"));
        assert!(difference(stored, &stored.replace("12", "13")).is_some());
        assert!(difference(stored, &stored.replace("L30.5 40.5", "")).is_some());
    }

    #[test]
    fn missing_and_surplus_plots_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let picture = |name: &str| (name.to_owned(), "<svg/>".to_owned());
        write(folder.path(), &[picture("a.svg"), picture("b.svg")]).unwrap();
        assert_eq!(
            differences(folder.path(), &[picture("b.svg"), picture("c.svg")]),
            ["a.svg: no plot is called that", "c.svg: missing"]
        );
    }
}
