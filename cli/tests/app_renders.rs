//! The standalone app renders the files that `flow master` writes with the same settings. Needs the bundle, as `master.rs`
//! does.

mod common;

use common::{json, master, number, song, write};
use flow_audio_file::{Audio, OutputFormat};
use flow_dsp::ChainSettings;
use flow_params::ParameterId;
use flow_plugin::standalone::render::RenderJob;
use std::fs;

/// Settings with every kind of stage, and a gain by hand, so that nothing searches for another one.
const SETTINGS: [&str; 6] = [
    "gain=5",
    "trim=-1",
    "crsil=2",
    "ladrv=20",
    "glamt=60",
    "ceil=-0.5",
];

fn chain_settings() -> ChainSettings {
    let mut settings = ChainSettings::default();
    for setting in SETTINGS {
        let (id, text) = setting.split_once('=').unwrap();
        let id: ParameterId = id.parse().unwrap();
        id.set(&mut settings, id.parse(text).unwrap()).unwrap();
    }
    settings
}

fn check(audio: &Audio, formats: &[OutputFormat]) {
    let scratch = tempfile::tempdir().unwrap();
    let source = write(scratch.path(), "song.wav", audio);
    for format in formats {
        let container = format.container().extension();
        let bits = format.bits().unwrap().name();
        let mut options = vec![
            "--json",
            "--no-assist",
            "--format",
            container,
            "--bits",
            bits,
        ];
        options.extend(SETTINGS.iter().flat_map(|setting| ["--set", setting]));
        let record = json(&master(scratch.path(), &[&source], &options));
        assert_eq!(number(&record["renders"]), 1.0);
        let name = format!("song.flow.{container}");
        let job = RenderJob {
            source: source.clone(),
            target: scratch.path().join(&name),
            may_replace: true,
            format: *format,
            settings: chain_settings(),
        };
        job.run(&|_| true).unwrap();
        let mastered = fs::read(scratch.path().join("out").join(&name)).unwrap();
        let rendered = fs::read(job.target).unwrap();
        assert!(mastered == rendered, "{}", format.name());
    }
}

#[test]
fn app_render_of_stereo_song_equals_file_of_flow_master() {
    use flow_audio_file::{Bits, Container};
    let formats = [
        (Container::Wav, Bits::Int16),
        (Container::Wav, Bits::Int24),
        (Container::Wav, Bits::Float32),
        (Container::Flac, Bits::Int24),
    ];
    let formats =
        formats.map(|(container, bits)| OutputFormat::new(container, Some(bits)).unwrap());
    check(&song(), &formats);
}

#[test]
fn app_render_of_mono_song_equals_file_of_flow_master() {
    let mono = Audio::new(44_100, vec![song().channels[0].clone()]);
    check(&mono, &[OutputFormat::WAV_24]);
}
