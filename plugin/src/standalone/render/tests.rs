use flow_audio_file::{Audio, Bits, Container};

use super::*;

fn job(folder: &Path, audio: &Audio) -> RenderJob {
    let source = folder.join("Dawn.wav");
    let format = OutputFormat::new(Container::Wav, Some(Bits::Float32)).unwrap();
    flow_audio_file::write(&source, &format, audio).unwrap();
    RenderJob {
        source,
        target: folder.join("Dawn.flow.wav"),
        may_replace: false,
        format,
        settings: ChainSettings {
            loudness_gain_db: 4.0,
            ..ChainSettings::default()
        },
    }
}

fn song() -> Audio {
    flow_demo_song::demo_excerpt(44_100, 20.0, 3.0)
}

/// The output of the chain for the whole song in one block.
fn expected(audio: &Audio, settings: &ChainSettings) -> Audio {
    let mut chain = Chain::new(Spec {
        sample_rate_hz: f64::from(audio.sample_rate_hz),
    });
    let latency = chain.latency_samples() as usize;
    let mut channels = audio.channels.clone();
    for channel in &mut channels {
        channel.extend(std::iter::repeat_n(0.0, latency));
    }
    let mut slices: Vec<&mut [f32]> = channels.iter_mut().map(Vec::as_mut_slice).collect();
    chain.process(settings, Monitor::default(), &mut slices);
    for channel in &mut channels {
        channel.drain(..latency);
    }
    Audio::new(audio.sample_rate_hz, channels)
}

#[test]
fn render_of_mono_and_stereo_songs_has_the_samples_of_the_chain() {
    let stereo = song();
    let mono = Audio::new(48_000, vec![stereo.channels[0].clone()]);
    for audio in [stereo, mono] {
        let folder = tempfile::tempdir().unwrap();
        let job = job(folder.path(), &audio);
        let loudness = job.run(&|_| true).unwrap();
        let rendered = flow_audio_file::read(&job.target).unwrap().audio;
        let expected = expected(&audio, &job.settings);
        assert_eq!(rendered.sample_rate_hz, audio.sample_rate_hz);
        assert_eq!(rendered.first_difference(&expected), None);
        assert!((-40.0..0.0).contains(&loudness.integrated_lufs));
        assert!(loudness.dbtp < 0.1);
        assert!(loudness.warnings.is_empty() && loudness.dropped_data.is_empty());
    }
}

#[test]
fn render_of_an_incomplete_song_has_its_warning() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(folder.path(), &song());
    job.source = folder.path().join("Dawn.flac");
    let flac = OutputFormat::new(Container::Flac, None).unwrap();
    flow_audio_file::write(&job.source, &flac, &song()).unwrap();
    let mut bytes = std::fs::read(&job.source).unwrap();
    bytes.extend(b"rest");
    std::fs::write(&job.source, bytes).unwrap();
    let rendered = job.run(&|_| true).unwrap();
    let warning = "4 bytes behind its last FLAC frame are left out";
    assert_eq!(rendered.warnings, [warning]);
}

#[test]
fn render_into_integers_has_the_dither_that_fits_them() {
    let folder = tempfile::tempdir().unwrap();
    let job = RenderJob {
        format: OutputFormat::new(Container::Flac, Some(Bits::Int16)).unwrap(),
        target: folder.path().join("Dawn.flac"),
        ..job(folder.path(), &song())
    };
    job.run(&|_| true).unwrap();
    let mut settings = job.settings;
    settings.dither.depth = flow_dsp::DitherDepth::Bits16;
    let rendered = flow_audio_file::read(&job.target).unwrap().audio;
    assert_eq!(
        rendered.first_difference(&expected(&song(), &settings)),
        None
    );
}

#[test]
fn render_never_replaces_the_song_nor_another_file_without_permission() {
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path(), &song());
    let source = std::fs::read(&job.source).unwrap();
    let onto = |target: PathBuf, may_replace: bool| {
        let job = RenderJob {
            target,
            may_replace,
            ..job.clone()
        };
        job.run(&|_| true).map_err(|error| error.to_string())
    };
    let around = folder.path().join(".").join("Dawn.wav");
    for target in [job.source.clone(), around] {
        let error = onto(target, true).unwrap_err();
        assert!(error.contains("the song itself"), "{error}");
    }
    assert_eq!(std::fs::read(&job.source).unwrap(), source);
    std::fs::write(&job.target, "mine").unwrap();
    let error = onto(job.target.clone(), false).unwrap_err();
    assert!(error.contains("exists already"), "{error}");
    assert_eq!(std::fs::read(&job.target).unwrap(), b"mine");
    assert!(onto(job.target.clone(), true).is_ok());
    for (target, reason) in [
        (folder.path().join("gone/Dawn.flow.wav"), "folder"),
        (folder.path().to_owned(), "folder"),
    ] {
        let error = onto(target, true).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn render_that_is_canceled_or_would_clip_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(folder.path(), &song().gained(40.0));
    job.settings.bypass = true;
    for last_share in [0.3, 0.95] {
        let error = job.run(&|share| share.unwrap() < last_share).unwrap_err();
        assert_eq!(error.to_string(), "it was canceled");
    }
    job.format = OutputFormat::WAV_24;
    let error = job.run(&|_| true).unwrap_err().to_string();
    assert!(error.contains("clips"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn render_that_is_canceled_at_its_very_end_leaves_the_older_file() {
    let folder = tempfile::tempdir().unwrap();
    let job = RenderJob {
        may_replace: true,
        ..job(folder.path(), &song())
    };
    std::fs::write(&job.target, "older").unwrap();
    let wholes = std::cell::Cell::new(0);
    let count = |share: Option<f64>| {
        wholes.set(wholes.get() + u32::from(share == Some(1.0)));
        // The second time, the file is complete.
        wholes.get() < 2
    };
    let error = job.run(&count).unwrap_err();
    assert_eq!(error.to_string(), "it was canceled");
    assert_eq!(std::fs::read_to_string(&job.target).unwrap(), "older");
}

#[test]
fn render_of_a_song_that_is_gone_or_damaged_gives_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path(), &song());
    let bytes = std::fs::read(&job.source).unwrap();
    std::fs::write(&job.source, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(
        job.run(&|_| true).unwrap_err().to_string().lines().count(),
        1
    );
    std::fs::remove_file(&job.source).unwrap();
    let error = job.run(&|_| true).unwrap_err().to_string();
    assert_eq!(error, "there is no such file");
    assert!(!job.target.exists());
}
