//! The devices of the system's audio, and the JACK server. Every function asks the system and may take long.

use std::fmt::Display;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{Device, Host, HostId, SupportedBufferSize, SupportedStreamConfigRange};
use flow_analysis::report::Message;
use jack::{Client, ClientOptions};

use super::audio_page::DeviceList;
use super::audio_settings::{AudioSettings, AudioSystem, JackServer};
use crate::editor::language::{message, reason};

#[cfg(target_os = "macos")]
const HOST: HostId = HostId::CoreAudio;
#[cfg(windows)]
const HOST: HostId = HostId::Wasapi;
#[cfg(not(any(windows, target_os = "macos")))]
const HOST: HostId = HostId::Alsa;

/// The rates that a device is asked for, Hz.
const RATES_HZ: [u32; 6] = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
/// The block sizes that a device is asked for, frames.
const BLOCKS_FRAMES: [u32; 6] = [64, 128, 256, 512, 1024, 2048];

/// The audio of this system, for an app with so many channels.
pub(super) struct SystemAudio {
    pub(super) channel_count: u16,
}

impl AudioSystem for SystemAudio {
    fn jack(&self) -> Option<JackServer> {
        let options = ClientOptions::NO_START_SERVER;
        let (client, status) = Client::new("flow_devices", options).ok()?;
        status.is_empty().then(|| JackServer {
            rate_hz: client.sample_rate(),
            block_frames: client.buffer_size(),
        })
    }

    fn check(&self, settings: &AudioSettings) -> Result<(), Message> {
        let host = cpal::host_from_id(HOST).map_err(reason)?;
        let output = output(&host, settings.output.as_deref())?;
        check_configs(&name(&output), settings, output_configs(&output)?)?;
        match &settings.input {
            Some(input) => check_configs(input, settings, self.input_configs(&host, input)?),
            None => Ok(()),
        }
    }

    fn nearest_block_frames(&self, settings: &AudioSettings) -> Option<u32> {
        let host = cpal::host_from_id(HOST).ok()?;
        let output = output(&host, settings.output.as_deref()).ok()?;
        let mut devices = vec![output_configs(&output).ok()?];
        if let Some(input) = &settings.input {
            devices.push(self.input_configs(&host, input).ok()?);
        }
        let devices: Vec<_> = devices.iter().map(Vec::as_slice).collect();
        nearest_block(settings.block_frames, settings.rate_hz, &devices)
    }
}

impl SystemAudio {
    /// The configurations of an input that the framework can open.
    fn input_configs(
        &self,
        host: &Host,
        input: &str,
    ) -> Result<Vec<SupportedStreamConfigRange>, Message> {
        let found = host.input_devices().map_err(reason)?;
        let device = find(found, input).ok_or_else(|| {
            let name = input.to_owned();
            message!("there is no input {name}", name)
        })?;
        let configs = device.supported_input_configs();
        let configs = configs.map_err(|error| device_error(input.to_owned(), error))?;
        let configs = configs.filter(|config| config.channels() == self.channel_count);
        Ok(configs.collect())
    }
}

/// The block size nearest to the wanted one that each device has at a rate, frames.
fn nearest_block(
    wanted: u32,
    rate_hz: u32,
    devices: &[&[SupportedStreamConfigRange]],
) -> Option<u32> {
    let ends = |config: &SupportedStreamConfigRange| match config.buffer_size() {
        SupportedBufferSize::Range { min, max } => [*min, *max],
        SupportedBufferSize::Unknown => [wanted; 2],
    };
    let all_ends = devices.iter().flat_map(|configs| configs.iter());
    let is_possible = |frames: &u32| {
        let has = |config| has_rate(config, rate_hz) && has_block(config, *frames);
        devices.iter().all(|configs| configs.iter().any(has))
    };
    let sizes = all_ends.flat_map(ends).chain([wanted]).chain(BLOCKS_FRAMES);
    let possible = sizes.filter(is_possible);
    possible.min_by_key(|frames| frames.abs_diff(wanted))
}

