//! Written songs, read back by decoders.

use flow_audio_file::{Audio, Bits, Container, Metadata, OutputFormat, SongWriter, read, write};
use std::fs;
use std::path::Path;

const INTEGERS: [(Bits, i32); 2] = [(Bits::Int16, 16), (Bits::Int24, 24)];

fn format(container: Container, bits: Bits) -> OutputFormat {
    OutputFormat::new(container, Some(bits)).unwrap()
}

/// Noise on the grid of integers, with the extremes and every power of two.
fn grid(bits: i32, channel_count: usize, frames: usize) -> Audio {
    let step = 0.5f32.powi(bits - 1);
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let integer = (state >> (32 - bits)).cast_signed() - (1 << (bits - 1));
        integer as f32 * step
    };
    let mut channel = || {
        let mut samples: Vec<f32> = (0..frames).map(|_| noise()).collect();
        let corners = (0..bits).flat_map(|bit| [0.5f32.powi(bit), -(0.5f32.powi(bit))]);
        for (to, from) in samples.iter_mut().zip(corners) {
            *to = from.min(1.0 - step);
        }
        samples
    };
    Audio::new(44_100, (0..channel_count).map(|_| channel()).collect())
}

fn decoded(path: &Path) -> Audio {
    let song = read(path).unwrap();
    assert_eq!(song.warnings, [""; 0]);
    song.audio
}

/// The samples of a WAV file as another reader decodes them, frame by frame; integers as they are.
fn independently_decoded(path: &Path, bits: Bits) -> Vec<f32> {
    let reader = hound::WavReader::open(path).unwrap();
    if bits == Bits::Float32 {
        reader.into_samples().map(Result::unwrap).collect()
    } else {
        let integers = reader.into_samples::<i32>().map(Result::unwrap);
        integers.map(|integer| integer as f32).collect()
    }
}

#[test]
fn lossless_formats_return_values_on_the_grid_exactly() {
    let folder = tempfile::tempdir().unwrap();
    for container in [Container::Wav, Container::Flac] {
        for (bits, count) in INTEGERS {
            for channel_count in [1, 2] {
                let audio = grid(count, channel_count, 10_001);
                let path = folder.path().join("song");
                write(&path, &format(container, bits), &audio).unwrap();
                let read = decoded(&path);
                assert_eq!(
                    audio.first_difference(&read),
                    None,
                    "{container:?} {bits:?}"
                );
                assert_eq!(read.sample_rate_hz, 44_100);
            }
        }
    }
}

#[test]
fn wav_of_integers_has_their_values_for_other_readers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song.wav");
    for (bits, count) in INTEGERS {
        let audio = grid(count, 1, 10_001);
        write(&path, &format(Container::Wav, bits), &audio).unwrap();
        let full_scale = 2f32.powi(count - 1);
        let integers: Vec<f32> = audio.channels[0].iter().map(|s| s * full_scale).collect();
        assert_eq!(independently_decoded(&path, bits), integers, "{bits:?}");
    }
}

#[test]
fn float_wav_returns_all_finite_values_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song.wav");
    let samples = vec![0.1, -1.5, f32::MIN_POSITIVE, -0.0, 3.0e7];
    let audio = Audio::new(192_000, vec![samples.clone(), samples]);
    write(&path, &format(Container::Wav, Bits::Float32), &audio).unwrap();
    assert_eq!(audio.first_difference(&decoded(&path)), None);
    let interleaved: Vec<f32> = audio.channels[0].iter().flat_map(|s| [*s, *s]).collect();
    assert_eq!(independently_decoded(&path, Bits::Float32), interleaved);
}

#[test]
fn wav_has_plain_tags_without_extensible() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song.wav");
    for (bits, tag) in [(Bits::Int16, 1), (Bits::Int24, 1), (Bits::Float32, 3)] {
        write(&path, &format(Container::Wav, bits), &grid(16, 2, 9)).unwrap();
        let bytes = fs::read(&path).unwrap();
        let fmt = bytes.windows(4).position(|b| b == b"fmt ").unwrap();
        assert_eq!(bytes[fmt + 8..fmt + 10], [tag, 0], "{bits:?}");
        let riff_bytes = u32::from_le_bytes(bytes[4..8].try_into().unwrap());
        assert_eq!(riff_bytes as usize, bytes.len() - 8);
    }
}

#[test]
fn blocks_of_any_size_give_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let audio = grid(16, 2, 20_000);
    for container in Container::ALL {
        let format = OutputFormat::new(container, None).unwrap();
        let at = |name: &str| {
            folder
                .path()
                .join(format!("{name}.{}", container.extension()))
        };
        let (whole, blocks) = (at("whole"), at("blocks"));
        write(&whole, &format, &audio).unwrap();
        let mut writer =
            SongWriter::create(&blocks, &format, 44_100, 2, &Metadata::default()).unwrap();
        for start in (0..audio.frames()).step_by(777) {
            writer
                .write(&audio.range(start, start + 777).slices())
                .unwrap();
            writer.write(&[&[], &[]]).unwrap();
        }
        assert!(!blocks.exists(), "the file appears at the end");
        writer.finish().unwrap();
        let length = |path: &Path| read(path).unwrap().audio.channels[0].len();
        assert_eq!(length(&whole), audio.frames());
        assert_eq!(length(&blocks), audio.frames());
        if container != Container::Ogg {
            assert_eq!(fs::read(&whole).unwrap(), fs::read(&blocks).unwrap());
        }
    }
}

