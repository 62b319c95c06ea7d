//! The audio thread's handle to the service.

use std::sync::Arc;

use crate::audio_load::LoadWriter;
use crate::audio_tap::TapWriter;
use crate::probe::{self, Event, Kind, ProbeWriter};
use crate::scheduler::RepaintLimiter;
use crate::stats::SharedStats;

/// The audio thread's end of an instance. It never waits, allocates or takes a lock.
#[derive(Debug)]
pub struct AudioHandle {
    tap: TapWriter,
    load: LoadWriter,
    probe: ProbeWriter,
    stats: Arc<SharedStats>,
    repaint_limiter: RepaintLimiter,
    sample_rate_hz: f32,
    lost_frames: u64,
}

impl AudioHandle {
    pub(crate) fn new(
        tap: TapWriter,
        load: LoadWriter,
        probe: ProbeWriter,
        stats: Arc<SharedStats>,
    ) -> Self {
        Self {
            tap,
            load,
            probe,
            stats,
            repaint_limiter: RepaintLimiter::default(),
            sample_rate_hz: 0.0,
            lost_frames: 0,
        }
    }

    /// `[main]` Prepares for a sample rate and a mode. Offline rendering needs no headroom and is never late.
    pub fn prepare(&mut self, sample_rate_hz: f32, is_real_time: bool) {
        self.sample_rate_hz = sample_rate_hz;
        self.tap.prepare(sample_rate_hz);
        self.load.set_real_time(is_real_time);
    }

    /// `[audio]` Copies audio for the analysis. Reads only one flag while the instance doesn't listen.
    pub fn push<C: AsRef<[f32]>>(&mut self, channels: &[C]) {
        self.lost_frames += self.tap.push(channels);
    }

    /// `[audio]` Publishes the load at the end of a callback. The times are those of
    /// [`now_ns`](flow_platform::clock::now_ns) at the callback's beginning and end.
    pub fn finish_callback(&mut self, begin_ns: u64, end_ns: u64, frames: usize) {
        let rate_hz = self.sample_rate_hz;
        let timing = self.load.record_callback(begin_ns, end_ns, frames, rate_hz);
        let lost_frames = std::mem::take(&mut self.lost_frames);
        if !probe::is_on() {
            return;
        }
        self.probe.record(Event {
            kind: Kind::Block,
            begin_ns,
            end_ns,
            value: timing.deadline_ns,
        });
        let events = [
            (timing.is_late, Kind::Late, begin_ns),
            (timing.missed_deadline, Kind::Missed, end_ns),
            (lost_frames > 0, Kind::Dropped, end_ns),
        ];
        for (has_happened, kind, now_ns) in events {
            if has_happened {
                self.probe.record(Event::at(kind, now_ns, lost_frames));
            }
        }
    }

    /// `[audio]` Whether the editor may repaint now. While audio is short of time, repaints are rare.
    pub fn should_repaint(&mut self, now_ns: u64) -> bool {
        self.repaint_limiter
            .should_repaint(now_ns, self.stats.is_audio_overloaded())
    }
}