/// Whether one of the configurations has the rate and the block size.
fn check_configs(
    name: &str,
    settings: &AudioSettings,
    configs: Vec<SupportedStreamConfigRange>,
) -> Result<(), Message> {
    let AudioSettings {
        rate_hz,
        block_frames,
        ..
    } = *settings;
    let is_possible = |config| has_rate(config, rate_hz) && has_block(config, block_frames);
    if configs.iter().any(is_possible) {
        Ok(())
    } else {
        let name = name.to_owned();
        let [rate, frames] = [rate_hz, block_frames].map(|number| number.to_string());
        Err(message!(
            "{name} can't run at {rate} Hz with blocks of {frames} frames",
            name,
            rate,
            frames
        ))
    }
}

fn has_rate(config: &SupportedStreamConfigRange, rate_hz: u32) -> bool {
    (config.min_sample_rate()..=config.max_sample_rate()).contains(&rate_hz)
}

fn has_block(config: &SupportedStreamConfigRange, frames: u32) -> bool {
    match config.buffer_size() {
        SupportedBufferSize::Range { min, max } => (min..=max).contains(&&frames),
        // The framework can't use it.
        SupportedBufferSize::Unknown => false,
    }
}

/// Whether a device has the block size among others.
fn has_free_block(config: &SupportedStreamConfigRange, frames: u32) -> bool {
    has_block(config, frames)
        && !matches!(config.buffer_size(), SupportedBufferSize::Range { min, max } if min == max)
}

/// The output of a name, or the system's default.
fn output(host: &Host, name: Option<&str>) -> Result<Device, Message> {
    match name {
        Some(name) => {
            let found = host.output_devices().map_err(reason)?;
            find(found, name).ok_or_else(|| {
                let name = name.to_owned();
                message!("there is no output {name}", name)
            })
        }
        None => host
            .default_output_device()
            .ok_or_else(|| message!("the system has no output")),
    }
}

fn output_configs(output: &Device) -> Result<Vec<SupportedStreamConfigRange>, Message> {
    let configs = output.supported_output_configs();
    let configs = configs.map_err(|error| device_error(name(output), error))?;
    Ok(configs.collect())
}

/// The error of a device.
fn device_error(name: String, error: impl Display) -> Message {
    message!("{name}: {reason}", name, reason = reason(error))
}

fn find(mut devices: impl Iterator<Item = Device>, wanted: &str) -> Option<Device> {
    devices.find(|device| name(device) == wanted)
}

/// The name by which the framework finds a device; empty if it has none.
fn name(device: &Device) -> String {
    let description = device.description();
    description.map_or(String::new(), |description| description.name().to_owned())
}

