//! Processes the audio of one instance: runs the chain with the present settings and reports to other threads.
//!
//! All formats and the standalone app share it.

use std::sync::Arc;

use flow_dsp::{Chain, ChainSettings, SAMPLE_RATES_HZ, Spec};

use crate::audio::player::{Playback, SourceChoice};
use crate::audio::reporter::Reporter;
use crate::audio::silence_gate::is_below;
use crate::audio::song_position::SongPosition;
use crate::instances;
use crate::params::FlowParams;
use crate::plugin_shared::PluginShared;

/// The time that the filters ring after their input ends, in seconds: until the longest-ringing one, the low cut at its
/// lowest corner (10 Hz, Q 0.71), has decayed by 120 dB. Recovering gains don't ring.
const RING_S: f64 = 0.35;

/// The gain reduction in dB below which a stage counts as recovered. A sleeping instance keeps its state, so it must not
/// fall asleep while a gain reduction of the last sound would be audible.
const RECOVERED_DB: f32 = 0.5;

/// Processes audio for one instance.
pub(crate) struct Processor {
    shared: Arc<PluginShared>,
    reporter: Reporter,
    /// None before the first activation and at an unsupported sample rate: audio then passes through without delay.
    chain: Option<Chain>,
    /// The settings of the last block that didn't overlap a state load.
    settings: ChainSettings,
    is_offline: bool,
    latency_samples: u32,
    /// The length of the output after the input ends: latency plus ringing, whether a filter is engaged or not. A host
    /// that stops calling in silence would otherwise cut both off.
    tail_samples: u32,
    /// The length of the silence at the input so far, saturating.
    silent_samples: u32,
    /// Whether further silence would change nothing.
    is_asleep: bool,
    /// Whether the last live block was bypassed.
    was_bypassed: bool,
    /// Whether a stage was heard alone since the last reset.
    has_soloed: bool,
    /// Plays the reference in place of the output.
    reference: Playback,
}

impl Processor {
    /// Creates the processor of a new instance and the part that it shares with other threads.
    #[must_use]
    pub(crate) fn new() -> (Self, Arc<PluginShared>) {
        let (reporter, shared) = Reporter::new(Arc::new(FlowParams::default()));
        instances::register(&shared);
        shared
            .analysis
            .set_cache_folder(flow_platform::user_folders::cache());
        let processor = Self {
            reference: shared.reference.connect(),
            shared: shared.clone(),
            reporter,
            chain: None,
            settings: ChainSettings::default(),
            is_offline: false,
            latency_samples: 0,
            tail_samples: 0,
            silent_samples: 0,
            is_asleep: false,
            was_bypassed: false,
            has_soloed: false,
        };
        (processor, shared)
    }

    /// The part that other threads share.
    pub(crate) fn shared(&self) -> &PluginShared {
        &self.shared
    }

    /// `[main]` Prepares for a sample rate. Allocates.
    ///
    /// At a rate outside [`SAMPLE_RATES_HZ`], NaN included, audio passes through without delay, and the editor says so.
    /// An offline render ignores the monitor state.
    pub(crate) fn activate(&mut self, sample_rate_hz: f64, is_offline: bool) {
        // Many hosts activate anew before a bounce, so this ends a delta listen that was left on, in a bounce in real time too.
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
        self.reference.stop_at_once();
        self.reference
            .prepare(flow_dsp::math::narrow(sample_rate_hz));
        self.silent_samples = 0;
        self.is_asleep = false;
        self.has_soloed = false;
        let is_supported = self.chain.is_some();
        self.reporter.prepare(
            flow_dsp::math::narrow(sample_rate_hz),
            self.latency_samples,
            is_offline,
            is_supported,
        );
    }

    /// `[main]` Ends the activation. A song that was closed meanwhile is freed.
    pub(crate) fn deactivate(&mut self) {
        self.reference.exchange_at_once();
        self.shared.reference.free();
    }

    /// `[audio]` Sets whether the following blocks are an offline render. Its first sample has no trace of what was monitored:
    /// hosts may change the mode without an activation. A solo changes the memory of every stage, so that the render then
    /// begins as after a reset.
    pub(crate) fn set_offline(&mut self, is_offline: bool) {
        if is_offline && !self.is_offline {
            if self.has_soloed {
                self.reset();
            } else if let Some(chain) = &mut self.chain {
                chain.end_monitoring_at_once();
            }
        }
        self.is_offline = is_offline;
    }

    /// `[audio]` Sets the place in the song of the next frame; none if it is unknown or the song stands still.
    pub(crate) fn set_song_position(&mut self, position: Option<SongPosition>) {
        self.reporter.set_song_position(position);
    }

    /// `[audio]` Clears all audio history. Hosts call it at each start and jump of the transport, so the meters keep what they have
    /// measured since their last reset. Never allocates.
    pub(crate) fn reset(&mut self) {
        if let Some(chain) = &mut self.chain {
            chain.reset_audio();
        }
        self.silent_samples = 0;
        self.is_asleep = false;
        self.has_soloed = false;
    }

    /// `[audio]` Processes one or two channels of equal length in place. Never allocates, locks or waits.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        let Some(chain) = &mut self.chain else {
            return;
        };
        let shared = &*self.shared;
        self.settings = shared.settings_or(self.settings);
        if shared.take_meter_reset() {
            chain.reset_meters();
        }
        let frames = channels.first().map_or(0, |channel| channel.len());
        let is_silent = is_below(channels, SILENCE_PEAK);
        self.silent_samples = if is_silent {
            let frames = u32::try_from(frames).unwrap_or(u32::MAX);
            self.silent_samples.saturating_add(frames)
        } else {
            0
        };
        // A bypass by the host ends the comparison and the difference, whether a window is open or not.
        let is_bypassed = self.settings.bypass && !self.is_offline;
        if is_bypassed && !self.was_bypassed {
            shared.monitor.end_sources();
        }
        self.was_bypassed = is_bypassed;
        let monitor = shared.monitor.for_block(self.is_offline);
        self.has_soloed |= monitor.chain.solo.is_some();
        let reporter = &mut self.reporter;
        reporter.begin_block(channels);
        chain.process_with_tap(&self.settings, monitor.chain, channels, &mut |quanta| {
            reporter.push_output(quanta);
        });
        if self.is_offline {
            self.reference.stop_at_once();
        } else {
            let choice = SourceChoice::of_reference(monitor);
            self.reference.process(channels, choice);
        }
        reporter.end_block(frames, chain.readings(), self.settings.bypass);
        self.is_asleep = !monitor.reference
            && self.silent_samples > self.tail_samples
            && self.is_recovered()
            && is_below(channels, SILENCE_PEAK);
    }

    /// Whether all gain reductions have recovered.
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

    /// `[audio]` Whether the host may stop calling until the input isn't silent: input and output are silent, the tail is
    /// over, and all gains have recovered.
    #[must_use]
    pub(crate) fn is_asleep(&self) -> bool {
        self.is_asleep
    }

    /// The latency in samples; 0 before the first activation.
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

/// Peaks below this are silence, linear: all samples are zero or subnormal.
const SILENCE_PEAK: f32 = f32::MIN_POSITIVE;

/// [`RING_S`] in samples, rounded up.
fn ring_samples(sample_rate_hz: f64) -> u32 {
    // At most 268 800, because the chain supports at most 768 kHz.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let samples = (sample_rate_hz * RING_S).ceil() as u32;
    samples
}

#[cfg(test)]
mod tests;
