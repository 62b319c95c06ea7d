//! An album: its songs keep their loudness against each other.

use super::decode::decode;
use super::progress::Progress;
use flow_tests::loudness;
use std::path::{Path, PathBuf};

/// How much quieter each song is than the loudest, LU. What can't be read is left to whoever masters it, who says why.
pub(super) fn quieter_lu(songs: &[PathBuf]) -> Vec<f64> {
    let progress = Progress::new("Album");
    progress.phase("measuring");
    let mut measured = Vec::new();
    for (path, done) in songs.iter().zip(0_u64..) {
        progress.done(done, songs.len() as u64);
        measured.push(integrated_lufs(path));
    }
    below_loudest(&measured)
}

fn integrated_lufs(path: &Path) -> Option<f64> {
    let song = decode(path).ok()?.audio;
    let lufs = loudness::loudness(&song).integrated_lufs;
    lufs.is_finite().then_some(lufs)
}

fn below_loudest(lufs: &[Option<f64>]) -> Vec<f64> {
    let loudest = lufs.iter().flatten().copied().reduce(f64::max);
    let below = |own: &Option<f64>| own.zip(loudest).map_or(0.0, |(own, loudest)| loudest - own);
    lufs.iter().map(below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_song_sets_the_level() {
        let below = below_loudest(&[Some(-16.0), None, Some(-11.5)]);
        assert_eq!(below, [4.5, 0.0, 0.0]);
        assert_eq!(below_loudest(&[None]), [0.0]);
    }
}
