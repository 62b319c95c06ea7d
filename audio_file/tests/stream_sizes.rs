//! Songs from pipes, whose writers did not know the length: all of the audio is read, with a warning.

mod common;

use common::{golden, read};

/// The position behind a name in a file.
fn behind(song: &[u8], name: &[u8]) -> usize {
    song.windows(name.len()).position(|w| w == name).unwrap() + name.len()
}

/// The song has all frames of `whole`, and one warning about its size.
fn assert_read_as_stream(name: &str, song: &[u8], whole: &[u8]) {
    let (song, whole) = (read(song).unwrap(), read(whole).unwrap());
    assert_eq!(song.audio, whole.audio, "{name}");
    let [warning] = &song.warnings[..] else {
        panic!("{name}: {:?}", song.warnings)
    };
    assert!(warning.contains("size of a stream"), "{name}: {warning}");
}

fn assert_truncated(song: &[u8]) {
    let error = read(song).err().unwrap();
    assert!(error.contains("truncated"), "{error}");
}

#[test]
fn aiff_with_sizes_of_streams_is_read_whole() {
    for name in [
        "aiff_s16be_stereo.aiff",
        "aiff_s24be_mono.aiff",
        "aiff_u8_mono.aiff",
    ] {
        let whole = golden(name);
        let places = [
            behind(&whole, b"FORM"),
            behind(&whole, b"COMM") + 6,
            behind(&whole, b"SSND"),
        ];
        // ffmpeg leaves zeros, and others the largest number.
        for mark in [0, u32::MAX] {
            let mut stream = whole.clone();
            for at in places {
                stream[at..at + 4].copy_from_slice(&mark.to_be_bytes());
            }
            assert_read_as_stream(name, &stream, &whole);
        }
        // A number of frames that is known counts.
        let mut stream = whole.clone();
        for at in [places[0], places[2]] {
            stream[at..at + 4].fill(0);
        }
        assert_eq!(read(&stream).unwrap(), read(&whole).unwrap(), "{name}");
        assert_truncated(&stream[..stream.len() - 9]);
    }
}

#[test]
fn aiff_above_2_gb_is_read_as_stream_only_if_its_number_of_frames_is_the_mark() {
    let song = golden("aiff_s16be_stereo.aiff");
    let at = |name: &[u8]| song.windows(4).position(|w| w == name).unwrap();
    let with_frames = |frames: u32| {
        let mut file = song.clone();
        let (common, sound) = (at(b"COMM"), at(b"SSND"));
        file[common + 10..common + 14].copy_from_slice(&frames.to_be_bytes());
        file[sound + 4..sound + 8].copy_from_slice(&(8 + 4 * frames).to_be_bytes());
        file
    };
    let mark = 0x7F00_0000 / 4;
    assert_read_as_stream("sox", &with_frames(mark), &song);
    assert_truncated(&with_frames(mark + 5000));
}

#[test]
fn wave64_with_sizes_of_streams_is_read_whole() {
    let whole = golden("w64_s24le_stereo.w64");
    let [file, data] = [16, behind(&whole, b"data") + 12];
    let with_sizes = |of_file: u64, of_data: u64| {
        let mut song = whole.clone();
        for (at, size) in [(file, of_file), (data, of_data)] {
            song[at..at + 8].copy_from_slice(&size.to_le_bytes());
        }
        song
    };
    let largest = u64::from(u32::MAX);
    for (of_file, of_data) in [
        (0, 0),
        // ffmpeg
        (u64::MAX, u64::MAX / 2),
        (u64::MAX, u64::MAX),
        (largest, largest),
    ] {
        let name = format!("{of_data:#x}");
        assert_read_as_stream(&name, &with_sizes(of_file, of_data), &whole);
    }
    assert_truncated(&with_sizes(whole.len() as u64 + 9, largest));
}

/// A file of IMA ADPCM with two blocks of 36 bytes, whose header announces `bytes` of samples.
fn ima_adpcm(bytes: u32) -> Vec<u8> {
    let format = [
        0x11, 0, 1, 0, 0x44, 0xAC, 0, 0, 0, 0x60, 0, 0, 36, 0, 4, 0, 2, 0, 65, 0,
    ];
    let chunk = |name: &[u8; 4], size: u32, contents: &[u8]| {
        [name, &size.to_le_bytes()[..], contents].concat()
    };
    let body = [
        chunk(b"fmt ", 20, &format),
        chunk(b"fact", 4, &(bytes / 36 * 65).to_le_bytes()),
        chunk(b"data", bytes, &[0; 72]),
    ]
    .concat();
    chunk(b"RIFF", 52 + bytes, &[b"WAVE", &body[..]].concat())
}

#[test]
fn adpcm_that_is_cut_is_called_truncated() {
    assert_eq!(read(&ima_adpcm(72)).unwrap().audio.frames(), 130);
    // The header's bytes per second are wrong, as ffmpeg's are.
    let error = read(&ima_adpcm(36_000)).err().unwrap();
    assert!(
        error.contains("says 1.5 s, and it ends after 0.0 s"),
        "{error}"
    );
}
