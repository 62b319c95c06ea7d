//! Songs whose headers, tags or ends are not as the formats demand: each is read whole, or refused with the true reason.

mod common;

use common::{golden, read};

/// The song's frames and warnings.
fn frames_and_warnings(bytes: &[u8]) -> (usize, Vec<String>) {
    let song = read(bytes).unwrap();
    (song.audio.channels[0].len(), song.warnings)
}

/// The song's frames. It must have one warning with these words.
fn frames_with_warning(name: &str, bytes: &[u8], words: &str) -> usize {
    let song = read(bytes).unwrap();
    let [warning] = &song.warnings[..] else {
        panic!("{name}: {:?}", song.warnings)
    };
    assert!(warning.contains(words), "{name}: {warning}");
    song.audio.channels[0].len()
}

fn assert_error(name: &str, bytes: &[u8], words: &str) {
    let message = match read(bytes) {
        Ok(song) => panic!("{name}: {} frames are read", song.audio.channels[0].len()),
        Err(message) => message,
    };
    assert!(message.contains(words), "{name}: {message}");
    assert!(!message.contains('\n'), "{name}: {message}");
}

/// The song is read as `expected` is, without a warning.
fn assert_same(name: &str, bytes: &[u8], expected: &[u8]) {
    let (song, expected) = (read(bytes).unwrap(), read(expected).unwrap());
    assert_eq!(song.warnings, expected.warnings, "{name}");
    assert!(song == expected, "{name} differs");
}

fn chunk(name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let size = u32::try_from(contents.len()).unwrap().to_le_bytes();
    [name, &size[..], contents].concat()
}

/// A format chunk of 16-bit stereo at 44.1 kHz.
fn format_chunk() -> Vec<u8> {
    let fields = [1, 0, 2, 0, 0x44, 0xAC, 0, 0, 0x10, 0xB1, 2, 0, 4, 0, 16, 0];
    chunk(b"fmt ", &fields)
}

/// 1000 frames.
fn samples() -> Vec<u8> {
    (0..1000_i16)
        .flat_map(|n| [n, -n])
        .flat_map(i16::to_le_bytes)
        .collect()
}

/// A file with these chunks and this size.
fn riff_of_size(size: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"RIFF", &size.to_le_bytes()[..], b"WAVE", &chunks.concat()].concat()
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let size = 4 + chunks.iter().map(Vec::len).sum::<usize>();
    riff_of_size(u32::try_from(size).unwrap(), chunks)
}

/// A data chunk that announces so many bytes.
fn data_of_size(size: u32) -> Vec<u8> {
    [b"data", &size.to_le_bytes()[..], &samples()].concat()
}

fn rf64(name: &[u8; 4], data_bytes: u64) -> Vec<u8> {
    let sizes = [data_bytes + 72, data_bytes, 1000]
        .map(u64::to_le_bytes)
        .concat();
    let sizes = chunk(b"ds64", &[sizes, vec![0; 4]].concat());
    let file = [sizes, format_chunk(), data_of_size(u32::MAX)].concat();
    [name, &u32::MAX.to_le_bytes()[..], b"WAVE", &file].concat()
}

fn id3v2(length: usize) -> Vec<u8> {
    let size = [21, 14, 7, 0].map(|shift| u8::try_from(length >> shift & 0x7F).unwrap());
    [b"ID3\x04\0\0", &size[..], &vec![0x55; length]].concat()
}

fn id3v1() -> Vec<u8> {
    [b"TAG".to_vec(), vec![b'x'; 125]].concat()
}

fn apev2(length: u32) -> Vec<u8> {
    let mark = |flags: u32| {
        let fields = [2000, length + 32, 1, flags].map(u32::to_le_bytes).concat();
        [b"APETAGEX", &fields[..], &[0; 8]].concat()
    };
    [
        mark(0xA000_0000),
        vec![b'i'; length as usize],
        mark(0x8000_0000),
    ]
    .concat()
}

fn lyrics3() -> Vec<u8> {
    b"LYRICSBEGININD0000200000021LYRICS200".to_vec()
}

#[test]
fn wav_of_wrong_size_with_whole_audio_is_read_with_warning() {
    let normal = riff(&[format_chunk(), data_of_size(4000)]);
    assert_eq!(frames_and_warnings(&normal), (1000, Vec::new()));
    let bytes = u32::try_from(normal.len()).unwrap();
    let stream = |size| riff_of_size(size, &[format_chunk(), data_of_size(size)]);
    for (name, file) in [
        ("largest", stream(u32::MAX)),
        ("largest without header", stream(u32::MAX - 44)),
        ("largest signed", stream(0x7FFF_FFFF)),
        ("largest signed and header", stream(0x8000_0000)),
        ("sox", stream(0x7FFF_F000)),
        ("zero", stream(0)),
        ("RF64 without sizes", rf64(b"RF64", 0)),
        (
            "short RIFF",
            riff_of_size(bytes - 16, &[format_chunk(), data_of_size(4000)]),
        ),
        (
            "size of the file",
            riff_of_size(bytes - 8, &[format_chunk(), data_of_size(bytes)]),
        ),
    ] {
        assert_eq!(frames_with_warning(name, &file, ""), 1000, "{name}");
    }
}

