//! The list of the plug-in's languages.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    list_languages();
}

/// Writes an array of all catalogs in `languages`, so that a new language is a new file and no other change.
fn list_languages() {
    println!("cargo:rerun-if-changed=languages");
    let [manifest, out] = ["CARGO_MANIFEST_DIR", "OUT_DIR"]
        .map(|name| PathBuf::from(std::env::var_os(name).expect("Cargo sets it")));
    let files = std::fs::read_dir(manifest.join("languages")).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    paths.retain(|path| path.extension() == Some("po".as_ref()));
    paths.sort();
    let include = |path: &PathBuf| format!("include_str!({path:?}),");
    let list: String = paths.iter().map(include).collect();
    let written = std::fs::write(Path::new(&out).join("languages.rs"), format!("&[{list}]"));
    written.expect("the list can be written");
}
