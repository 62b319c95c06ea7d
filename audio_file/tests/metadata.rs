//! Metadata through all formats: written, read back, and read by another library.

use flow_audio_file::{
    Audio, Bits, Container, MasterLoudness, Metadata, OutputFormat, SongWriter, read,
};
use lofty::file::TaggedFileExt;
use lofty::tag::ItemKey;
use std::fs;
use std::path::{Path, PathBuf};

const RATE_HZ: u32 = 48_000;

fn chunk(bytes: &mut Vec<u8>, name: &[u8; 4], body: &[u8]) {
    bytes.extend(name);
    bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
}

fn words(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// A WAV file of 1 s with all kinds of metadata, as recorders and editors write them.
fn tagged_wav(folder: &Path) -> PathBuf {
    let mut wave = b"WAVE".to_vec();
    let mut format = vec![1, 0, 1, 0];
    format.extend(words(&[RATE_HZ, 2 * RATE_HZ]));
    format.extend([2, 0, 16, 0]);
    chunk(&mut wave, b"fmt ", &format);
    let mut bext = vec![0; 602];
    bext[..9].copy_from_slice(b"Mix, take");
    bext[256..260].copy_from_slice(b"Desk");
    bext[320..330].copy_from_slice(b"2026-05-06");
    bext[338..346].copy_from_slice(&(3600 * u64::from(RATE_HZ)).to_le_bytes());
    chunk(&mut wave, b"bext", &bext);
    let mut info = b"INFO".to_vec();
    chunk(&mut info, b"INAM", b"Caf\xE9\0");
    chunk(&mut info, b"IART", "Ж\0".as_bytes());
    chunk(&mut info, b"ISRC", b"DE-A12-34-56789\0");
    chunk(&mut info, b"IENG", b"Eve\0");
    chunk(&mut wave, b"LIST", &info);
    chunk(&mut wave, b"data", &vec![0; 2 * RATE_HZ as usize]);
    let data = u32::from_le_bytes(*b"data");
    let points = [[1, 0, data, 0, 0, 12_000], [2, 0, data, 0, 0, 36_000]];
    chunk(
        &mut wave,
        b"cue ",
        &words(&[&[2][..], points.as_flattened()].concat()),
    );
    let mut adtl = b"adtl".to_vec();
    chunk(&mut adtl, b"labl", b"\x01\0\0\0Verse\0");
    chunk(&mut adtl, b"note", b"\x02\0\0\0too loud\0");
    chunk(
        &mut adtl,
        b"ltxt",
        &[&words(&[2, 6000])[..], b"rgn ", &[0; 8]].concat(),
    );
    chunk(&mut wave, b"LIST", &adtl);
    chunk(&mut wave, b"iXML", b"<BWFXML/>");
    let mut file = Vec::new();
    chunk(&mut file, b"RIFF", &wave);
    let path = folder.join("tagged.wav");
    fs::write(&path, file).unwrap();
    path
}

/// Writes one second of silence with this metadata.
fn write(folder: &Path, format: &OutputFormat, rate_hz: u32, metadata: &Metadata) -> PathBuf {
    let path = folder.join(format!("written.{}", format.container().extension()));
    let mut writer = SongWriter::create(&path, format, rate_hz, 2, metadata).unwrap();
    let silence = Audio::silence(rate_hz, 2, rate_hz as usize);
    writer.write(&silence.slices()).unwrap();
    writer.finish().unwrap();
    path
}

fn formats() -> Vec<OutputFormat> {
    let format = |container| OutputFormat::new(container, None).unwrap();
    Container::ALL.map(format).to_vec()
}

/// The positions of the cue points of a WAV file.
fn cue_positions(path: &Path) -> Vec<u32> {
    let bytes = fs::read(path).unwrap();
    let start = bytes.windows(4).position(|b| b == b"cue ").unwrap() + 8;
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let count = word(start) as usize;
    (0..count).map(|i| word(start + 4 + 24 * i + 20)).collect()
}

fn bext(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let start = bytes.windows(4).position(|b| b == b"bext").unwrap() + 8;
    bytes[start..start + 602].to_vec()
}

#[test]
fn tags_of_wav_reach_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let metadata = Metadata::read(&tagged_wav(folder.path()));
    assert_eq!(metadata.warnings(), [""; 0]);
    assert_eq!(metadata.tag("TITLE"), Some("Café"));
    for format in formats() {
        let path = write(folder.path(), &format, RATE_HZ, &metadata);
        let again = Metadata::read(&path);
        for (name, value) in [
            ("TITLE", "Café"),
            ("ARTIST", "Ж"),
            ("ISRC", "DE-A12-34-56789"),
            ("ENGINEER", "Eve"),
        ] {
            assert_eq!(again.tag(name), Some(value), "{}", format.name());
        }
        let other = lofty::read_from_path(&path).unwrap();
        let value = |key| other.tags().iter().find_map(|tag| tag.get_string(key));
        assert_eq!(
            value(ItemKey::TrackTitle),
            Some("Café"),
            "{}",
            format.name()
        );
        assert_eq!(value(ItemKey::Isrc), Some("DE-A12-34-56789"));
        assert_eq!(
            read(&path).unwrap().audio.channels[0].len(),
            RATE_HZ as usize
        );
    }
}

