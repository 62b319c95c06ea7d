//! Formats, rates and metadata of masters, through `flow master`. Needs the bundle, as `master.rs` does.

mod common;

use common::{json, master, number, song, write};
use flow_audio_file::{Audio, Metadata, OutputFormat, SongWriter, read};
use serde_json::Value;
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

/// Asserts that a lossy master holds its ceiling when it is decoded, and that its record has the measurements of the file.
fn assert_decoded_file_is_as_recorded(record: &Value) {
    let decoded = read(record["output_path"].as_str().unwrap().as_ref()).unwrap();
    let measured = flow_measure::measure(&decoded.audio);
    let output = &record["output"];
    let lufs = measured.loudness.integrated_lufs;
    assert!(
        (number(&output["lufs_i"]) - lufs).abs() < 0.01,
        "{record:#}"
    );
    let dbtp = measured.true_peak.dbtp();
    assert!((number(&output["dbtp"]) - dbtp).abs() < 0.01, "{record:#}");
    assert!(
        dbtp <= number(&record["ceiling_dbtp"]),
        "{dbtp}: {record:#}"
    );
    assert_eq!(record["ceiling_held"], true);
    let sentences = record["verdict"].to_string();
    assert!(
        sentences.contains("of the decoded Ogg Vorbis file"),
        "{sentences}"
    );
}

#[test]
fn lossy_master_holds_its_ceiling_when_it_is_decoded() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    let options = ["--json", "--format", "ogg"];
    let loud = json(&master(
        scratch.path(),
        &[&path],
        &[&options[..], &["--profile", "club"]].concat(),
    ));
    assert_decoded_file_is_as_recorded(&loud);
    // The encoder raises the peaks of a limited song.
    assert!(number(&loud["encoding_gain_db"]) < 0.0, "{loud:#}");
    assert!(
        loud["verdict"]
            .to_string()
            .contains("before it was encoded")
    );
    let quiet = json(&master(
        scratch.path(),
        &[&path],
        &[&options[..], &["--profile", "broadcast"]].concat(),
    ));
    assert_decoded_file_is_as_recorded(&quiet);
    assert_eq!(quiet["encoding_gain_db"], 0.0);
    assert_eq!(quiet["target_reached"], true);
}

#[test]
fn loudness_that_a_lossy_encoder_changes_is_its_reason() {
    let scratch = tempfile::tempdir().unwrap();
    // The encoder leaves out the highest frequencies.
    let noise = flow_testkit::signals::white_noise(48_000, 2, 3.0, 0.08, 1);
    let path = write(scratch.path(), "noise.wav", &noise);
    let options = ["--json", "--no-assist", "--profile", "spotify"];
    let lossless = json(&master(scratch.path(), &[&path], &options));
    assert_eq!(lossless["target_reached"], true);
    let options = [&options[..], &["--format", "ogg"]].concat();
    let lossy = json(&master(scratch.path(), &[&path], &options));
    assert_eq!(lossy["target_reached"], false);
    let reason = lossy["reason"].as_str().unwrap();
    assert!(
        reason.contains("because the encoder changes the loudness by −0."),
        "{reason}"
    );
}

#[test]
fn lossy_album_is_turned_down_as_a_whole() {
    let scratch = tempfile::tempdir().unwrap();
    let tracks = [
        write(scratch.path(), "1.wav", &song()),
        write(scratch.path(), "2.wav", &song().gained(-6.0)),
    ];
    let tracks = tracks.each_ref().map(|path| path.as_path());
    let options = ["--json", "--album", "--format", "ogg", "--profile", "club"];
    let records = json(&master(scratch.path(), &tracks, &options));
    for record in [&records[0], &records[1]] {
        assert_decoded_file_is_as_recorded(record);
        assert!(number(&record["encoding_gain_db"]) < 0.0, "{record:#}");
    }
    assert_eq!(
        records[0]["encoding_gain_db"],
        records[1]["encoding_gain_db"]
    );
}

#[test]
fn sound_above_the_new_rate_does_not_count() {
    let scratch = tempfile::tempdir().unwrap();
    let rate_hz = 96_000;
    let mut audio = flow_demo_song::demo_song(rate_hz).range(15 * 96_000, 25 * 96_000);
    let quiet = audio.clone();
    for channel in &mut audio.channels {
        for (i, sample) in channel.iter_mut().enumerate() {
            // A tone of 36 kHz, louder than the music.
            let phase = std::f64::consts::TAU * 0.375 * i as f64;
            *sample += 0.4 * flow_dsp::math::narrow(phase.sin());
        }
    }
    let plain = write(scratch.path(), "plain.wav", &quiet);
    let ultrasonic = write(scratch.path(), "ultrasonic.wav", &audio);
    let options = ["--json", "--rate", "44100"];
    let records = json(&master(scratch.path(), &[&plain, &ultrasonic], &options));
    let lufs = |i: usize, stage: &str| number(&records[i][stage]["lufs_i"]);
    assert!(
        (lufs(0, "input") - lufs(1, "input")).abs() < 0.1,
        "{records:#}"
    );
    assert!((lufs(1, "output") + 14.0).abs() < 0.1, "{records:#}");
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
