//! The sources of the audio path contain no forbidden calls. A scan also finds calls that a test run rarely reaches, such
//! as an uncontended lock.

use std::path::{Path, PathBuf};

/// Locks, clocks, threads, files, logs and prints. flow_dsp needs none of them, not even in `prepare`.
const FORBIDDEN: [&str; 21] = [
    "Mutex",
    "RwLock",
    "Condvar",
    "Barrier",
    "OnceLock",
    "LazyLock",
    "mpsc",
    "std::time",
    "Instant",
    "SystemTime",
    "std::thread",
    "thread::",
    "std::fs",
    "std::io",
    "std::env",
    "std::process",
    "print!",
    "println!",
    "log::",
    "tracing::",
    "dbg!",
];

/// The sources of plug-in and service that run inside `process`, relative to the workspace. Other sources run on other
/// threads and may lock.
const AUDIO_PATH_FILES: [&str; 22] = [
    "plugin/src/formats/block_processor.rs",
    "plugin/src/formats/clap/process.rs",
    "plugin/src/formats/clap/transport.rs",
    "plugin/src/formats/vst3/processor.rs",
    "plugin/src/formats/vst3/transport.rs",
    "plugin/src/audio/processor.rs",
    "plugin/src/audio/reporter.rs",
    "plugin/src/audio/silence_gate.rs",
    "plugin/src/plugin_shared.rs",
    "service/src/audio_handle.rs",
    "service/src/audio_tap.rs",
    "service/src/audio_load.rs",
    "service/src/probe.rs",
    "plugin/src/audio/meter_history.rs",
    "plugin/src/audio/song_position.rs",
    "plugin/src/audio/monitor.rs",
    "plugin/src/audio/player/level_ramp.rs",
    "plugin/src/audio/player/playback.rs",
    "plugin/src/audio/player/transport.rs",
    "plugin/src/standalone/recorder/tap.rs",
    "params/src/table.rs",
    "params/src/value.rs",
];
/// A folder of sources that run inside `process`.
const AUDIO_PATH_FOLDER: &str = "plugin/src/params";

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below `folder`, except tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests") {
                found.extend(sources(&path));
            }
        } else if path.extension().is_some_and(|e| e == "rs")
            && path.file_stem().is_some_and(|s| s != "tests")
        {
            found.push(path);
        }
    }
    found
}

/// The numbered lines of a file without comments, up to its tests at the end.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let before_tests = text
        .lines()
        .take_while(|line| !line.trim_start().starts_with("#[cfg(test)]"));
    // This also cuts strings that contain //, which is harmless here.
    before_tests
        .enumerate()
        .map(|(i, line)| (i + 1, line.split("//").next().unwrap_or("").to_owned()))
        .collect()
}

fn violations(path: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in code(path) {
        for word in FORBIDDEN {
            if line.contains(word) {
                found.push(format!("{}:{number}: {word}", path.display()));
            }
        }
    }
    found
}

#[test]
fn dsp_sources_contain_no_locks_or_clocks() {
    let files = sources(&workspace().join("dsp").join("src"));
    assert!(files.len() > 5, "the scan finds too few files: {files:?}");
    let found: Vec<String> = files.iter().flat_map(|file| violations(file)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn audio_path_sources_contain_no_locks_or_clocks() {
    let mut files = sources(&workspace().join(AUDIO_PATH_FOLDER));
    assert!(files.len() > 2, "the scan finds too few files: {files:?}");
    files.extend(AUDIO_PATH_FILES.map(|file| workspace().join(file)));
    let found: Vec<String> = files.iter().flat_map(|file| violations(file)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn scan_of_a_source_with_a_lock_finds_it() {
    let folder = std::env::temp_dir().join(format!("flow-lint-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("bad.rs");
    std::fs::write(
        &file,
        "// Mutex\nuse std::sync::Mutex; // Condvar\n#[cfg(test)]\nmod tests { use std::fs; }\n",
    )
    .unwrap();
    let found = violations(&file);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("bad.rs:2: Mutex"));
}
