use super::*;

/// A system with or without JACK, whose own audio opens these outputs at 44.1 and 48 kHz.
#[derive(Clone, Copy)]
struct TestSystem {
    jack: Option<JackServer>,
    outputs: &'static [&'static str],
    /// The only block size at 48 kHz, frames; none for all sizes.
    only_block: Option<u32>,
}

impl AudioSystem for TestSystem {
    fn jack(&self) -> Option<JackServer> {
        self.jack
    }

    fn check(&self, settings: &AudioSettings) -> Result<(), Message> {
        let output = settings.output.as_deref().unwrap_or("default");
        if !self.outputs.contains(&output) {
            return Err(format!("there is no output {output}").into());
        }
        match settings.rate_hz {
            44_100 | 48_000 => match self.nearest_block_frames(settings) {
                Some(frames) if frames == settings.block_frames => Ok(()),
                _ => {
                    Err(format!("{output} can't run with {} frames", settings.block_frames).into())
                }
            },
            rate => Err(format!("{output} can't run at {rate} Hz").into()),
        }
    }

    fn nearest_block_frames(&self, settings: &AudioSettings) -> Option<u32> {
        let output = settings.output.as_deref().unwrap_or("default");
        let is_possible = self.outputs.contains(&output) && settings.rate_hz <= 48_000;
        is_possible.then(|| match self.only_block {
            Some(frames) => frames * settings.rate_hz / 48_000,
            None => settings.block_frames,
        })
    }
}

const SYSTEM_AUDIO: TestSystem = TestSystem {
    jack: None,
    outputs: &["default", "USB"],
    only_block: None,
};
const WITH_JACK: TestSystem = TestSystem {
    jack: Some(JackServer {
        rate_hz: 44_100,
        block_frames: 128,
    }),
    outputs: &["default"],
    only_block: None,
};
const SILENT: TestSystem = TestSystem {
    jack: None,
    outputs: &[],
    only_block: None,
};

fn options(arguments: &[&str]) -> (AudioOptions, Vec<String>) {
    let mut arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
    let options = AudioOptions::take_from(&mut arguments);
    (options, arguments)
}

fn usb() -> AudioSettings {
    AudioSettings {
        backend: Backend::System,
        output: Some("USB".to_owned()),
        ..AudioSettings::default()
    }
}

#[test]
fn start_without_choices_takes_jack_or_the_system_or_no_sound() {
    let start = |system: &TestSystem| AudioStart::new(&AudioOptions::default(), Ok(None), system);
    let jack = start(&WITH_JACK).in_use;
    assert_eq!(
        (jack.backend, jack.rate_hz, jack.block_frames),
        (Backend::Jack, 44_100, 128)
    );
    assert_eq!(start(&SYSTEM_AUDIO).in_use.backend, Backend::System);
    let silent = start(&SILENT);
    assert_eq!(silent.in_use.backend, Backend::Dummy);
    let note = "There is no sound: there is no output default.";
    assert_eq!(silent.note.as_deref(), Some(note));
}

#[test]
fn devices_with_one_block_size_run_with_it() {
    // 10 ms, as those of WASAPI.
    let system = TestSystem {
        only_block: Some(480),
        ..SYSTEM_AUDIO
    };
    let start =
        |arguments: &[&str], saved| AudioStart::new(&options(arguments).0, Ok(saved), &system);
    let usual = start(&["Flow"], None);
    let used = &usual.in_use;
    assert_eq!((used.backend, used.block_frames), (Backend::System, 480));
    assert_eq!(usual.note, None);
    assert_eq!(usual.saved.block_frames, 480, "nothing differs from it");
    for arguments in [
        &["Flow", "-r", "44100"][..],
        &["Flow", "-r44100", "-b", SYSTEM[0]],
    ] {
        let started = start(arguments, None);
        let used = &started.in_use;
        assert_eq!((used.backend, used.block_frames), (Backend::System, 441));
    }
    // A block size of the command line is never another one.
    let refused = start(&["Flow", "-p", "512"], None);
    assert_eq!(refused.in_use.backend, Backend::Dummy);
    assert!(
        refused
            .note
            .unwrap()
            .contains("default can't run with 512 frames")
    );
    let saved = start(&["Flow"], Some(usb()));
    let used = &saved.in_use;
    assert_eq!(
        (used.output.as_deref(), used.block_frames),
        (Some("USB"), 480)
    );
    assert!(
        saved
            .note
            .unwrap()
            .contains("USB can't run with 512 frames")
    );
}

