//! Reports each process call to other threads: meters, load and history always, audio only while an editor is open.

use std::sync::Arc;

use flow_dsp::{Activity, Quantum, Readings};
use flow_platform::clock;
use flow_service::AudioHandle;
use flow_service::audio_tap::{TapWriter, audio_tap};

use super::editor_taps::EditorTaps;
use super::meter_history::HistoryWriter;
use super::meters::{MeterWriter, meter_channel};
use super::silence_gate::SilenceGate;
use super::song_position::SongPosition;
use crate::params::FlowParams;
use crate::plugin_shared::PluginShared;

/// The audio thread's end of [`PluginShared`].
pub struct Reporter {
    shared: Arc<PluginShared>,
    meters: MeterWriter,
    history: HistoryWriter,
    input: TapWriter,
    output: TapWriter,
    gate: SilenceGate,
    /// None until the first activation.
    service: Option<AudioHandle>,
    /// The time at which the present call began.
    begin_ns: u64,
    /// Whether the present call goes to an editor's displays.
    is_displayed: bool,
}

impl Reporter {
    /// Creates both ends for a new instance.
    #[must_use]
    pub fn new(params: Arc<FlowParams>) -> (Self, Arc<PluginShared>) {
        let (meters, meter_reader) = meter_channel();
        let (input, input_reader, input_switch) = audio_tap();
        let (output, output_reader, output_switch) = audio_tap();
        let taps = EditorTaps::new([input_reader, output_reader], [input_switch, output_switch]);
        let shared = Arc::new(PluginShared::new(params, meter_reader, taps));
        let reporter = Self {
            shared: shared.clone(),
            meters,
            history: HistoryWriter::new(1.0),
            input,
            output,
            gate: SilenceGate::new(1.0),
            service: None,
            begin_ns: 0,
            is_displayed: false,
        };
        (reporter, shared)
    }

    /// `[main]` Prepares for an activation. At an unsupported sample rate the processor reports nothing, so nothing is
    /// prepared.
    pub fn prepare(
        &mut self,
        sample_rate_hz: f32,
        latency_samples: u32,
        is_offline: bool,
        is_rate_supported: bool,
    ) {
        if is_rate_supported {
            let analysis = &self.shared.analysis;
            self.service
                .get_or_insert_with(|| analysis.connect())
                .prepare(sample_rate_hz, !is_offline);
            self.input.prepare(sample_rate_hz);
            self.output.prepare(sample_rate_hz);
            self.history = HistoryWriter::new(sample_rate_hz);
            // The meters begin anew, too.
            self.shared.meter_history.begin_song();
            self.gate = SilenceGate::new(sample_rate_hz);
        }
        self.shared
            .set_activation(sample_rate_hz, latency_samples, is_rate_supported);
    }

    /// `[audio]` Sets the place in the song of the next frame; none if it is unknown or the song stands still.
    pub fn set_song_position(&mut self, position: Option<SongPosition>) {
        self.history.set_song_position(position);
    }

    /// `[audio]` Reports the input of a block before it is processed.
    pub fn begin_block(&mut self, channels: &[&mut [f32]]) {
        self.begin_ns = clock::now_ns();
        if let Some(service) = &mut self.service {
            service.push(channels);
        }
        self.is_displayed = self.shared.is_editor_open() && self.gate.update(channels);
        if self.is_displayed {
            self.input.push(channels);
        }
    }

    /// `[audio]` Reports a part of the block's output before monitor states: the displays show the master, whatever is heard.
    pub fn push_output(&mut self, quanta: &[Quantum]) {
        if self.is_displayed {
            for quantum in quanta {
                self.output.push(&quantum.channels);
            }
        }
    }

    /// `[audio]` Reports the readings of the block. The stages work on under bypass, but change nothing that is heard, so
    /// no gain reduction is reported.
    pub fn end_block(&mut self, frames: usize, readings: &Readings, is_bypassed: bool) {
        let mut readings = *readings;
        if is_bypassed {
            readings.limiter_gain_db = 0.0;
            readings.activity = Activity::default();
        }
        self.meters.publish(&readings);
        self.history
            .observe(frames, &readings, &self.shared.meter_history);
        let Some(service) = &mut self.service else {
            return;
        };
        let end_ns = clock::now_ns();
        if self.is_displayed && service.should_repaint(end_ns) {
            self.shared.repaint.request_repaint();
        }
        service.finish_callback(self.begin_ns, end_ns, frames);
    }
}
