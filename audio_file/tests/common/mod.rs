//! Songs in memory for the tests of decoding.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;

use flow_audio_file::{Song, SongStream};

/// The contents of a golden file.
pub(crate) fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    std::fs::read(folder.join(name)).unwrap()
}

/// An unnamed file with these contents.
pub(crate) fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

/// Decodes a song with these contents.
pub(crate) fn read(bytes: &[u8]) -> Result<Song, String> {
    let stream = SongStream::from_file(file(bytes)).map_err(|e| e.to_string())?;
    Song::decode(stream).map_err(|e| e.to_string())
}
