//! Cut and changed songs of every format: decoding ends, without a panic, and returns numbers.

mod common;

use std::io::{Seek, SeekFrom, Write};

use common::{file, golden, read};
use flow_audio_file::SongStream;

const SONGS: [&str; 19] = [
    "aac_mono.aac",
    "aac_mono.m4a",
    "aiff_f32be_mono.aiff",
    "aiff_s24be_mono.aiff",
    "alac_16_mono.m4a",
    "alac_16_mono.mov",
    "flac_16_stereo.flac",
    "flac_32_mono.flac",
    "mp3_128_mono.mp3",
    "mp3_no_header_mono.mp3",
    "ogg_flac_16_mono.oga",
    "opus_mono.opus",
    "rf64_s16le_mono.wav",
    "vorbis_mono.ogg",
    "w64_s24le_mono.w64",
    "wav_20_in_3_bytes_extensible_mono.wav",
    "wav_alaw_mono.wav",
    "wav_f64le_mono.wav",
    "wav_u8_mono.wav",
];

/// Every byte of the first 300 is changed, then every 13th.
const HEADER_BYTES: usize = 300;
const STEP: usize = 13;
/// More frames than any of the songs has.
const MANY_FRAMES: f64 = 100_000.0;

fn positions(length: usize) -> impl Iterator<Item = usize> {
    (0..length.min(HEADER_BYTES)).chain((HEADER_BYTES..length).step_by(STEP))
}

/// Decodes the song to its end or its first error.
fn decode(song: std::fs::File, name: &str) {
    let Ok(mut stream) = SongStream::from_file(song) else {
        return;
    };
    while let Ok(Some(block)) = stream.next_block() {
        assert!(block.iter().flatten().all(|s| s.is_finite()), "{name}");
        let frames = stream.seconds() * f64::from(stream.sample_rate_hz());
        assert!(frames < MANY_FRAMES, "{name} has too many frames");
    }
}

#[test]
fn cut_songs_end_without_panic() {
    for name in SONGS {
        let song = golden(name);
        for length in positions(song.len()) {
            decode(file(&song[..length]), name);
        }
    }
}

#[test]
fn changed_songs_end_without_panic() {
    for name in SONGS {
        let song = golden(name);
        let changed = file(&song);
        let handle = || changed.try_clone().unwrap();
        let mut writer = handle();
        let mut put = |at: usize, byte: u8| {
            writer.seek(SeekFrom::Start(at as u64)).unwrap();
            writer.write_all(&[byte]).unwrap();
        };
        for at in positions(song.len()) {
            for mask in [0xFF, 0x01] {
                put(at, song[at] ^ mask);
                decode(handle(), name);
            }
            put(at, song[at]);
        }
    }
}

#[test]
fn ogg_with_many_false_pages_behind_it_is_refused_and_with_few_read() {
    let song = golden("vorbis_stereo.ogg");
    // Each mark announces a page of 65 kB, whose checksum costs time. So only the first 1024 are tried.
    let mark = [&b"OggS\0"[..], &[0xFF; 300]].concat();
    let behind = |marks: usize| {
        let marks = [mark.repeat(marks), vec![0xFF; 70_000]].concat();
        read(&[&song[..], b"-", &marks].concat())
    };
    let few = behind(500).unwrap();
    assert!(
        few.warnings[0].contains("bytes behind"),
        "{:?}",
        few.warnings
    );
    let error = behind(2000).err().unwrap();
    assert!(error.contains("is not whole"), "{error}");
}