/// Lists the devices that an app with so many channels can use, and the rates and block sizes of an output and an input.
pub(super) fn list<const CHANNELS: u16>(
    output_name: Option<&str>,
    input_name: Option<&str>,
) -> Result<DeviceList, Message> {
    let host = cpal::host_from_id(HOST).map_err(reason)?;
    let names = |devices: &mut dyn Iterator<Item = Device>| {
        let mut names: Vec<String> = Vec::new();
        for name in devices.map(|device| name(&device)) {
            // Only the first of two equal names can be chosen.
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let mut outputs = host.output_devices().map_err(reason)?;
    let inputs = host.input_devices().map_err(reason)?;
    let mut input_configs = Vec::new();
    let mut inputs = inputs.filter(|input| {
        // A device in use may refuse to answer.
        let Ok(configs) = input.supported_input_configs() else {
            return true;
        };
        let configs: Vec<_> = configs.filter(|c| is_usable(c, CHANNELS)).collect();
        let is_listed = !configs.is_empty();
        if input_configs.is_empty() && input_name.is_some_and(|wanted| name(input) == wanted) {
            input_configs = configs;
        }
        is_listed
    });
    let inputs = names(&mut inputs);
    let configs = output(&host, output_name).and_then(|output| output_configs(&output));
    let output_configs = configs.unwrap_or_default();
    let possible = |values: [u32; 6], has: fn(&SupportedStreamConfigRange, u32) -> bool| {
        common(values, [&output_configs, &input_configs], has)
    };
    let rates_hz = possible(RATES_HZ, has_rate);
    let blocks_frames = possible(BLOCKS_FRAMES, has_free_block);
    let own_blocks = match blocks_frames.is_empty() {
        true => own_blocks(&rates_hz, [&output_configs, &input_configs]),
        false => Vec::new(),
    };
    Ok(DeviceList {
        outputs: names(&mut outputs),
        inputs,
        rates_hz,
        blocks_frames,
        own_blocks,
    })
}

/// Whether the framework can open an input so.
fn is_usable(config: &SupportedStreamConfigRange, channel_count: u16) -> bool {
    let has_range = matches!(config.buffer_size(), SupportedBufferSize::Range { .. });
    config.channels() == channel_count && has_range
}

/// The rates with the block size that both devices have there. A device without configurations counts as having all.
fn own_blocks(rates_hz: &[u32], devices: [&[SupportedStreamConfigRange]; 2]) -> Vec<(u32, u32)> {
    let devices = devices.into_iter().filter(|configs| !configs.is_empty());
    let devices: Vec<_> = devices.collect();
    let usual = AudioSettings::default().block_frames;
    let blocks = rates_hz.iter().filter_map(|rate_hz| {
        let frames = nearest_block(usual, *rate_hz, &devices)?;
        Some((*rate_hz, frames))
    });
    blocks.collect()
}

/// The values that both devices have. A device without configurations has not answered, and counts as having all.
fn common(
    values: [u32; 6],
    devices: [&[SupportedStreamConfigRange]; 2],
    has: fn(&SupportedStreamConfigRange, u32) -> bool,
) -> Vec<u32> {
    let has_value = |configs: &[SupportedStreamConfigRange], value| {
        configs.is_empty() || configs.iter().any(|config| has(config, value))
    };
    let is_common = |value: &u32| devices.iter().all(|configs| has_value(configs, *value));
    values.into_iter().filter(is_common).collect()
}

#[cfg(test)]
mod tests {
    use cpal::SampleFormat;

    use super::*;

    fn config(
        channels: u16,
        rates_hz: [u32; 2],
        block: SupportedBufferSize,
    ) -> SupportedStreamConfigRange {
        let [min, max] = rates_hz;
        SupportedStreamConfigRange::new(channels, min, max, block, SampleFormat::F32)
    }

    const BLOCK: SupportedBufferSize = SupportedBufferSize::Range { min: 64, max: 512 };

    #[test]
    fn rates_and_block_sizes_are_those_of_both_devices() {
        let output = [config(2, [44_100, 96_000], BLOCK)];
        let input = [config(2, [48_000, 48_000], BLOCK)];
        let rates = |devices| common(RATES_HZ, devices, has_rate);
        assert_eq!(rates([&output, &input]), [48_000]);
        assert_eq!(rates([&output, &[]]), [44_100, 48_000, 88_200, 96_000]);
        let blocks = common(BLOCKS_FRAMES, [&output, &input], has_block);
        assert_eq!(blocks, [64, 128, 256, 512]);
    }

    /// As WASAPI's have it.
    #[test]
    fn devices_with_one_block_size_at_a_rate_offer_it() {
        let fixed = |rate_hz, frames| {
            let block = SupportedBufferSize::Range {
                min: frames,
                max: frames,
            };
            config(2, [rate_hz, rate_hz], block)
        };
        let output = [fixed(44_100, 441), fixed(48_000, 480)];
        let input = [config(2, [48_000, 48_000], BLOCK)];
        let blocks = |devices| common(BLOCKS_FRAMES, devices, has_free_block);
        assert!(blocks([&output, &[]]).is_empty());
        assert_eq!(nearest_block(512, 44_100, &[&output]), Some(441));
        assert_eq!(nearest_block(512, 96_000, &[&output]), None);
        assert_eq!(nearest_block(64, 48_000, &[&output, &input]), Some(480));
        assert_eq!(nearest_block(1000, 48_000, &[&input]), Some(512));
        assert_eq!(nearest_block(100, 48_000, &[&input]), Some(100));
        let own = own_blocks(&[44_100, 48_000], [&output, &[]]);
        assert_eq!(own, [(44_100, 441), (48_000, 480)]);
        assert_eq!(
            own_blocks(&[44_100, 48_000], [&output, &input]),
            [(48_000, 480)]
        );
    }

    #[test]
    fn input_with_other_channels_or_unknown_blocks_is_not_usable() {
        let rates = [48_000, 48_000];
        assert!(is_usable(&config(2, rates, BLOCK), 2));
        assert!(!is_usable(&config(1, rates, BLOCK), 2));
        let unknown = config(2, rates, SupportedBufferSize::Unknown);
        assert!(!is_usable(&unknown, 2));
    }
}