#[test]
fn cue_points_and_broadcast_time_follow_the_rate() {
    let folder = tempfile::tempdir().unwrap();
    let metadata = Metadata::read(&tagged_wav(folder.path()));
    let same = write(folder.path(), &OutputFormat::WAV_24, RATE_HZ, &metadata);
    assert_eq!(cue_positions(&same), [12_000, 36_000]);
    assert_eq!(
        bext(&same)[338..346],
        (3600 * u64::from(RATE_HZ)).to_le_bytes()
    );
    let other = write(folder.path(), &OutputFormat::WAV_24, 96_000, &metadata);
    assert_eq!(cue_positions(&other), [24_000, 72_000]);
    assert_eq!(bext(&other)[338..346], (3600 * 96_000u64).to_le_bytes());
    let bytes = fs::read(&other).unwrap();
    for text in [
        &b"Verse\0"[..],
        b"too loud\0",
        b"rgn ",
        b"A=PCM,F=96000,W=24,M=stereo,T=Flow",
    ] {
        assert!(bytes.windows(text.len()).any(|b| b == text), "{text:?}");
    }
    // By way of FLAC and back to WAV.
    let flac = OutputFormat::new(Container::Flac, Some(Bits::Int16)).unwrap();
    let flac = Metadata::read(&write(folder.path(), &flac, 44_100, &metadata));
    let back = write(folder.path(), &OutputFormat::WAV_24, RATE_HZ, &flac);
    assert_eq!(cue_positions(&back), [12_000, 36_000]);
    assert_eq!(
        bext(&back)[338..346],
        (3600 * u64::from(RATE_HZ)).to_le_bytes()
    );
    assert_eq!(&bext(&back)[..9], b"Mix, take");
}

#[test]
fn loudness_of_master_stands_in_broadcast_data() {
    let folder = tempfile::tempdir().unwrap();
    let mut metadata = Metadata::read(&tagged_wav(folder.path()));
    metadata.set_loudness(MasterLoudness {
        integrated_lufs: -14.02,
        range_lu: 5.0,
        true_peak_dbtp: -1.0,
        momentary_lufs: -10.0,
        short_term_lufs: -12.0,
    });
    let bext = bext(&write(
        folder.path(),
        &OutputFormat::WAV_24,
        RATE_HZ,
        &metadata,
    ));
    assert_eq!(bext[346..348], [2, 0], "version 2");
    assert_eq!(bext[412..414], (-1402i16).to_le_bytes());
    assert_eq!(bext[416..418], (-100i16).to_le_bytes());
}

#[test]
fn data_that_no_output_carries_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let metadata = Metadata::read(&tagged_wav(folder.path()));
    let [wav, flac, ogg] = [0, 1, 2].map(|i| metadata.dropped_data(&formats()[i], RATE_HZ));
    assert_eq!(wav, ["iXML production notes"]);
    assert_eq!(
        flac,
        ["iXML production notes", "lengths and notes of cue points"]
    );
    assert_eq!(ogg, flac);
    assert!(
        Metadata::default()
            .dropped_data(&OutputFormat::WAV_24, RATE_HZ)
            .is_empty()
    );
}

