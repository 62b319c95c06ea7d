//! The pages that list controls, presets and destinations, written from the registry so that they can't differ from the plug-in.

use crate::workspace;
use anyhow::{Context, Result};
use flow_dsp::DELIVERIES;
use flow_params::number::with_true_minus;
use flow_params::{Kind, ParameterId, presets};
use std::fmt::Write;

/// A page in docs/manual: its file name, and the function that writes its text.
type Page = (&'static str, fn() -> String);

const PAGES: [Page; 3] = [
    ("controls.md", controls),
    ("presets.md", factory_presets),
    ("destinations.md", destinations),
];

/// Writes the pages.
///
/// # Errors
///
/// If a file can't be written.
pub(super) fn write() -> Result<()> {
    let folder = workspace::root().join("docs/manual");
    for (name, text) in PAGES {
        let path = folder.join(name);
        std::fs::write(&path, text()).with_context(|| format!("can't write {}", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// The page of all parameters, by the groups that hosts show.
fn controls() -> String {
    let mut page = "<!-- `cargo xtask manual` writes this page from the plug-in. -->\n\n# Controls\n\n*Id* is the name for `flow master --set`, \
                    in presets and in saved projects. A name in \
                    brackets is the shorter one in the window.\n"
        .to_owned();
    let mut groups: Vec<&str> = Vec::new();
    for id in ParameterId::ALL {
        if !groups.contains(&id.group()) {
            groups.push(id.group());
        }
    }
    for group in groups {
        let heading = match group {
            "" => "Host".to_owned(),
            group => group.replace('/', ": "),
        };
        // Writing to a text can't fail.
        _ = write!(
            page,
            "\n## {heading}\n\n| control | effect | range | default | id |\n|---|---|---|---|---|\n"
        );
        for id in ParameterId::ALL
            .into_iter()
            .filter(|id| id.group() == group)
        {
            let (range, default) = range_and_default(id);
            let (name, effect, label) = (id.name(), id.effect(), id.label());
            let in_window = if label == name {
                String::new()
            } else {
                format!(" ({label})")
            };
            _ = writeln!(
                page,
                "| {name}{in_window} | {effect} | {range} | {default} | `{id}` |"
            );
        }
    }
    page
}

/// The range and the default of a parameter as texts.
fn range_and_default(id: ParameterId) -> (String, String) {
    match id.kind() {
        Kind::Number(number) => {
            let unit = number.unit.label();
            let text = |value: f32| number.text(value);
            let [least, most] = number.range;
            let range = format!("{} to {}{unit}", text(least), text(most));
            let default = format!("{}{unit}", text(number.default()));
            (with_true_minus(&range), with_true_minus(&default))
        }
        Kind::Choice(choice) => {
            let default = choice.text(choice.default()).unwrap_or_default();
            (choice.names.join(", "), default.to_owned())
        }
        Kind::Switch(switch) => {
            let default = if switch.default() { "on" } else { "off" };
            ("on or off".to_owned(), default.to_owned())
        }
    }
}

/// The page of the factory presets, by category.
fn factory_presets() -> String {
    let mut page = "<!-- `cargo xtask manual` writes this page from the plug-in. -->\n\n# Factory presets\n\n[Their effect on real \
                    songs](../measurements.md#the-factory-presets) is measured.\n"
        .to_owned();
    let mut last = "";
    for preset in presets::all() {
        if preset.category != last {
            last = &preset.category;
            // Writing to a text can't fail.
            _ = write!(
                page,
                "\n## {last}\n\n| preset | sound and use |\n|---|---|\n"
            );
        }
        let row = format!("| {} | {} |\n", preset.name, preset.description);
        page.push_str(&row);
    }
    page
}

/// The page of the delivery profiles.
fn destinations() -> String {
    let mut page =
        "<!-- `cargo xtask manual` writes this page from the plug-in. -->\n\n# Destinations\n\n*Delivery* in the window and `--profile` of `flow` \
         choose one. Streaming services turn songs to these loudnesses when they play them, so a louder master is no error, and gains nothing.\n\n\
         | Delivery | `--profile` | loudness | ceiling |\n|---|---|---|---|\n"
            .to_owned();
    for delivery in &DELIVERIES {
        let loudness = delivery
            .target_lufs
            .map_or("no target".to_owned(), |lufs| format!("{lufs} LUFS"));
        let (name, id, ceiling) = (delivery.name, delivery.id, delivery.ceiling_dbtp);
        let row = format!("| {name} | `{id}` | {loudness} | {ceiling} dBTP |\n");
        // The dash of an id is no minus.
        page.push_str(&row.replace(" -", " \u{2212}"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_pages_of_the_manual_equal_the_registry() {
        for (name, text) in PAGES {
            let stored = std::fs::read_to_string(workspace::root().join("docs/manual").join(name));
            let advice = format!("{name} is old: `cargo xtask manual` writes it again");
            assert_eq!(stored.unwrap_or_default(), text(), "{advice}");
        }
    }
}
