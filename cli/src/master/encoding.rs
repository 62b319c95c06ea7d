//! The encoding of mastered songs into files. A lossy file has other peaks than its song, so that it is decoded and measured.

use super::level::gain_search::GAIN_STEP_DB;
use super::mastering::MasteringResult;
use super::outcome::{EncodingChange, is_below_ceiling};
use super::outputs::Outputs;
use crate::stored_song::StoredSong;
use anyhow::{Context, Result, anyhow, ensure};
use flow_audio_file::{Metadata, OutputFormat, SongStream, StoreOptions};
use flow_platform::atomic_file::CompleteFile;

/// The largest number of encodings of a song.
const MAX_ENCODINGS: u32 = 5;
/// The distance to the ceiling that another encoding aims at: its peaks are not exactly those of the last one with less gain.
const MARGIN_DB: f64 = 0.02;

/// Encoded songs, whose files have not appeared yet.
pub(super) struct EncodedSongs {
    /// One file for each song.
    pub(super) files: Vec<CompleteFile>,
    /// The change of each song by a lossy encoder; none for lossless files.
    pub(super) changes: Vec<Option<EncodingChange>>,
}

/// Encodes songs that were mastered together. For a lossy format the output and its measurements become those of the decoded
/// files, and one gain for all songs goes down until they hold the ceiling that the songs held before.
///
/// # Errors
///
/// If a file cannot be written or decoded. Then no file is left.
pub(super) fn encode(
    songs: &mut [MasteringResult],
    outputs: &[&Outputs],
    metadata: &[Metadata],
    format: &OutputFormat,
    store: &StoreOptions,
) -> Result<EncodedSongs> {
    let encode_all = |songs: &[MasteringResult], gain_db| {
        let songs = songs.iter().zip(outputs.iter().zip(metadata));
        let files = songs.map(|(song, (outputs, metadata))| {
            let mut metadata = metadata.clone();
            metadata.set_loudness(song.after.for_broadcast());
            outputs.complete_song(&song.output, gain_db, format, &metadata)
        });
        files.collect::<Result<Vec<CompleteFile>>>()
    };
    for song in &*songs {
        let checked = format.check_peak(song.after.sample_peak_dbfs);
        checked.map_err(|e| anyhow!("{e}: use --bits 32f; nothing was written"))?;
    }
    if !format.is_lossy() {
        let files = encode_all(songs, 0.0)?;
        return Ok(EncodedSongs {
            files,
            changes: vec![None; songs.len()],
        });
    }
    let mut gain_db = 0.0;
    let mut encodings = 0;
    loop {
        let files = encode_all(songs, gain_db)?;
        encodings += 1;
        let decoded = files.iter().map(|file| decode(file, store));
        let decoded = decoded.collect::<Result<Vec<StoredSong>>>()?;
        let over_db = songs.iter().zip(&decoded).filter_map(|(song, decoded)| {
            let held = is_below_ceiling(song.after.dbtp, song.ceiling_dbtp);
            held.then_some(decoded.measured.dbtp - song.ceiling_dbtp)
        });
        let over_db = over_db.fold(f64::NEG_INFINITY, f64::max);
        if over_db > 0.0 && encodings < MAX_ENCODINGS {
            gain_db -= ((over_db + MARGIN_DB) / GAIN_STEP_DB).ceil() * GAIN_STEP_DB;
            continue;
        }
        let mut changes = Vec::new();
        for (song, decoded) in songs.iter_mut().zip(decoded) {
            ensure!(
                decoded.audio.frames() == song.output.frames(),
                "its encoded file has {} samples instead of {}",
                decoded.audio.frames(),
                song.output.frames()
            );
            changes.push(Some(EncodingChange {
                gain_db,
                encoder_lu: decoded.measured.lufs_i - (song.after.lufs_i + gain_db),
            }));
            song.output = decoded.audio;
            song.after = decoded.measured;
        }
        return Ok(EncodedSongs { files, changes });
    }
}

fn decode(file: &CompleteFile, store: &StoreOptions) -> Result<StoredSong> {
    let cannot = "its encoded file cannot be decoded";
    let stream = SongStream::from_file(file.open().context(cannot)?).context(cannot)?;
    StoredSong::decode(stream, store).context(cannot)
}
