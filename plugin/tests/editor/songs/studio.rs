//! The audio devices of a studio.

use flow_analysis::report::Message;
use flow_plugin::standalone::audio_page::DeviceList;
use flow_plugin::standalone::audio_settings::{AudioSettings, AudioStart, Backend};

/// A start with the system's default output.
pub(crate) fn start() -> AudioStart {
    AudioStart {
        in_use: AudioSettings {
            backend: Backend::System,
            ..AudioSettings::default()
        },
        ..AudioStart::default()
    }
}

/// The devices of a studio. The interface has more rates than the others, and the microphone has none of its highest ones.
pub(crate) fn list(output: Option<&str>, input: Option<&str>) -> Result<DeviceList, Message> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let rates: &[u32] = match (output, input) {
        (Some("Interface"), Some("Built-in microphone")) => &[44_100, 48_000, 96_000],
        (Some("Interface"), _) => &[44_100, 48_000, 88_200, 96_000, 176_400, 192_000],
        _ => &[44_100, 48_000],
    };
    Ok(DeviceList {
        outputs: names(&["Interface", "Built-in speakers", "Monitor"]),
        inputs: names(&["Interface", "Built-in microphone"]),
        rates_hz: rates.to_vec(),
        blocks_frames: vec![64, 128, 256, 512, 1024, 2048],
        own_blocks: Vec::new(),
    })
}