#[test]
fn wav_with_unusual_chunks_is_read_whole() {
    let list = || chunk(b"LIST", b"INFOINAM\x04\0\0\0abcd");
    let data = || data_of_size(4000);
    let odd = |has_padding| [chunk(b"junk", &[7; 27]), vec![0; usize::from(has_padding)]].concat();
    for (name, file) in [
        (
            "chunks in front",
            riff(&[chunk(b"bext", &[0; 602]), list(), format_chunk(), data()]),
        ),
        (
            "chunks behind",
            riff(&[format_chunk(), data(), list(), chunk(b"id3 ", &id3v2(20))]),
        ),
        (
            "odd with padding",
            riff(&[odd(true), format_chunk(), data()]),
        ),
        (
            "odd without padding",
            riff(&[odd(false), format_chunk(), odd(false), data()]),
        ),
        ("samples in front", riff(&[data(), format_chunk()])),
        (
            "tag in front",
            [id3v2(33), riff(&[format_chunk(), data()])].concat(),
        ),
        (
            "tag behind",
            [riff(&[format_chunk(), data()]), id3v1()].concat(),
        ),
        ("RF64", rf64(b"RF64", 4000)),
        ("BW64", rf64(b"BW64", 4000)),
    ] {
        assert_eq!(frames_and_warnings(&file), (1000, Vec::new()), "{name}");
    }
}

#[test]
fn wav_with_bytes_behind_samples_is_read_with_warning() {
    let partial = chunk(b"data", &[samples(), vec![1, 2]].concat());
    let garbage = [riff(&[format_chunk(), data_of_size(4000)]), vec![0x81; 999]].concat();
    for (name, file, words) in [
        (
            "partial frame",
            riff(&[format_chunk(), partial]),
            "last 2 bytes",
        ),
        ("garbage", garbage, "999 bytes after its samples"),
    ] {
        assert_eq!(frames_with_warning(name, &file, words), 1000, "{name}");
    }
}

#[test]
fn wav_that_cannot_be_read_whole_is_refused_with_reason() {
    let normal = riff(&[format_chunk(), data_of_size(4000)]);
    let header = |at: usize, value: u8| {
        let mut file = normal.clone();
        file[at] = value;
        file
    };
    let cut = rf64(b"RF64", 4000);
    for (name, file, words) in [
        (
            "one byte is missing",
            &normal[..normal.len() - 1],
            "truncated",
        ),
        ("half is missing", &normal[..2000], "truncated"),
        ("RF64 is cut", &cut[..cut.len() - 99], "truncated"),
        (
            "two files",
            &[&normal[..], &normal].concat(),
            "several WAV files",
        ),
        (
            "two data chunks",
            &riff(&[format_chunk(), data_of_size(4000), data_of_size(4000)]),
            "several chunks",
        ),
        (
            "no samples",
            &riff(&[format_chunk(), chunk(b"data", &[])]),
            "no audio",
        ),
        ("no format", &riff(&[data_of_size(4000)]), "format chunk"),
        ("6 channels", &header(22, 6), "6 channels"),
        ("0 channels", &header(22, 0), "no channels"),
        (
            "8000 Hz",
            &[&normal[..24], &[0x40, 0x1F, 0, 0], &normal[28..]].concat(),
            "8000 Hz",
        ),
        (
            "3 bytes for 2 samples",
            &header(32, 3),
            "contradicts itself",
        ),
        ("codec", &header(20, 0x50), "codec 0x0050"),
        ("RIFX", &[b"RIFX", &normal[4..]].concat(), "RIFX"),
        (
            "AVI",
            &[&normal[..8], b"AVI ", &normal[12..]].concat(),
            "\"AVI\"",
        ),
    ] {
        assert_error(name, file, words);
    }
}

