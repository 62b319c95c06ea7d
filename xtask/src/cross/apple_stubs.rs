//! Stubs of Apple's frameworks, with which a linker finds their names. They hold none of their functions: the linker leaves those
//! to the start of the program on a Mac.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// The frameworks that the programs link.
const FRAMEWORKS: [&str; 14] = [
    "AVFoundation",
    "AppKit",
    "AudioToolbox",
    "AudioUnit",
    "Carbon",
    "Cocoa",
    "CoreAudio",
    "CoreFoundation",
    "CoreGraphics",
    "CoreMIDI",
    "Foundation",
    "Metal",
    "OpenGL",
    "QuartzCore",
];

/// The libraries that the programs link, beside the one that zig has.
const LIBRARIES: [(&str, &str); 2] = [
    ("iconv", "/usr/lib/libiconv.2.dylib"),
    ("objc", "/usr/lib/libobjc.A.dylib"),
];

/// Writes the stubs to a folder.
///
/// # Errors
///
/// If a file cannot be written.
pub(super) fn write(folder: &Path) -> Result<()> {
    for name in FRAMEWORKS {
        let install_name = format!("/System/Library/Frameworks/{name}.framework/Versions/A/{name}");
        let framework = folder.join(format!("{name}.framework"));
        write_stub(&framework, name, &install_name)?;
    }
    for (name, install_name) in LIBRARIES {
        write_stub(folder, &format!("lib{name}"), install_name)?;
    }
    Ok(())
}

/// The options with which rustc's linker uses the stubs.
pub(super) fn link_options(folder: &Path) -> String {
    let folder = folder.display();
    format!("-Clink-arg=-F{folder} -Clink-arg=-L{folder} -Clink-arg=-Wl,-undefined,dynamic_lookup")
}

/// Writes a text-based stub: a library by its name in the system, without symbols.
fn write_stub(folder: &Path, name: &str, install_name: &str) -> Result<()> {
    let path = folder.join(format!("{name}.tbd"));
    let text = format!(
        "--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\ninstall-name: '{install_name}'\n...\n"
    );
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .with_context(|| format!("{} cannot be written", path.display()))
}
