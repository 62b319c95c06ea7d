//! The audio devices of the app: those of the command line, or else those that were saved in the window.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::{fs, mem};

use flow_analysis::report::Message;
use flow_platform::file_name::file_name;
use flow_platform::{atomic_file, user_folders};
use serde::{Deserialize, Serialize};

use crate::editor::language::{key, message, reason};

/// The argument and the name of the system's own audio.
#[cfg(target_os = "macos")]
const SYSTEM: [&str; 2] = ["core-audio", "CoreAudio"];
#[cfg(windows)]
const SYSTEM: [&str; 2] = ["wasapi", "WASAPI"];
#[cfg(not(any(windows, target_os = "macos")))]
const SYSTEM: [&str; 2] = ["alsa", "ALSA"];

/// The part of the system that audio comes from and goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// JACK if it runs, or else the system's audio, or else none.
    #[default]
    Auto,
    /// The JACK server.
    Jack,
    /// ALSA, CoreAudio or WASAPI.
    System,
    /// No sound.
    Dummy,
}

impl Backend {
    /// All, in the order of their buttons.
    pub(super) const ALL: [Self; 4] = [Self::Auto, Self::Jack, Self::System, Self::Dummy];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auto => key!("Automatic"),
            Self::Jack => "JACK",
            Self::System => SYSTEM[1],
            Self::Dummy => key!("No sound"),
        }
    }

    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Jack => "jack",
            Self::System => SYSTEM[0],
            Self::Dummy => "dummy",
        }
    }

    fn of_argument(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|b| b.argument() == text)
    }
}

/// Devices, rate and block size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AudioSettings {
    /// Where audio comes from and goes to.
    pub backend: Backend,
    /// The name of the output; none for the system's default.
    pub output: Option<String>,
    /// The name of the live input; none for no input.
    pub input: Option<String>,
    /// The rate of the devices in Hz. JACK has its own.
    pub rate_hz: u32,
    /// The frames of a block. JACK has its own.
    pub block_frames: u32,
}

impl Default for AudioSettings {
    fn default() -> Self {
        Self {
            backend: Backend::default(),
            output: None,
            input: None,
            rate_hz: 48_000,
            block_frames: 512,
        }
    }
}

/// Rate and block size of a running JACK server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JackServer {
    /// The rate in Hz.
    pub rate_hz: u32,
    /// The frames of a block.
    pub block_frames: u32,
}

/// The answers of the system about its audio.
pub trait AudioSystem {
    /// The JACK server, if it runs.
    fn jack(&self) -> Option<JackServer>;

    /// Whether the system's audio can open these settings.
    ///
    /// # Errors
    ///
    /// The reason, one line.
    fn check(&self, settings: &AudioSettings) -> Result<(), Message>;

    /// The block size nearest to that of the settings with which their devices can run at their rate; none if there is none.
    fn nearest_block_frames(&self, settings: &AudioSettings) -> Option<u32>;
}

/// The settings of this start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AudioStart {
    /// The settings in use. Their backend is never [`Backend::Auto`].
    pub in_use: AudioSettings,
    /// The saved settings.
    pub saved: AudioSettings,
    /// Whether the command line has replaced the saved settings.
    pub is_from_command_line: bool,
    /// The reason why others than the wanted settings are in use, one line.
    pub note: Option<Message>,
}

impl AudioStart {
    /// Chooses the settings of a start: those of the command line, or else the saved ones, or else the usual ones.
    #[must_use]
    pub fn new(
        options: &AudioOptions,
        saved: Result<Option<AudioSettings>, Message>,
        system: &dyn AudioSystem,
    ) -> Self {
        let (saved, note) = match saved {
            Ok(saved) => (saved, None),
            Err(error) => (None, Some(saved_unused(error))),
        };
        let is_saved = saved.is_some();
        let is_from_command_line = !options.0.is_empty();
        let mut start = Self {
            in_use: match is_from_command_line {
                true => options.settings(),
                false => saved.clone().unwrap_or_default(),
            },
            saved: saved.unwrap_or_default(),
            is_from_command_line,
            note,
        };
        if is_saved && !is_from_command_line {
            start.check_saved(system);
        }
        let is_block_fixed = options.has(AudioOption::BlockFrames);
        if is_from_command_line && start.in_use.backend == Backend::System && !is_block_fixed {
            // The framework names the error.
            let _ = start.fit_block(system);
        }
        start.resolve_auto(system, is_block_fixed);
        if !is_saved && !is_from_command_line && start.in_use.backend == Backend::System {
            // The usual block size of these devices.
            start.saved.block_frames = start.in_use.block_frames;
        }
        if start.in_use.backend == Backend::Jack
            && let Some(server) = system.jack()
        {
            start.in_use.rate_hz = server.rate_hz;
            start.in_use.block_frames = server.block_frames;
        }
        start
    }