#[test]
fn flac_with_tags_around_is_read_whole() {
    for name in ["flac_16_stereo.flac", "flac_32_stereo.flac"] {
        let song = golden(name);
        for file in [
            [id3v2(3000), song.clone()].concat(),
            [song.clone(), id3v1()].concat(),
            [song.clone(), apev2(200)].concat(),
            [id3v2(10), song.clone(), lyrics3(), apev2(9), id3v1()].concat(),
        ] {
            assert_same(name, &file, &song);
        }
        let with_garbage = [&song[..], b"garbage"].concat();
        assert_eq!(
            frames_with_warning(name, &with_garbage, "7 bytes behind"),
            200
        );
    }
}

#[test]
fn flac_without_length_or_checksum_is_read_whole() {
    let song = golden("flac_16_stereo.flac");
    let mut without_length = song.clone();
    without_length[21] &= 0xF0;
    without_length[22..26].fill(0);
    let mut without_checksum = song.clone();
    without_checksum[26..42].fill(0);
    let mut shortest_block_of_0 = song.clone();
    shortest_block_of_0[8..10].fill(0);
    for file in [&without_length, &without_checksum, &shortest_block_of_0] {
        assert_same("flac_16_stereo.flac", file, &song);
    }
    assert_error("cut", &without_length[..song.len() - 9], "truncated");
    assert_error("joined", &without_length.repeat(2), "several FLAC files");
}

#[test]
fn damaged_flac_is_refused_with_reason() {
    for name in ["flac_16_stereo.flac", "flac_32_stereo.flac"] {
        let song = golden(name);
        let changed = |at: usize| {
            let mut file = song.clone();
            file[at] ^= 0x10;
            file
        };
        assert_error(
            name,
            &song[..song.len() - 1],
            "truncated: its header says 0.005 s",
        );
        assert_error(name, &song.repeat(2), "several FLAC files");
        assert_error(name, &changed(30), "checksum");
        assert_error(name, &changed(song.len() - 100), "damaged");
    }
}

#[test]
fn flac_with_more_frames_than_its_header_announces_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song.flac");
    let noise: Vec<f32> = (0..20_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 16) as f32 / 65_536.0 - 0.5)
        .collect();
    let audio = flow_audio_file::Audio::from_mono(44_100, 2, noise);
    let format = flow_audio_file::OutputFormat::new(flow_audio_file::Container::Flac, None);
    flow_audio_file::write(&path, &format.unwrap(), &audio).unwrap();
    let song = std::fs::read(&path).unwrap();
    for declared in [100_u32, 4096, 5000, 8192, 19_999] {
        for has_checksum in [true, false] {
            let mut file = song.clone();
            file[22..26].copy_from_slice(&declared.to_be_bytes());
            if !has_checksum {
                file[26..42].fill(0);
            }
            let words = format!("it announces {declared} frames, and there are more");
            assert_error("flac", &file, &words);
        }
    }
}

#[test]
fn mp3_with_tags_around_is_read_whole() {
    let song = golden("mp3_128_stereo.mp3");
    let footer = [id3v2(50), b"3DI\x04\0\x10\0\0\0\x32".to_vec()].concat();
    let with_footer = [&footer[..5], &[0x10], &footer[6..]].concat();
    for (name, file) in [
        (
            "cover of 1.15 MB",
            [id3v2(1_150_000), song.clone()].concat(),
        ),
        ("cover of 20 MB", [id3v2(20_000_000), song.clone()].concat()),
        (
            "several tags",
            [id3v2(99), id3v2(5000), with_footer.clone(), song.clone()].concat(),
        ),
        ("APEv2 in front", [apev2(99), song.clone()].concat()),
        ("padding", [id3v2(99), vec![0; 3000], song.clone()].concat()),
        ("ID3v1", [song.clone(), id3v1()].concat()),
        (
            "tags at the end",
            [song.clone(), lyrics3(), apev2(99), id3v1()].concat(),
        ),
        ("appended ID3v2", [song.clone(), with_footer].concat()),
    ] {
        assert_same(name, &file, &song);
    }
}

#[test]
fn joined_mp3s_are_read_as_their_sequence() {
    let (first, second) = (golden("mp3_128_stereo.mp3"), golden("mp3_vbr_stereo.mp3"));
    let joined = read(&[&first[..], &id3v1(), &id3v2(77), &second].concat()).unwrap();
    let parts = [read(&first).unwrap(), read(&second).unwrap()];
    for channel in 0..2 {
        let expected = [
            &parts[0].audio.channels[channel][..],
            &parts[1].audio.channels[channel],
        ]
        .concat();
        assert_eq!(joined.audio.channels[channel], expected);
    }
    assert!(joined.warnings[0].contains("2 MP3 streams"));
    let mono = golden("mp3_128_mono.mp3");
    assert_error(
        "mono",
        &[first, mono].concat(),
        "number of channels changes",
    );
}

