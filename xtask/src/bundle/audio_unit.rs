//! Flow.component: the Audio Unit, which is the CLAP's library with a property list.

use crate::version::{VERSION, numbers};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// The four-character codes of the Audio Unit. Saved projects contain them, so they never change.
const TYPE: &str = "aufx";
const SUBTYPE: &str = "FlwM";
const MANUFACTURER: &str = "Flow";

/// The factory function that `clap-wrapper` exports.
const FACTORY: &str = "GetPluginFactoryAUV2";

/// Writes `Flow.component` beside `Flow.clap`, with the library of the latter.
pub(super) fn write(bundled: &Path) -> Result<()> {
    let contents = bundled.join("Flow.component").join("Contents");
    let library = contents.join("MacOS");
    fs::create_dir_all(&library)
        .with_context(|| format!("{} cannot be created", library.display()))?;
    let clap = bundled.join("Flow.clap/Contents/MacOS/Flow");
    fs::copy(&clap, library.join("Flow"))
        .with_context(|| format!("{} cannot be copied", clap.display()))?;
    fs::write(contents.join("PkgInfo"), "BNDL????").context("PkgInfo cannot be written")?;
    fs::write(contents.join("Info.plist"), property_list(VERSION))
        .context("Info.plist cannot be written")
}

/// A version such as 1.2.3 as one number, with a byte for minor and one for patch.
fn number(version: &str) -> u32 {
    let mut parts = numbers(version)
        .split('.')
        .map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next() << 16) | (next() << 8) | next()
}

/// The property list by which macOS finds Audio Units without loading them.
fn property_list(version: &str) -> String {
    let number = number(version);
    let version = numbers(version);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>CFBundleDevelopmentRegion</key><string>en</string>
    <key>CFBundleExecutable</key><string>Flow</string>
    <key>CFBundleIdentifier</key><string>org.flow-audio.flow.component</string>
    <key>CFBundleInfoDictionaryVersion</key><string>6.0</string>
    <key>CFBundleName</key><string>Flow</string>
    <key>CFBundlePackageType</key><string>BNDL</string>
    <key>CFBundleShortVersionString</key><string>{version}</string>
    <key>CFBundleVersion</key><string>{version}</string>
    <key>NSHighResolutionCapable</key><true/>
    <key>AudioComponents</key>
    <array>
        <dict>
            <key>type</key><string>{TYPE}</string>
            <key>subtype</key><string>{SUBTYPE}</string>
            <key>manufacturer</key><string>{MANUFACTURER}</string>
            <key>name</key><string>Flow: Flow</string>
            <key>description</key><string>Flow</string>
            <key>version</key><integer>{number}</integer>
            <key>factoryFunction</key><string>{FACTORY}</string>
            <key>sandboxSafe</key><true/>
            <key>tags</key><array><string>Effects</string></array>
        </dict>
    </array>
</dict>
</plist>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_number_has_byte_for_minor_and_patch() {
        assert_eq!(number("1.2.3"), 0x0001_0203);
        assert_eq!(number("0.1.0"), 0x0000_0100);
        assert_eq!(number("2"), 0x0002_0000);
        assert_eq!(number("1.2.3-rc.1"), 0x0001_0203);
    }

    #[test]
    fn property_list_of_pre_release_has_numbers_only() {
        let property_list = property_list("1.2.3-rc.1");
        assert_eq!(property_list.matches("<string>1.2.3</string>").count(), 2);
    }

    #[test]
    fn component_has_library_and_names_its_factory() {
        let folder = tempfile::tempdir().unwrap();
        let clap = folder.path().join("Flow.clap/Contents/MacOS");
        fs::create_dir_all(&clap).unwrap();
        fs::write(clap.join("Flow"), "library").unwrap();
        write(folder.path()).unwrap();
        let contents = folder.path().join("Flow.component/Contents");
        let library = fs::read_to_string(contents.join("MacOS/Flow")).unwrap();
        assert_eq!(library, "library");
        let property_list = fs::read_to_string(contents.join("Info.plist")).unwrap();
        for part in [FACTORY, "aufx", "FlwM"] {
            assert!(property_list.contains(part), "{part}");
        }
    }

    #[test]
    fn four_letter_codes_stay_frozen() {
        assert_eq!([TYPE, SUBTYPE, MANUFACTURER], ["aufx", "FlwM", "Flow"]);
    }
}