#[test]
fn large_covers_and_texts_of_all_alphabets_pass_through_every_format() {
    use lofty::config::WriteOptions;
    use lofty::id3::v2::Id3v2Tag;
    use lofty::picture::{MimeType, Picture, PictureType};
    use lofty::tag::{Accessor, TagExt};

    let folder = tempfile::tempdir().unwrap();
    let cover = |megabytes: usize| {
        let mut data = b"\x89PNG\r\n\x1a\n".to_vec();
        data.resize(megabytes << 20, 7);
        data
    };
    let title = "夜曲 • Ночь • ليل • 🎹";
    for (megabytes, dropped_in_flac) in [(1, 0), (20, 1)] {
        let mut tag = Id3v2Tag::new();
        tag.set_title(title.to_owned());
        tag.insert_user_text("MY FIELD".to_owned(), "kept".to_owned());
        tag.insert_user_text("REPLAYGAIN_TRACK_GAIN".to_owned(), "-3.0 dB".to_owned());
        let picture = Picture::unchecked(cover(megabytes))
            .pic_type(PictureType::CoverFront)
            .mime_type(MimeType::Png)
            .description("front")
            .build();
        tag.insert_picture(picture);
        let mut song = Vec::new();
        tag.dump_to(&mut song, WriteOptions::default()).unwrap();
        // One frame of MPEG audio is enough for readers of tags.
        song.extend([0xFF, 0xFB, 0x90, 0x00]);
        song.resize(song.len() + 2000, 0);
        let source = folder.path().join("song.mp3");
        fs::write(&source, song).unwrap();
        let metadata = Metadata::read(&source);
        assert_eq!(metadata.warnings(), [""; 0]);
        for format in formats() {
            let dropped = metadata.dropped_data(&format, RATE_HZ);
            let is_flac = format.container() == Container::Flac;
            let expected = if is_flac { 1 + dropped_in_flac } else { 1 };
            assert_eq!(dropped.len(), expected, "{dropped:?}");
            assert!(dropped[0].contains("ReplayGain"));
            let path = write(folder.path(), &format, RATE_HZ, &metadata);
            let again = Metadata::read(&path);
            assert_eq!(again.warnings(), [""; 0], "{}", format.name());
            assert_eq!(again.tag("TITLE"), Some(title));
            assert_eq!(again.tag("MY FIELD"), Some("kept"));
            let bytes = fs::metadata(&path).unwrap().len();
            let has_cover = bytes > (megabytes as u64) << 20;
            assert_eq!(has_cover, dropped.len() == 1, "{}: {bytes}", format.name());
        }
    }
}

#[test]
fn damaged_tags_give_a_warning_and_stop_no_song() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song");
    let whole = fs::read(tagged_wav(folder.path())).unwrap();
    let mut flac = fs::read(write(
        folder.path(),
        &formats()[1],
        RATE_HZ,
        &Metadata::read(&tagged_wav(folder.path())),
    ))
    .unwrap();
    flac[50..70].fill(0xFF);
    for bytes in [
        &whole[..100],
        &whole[..13],
        &flac,
        b"ID3\x04\0\0\x7F\x7F\x7F\x7FTIT2",
        b"OggS\0\0\0\0",
        b"",
        b"fLaC",
    ] {
        fs::write(&path, bytes).unwrap();
        let metadata = Metadata::read(&path);
        for warning in metadata.warnings() {
            assert!(!warning.contains('\n'), "{warning}");
        }
        for format in formats() {
            write(folder.path(), &format, RATE_HZ, &metadata);
        }
    }
    assert!(
        Metadata::read(&folder.path().join("missing"))
            .warnings()
            .is_empty()
    );
}

#[test]
fn largest_texts_and_many_cue_points_are_written_in_every_format_and_dropped_data_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut wave = b"WAVE".to_vec();
    chunk(
        &mut wave,
        b"fmt ",
        &[1, 0, 1, 0, 0x80, 0xBB, 0, 0, 0, 0x77, 1, 0, 2, 0, 16, 0],
    );
    let history = vec![0x80; (1 << 20) - 602];
    chunk(&mut wave, b"bext", &[vec![0; 602], history].concat());
    let mut info = b"INFO".to_vec();
    chunk(&mut info, b"ICMT", &vec![b'c'; 8_300_000]);
    chunk(&mut wave, b"LIST", &info);
    let data = u32::from_le_bytes(*b"data");
    let points: Vec<u32> = (0..2000)
        .flat_map(|id| [id, 0, data, 0, 0, if id == 1999 { u32::MAX } else { id }])
        .collect();
    chunk(&mut wave, b"cue ", &words(&[vec![2000], points].concat()));
    let mut adtl = b"adtl".to_vec();
    for id in 0..2000_u32 {
        chunk(
            &mut adtl,
            b"labl",
            &[&id.to_le_bytes()[..], &[b'l'; 2000]].concat(),
        );
    }
    chunk(&mut wave, b"LIST", &adtl);
    chunk(&mut wave, b"data", &[0; 200]);
    let mut file = Vec::new();
    chunk(&mut file, b"RIFF", &wave);
    let path = folder.path().join("large.wav");
    fs::write(&path, file).unwrap();
    let metadata = Metadata::read(&path);
    let [warning] = metadata.warnings() else {
        panic!("{:?}", metadata.warnings())
    };
    assert!(warning.contains("texts of cue points"), "{warning}");
    for format in formats() {
        write(folder.path(), &format, 96_000, &metadata);
        let dropped = metadata.dropped_data(&format, 96_000);
        let expected = match format.container() {
            Container::Wav => "cue points whose frame doesn't fit into 32 bits",
            _ => "cue points after the first 999",
        };
        assert_eq!(dropped, [expected]);
    }
}
