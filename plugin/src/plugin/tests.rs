//! What can be said about an instance without a host around it.

use std::cell::Cell;

use flow_dsp::{Compare, Monitor};

use super::*;

/// A host that notes the latency it is told.
struct Host {
    api: PluginApi,
    latency_samples: Cell<Option<u32>>,
}

impl Host {
    fn new(api: PluginApi) -> Self {
        Self {
            api,
            latency_samples: Cell::new(None),
        }
    }

    fn activate(&mut self, flow: &mut Flow, sample_rate: f32, process_mode: ProcessMode) -> bool {
        let config = BufferConfig {
            sample_rate,
            min_buffer_size: None,
            max_buffer_size: 512,
            process_mode,
        };
        flow.activate(&Flow::AUDIO_IO_LAYOUTS[0], &config, self)
    }
}

impl ActivateContext<Flow> for Host {
    fn plugin_api(&self) -> PluginApi {
        self.api
    }

    fn execute(&self, _task: ()) {}

    fn set_latency_samples(&self, samples: u32) {
        self.latency_samples.set(Some(samples));
    }

    fn set_current_voice_capacity(&self, _capacity: u32) {}
}

#[test]
fn stereo_comes_first() {
    let channels: Vec<_> = Flow::AUDIO_IO_LAYOUTS
        .iter()
        .map(|layout| (layout.main_input_channels, layout.main_output_channels))
        .collect();
    let (one, two) = (NonZeroU32::new(1), NonZeroU32::new(2));
    assert_eq!(channels, [(two, two), (one, one)]);
}

#[test]
fn rates_outside_the_range_are_refused() {
    for (sample_rate, accepted) in [
        (0.0, false),
        (f32::NAN, false),
        (22_049.0, false),
        (22_050.0, true),
        (48_000.0, true),
        (384_000.0, true),
        (384_001.0, false),
        (f32::INFINITY, false),
    ] {
        let mut host = Host::new(PluginApi::Clap);
        let activated = host.activate(&mut Flow::default(), sample_rate, ProcessMode::Realtime);
        assert_eq!(activated, accepted, "{sample_rate} Hz");
        assert_eq!(host.latency_samples.get().is_some(), accepted);
    }
}

#[test]
fn the_latency_is_known_at_activation_and_does_not_depend_on_settings() {
    let mut flow = Flow::default();
    let mut host = Host::new(PluginApi::Clap);
    assert!(host.activate(&mut flow, 48_000.0, ProcessMode::Realtime));
    let latency_samples = host.latency_samples.get();
    for (_, ptr, _) in flow.shared.params.param_map() {
        // SAFETY: `flow` keeps its parameters alive.
        unsafe { ptr._internal_set_normalized_value(1.0) };
    }
    assert!(host.activate(&mut flow, 48_000.0, ProcessMode::Offline));
    assert_eq!(host.latency_samples.get(), latency_samples);
}

#[test]
fn a_bounce_does_not_hear_what_the_monitor_heard() {
    let monitor = Monitor {
        compare: Compare::Original,
        delta: true,
        mono: true,
    };
    // VST3 bounces are announced as live playback, and live playback after them as a bounce.
    for (api, mode) in [
        (PluginApi::Clap, ProcessMode::Offline),
        (PluginApi::Vst3, ProcessMode::Realtime),
    ] {
        let mut flow = Flow::default();
        flow.shared.monitor.set(monitor);
        assert!(Host::new(api).activate(&mut flow, 48_000.0, mode));
        assert_eq!(flow.shared.monitor.heard(flow.offline), Monitor::default());
    }

    let mut flow = Flow::default();
    assert!(Host::new(PluginApi::Vst3).activate(&mut flow, 48_000.0, ProcessMode::Offline));
    flow.shared.monitor.set(monitor);
    assert_eq!(flow.shared.monitor.heard(flow.offline), monitor);
}

#[test]
fn the_tail_holds_the_latency_and_the_ringing() {
    let mut flow = Flow::default();
    let mut host = Host::new(PluginApi::Clap);
    for (sample_rate, ring_samples) in [(48_000.0, 16_800), (96_000.0, 33_600)] {
        assert!(host.activate(&mut flow, sample_rate, ProcessMode::Realtime));
        let latency_samples = host.latency_samples.get().unwrap();
        assert_eq!(flow.tail_samples, latency_samples + ring_samples);
    }
}
