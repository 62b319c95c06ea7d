//! The tracks of an album as one program, so that the chain's state runs on over every join and one gain holds for all.

use super::findings;
use super::loudness_stats::LoudnessStats;
use super::program::{Program, SILENT_LUFS, Track};
use anyhow::{Result, ensure};
use flow_audio_file::{Audio, Song};

/// Joins the tracks in their order; `titles` are for errors. A mono track becomes stereo beside stereo tracks, or with
/// `is_stereo`.
///
/// # Errors
///
/// If the tracks have different sample rates, or if all of them together are too short or silent.
pub(super) fn join(titles: &[String], songs: Vec<Song>, is_stereo: bool) -> Result<Program> {
    let rate_hz = songs.first().map_or(0, |song| song.sample_rate_hz);
    for (title, song) in titles.iter().zip(&songs) {
        ensure!(
            song.sample_rate_hz == rate_hz,
            "the tracks of an album need one sample rate: {} has {rate_hz} Hz, and {title} has {} Hz",
            titles[0],
            song.sample_rate_hz
        );
    }
    let is_stereo = is_stereo || songs.iter().any(|song| song.channels.len() > 1);
    let mut whole = Audio::silence(rate_hz, if is_stereo { 2 } else { 1 }, 0);
    let mut tracks = Vec::new();
    for song in songs {
        let mut audio = Audio::new(rate_hz, song.channels);
        let (before, faults) = LoudnessStats::with_faults(&audio);
        let mut findings = findings::of(&faults);
        if is_stereo {
            findings.extend(findings::stereo_from_mono(&mut audio));
        }
        let start = whole.frames();
        whole.append(&audio);
        tracks.push(Track {
            frames: start..whole.frames(),
            before,
            findings,
            warnings: song.warnings,
        });
    }
    let program = Program::of_tracks(whole, tracks);
    ensure!(
        program.lufs > SILENT_LUFS,
        "the album is silent or shorter than 0.4 s"
    );
    Ok(program)
}

/// The cue sheet of an album whose tracks are files. Lengths are in frames of the sample rate, which are exact.
pub(super) fn cue_sheet(tracks: &[CueTrack], sample_rate_hz: u32) -> String {
    let mut lines = vec![
        "REM COMMENT \"Mastered by Flow\"".to_owned(),
        format!("REM SAMPLE_RATE {sample_rate_hz}"),
    ];
    for (number, track) in (1..).zip(tracks) {
        lines.push(format!("FILE \"{}\" WAVE", quotable(&track.file)));
        lines.push(format!("  TRACK {number:02} AUDIO"));
        lines.push(format!("    TITLE \"{}\"", quotable(&track.title)));
        lines.push(format!("    REM LENGTH_SAMPLES {}", track.frames));
        lines.push("    INDEX 01 00:00:00".to_owned());
    }
    lines.join("\r\n") + "\r\n"
}

/// A track in a cue sheet.
pub(super) struct CueTrack {
    /// The name of its file beside the cue sheet.
    pub(super) file: String,
    pub(super) title: String,
    /// Its length.
    pub(super) frames: usize,
}

/// Cue sheets have no escape for a quotation mark.
fn quotable(text: &str) -> String {
    text.replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_testkit::signals;

    fn song(rate_hz: u32, channel_count: usize, seconds: f64) -> Song {
        let audio = signals::white_noise(rate_hz, channel_count, seconds, 0.1, 1);
        Song {
            sample_rate_hz: rate_hz,
            channels: audio.channels,
            warnings: Vec::new(),
        }
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
        let program = join(&titles(3), songs.clone(), false).unwrap();
        assert_eq!(program.audio.frames(), 48_000 + 144 + 24_000);
        assert_eq!(
            program.audio.channels[0][48_000..48_144],
            songs[1].channels[0]
        );
        // The mono track sounds on both sides.
        assert_eq!(program.audio.channels[1][48_144..], songs[2].channels[0]);
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
        let error = join(&titles(2), songs, false).err().unwrap().to_string();
        assert!(error.contains("track 1 has 48000 Hz") && error.contains("track 2 has 44100 Hz"));
    }

    #[test]
    fn join_of_mono_tracks_stays_mono_unless_stereo_is_asked_for() {
        let songs = vec![song(48_000, 1, 1.0); 2];
        for (is_stereo, channel_count) in [(false, 1), (true, 2)] {
            let program = join(&titles(2), songs.clone(), is_stereo).unwrap();
            assert_eq!(program.audio.channel_count(), channel_count);
        }
    }

    #[test]
    fn join_of_tiny_tracks_counts_as_one_song() {
        let songs = vec![song(48_000, 2, 0.01); 100];
        let program = join(&titles(100), songs, false).unwrap();
        assert!((program.lufs + 18.0).abs() < 3.0, "{}", program.lufs);
        assert!(join(&titles(1), vec![song(48_000, 2, 0.01)], false).is_err());
    }

    #[test]
    fn cue_sheet_names_files_titles_and_exact_lengths() {
        let tracks =
            [("one.flow.wav", "The \"One\"", 48_001)].map(|(file, title, frames)| CueTrack {
                file: file.to_owned(),
                title: title.to_owned(),
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
}
