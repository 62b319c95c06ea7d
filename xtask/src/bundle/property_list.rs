//! The property lists of all bundles for macOS. Those that nice-plug-xtask writes have the version 1.0.0 and its own identifier.

use super::audio_unit;
use crate::command_steps;
use crate::version::{VERSION, numbers};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A bundle, whose program is called `Flow`.
struct Bundle {
    name: &'static str,
    /// Each bundle has its own, by which macOS keeps settings and permissions apart.
    identifier: &'static str,
    kind: Kind,
}

#[derive(PartialEq)]
enum Kind {
    App,
    Plugin,
    AudioUnit,
}

const BUNDLES: [Bundle; 4] = [
    Bundle {
        name: "Flow.app",
        identifier: "org.flow-audio.flow",
        kind: Kind::App,
    },
    Bundle {
        name: "Flow.clap",
        identifier: "org.flow-audio.flow.clap",
        kind: Kind::Plugin,
    },
    Bundle {
        name: "Flow.vst3",
        identifier: "org.flow-audio.flow.vst3",
        kind: Kind::Plugin,
    },
    Bundle {
        name: "Flow.component",
        identifier: "org.flow-audio.flow.component",
        kind: Kind::AudioUnit,
    },
];

/// The text with which macOS asks whether the standalone app may read an audio input. Without it, macOS ends the app.
const MICROPHONE: &str = "Flow masters the audio input.";

/// Writes the property lists of the bundles for macOS in a folder, and on a Mac signs them ad hoc again, as nice-plug-xtask does:
/// a signature holds for the list too.
///
/// # Errors
///
/// If a list cannot be written, or if `codesign` fails.
pub(super) fn write(bundled: &Path) -> Result<()> {
    for bundle in &BUNDLES {
        let folder = bundled.join(bundle.name);
        let contents = folder.join("Contents");
        // Bundles of other systems have no such folder.
        if !contents.join("MacOS").exists() {
            continue;
        }
        let package_type = bundle.package_type();
        fs::write(contents.join("PkgInfo"), format!("{package_type}????"))
            .and_then(|()| fs::write(contents.join("Info.plist"), text(bundle, VERSION)))
            .with_context(|| format!("{} cannot be written", contents.display()))?;
        if cfg!(target_os = "macos") {
            let mut sign = Command::new("codesign");
            command_steps::run(sign.args(["--force", "--sign", "-"]).arg(&folder))?;
        }
    }
    Ok(())
}

impl Bundle {
    fn package_type(&self) -> &'static str {
        if self.kind == Kind::App {
            "APPL"
        } else {
            "BNDL"
        }
    }
}

/// The property list of a bundle.
fn text(bundle: &Bundle, version: &str) -> String {
    let identifier = bundle.identifier;
    let package_type = bundle.package_type();
    let more = match bundle.kind {
        Kind::App => format!(
            "    <key>LSApplicationCategoryType</key><string>public.app-category.music</string>\n    \
             <key>NSMicrophoneUsageDescription</key><string>{MICROPHONE}</string>\n"
        ),
        Kind::Plugin => String::new(),
        Kind::AudioUnit => audio_unit::components(version),
    };
    let version = numbers(version);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>CFBundleDevelopmentRegion</key><string>en</string>
    <key>CFBundleExecutable</key><string>Flow</string>
    <key>CFBundleIdentifier</key><string>{identifier}</string>
    <key>CFBundleInfoDictionaryVersion</key><string>6.0</string>
    <key>CFBundleName</key><string>Flow</string>
    <key>CFBundlePackageType</key><string>{package_type}</string>
    <key>CFBundleShortVersionString</key><string>{version}</string>
    <key>CFBundleVersion</key><string>{version}</string>
    <key>NSHighResolutionCapable</key><true/>
{more}</dict>
</plist>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The values of a key in a list, in which each key stands before its value on one line.
    fn value<'a>(list: &'a str, key: &str) -> Option<&'a str> {
        let key = format!("<key>{key}</key><string>");
        let line = list.lines().find_map(|line| line.trim().strip_prefix(&key));
        line.and_then(|rest| rest.strip_suffix("</string>"))
    }

    #[test]
    fn each_bundle_has_its_identifier_and_the_numbers_of_the_version() {
        let mut identifiers = BTreeSet::new();
        for bundle in &BUNDLES {
            let list = text(bundle, "1.2.3-rc.1");
            for key in ["CFBundleShortVersionString", "CFBundleVersion"] {
                assert_eq!(value(&list, key), Some("1.2.3"), "{}", bundle.name);
            }
            assert_eq!(value(&list, "CFBundleExecutable"), Some("Flow"));
            let identifier = value(&list, "CFBundleIdentifier").unwrap();
            assert!(identifier.starts_with("org.flow-audio.flow"));
            assert!(identifiers.insert(identifier.to_owned()), "{identifier}");
            for tag in ["dict", "array", "plist"] {
                let opened = list.matches(&format!("<{tag}")).count();
                assert_eq!(list.matches(&format!("</{tag}>")).count(), opened, "{tag}");
            }
        }
    }

    #[test]
    fn app_alone_names_why_it_reads_the_audio_input() {
        for bundle in &BUNDLES {
            let list = text(bundle, VERSION);
            let is_app = bundle.name == "Flow.app";
            let reason = value(&list, "NSMicrophoneUsageDescription");
            assert_eq!(reason.is_some(), is_app, "{}", bundle.name);
            let package_type = if is_app { "APPL" } else { "BNDL" };
            assert_eq!(value(&list, "CFBundlePackageType"), Some(package_type));
        }
    }

    #[test]
    fn lists_are_written_for_bundles_of_macos_only() {
        if cfg!(target_os = "macos") {
            // No program is there that could be signed.
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let clap = folder.path().join("Flow.clap/Contents");
        let vst3 = folder.path().join("Flow.vst3/Contents");
        fs::create_dir_all(clap.join("MacOS")).unwrap();
        fs::create_dir_all(vst3.join("x86_64-linux")).unwrap();
        fs::write(clap.join("Info.plist"), "com.nice-plug.Flow 1.0.0").unwrap();
        write(folder.path()).unwrap();
        let list = fs::read_to_string(clap.join("Info.plist")).unwrap();
        let identifier = value(&list, "CFBundleIdentifier");
        assert_eq!(identifier, Some("org.flow-audio.flow.clap"));
        assert_eq!(value(&list, "CFBundleVersion"), Some(numbers(VERSION)));
        assert!(!vst3.join("Info.plist").exists());
    }
}