#[test]
fn mp3_of_wrong_length_is_named_as_such() {
    let with_header = golden("mp3_128_stereo.mp3");
    assert_error("cut", &with_header[..with_header.len() - 1], "truncated");
    let song = golden("mp3_no_header_stereo.mp3");
    let frames = frames_and_warnings(&song).0;
    let cut = frames_with_warning("cut", &song[..song.len() - 1], "cut off");
    assert_eq!(cut, frames - 1152);
    let with_junk = [&[b'j'; 500][..], &song].concat();
    assert_eq!(
        frames_with_warning("junk", &with_junk, "500 bytes in front"),
        frames
    );
    let (long, at) = (song.repeat(4), 2 * song.len());
    let with_hole = [&long[..at], b"hole", &long[at + 300..]].concat();
    assert_error("hole", &with_hole, "no MP3 frames");
}

#[test]
fn chained_ogg_streams_are_read_as_their_sequence() {
    for name in [
        "vorbis_stereo.ogg",
        "opus_stereo.opus",
        "ogg_flac_16_stereo.oga",
    ] {
        let song = golden(name);
        let frames = read(&song).unwrap().audio.channels[0].len();
        let chained = frames_with_warning(name, &song.repeat(3), "3 Ogg streams");
        assert_eq!(chained, 3 * frames, "{name}");
    }
    let different = [golden("vorbis_stereo.ogg"), golden("vorbis_mono.ogg")].concat();
    assert_error("channels", &different, "number of channels changes");
}

#[test]
fn damaged_ogg_is_refused_with_reason() {
    for name in [
        "vorbis_stereo.ogg",
        "opus_stereo.opus",
        "ogg_flac_16_stereo.oga",
    ] {
        let song = golden(name);
        let starts: Vec<usize> = song
            .windows(4)
            .enumerate()
            .filter_map(|(at, bytes)| (bytes == b"OggS").then_some(at))
            .collect();
        let last = *starts.last().unwrap();
        let mut changed = song.clone();
        changed[starts[1] + 40] ^= 1;
        assert_error(name, &song[..song.len() - 1], "truncated: the last page");
        assert_error(
            name,
            &[&song[..starts[1]], &song[last..]].concat(),
            "pages are missing",
        );
        assert_error(name, &changed, "is not whole");
        frames_with_warning(name, &[&song[..], b"garbage"].concat(), "7 bytes behind");
    }
}

#[test]
fn other_damaged_songs_are_refused_with_reason() {
    let aiff = golden("aiff_s16be_stereo.aiff");
    let aac = golden("aac_stereo.aac");
    let alac = golden("alac_16_stereo.m4a");
    // Bytes of other files that look like the header of a frame, with the mark of a tag where it ends.
    let program = [
        &[7; 999],
        &[0xFF, 0xFB, 0x90, 0][..],
        &[7; 413],
        b"TAG",
        &[7; 999],
    ]
    .concat();
    let entry = [
        0xE9, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF, 0x25, 0xC2, 0xFF, 1, 0, 0x68, 1, 0, 0, 0,
    ];
    let table = entry.repeat(100);
    let mut aac_24000 = aac.clone();
    aac_24000[2] = aac[2] & 0xC3 | 6 << 2;
    for (name, file, words) in [
        ("AIFF is cut", &aiff[..aiff.len() - 1], "truncated"),
        ("two AIFF files", &aiff.repeat(2), "several AIFF files"),
        (
            "hole in ADTS",
            &[&aac[..99], &aac[100..]].concat(),
            "damaged",
        ),
        ("AAC of 24 kHz", &aac_24000, "AAC of 24000 Hz may be HE-AAC"),
        ("MP4 is cut", &alac[..alac.len() - 1], "truncated"),
        ("two MP4 files", &alac.repeat(2), "several MP4 files"),
        ("CAF", b"caff\0\x01\0\0", "CAF is not supported"),
        (
            "WMA",
            b"\x30\x26\xB2\x75\x8E\x66\xCF\x11",
            "WMA is not supported",
        ),
        (
            "MP3 is cut in its tag",
            &id3v2(5000)[..3000],
            "within its ID3 tag",
        ),
        ("text", b"This is no song.", "no WAV, AIFF, FLAC, MP3"),
        ("program", &program, "no WAV, AIFF, FLAC, MP3"),
        ("table", &table, "no WAV, AIFF, FLAC, MP3"),
        ("ADTS is cut", &aac[..60], "truncated"),
        (
            "FLAC is cut",
            &golden("flac_16_mono.flac")[..30],
            "truncated",
        ),
        ("AIFF is cut early", &aiff[..12], "truncated"),
        ("nothing", b"", "empty"),
    ] {
        assert_error(name, file, words);
    }
}
