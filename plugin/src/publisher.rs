//! What the audio thread tells of a process call: figures, load and moments always, audio only while a window looks on.

use std::sync::Arc;

use flow_dsp::Readings;
use flow_platform::clock;
use flow_service::service::AudioSide;
use flow_service::tap::{TapWriter, tap};

use crate::attention::Attention;
use crate::ears::Ears;
use crate::meters::{MeterWriter, meters};
use crate::moments::MomentWriter;
use crate::params::FlowParams;
use crate::shared::Shared;

/// The audio thread's end of [`Shared`].
pub struct Publisher {
    shared: Arc<Shared>,
    meters: MeterWriter,
    moments: MomentWriter,
    input: TapWriter,
    output: TapWriter,
    attention: Attention,
    /// None until the first activation.
    service: Option<AudioSide>,
    /// When the present call began.
    begin_ns: u64,
    /// Whether a window sees the present call.
    seen: bool,
}

impl Publisher {
    /// For a new instance that isn't active yet, and what it shares.
    #[must_use]
    pub fn new(params: Arc<FlowParams>) -> (Self, Arc<Shared>) {
        let (meters, figures) = meters();
        let (input, input_reader, input_switch) = tap();
        let (output, output_reader, output_switch) = tap();
        let ears = Ears::new([input_reader, output_reader], [input_switch, output_switch]);
        let shared = Arc::new(Shared::new(params, figures, ears));
        let publisher = Self {
            shared: shared.clone(),
            meters,
            moments: MomentWriter::new(1.0),
            input,
            output,
            attention: Attention::new(1.0),
            service: None,
            begin_ns: 0,
            seen: false,
        };
        (publisher, shared)
    }

    /// `[main]` Prepares everything for an activation's sample rate. At a rate that the chain doesn't support nothing is
    /// processed, so nothing is reported either.
    pub fn activated(
        &mut self,
        sample_rate_hz: f32,
        latency_samples: u32,
        is_offline: bool,
        is_rate_supported: bool,
    ) {
        if is_rate_supported {
            let engine = &self.shared.engine;
            self.service
                .get_or_insert_with(|| engine.join())
                .prepare(sample_rate_hz, !is_offline);
            self.input.prepare(sample_rate_hz);
            self.output.prepare(sample_rate_hz);
            self.moments = MomentWriter::new(sample_rate_hz);
            self.attention = Attention::new(sample_rate_hz);
        }
        self.shared
            .activated(sample_rate_hz, latency_samples, is_rate_supported);
    }

    /// `[audio]` Before a block is processed.
    pub fn before(&mut self, channels: &[&mut [f32]]) {
        self.begin_ns = clock::now_ns();
        if let Some(service) = &mut self.service {
            service.feed(channels);
        }
        self.seen = self.shared.is_watched() && self.attention.wakes(channels);
        if self.seen {
            self.input.feed(channels);
        }
    }

    /// `[audio]` After it.
    pub fn after(&mut self, channels: &[&mut [f32]], readings: &Readings) {
        let frames = channels.first().map_or(0, |channel| channel.len());
        self.meters.publish(readings);
        self.moments.observe(frames, readings, &self.shared.moments);
        if self.seen {
            self.output.feed(channels);
        }
        let Some(service) = &mut self.service else {
            return;
        };
        let end_ns = clock::now_ns();
        if self.seen && service.admits_picture(end_ns) {
            self.shared.repaint.request_repaint();
        }
        service.finish(self.begin_ns, end_ns, frames);
    }
}
