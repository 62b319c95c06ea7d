//! Decoding of songs block by block.

use std::path::PathBuf;

use flow_audio_file::{Audio, OutputFormat, SongStream};
use tempfile::TempDir;

fn write(folder: &TempDir, name: &str, audio: &Audio) -> PathBuf {
    let path = folder.path().join(name);
    flow_audio_file::write(&path, &OutputFormat::WAV_24, audio).unwrap();
    path
}

#[test]
fn blocks_of_stream_equal_whole_song() {
    let folder = tempfile::tempdir().unwrap();
    let song = flow_demo_song::demo_excerpt(44_100, flow_demo_song::CHORUS_SECONDS, 2.0);
    let path = write(&folder, "song.wav", &song);
    let mut stream = SongStream::open(&path).unwrap();
    assert_eq!(
        (stream.sample_rate_hz(), stream.channel_count()),
        (44_100, 2)
    );
    assert_eq!(
        (stream.declared_seconds(), stream.warnings()),
        (Some(2.0), &[][..])
    );
    let mut blocks = 0;
    let mut channels = [Vec::new(), Vec::new()];
    while let Some(block) = stream.next_block().unwrap() {
        assert_eq!(block[0].len(), block[1].len());
        channels[0].extend_from_slice(&block[0]);
        channels[1].extend_from_slice(&block[1]);
        blocks += 1;
    }
    assert!(blocks > 10, "{blocks} blocks are too few");
    assert_eq!(stream.seconds(), 2.0);
    assert!(
        stream.next_block().unwrap().is_none(),
        "the stream goes on after its end"
    );
    let whole = flow_audio_file::read(&path).unwrap();
    assert_eq!(whole.audio.channels, channels);
}
