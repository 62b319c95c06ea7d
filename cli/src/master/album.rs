//! The tracks of an album as one program, so that the chain's state runs on over every join and one gain holds for all.

use super::loudness_stats::LoudnessStats;
use super::outputs::file_rules::CUE_MARK;
use super::program::{Program, ProgramFormat, SILENT_LUFS};
use super::remarks;
use crate::messages::printable;
use crate::stored_song::{StoredSong, resample};
use anyhow::{Context, Result, ensure};
use flow_audio_file::{Metadata, StoreOptions, StoredAudio, converted_frames};
use std::ffi::OsStr;

/// Joins the tracks in their order; `titles` are for errors. A mono track becomes stereo beside stereo tracks.
///
/// # Errors
///
/// If the tracks have different sample rates and the format names none, or if all of them together are too short or silent.
pub(super) fn join(
    titles: &[String],
    songs: Vec<StoredSong>,
    format: ProgramFormat,
    store: StoreOptions,
) -> Result<Program> {
    let rate_hz = songs.first().map_or(0, |song| song.audio.sample_rate_hz);
    let other = titles
        .iter()
        .zip(&songs)
        .find(|(_, song)| song.audio.sample_rate_hz != rate_hz);
    if let Some((title, song)) = other {
        ensure!(
            format.sample_rate_hz.is_some(),
            "the tracks of an album need one sample rate: {} has {rate_hz} Hz, and {title} has {} Hz; --rate converts them",
            titles[0],
            song.audio.sample_rate_hz
        );
    }
    // Tracks of one rate are converted as a whole, so that their joins stay what they are.
    let converts_whole = other.is_none();
    let format_of_track = ProgramFormat {
        is_stereo: songs.iter().any(|song| song.audio.channel_count() > 1),
        sample_rate_hz: format.sample_rate_hz.filter(|_| !converts_whole),
    };
    // All converted tracks are held at the same time.
    let track_store = StoreOptions {
        memory_bytes: store.memory_bytes / songs.len().max(1) as u64,
        ..store.clone()
    };
    let mut parts: Option<StoredAudio> = None;
    let mut tracks = Vec::new();
    for song in songs {
        let (audio, mut track) = format_of_track.convert(song, &track_store)?;
        let start = parts.as_ref().map_or(0, StoredAudio::frames);
        track.frames = start..start + audio.frames();
        match &mut parts {
            Some(parts) => parts.append(&audio),
            None => parts = Some(audio),
        }
        tracks.push(track);
    }
    let mut whole = parts.context("an album needs tracks")?;
    if let Some(to_hz) = format
        .sample_rate_hz
        .filter(|to_hz| converts_whole && *to_hz != rate_hz)
    {
        let converted = |frame: usize| {
            let frame = converted_frames(frame as u64, rate_hz, to_hz);
            usize::try_from(frame).context("an album is too long")
        };
        whole = resample(&whole, to_hz, &store)?;
        for track in &mut tracks {
            track.frames = converted(track.frames.start)?..converted(track.frames.end)?;
            track.findings.push(remarks::resampled(rate_hz, to_hz));
            track.before = LoudnessStats::of(&whole.part(track.frames.clone()))?;
        }
    }
    let program = Program::of_tracks(whole, tracks, store)?;
    ensure!(
        program.lufs > SILENT_LUFS,
        "the album is silent or shorter than 0.4 s"
    );
    Ok(program)
}

/// The largest number of tracks in a cue sheet, whose track numbers have two digits.
const CUE_TRACKS: usize = 99;

/// The reason why a cue sheet cannot have files of these names, as a clause. It has no escape for a quotation mark. `sheets` is
/// the number of sheets among which the names are divided.
pub(super) fn cue_sheet_obstacle<'n>(
    names: impl Iterator<Item = &'n OsStr>,
    sheets: usize,
) -> Option<String> {
    let mut count = 0;
    for name in names {
        count += 1;
        let text = name.to_string_lossy();
        if name.to_str().is_none() || text.contains(|c: char| c == '"' || c.is_control()) {
            return Some(format!(
                "it has no way to write the name {}",
                printable(&text)
            ));
        }
    }
    (count > CUE_TRACKS * sheets).then(|| format!("it holds {CUE_TRACKS} tracks at most"))
}

