//! Formats, rates and metadata of masters, through `flow master`. Needs the bundle, as `master.rs` does.

mod common;

use common::{json, master, number, song, write};
use flow_audio_file::{Audio, Metadata, OutputFormat, SongWriter, read};
use std::path::{Path, PathBuf};

/// The bits per sample of a WAV file, from its `fmt ` chunk at the beginning.
fn bits_of(path: &Path) -> u16 {
    let bytes = std::fs::read(path).unwrap();
    let at = bytes.windows(4).position(|id| id == b"fmt ").unwrap();
    u16::from_le_bytes([bytes[at + 22], bytes[at + 23]])
}

/// A FLAC file with a title, an artist and an ISRC, written by hand after RFC 9639 into Flow's own.
fn tagged(folder: &Path, name: &str, audio: &Audio, tags: &[&str]) -> PathBuf {
    let plain = folder.join("plain.flac");
    let format = OutputFormat::new(flow_audio_file::Container::Flac, None).unwrap();
    let (rate_hz, channel_count) = (audio.sample_rate_hz, audio.channel_count());
    let none = Metadata::default();
    let mut writer = SongWriter::create(&plain, &format, rate_hz, channel_count, &none).unwrap();
    writer.write(&audio.slices()).unwrap();
    writer.finish().unwrap();
    let bytes = std::fs::read(plain).unwrap();
    let mut comments = vec![0, 0, 0, 0];
    comments.extend(u32::try_from(tags.len()).unwrap().to_le_bytes());
    for tag in tags {
        comments.extend(u32::try_from(tag.len()).unwrap().to_le_bytes());
        comments.extend(tag.as_bytes());
    }
    let length = u32::try_from(comments.len()).unwrap().to_be_bytes();
    // The stream information, whose block is 38 bytes, comes first; then the comments, and then the frames.
    let mut file = bytes[..4 + 38].to_vec();
    file[4] = 0;
    file.extend([0x84, length[1], length[2], length[3]]);
    file.extend(comments);
    file.extend(&bytes[frames_start(&bytes)..]);
    let path = folder.join(name);
    std::fs::write(&path, file).unwrap();
    path
}

/// The position behind the last metadata block of a FLAC file.
fn frames_start(bytes: &[u8]) -> usize {
    let mut at = 4;
    loop {
        let is_last = bytes[at] & 0x80 != 0;
        let length = u32::from_be_bytes([0, bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        at += 4 + usize::try_from(length).unwrap();
        if is_last {
            return at;
        }
    }
}

#[test]
fn bits_of_file_and_dither_fit_each_other() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    for (options, bits, dither) in [
        (&[][..], 24, "24 bit"),
        (&["--bits", "16"], 16, "16 bit"),
        (&["--set", "dith=16 bit"], 16, "16 bit"),
        (&["--bits", "32f"], 32, "Off"),
    ] {
        let record = json(&master(
            scratch.path(),
            &[&path],
            &[&["--json"], options].concat(),
        ));
        assert_eq!(record["settings"]["Dither"], dither, "{options:?}");
        let output = Path::new(record["output_path"].as_str().unwrap());
        assert_eq!(bits_of(output), bits, "{options:?}");
        // Every sample of the file lies on the grid of its dither.
        if dither == "16 bit" {
            let audio = read(output).unwrap().audio;
            let on_grid = |s: &f32| (s * 32_768.0).fract() == 0.0;
            assert!(audio.channels.iter().flatten().all(on_grid));
        }
    }
    let output = master(
        scratch.path(),
        &[&path],
        &["--bits", "24", "--set", "dith=16"],
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn rate_converts_song_before_limiter() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    let options = ["--json", "--rate", "44100", "--profile", "club"];
    let record = json(&master(scratch.path(), &[&path], &options));
    assert_eq!(record["sample_rate_hz"], 44_100);
    assert_eq!(record["ceiling_held"], true, "{record:#}");
    assert_eq!(record["target_reached"], true, "{record:#}");
    let output = read(record["output_path"].as_str().unwrap().as_ref())
        .unwrap()
        .audio;
    assert_eq!((output.sample_rate_hz, output.frames()), (44_100, 882_000));
    assert!(
        record["verdict"]
            .to_string()
            .contains("Converted from 48 to 44.1 kHz")
    );
}

#[test]
fn lossy_master_claims_no_ceiling_of_its_file() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    let options = ["--json", "--format", "ogg", "--profile", "club"];
    let record = json(&master(scratch.path(), &[&path], &options));
    assert_eq!(record["ceiling_held"], serde_json::Value::Null);
    let sentences = record["verdict"].to_string();
    assert!(
        sentences.contains("before Ogg Vorbis is encoded"),
        "{sentences}"
    );
    assert!(!sentences.contains("holds"), "{sentences}");
}

#[test]
fn tags_are_carried_over_and_into_cue_sheet() {
    let scratch = tempfile::tempdir().unwrap();
    let tags = [
        "TITLE=First",
        "ARTIST=Band",
        "ALBUM=All",
        "ISRC=DEABC2600001",
    ];
    let tracks = [
        tagged(scratch.path(), "1.flac", &song(), &tags),
        write(scratch.path(), "2.wav", &song()),
    ];
    let tracks = tracks.each_ref().map(|path| path.as_path());
    let options = ["--json", "--album", "--format", "flac"];
    let records = json(&master(scratch.path(), &tracks, &options));
    assert!(number(&records[0]["seconds"]) > 19.0);
    let path = Path::new(records[0]["output_path"].as_str().unwrap());
    assert_eq!(path.file_name().unwrap(), "1.flow.flac");
    let metadata = Metadata::read(path);
    assert_eq!(metadata.tag("TITLE"), Some("First"));
    assert_eq!(metadata.tag("ISRC"), Some("DEABC2600001"));
    let sheet = std::fs::read_to_string(scratch.path().join("out/album.cue")).unwrap();
    for line in [
        "PERFORMER \"Band\"\r\n",
        "TITLE \"All\"\r\n",
        "    TITLE \"First\"\r\n",
        "    ISRC DEABC2600001\r\n",
        "    TITLE \"2\"\r\n",
    ] {
        assert!(sheet.contains(line), "{sheet}");
    }
}
