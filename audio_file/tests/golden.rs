//! Songs of every format, depth, number of channels and rate, compared sample by sample with the decoders of other programs.

mod common;

use flow_audio_file::{Song, SongStream};

/// A line of `golden.tsv`, which `make_golden.py` writes.
struct Golden {
    name: String,
    sample_rate_hz: u32,
    channel_count: usize,
    expected: Vec<f32>,
    tolerance: f32,
}

fn golden_songs() -> Vec<Golden> {
    let table = String::from_utf8(common::golden("golden.tsv")).unwrap();
    let golden = |line: &str| {
        let [name, rate, channels, expected, tolerance] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        Golden {
            name: name.to_owned(),
            sample_rate_hz: rate.parse().unwrap(),
            channel_count: channels.parse().unwrap(),
            expected: expected_samples(expected),
            tolerance: tolerance.parse().unwrap(),
        }
    };
    table.lines().map(golden).collect()
}

/// Interleaved samples: floats, or integers of 16 bits.
fn expected_samples(name: &str) -> Vec<f32> {
    let bytes = common::golden(name);
    if name.ends_with(".f32") {
        let (samples, _) = bytes.as_chunks();
        samples.iter().map(|b| f32::from_le_bytes(*b)).collect()
    } else {
        let (samples, _) = bytes.as_chunks();
        let float = |b: &[u8; 2]| f32::from(i16::from_le_bytes(*b)) / 32_768.0;
        samples.iter().map(float).collect()
    }
}

fn interleaved(song: &Song) -> Vec<f32> {
    let frames = 0..song.audio.channels[0].len();
    frames
        .flat_map(|frame| {
            song.audio
                .channels
                .iter()
                .map(move |channel| channel[frame])
        })
        .collect()
}

#[test]
fn song_of_every_format_equals_decode_of_other_programs() {
    let songs = golden_songs();
    assert!(songs.len() > 90, "{} songs are too few", songs.len());
    for golden in songs {
        let song = common::read(&common::golden(&golden.name))
            .unwrap_or_else(|e| panic!("{}: {e}", golden.name));
        let format = (song.audio.sample_rate_hz, song.audio.channels.len());
        assert_eq!(
            format,
            (golden.sample_rate_hz, golden.channel_count),
            "{}",
            golden.name
        );
        assert_eq!(song.warnings, Vec::<String>::new(), "{}", golden.name);
        let samples = interleaved(&song);
        assert_eq!(samples.len(), golden.expected.len(), "{}", golden.name);
        let differences = samples
            .iter()
            .zip(&golden.expected)
            .map(|(a, b)| (a - b).abs());
        let largest = differences.fold(0.0, f32::max);
        assert!(
            largest <= golden.tolerance,
            "{}: {largest} is above {}",
            golden.name,
            golden.tolerance
        );
    }
}

#[test]
fn declared_duration_equals_decoded_duration() {
    for golden in golden_songs() {
        let mut stream =
            SongStream::from_file(common::file(&common::golden(&golden.name))).unwrap();
        let declared = stream.declared_seconds();
        while stream.next_block().unwrap().is_some() {}
        // The last page of an Opus stream says only at the end how much is trimmed.
        let is_known = !golden.name.ends_with(".opus");
        assert_eq!(
            declared,
            is_known.then_some(stream.seconds()),
            "{}",
            golden.name
        );
    }
}