/// The cue sheet of an album whose tracks are files. Lengths are in frames of the sample rate, which are exact.
pub(super) fn cue_sheet(tracks: &[CueTrack], sample_rate_hz: u32) -> String {
    let of_all = |name: &str| tracks.first().and_then(|track| track.tag(name));
    let mut lines = vec![
        CUE_MARK.to_owned(),
        format!("REM SAMPLE_RATE {sample_rate_hz}"),
    ];
    if let Some(performer) = of_all("ALBUMARTIST").or_else(|| of_all("ARTIST")) {
        lines.push(format!("PERFORMER \"{performer}\""));
    }
    if let Some(title) = of_all("ALBUM") {
        lines.push(format!("TITLE \"{title}\""));
    }
    for (number, track) in (1..).zip(tracks) {
        lines.push(format!("FILE \"{}\" WAVE", track.file));
        lines.push(format!("  TRACK {number:02} AUDIO"));
        let title = track.tag("TITLE").unwrap_or_else(|| quotable(&track.title));
        lines.push(format!("    TITLE \"{title}\""));
        if let Some(performer) = track.tag("ARTIST") {
            lines.push(format!("    PERFORMER \"{performer}\""));
        }
        if let Some(isrc) = track.metadata.tag("ISRC").and_then(isrc) {
            lines.push(format!("    ISRC {isrc}"));
        }
        lines.push(format!("    REM LENGTH_SAMPLES {}", track.frames));
        lines.push("    INDEX 01 00:00:00".to_owned());
    }
    lines.join("\r\n") + "\r\n"
}

/// A track in a cue sheet.
pub(super) struct CueTrack<'a> {
    /// The name of its file beside the cue sheet.
    pub(super) file: String,
    /// The title if the metadata have none.
    pub(super) title: String,
    pub(super) metadata: &'a Metadata,
    /// Its length.
    pub(super) frames: usize,
}

impl CueTrack<'_> {
    fn tag(&self, name: &str) -> Option<String> {
        self.metadata.tag(name).map(quotable)
    }
}

/// The code of a recording in the form of cue sheets: 12 characters without hyphens. None if the tag is no such code.
fn isrc(tag: &str) -> Option<String> {
    let code = tag.trim().replace('-', "");
    let is_valid = code.len() == 12
        && code.bytes().enumerate().all(|(i, byte)| match i {
            0..5 => byte.is_ascii_alphanumeric(),
            _ => byte.is_ascii_digit(),
        });
    is_valid.then(|| code.to_ascii_uppercase())
}

