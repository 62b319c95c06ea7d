//! The audio half of an instance: the chain, and all that it reports to other threads.
//!
//! Formats bring host buffers and events here; nothing in this file knows which format that is.

use std::sync::Arc;

use flow_dsp::{Chain, ChainSettings, SAMPLE_RATES_HZ, Spec};

use crate::params::FlowParams;
use crate::publisher::Publisher;
use crate::registry;
use crate::shared::Shared;

/// How long the filters ring on after their input ends, seconds: −120 dB of the one that rings longest, the low cut at
/// its lowest corner (10 Hz, Q 0.71). Gains that recover don't ring.
const RING_S: f64 = 0.35;

/// The gain changes, in dB, below which a stage counts as recovered. An instance that sleeps in silence keeps its state,
/// so it must not fall asleep while a gain reduction of the last sound is still audible.
const RECOVERED_DB: f32 = 0.5;

/// Processes audio for one instance.
pub(crate) struct Processor {
    shared: Arc<Shared>,
    publisher: Publisher,
    /// None before the first activation, and at a sample rate that the chain doesn't support: audio then passes through
    /// without delay.
    chain: Option<Chain>,
    /// The settings of the last block that no state load overlapped.
    settings: ChainSettings,
    is_offline: bool,
    latency_samples: u32,
    /// The remaining output when the input ends: the audio that the lookahead holds back, and the ringing, whether a
    /// filter is engaged or not. Without it a host that stops calling on silence would cut both off.
    tail_samples: u32,
    /// How long the input has been silent, saturating.
    silent_samples: u32,
    /// Whether the last block left the instance in a state that further silence doesn't change.
    is_asleep: bool,
}

impl Processor {
    /// A new instance that isn't active yet, and the part of it that other threads share.
    #[must_use]
    pub(crate) fn new() -> (Self, Arc<Shared>) {
        let (publisher, shared) = Publisher::new(Arc::new(FlowParams::default()));
        registry::register(&shared.meters);
        shared
            .engine
            .keep_in(dirs::cache_dir().map(|cache| cache.join("Flow")));
        let processor = Self {
            shared: shared.clone(),
            publisher,
            chain: None,
            settings: ChainSettings::default(),
            is_offline: false,
            latency_samples: 0,
            tail_samples: 0,
            silent_samples: 0,
            is_asleep: false,
        };
        (processor, shared)
    }

    /// The part of the instance that other threads see.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// `[main]` Prepares everything for a sample rate. Allocates.
    ///
    /// At a rate outside [`SAMPLE_RATES_HZ`], and at one that isn't a number, audio passes through without processing
    /// and without delay; the window says so. `is_offline` tells that the next audio is a render without listeners:
    /// monitor states are ignored.
    pub(crate) fn activate(&mut self, sample_rate_hz: f64, is_offline: bool) {
        // Every bounce begins with an activation, in every format: a delta listen left on ends here.
        self.shared.monitor.clear();
        self.is_offline = is_offline;
        if SAMPLE_RATES_HZ.contains(&sample_rate_hz) {
            let spec = Spec { sample_rate_hz };
            let chain = match &mut self.chain {
                Some(chain) => {
                    chain.prepare(spec);
                    chain
                }
                None => self.chain.insert(Chain::new(spec)),
            };
            self.latency_samples = chain.latency_samples();
            self.tail_samples = self.latency_samples + ring_samples(sample_rate_hz);
        } else {
            self.chain = None;
            self.latency_samples = 0;
            self.tail_samples = 0;
        }
        self.silent_samples = 0;
        self.is_asleep = false;
        let is_supported = self.chain.is_some();
        self.publisher.activated(
            flow_dsp::math::narrow(sample_rate_hz),
            self.latency_samples,
            is_offline,
            is_supported,
        );
    }

    /// `[audio]` Tells that the following blocks are, or aren't, a render without listeners.
    pub(crate) fn set_offline(&mut self, is_offline: bool) {
        self.is_offline = is_offline;
    }

    /// `[audio]` Forgets all audio. Never allocates.
    pub(crate) fn reset(&mut self) {
        if let Some(chain) = &mut self.chain {
            chain.reset();
        }
        self.silent_samples = 0;
        self.is_asleep = false;
    }

    /// `[audio]` Processes one or two channels of equal length in place. Never allocates, locks or waits.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        let Some(chain) = &mut self.chain else {
            return;
        };
        let shared = &*self.shared;
        self.settings = shared.settings_or(self.settings);
        if shared.take_forget_meters() {
            chain.forget_meters();
        }
        let frames = channels.first().map_or(0, |channel| channel.len());
        let is_silent = is_silent(channels);
        self.silent_samples = if is_silent {
            let frames = u32::try_from(frames).unwrap_or(u32::MAX);
            self.silent_samples.saturating_add(frames)
        } else {
            0
        };
        let monitor = shared.monitor.heard(self.is_offline);
        self.publisher.before(channels);
        chain.process(&self.settings, monitor, channels);
        self.publisher.after(channels, chain.readings());
        self.is_asleep = self.silent_samples > self.tail_samples
            && self.is_recovered()
            && self::is_silent(channels);
    }

    /// Whether every gain reduction of the last sound is over.
    fn is_recovered(&self) -> bool {
        let Some(chain) = &self.chain else {
            return true;
        };
        let readings = chain.readings();
        let activity = &readings.activity;
        let gains_db = [readings.limiter_gain_db, activity.glue_gain_db];
        gains_db
            .iter()
            .chain(&activity.weave_side_gains_db)
            .chain(&activity.comfort_gains_db)
            .chain(&activity.mid_side_gains_db)
            .chain(&activity.multiband_gains_db)
            .all(|gain_db| gain_db.abs() < RECOVERED_DB)
    }

    /// `[audio]` Whether the host may stop calling until the input sounds again: input and output are silent, the tail
    /// is over, and no gain is still recovering.
    #[must_use]
    pub(crate) fn is_asleep(&self) -> bool {
        self.is_asleep
    }

    /// The delay from input to output in samples; 0 before the first activation.
    #[must_use]
    pub(crate) fn latency_samples(&self) -> u32 {
        self.latency_samples
    }

    /// The length of the output after the input ends, in samples.
    #[must_use]
    pub(crate) fn tail_samples(&self) -> u32 {
        self.tail_samples
    }
}

/// Samples whose peak is taken together.
const PROBE_FRAMES: usize = 32;

/// Whether no sample is louder than a subnormal number. Music is found out at the first probe; NaN counts as silence, as
/// it does for the chain.
fn is_silent(channels: &[&mut [f32]]) -> bool {
    let peak = |probe: &[f32]| probe.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    channels
        .iter()
        .flat_map(|channel| channel.chunks(PROBE_FRAMES))
        .all(|probe| peak(probe) < f32::MIN_POSITIVE)
}

/// A length in whole samples, rounded up.
fn ring_samples(sample_rate_hz: f64) -> u32 {
    // At most 268 800 by the chain's range of rates: well inside the type.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let samples = (sample_rate_hz * RING_S).ceil() as u32;
    samples
}

#[cfg(test)]
mod tests;