    /// Takes usual settings for the saved ones that can't be used.
    fn check_saved(&mut self, system: &dyn AudioSystem) {
        let error = match self.in_use.backend {
            Backend::Dummy => return,
            Backend::Auto | Backend::Jack if system.jack().is_some() => return,
            Backend::Jack => message!("JACK does not run"),
            Backend::Auto | Backend::System => match system.check(&self.in_use) {
                Ok(()) => return,
                Err(error) => {
                    let mut others = similar(&self.in_use).into_iter();
                    if let Some(usable) = others.find_map(|other| fitted(other, system).ok()) {
                        self.in_use = usable;
                        self.note = Some(message!(
                            "Not all saved audio settings are used: {error}.",
                            error
                        ));
                        return;
                    }
                    error
                }
            },
        };
        self.in_use = AudioSettings::default();
        self.note = Some(saved_unused(error));
    }

    /// Takes the nearest block size of the devices if they can't run with that of the settings.
    fn fit_block(&mut self, system: &dyn AudioSystem) -> Result<(), Message> {
        self.in_use = fitted(self.in_use.clone(), system)?;
        Ok(())
    }

    fn resolve_auto(&mut self, system: &dyn AudioSystem, is_block_fixed: bool) {
        if self.in_use.backend != Backend::Auto {
            return;
        }
        self.in_use.backend = if system.jack().is_some() {
            Backend::Jack
        } else {
            let checked = match is_block_fixed {
                true => system.check(&self.in_use),
                false => self.fit_block(system),
            };
            match checked {
                Ok(()) => Backend::System,
                Err(error) => {
                    let silent = message!("There is no sound: {error}.", error);
                    self.note = Some(match self.note.take() {
                        Some(note) => message!("{note} {silent}", note, silent),
                        None => silent,
                    });
                    Backend::Dummy
                }
            }
        };
    }

    /// The framework's arguments for the settings in use.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let settings = &self.in_use;
        let mut arguments = vec![
            "--backend".to_owned(),
            settings.backend.argument().to_owned(),
        ];
        let mut add = |option: &str, value: String| arguments.push(format!("{option}={value}"));
        add("--sample-rate", settings.rate_hz.to_string());
        add("--period-size", settings.block_frames.to_string());
        if settings.backend == Backend::System {
            for (option, device) in [
                ("--output-device", &settings.output),
                ("--input-device", &settings.input),
            ] {
                if let Some(device) = device {
                    add(option, device.clone());
                }
            }
        }
        arguments
    }
}

/// The options of a command line that choose devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AudioOptions(Vec<(AudioOption, String)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AudioOption {
    Backend,
    Rate,
    BlockFrames,
    Output,
    Input,
}

impl AudioOption {
    /// Its long and its short name.
    const ALL: [(Self, &'static str, Option<&'static str>); 5] = [
        (Self::Backend, "--backend", Some("-b")),
        (Self::Rate, "--sample-rate", Some("-r")),
        (Self::BlockFrames, "--period-size", Some("-p")),
        (Self::Output, "--output-device", None),
        (Self::Input, "--input-device", None),
    ];
}

impl AudioOptions {
    /// Takes the options that choose devices out of the framework's arguments. Values that the framework refuses stay there.
    #[must_use]
    pub fn take_from(arguments: &mut Vec<String>) -> Self {
        let mut options = Vec::new();
        let mut rest = mem::take(arguments).into_iter();
        while let Some(argument) = rest.next() {
            let Some((option, inline)) = split(&argument) else {
                arguments.push(argument);
                continue;
            };
            let next = if inline.is_none() { rest.next() } else { None };
            let value = inline.map(str::to_owned).or_else(|| next.clone());
            match value.filter(|value| is_valid(option, value)) {
                Some(value) => options.push((option, value)),
                None => {
                    arguments.push(argument);
                    arguments.extend(next);
                }
            }
        }
        Self(options)
    }