/// Cue sheets have no escape for a quotation mark or a line break.
fn quotable(text: &str) -> String {
    text.replace('"', "'").replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_audio_file::Audio;
    use flow_testkit::signals;

    fn song(rate_hz: u32, channel_count: usize, seconds: f64) -> StoredSong {
        let audio = signals::white_noise(rate_hz, channel_count, seconds, 0.1, 1);
        StoredSong::measure(StoredAudio::store(&audio, &options()).unwrap()).unwrap()
    }

    fn options() -> StoreOptions {
        StoreOptions::in_folder(&std::env::temp_dir(), 1)
    }

    fn whole(song: &StoredSong) -> Audio {
        song.audio.range(0, usize::MAX).unwrap()
    }

    fn titles(count: usize) -> Vec<String> {
        (1..=count)
            .map(|number| format!("track {number}"))
            .collect()
    }

    #[test]
    fn join_of_tracks_keeps_every_sample_in_order() {
        let songs = vec![
            song(48_000, 2, 1.0),
            song(48_000, 2, 0.003),
            song(48_000, 1, 0.5),
        ];
        let program = join(
            &titles(3),
            songs.clone(),
            ProgramFormat::default(),
            options(),
        )
        .unwrap();
        assert_eq!(program.audio.frames(), 48_000 + 144 + 24_000);
        assert_eq!(
            program.audio.range(48_000, 48_144).unwrap(),
            whole(&songs[1])
        );
        // The mono track sounds on both sides.
        let last = program.audio.range(48_144, usize::MAX).unwrap();
        assert_eq!(last.channels[1], whole(&songs[2]).channels[0]);
        assert_eq!(last.channels[1], last.channels[0]);
        assert!(
            program.tracks[2]
                .findings
                .iter()
                .any(|f| f.kind == "stereo")
        );
        assert_eq!(program.tracks[1].before.lufs_i, f64::NEG_INFINITY);
        assert!(program.lufs > -30.0);
    }

    #[test]
    fn join_of_different_rates_is_refused_with_both() {
        let songs = vec![song(48_000, 2, 1.0), song(44_100, 2, 1.0)];
        let error = join(&titles(2), songs, ProgramFormat::default(), options())
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("track 1 has 48000 Hz") && error.contains("track 2 has 44100 Hz"));
    }

    #[test]
    fn join_with_new_rate_converts_tracks_and_keeps_whole_length() {
        let to_48_khz = ProgramFormat {
            sample_rate_hz: Some(48_000),
            ..ProgramFormat::default()
        };
        for rates in [[44_100, 44_100], [44_100, 48_000]] {
            let songs = rates.map(|rate_hz| song(rate_hz, 2, 1.0)).into();
            let program = join(&titles(2), songs, to_48_khz, options()).unwrap();
            assert_eq!(program.audio.sample_rate_hz, 48_000);
            assert_eq!(program.audio.frames(), 96_000);
            assert_eq!(program.tracks[1].frames, 48_000..96_000);
        }
    }

    #[test]
    fn join_of_mono_tracks_stays_mono_unless_others_are_stereo() {
        for channel_count in [1, 2] {
            let songs = vec![song(48_000, 1, 1.0), song(48_000, channel_count, 1.0)];
            let program = join(&titles(2), songs, ProgramFormat::default(), options()).unwrap();
            assert_eq!(program.audio.channel_count(), channel_count);
        }
    }

    #[test]
    fn name_that_a_cue_sheet_cannot_hold_is_its_obstacle() {
        let obstacle = |name: &str| cue_sheet_obstacle([OsStr::new(name)].into_iter(), 1);
        assert_eq!(obstacle("It's ünusual, 50 % (1).flow.wav"), None);
        for name in ["a \"b\".flow.wav", "a\nb.flow.wav"] {
            assert!(obstacle(name).is_some(), "{name}");
        }
        let many = |count| cue_sheet_obstacle(std::iter::repeat_n(OsStr::new("a"), count), 1);
        assert!(many(99).is_none() && many(100).unwrap().contains("99 tracks"));
    }

    #[test]
    fn join_of_tiny_tracks_counts_as_one_song() {
        let songs = vec![song(48_000, 2, 0.01); 100];
        let program = join(&titles(100), songs, ProgramFormat::default(), options()).unwrap();
        assert!((program.lufs + 18.0).abs() < 3.0, "{}", program.lufs);
        let tiny = vec![song(48_000, 2, 0.01)];
        assert!(join(&titles(1), tiny, ProgramFormat::default(), options()).is_err());
    }

    #[test]
    fn cue_sheet_names_files_titles_and_exact_lengths() {
        let metadata = Metadata::default();
        let tracks =
            [("one.flow.wav", "The \"One\"", 48_001)].map(|(file, title, frames)| CueTrack {
                file: file.to_owned(),
                title: title.to_owned(),
                metadata: &metadata,
                frames,
            });
        let sheet = cue_sheet(&tracks, 48_000);
        for line in [
            "FILE \"one.flow.wav\" WAVE\r\n",
            "  TRACK 01 AUDIO\r\n",
            "    TITLE \"The 'One'\"\r\n",
            "    REM LENGTH_SAMPLES 48001\r\n",
            "    INDEX 01 00:00:00\r\n",
        ] {
            assert!(sheet.contains(line), "{sheet}");
        }
    }

    #[test]
    fn isrc_has_no_hyphens_and_is_valid_or_missing() {
        assert_eq!(isrc("de-a12-34-56789").unwrap(), "DEA123456789");
        for tag in ["DEA12345678", "DEA12345678X", "DEA12\n345678"] {
            assert_eq!(isrc(tag), None);
        }
    }
}
