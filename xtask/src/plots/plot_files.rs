//! Plots as files: writing, and comparison with new measurements.

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::Path;

/// The tolerance of positions, below which a difference is invisible. On an axis of 24 dB it is 0.1 dB.
const TOLERANCE_PIXELS: f64 = 1.0;

pub(crate) fn write(folder: &Path, drawings: &[(String, String)]) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    for (name, drawing) in drawings {
        let path = folder.join(name);
        std::fs::write(&path, drawing)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// The differences of the stored plots, one line each.
pub(crate) fn differences(folder: &Path, drawings: &[(String, String)]) -> Vec<String> {
    let known: BTreeSet<&str> = drawings.iter().map(|(name, _)| name.as_str()).collect();
    let names = std::fs::read_dir(folder).into_iter().flatten();
    let mut unknown: Vec<String> = names
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !known.contains(name.as_str()))
        .map(|name| format!("{name}: no plot has this name"))
        .collect();
    unknown.sort();
    let wrong = drawings.iter().filter_map(|(name, drawing)| {
        let reason = match std::fs::read_to_string(folder.join(name)) {
            Ok(stored) => difference(&stored, drawing)?,
            Err(_) => "missing".to_owned(),
        };
        Some(format!("{name}: {reason}"))
    });
    unknown.into_iter().chain(wrong).collect()
}

/// The first visible difference of two drawings. Numbers with a decimal point are positions; all other parts must be equal.
fn difference(stored: &str, new: &str) -> Option<String> {
    let (stored, new) = (parts(stored), parts(new));
    let mut largest = 0.0_f64;
    for (old, new) in stored.iter().zip(&new) {
        match (position(old), position(new)) {
            (Some(old), Some(new)) => largest = largest.max((old - new).abs()),
            _ if old != new => return Some(format!("\"{old}\" is now \"{new}\"")),
            _ => {}
        }
    }
    if stored.len() != new.len() {
        return Some("the number of points differs".to_owned());
    }
    (largest > TOLERANCE_PIXELS).then(|| format!("off by up to {largest:.1} pixels"))
}

/// Splits a drawing into numbers and the text between them.
fn parts(drawing: &str) -> Vec<&str> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    let mut parts = Vec::new();
    let mut rest = drawing;
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
    fn difference_above_tolerance_is_reported() {
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
    fn missing_and_surplus_plots_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let drawing = |name: &str| (name.to_owned(), "<svg/>".to_owned());
        write(folder.path(), &[drawing("a.svg"), drawing("b.svg")]).unwrap();
        assert_eq!(
            differences(folder.path(), &[drawing("b.svg"), drawing("c.svg")]),
            ["a.svg: no plot has this name", "c.svg: missing"]
        );
    }
}