    /// Whether the framework's arguments still have such options, because it refuses their values.
    #[must_use]
    pub fn are_left_in(arguments: &[String]) -> bool {
        arguments.iter().any(|argument| split(argument).is_some())
    }

    fn has(&self, wanted: AudioOption) -> bool {
        self.0.iter().any(|(option, _)| *option == wanted)
    }

    /// The usual settings with those of the options.
    fn settings(&self) -> AudioSettings {
        let mut settings = AudioSettings::default();
        for (option, value) in &self.0 {
            match option {
                AudioOption::Backend => {
                    settings.backend = Backend::of_argument(value).unwrap_or_default();
                }
                AudioOption::Rate => settings.rate_hz = value.parse().unwrap_or(48_000),
                AudioOption::BlockFrames => settings.block_frames = value.parse().unwrap_or(512),
                AudioOption::Output => settings.output = Some(value.clone()),
                AudioOption::Input => settings.input = Some(value.clone()),
            }
        }
        settings
    }
}

fn saved_unused(error: Message) -> Message {
    message!("The saved audio devices are not used: {error}.", error)
}

/// Settings that the system's audio can open: these, or else these with the nearest block size of their devices. The devices of
/// WASAPI have only one for each rate.
fn fitted(settings: AudioSettings, system: &dyn AudioSystem) -> Result<AudioSettings, Message> {
    let Err(error) = system.check(&settings) else {
        return Ok(settings);
    };
    let block_frames = system.nearest_block_frames(&settings).ok_or(error)?;
    Ok(AudioSettings {
        block_frames,
        ..settings
    })
}

/// The same output with the usual rate or without the input, those that change least first.
fn similar(settings: &AudioSettings) -> Vec<AudioSettings> {
    let usual = AudioSettings::default();
    let inputs = [&settings.input, &None];
    let rates_hz = [settings.rate_hz, usual.rate_hz];
    let mut found = Vec::new();
    for input in inputs {
        for rate_hz in rates_hz {
            found.push(AudioSettings {
                input: input.clone(),
                rate_hz,
                ..settings.clone()
            });
        }
    }
    found
}

/// The option of an argument, and its value if that is in the same argument.
fn split(argument: &str) -> Option<(AudioOption, Option<&str>)> {
    AudioOption::ALL
        .into_iter()
        .find_map(|(option, long, short)| {
            if let Some(rest) = argument.strip_prefix(long) {
                return match rest.strip_prefix('=') {
                    Some(value) => Some((option, Some(value))),
                    None => rest.is_empty().then_some((option, None)),
                };
            }
            let rest = argument.strip_prefix(short?)?;
            let value = rest.strip_prefix('=').unwrap_or(rest);
            Some((option, (!rest.is_empty()).then_some(value)))
        })
}

fn is_valid(option: AudioOption, value: &str) -> bool {
    match option {
        AudioOption::Backend => Backend::of_argument(value).is_some(),
        AudioOption::Rate | AudioOption::BlockFrames => {
            value.parse::<u32>().is_ok_and(|value| value > 0)
        }
        AudioOption::Output | AudioOption::Input => true,
    }
}

/// The file of the saved settings.
#[must_use]
pub fn settings_file() -> Option<PathBuf> {
    user_folders::data().map(|data| data.join("standalone-audio.json"))
}

/// Reads saved settings; none if there are none.
///
/// # Errors
///
/// The reason why the file can't be used, one line.
pub fn read(path: &Path) -> Result<Option<AudioSettings>, Message> {
    let name = file_name(path);
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(message!("{name}: {reason}", name, reason = reason(error))),
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| message!("{name} is damaged ({error})", name, error = reason(error))),
    }
}

/// Saves settings for the next start.
///
/// # Errors
///
/// If the file can't be written. Then nothing has changed.
pub fn write(path: &Path, settings: &AudioSettings) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(settings)?;
    atomic_file::replace(path, &text)
}

#[cfg(test)]
mod tests;