#[test]
fn ogg_is_close_to_the_song_and_equal_in_every_run() {
    let folder = tempfile::tempdir().unwrap();
    let song = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 3.0);
    let format = OutputFormat::new(Container::Ogg, None).unwrap();
    let paths = ["a.ogg", "b.ogg"].map(|name| folder.path().join(name));
    for path in &paths {
        write(path, &format, &song).unwrap();
    }
    assert_eq!(fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());
    let read = decoded(&paths[0]);
    assert_eq!(read.frames(), song.frames());
    let difference = song.difference_db(&read);
    assert!(difference < -12.0, "{difference:.1} dB");
    let bytes = fs::metadata(&paths[0]).unwrap().len();
    assert!((30_000..120_000).contains(&bytes), "{bytes} bytes");
}

#[test]
fn failed_write_leaves_no_file_and_names_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song");
    for container in Container::ALL {
        let format = OutputFormat::new(container, None).unwrap();
        let mut writer =
            SongWriter::create(&path, &format, 48_000, 2, &Metadata::default()).unwrap();
        let mut channel = vec![0.0; 48_000];
        writer.write(&[&channel, &channel]).unwrap();
        channel[24_000] = f32::NAN;
        let error = writer.write(&[&[0.0; 48_000], &channel]).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("channel 2 at 1.500 s (frame 72000)"),
            "{error}"
        );
        assert!(writer.write(&[&channel]).is_err(), "one channel is missing");
        drop(writer);
        let empty = SongWriter::create(&path, &format, 48_000, 1, &Metadata::default()).unwrap();
        assert!(empty.finish().unwrap_err().to_string().contains("no audio"));
        assert!(SongWriter::create(&path, &format, 48_000, 3, &Metadata::default()).is_err());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    // A folder has the file's path, so that the rename fails after all samples were written.
    fs::create_dir(&path).unwrap();
    assert!(write(&path, &OutputFormat::WAV_24, &Audio::silence(48_000, 2, 10)).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_gives_one_line_in_every_format() {
    // The system refuses files above this size as it refuses those that don't fit on the disk.
    const LIMIT_BYTES: u64 = 100_000;
    let folder = tempfile::tempdir().unwrap();
    limit_file_size(LIMIT_BYTES);
    let noise = grid(24, 2, 200_000);
    for container in Container::ALL {
        let format = OutputFormat::new(container, None).unwrap();
        let path = folder.path().join("song");
        let error = write(&path, &format, &noise).unwrap_err().to_string();
        assert!(
            error.ends_with("the file is too large for this file system"),
            "{error}"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    limit_file_size(libc::RLIM_INFINITY);
}

/// Lets writes behind this size fail in this process, instead of the signal that ends it.
#[cfg(target_os = "linux")]
fn limit_file_size(bytes: u64) {
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: ignoring a signal has no preconditions, and the limit outlives the call.
    let result = unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit)
    };
    assert_eq!(result, 0);
}

#[test]
fn formats_refuse_bits_that_they_cannot_have() {
    for (container, bits) in [
        (Container::Flac, Bits::Float32),
        (Container::Ogg, Bits::Int16),
        (Container::Ogg, Bits::Float32),
    ] {
        assert!(OutputFormat::new(container, Some(bits)).is_err());
    }
    let names = Container::ALL.map(|c| OutputFormat::new(c, None).unwrap().name());
    assert_eq!(names, ["WAV, 24 bit", "FLAC, 24 bit", "Ogg Vorbis"]);
}

#[test]
fn ogg_of_rate_above_its_highest_is_refused_before_any_file_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let ogg = OutputFormat::new(Container::Ogg, None).unwrap();
    for rate_hz in [22_050, 44_100, 192_000, 200_000] {
        ogg.check_rate(rate_hz).unwrap();
        let song = Audio::silence(rate_hz, 2, 5000);
        write(&folder.path().join("song.ogg"), &ogg, &song).unwrap();
    }
    let error = ogg.check_rate(384_000).unwrap_err().to_string();
    assert!(error.contains("384000 Hz"), "{error}");
    assert!(OutputFormat::WAV_24.check_rate(384_000).is_ok());
}

#[test]
fn all_rates_of_songs_are_written_in_lossless_formats() {
    let folder = tempfile::tempdir().unwrap();
    for rate_hz in [
        22_050, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000, 384_000,
    ] {
        for container in [Container::Wav, Container::Flac] {
            let path = folder.path().join("song");
            let audio = Audio {
                sample_rate_hz: rate_hz,
                ..grid(24, 2, 5000)
            };
            write(&path, &format(container, Bits::Int24), &audio).unwrap();
            assert_eq!(audio.first_difference(&decoded(&path)), None, "{rate_hz}");
            assert_eq!(decoded(&path).sample_rate_hz, rate_hz);
        }
    }
}