#[test]
fn saved_devices_are_used_unless_they_are_gone() {
    let start = |saved: AudioSettings, system: &TestSystem| {
        AudioStart::new(&AudioOptions::default(), Ok(Some(saved)), system)
    };
    let used = start(usb(), &SYSTEM_AUDIO);
    assert_eq!((&used.in_use, &used.note), (&usb(), &None));
    let gone = start(usb(), &WITH_JACK);
    assert_eq!(gone.in_use.backend, Backend::Jack);
    assert_eq!(gone.saved, usb(), "the choice is kept");
    assert!(gone.note.unwrap().contains("there is no output USB"));
    let fast = AudioSettings {
        rate_hz: 192_000,
        ..usb()
    };
    let slowed = start(fast, &SYSTEM_AUDIO);
    assert_eq!(slowed.in_use.rate_hz, 48_000);
    assert!(slowed.note.unwrap().contains("USB can't run at 192000 Hz"));
    let jack = AudioSettings {
        backend: Backend::Jack,
        ..AudioSettings::default()
    };
    let without = start(jack, &SYSTEM_AUDIO);
    assert_eq!(without.in_use.backend, Backend::System);
    assert!(without.note.unwrap().contains("JACK does not run"));
}

#[test]
fn saved_automatic_devices_that_are_gone_fall_back_to_the_usual_ones() {
    let start = |saved: AudioSettings, system: &TestSystem| {
        AudioStart::new(&AudioOptions::default(), Ok(Some(saved)), system)
    };
    let saved = AudioSettings {
        backend: Backend::Auto,
        output: Some("Gone".to_owned()),
        ..AudioSettings::default()
    };
    let used = start(saved.clone(), &SYSTEM_AUDIO);
    assert_eq!(used.in_use.backend, Backend::System);
    assert_eq!(used.in_use.output, None);
    assert_eq!(used.saved, saved, "the choice is kept");
    let note = "The saved audio devices are not used: there is no output Gone.";
    assert_eq!(used.note.as_deref(), Some(note));
    // JACK has its own devices.
    let jack = start(saved.clone(), &WITH_JACK);
    assert_eq!((jack.in_use.backend, jack.note), (Backend::Jack, None));
    let silent = start(saved, &SILENT);
    assert_eq!(silent.in_use.backend, Backend::Dummy);
    let note = "The saved audio devices are not used: there is no output Gone. \
                There is no sound: there is no output default.";
    assert_eq!(silent.note.as_deref(), Some(note));
}

#[test]
fn saved_rate_that_is_gone_leaves_output_and_block_size() {
    for backend in [Backend::Auto, Backend::System] {
        let saved = AudioSettings {
            backend,
            rate_hz: 192_000,
            block_frames: 128,
            ..usb()
        };
        let start = AudioStart::new(&AudioOptions::default(), Ok(Some(saved)), &SYSTEM_AUDIO);
        let expected = AudioSettings {
            block_frames: 128,
            ..usb()
        };
        assert_eq!(start.in_use, expected);
        let note = "Not all saved audio settings are used: USB can't run at 192000 Hz.";
        assert_eq!(start.note.as_deref(), Some(note));
    }
}

#[test]
fn options_of_the_command_line_replace_saved_devices() {
    let (options, rest) = options(&["Flow", "-b", "dummy", "--tempo=90", "-r44100"]);
    assert_eq!(rest, ["Flow", "--tempo=90"]);
    let start = AudioStart::new(&options, Ok(Some(usb())), &SYSTEM_AUDIO);
    assert!(start.is_from_command_line);
    assert_eq!(start.in_use.backend, Backend::Dummy);
    assert_eq!(start.in_use.output, None);
    assert_eq!(
        start.arguments()[2..],
        ["--sample-rate=44100", "--period-size=512"]
    );
}

#[test]
fn explicit_devices_of_the_command_line_are_left_to_the_framework() {
    let system = Backend::System.argument();
    let (options, _) = options(&[
        "--backend",
        system,
        "--output-device",
        "",
        "--input-device=Mic",
    ]);
    let start = AudioStart::new(&options, Ok(None), &SILENT);
    assert_eq!(start.note, None);
    let arguments = start.arguments();
    assert_eq!(arguments[..2], ["--backend", system]);
    assert_eq!(arguments[4..], ["--output-device=", "--input-device=Mic"]);
}

#[test]
fn values_that_no_setting_has_stay_for_the_framework_to_refuse() {
    for wrong in [
        vec!["--backend", "tape"],
        vec!["--sample-rate=fast"],
        vec!["-p", "0"],
        vec!["--backend"],
    ] {
        let (options, rest) = options(&wrong);
        assert_eq!(options, AudioOptions::default());
        assert_eq!(rest, wrong);
        assert!(AudioOptions::are_left_in(&rest));
    }
}

#[test]
fn settings_are_saved_and_a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("standalone-audio.json");
    assert_eq!(read(&path), Ok(None));
    write(&path, &usb()).unwrap();
    assert_eq!(read(&path), Ok(Some(usb())));
    // Fields of other versions are left out or have their defaults.
    fs::write(&path, r#"{"rate_hz": 96000, "mood": "blue"}"#).unwrap();
    assert_eq!(read(&path).unwrap().unwrap().rate_hz, 96_000);
    fs::write(&path, "{").unwrap();
    let error = read(&path).unwrap_err();
    assert!(
        error.starts_with("standalone-audio.json is damaged"),
        "{error}"
    );
    let start = AudioStart::new(&AudioOptions::default(), Err(error), &SYSTEM_AUDIO);
    assert_eq!(start.in_use.backend, Backend::System);
    assert!(start.note.unwrap().contains("is damaged"));
}
