//! Flow.component: the Audio Unit, which is the CLAP's library with a property list.

use crate::version::numbers;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// The four-character codes of the Audio Unit. Saved projects contain them, so they never change.
const TYPE: &str = "aufx";
const SUBTYPE: &str = "FlwM";
const MANUFACTURER: &str = "Flow";

/// The factory function that `clap-wrapper` exports.
const FACTORY: &str = "GetPluginFactoryAUV2";

/// Writes `Flow.component` beside `Flow.clap`, with the library of the latter and without a property list.
pub(super) fn write(bundled: &Path) -> Result<()> {
    let library = bundled.join("Flow.component/Contents/MacOS");
    fs::create_dir_all(&library)
        .with_context(|| format!("{} cannot be created", library.display()))?;
    let clap = bundled.join("Flow.clap/Contents/MacOS/Flow");
    fs::copy(&clap, library.join("Flow"))
        .with_context(|| format!("{} cannot be copied", clap.display()))?;
    Ok(())
}

/// A version such as 1.2.3 as one number, with a byte for minor and one for patch.
fn number(version: &str) -> u32 {
    let mut parts = numbers(version)
        .split('.')
        .map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next() << 16) | (next() << 8) | next()
}

/// The lines of the property list by which macOS finds Audio Units without loading them.
pub(super) fn components(version: &str) -> String {
    let number = number(version);
    format!(
        "    <key>AudioComponents</key>
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
"
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
    fn component_has_library_of_clap() {
        let folder = tempfile::tempdir().unwrap();
        let clap = folder.path().join("Flow.clap/Contents/MacOS");
        fs::create_dir_all(&clap).unwrap();
        fs::write(clap.join("Flow"), "library").unwrap();
        write(folder.path()).unwrap();
        let library = folder.path().join("Flow.component/Contents/MacOS/Flow");
        assert_eq!(fs::read_to_string(library).unwrap(), "library");
    }

    #[test]
    fn components_name_codes_and_factory() {
        let components = components("1.2.3");
        for part in [FACTORY, "aufx", "FlwM", "<integer>66051</integer>"] {
            assert!(components.contains(part), "{part}");
        }
    }

    #[test]
    fn four_letter_codes_stay_frozen() {
        assert_eq!([TYPE, SUBTYPE, MANUFACTURER], ["aufx", "FlwM", "Flow"]);
    }
}
