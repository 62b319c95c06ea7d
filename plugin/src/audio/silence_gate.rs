//! Stops the editor's repaints after silence, once all displays have come to rest.

/// Peaks below this count as silence, linear: −120 dBFS.
const SILENCE_PEAK: f32 = 1e-6;

/// The time that the slowest display needs to come to rest after the last sound, in seconds: a held peak that falls from
/// the top of the spectrum.
const RELEASE_S: f32 = 10.0;

/// Samples per peak measurement. Music is detected by the first one.
const PROBE_FRAMES: usize = 32;

/// `[audio]` A gate that sound opens and [`RELEASE_S`] of silence closes.
pub(super) struct SilenceGate {
    silent_frames: usize,
    release_frames: usize,
}

impl SilenceGate {
    /// A closed gate.
    #[must_use]
    pub(super) fn new(sample_rate_hz: f32) -> Self {
        // At most 7 680 000.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let release_frames = (RELEASE_S * sample_rate_hz) as usize;
        Self {
            silent_frames: release_frames,
            release_frames,
        }
    }

    /// Takes in a block and returns whether the gate is open after it.
    pub(super) fn update(&mut self, channels: &[&mut [f32]]) -> bool {
        let frames = channels.first().map_or(0, |channel| channel.len());
        self.silent_frames = if is_below(channels, SILENCE_PEAK) {
            self.release_frames.min(self.silent_frames + frames)
        } else {
            0
        };
        self.silent_frames < self.release_frames
    }
}

/// `[audio]` Whether all samples lie below a peak. NaN counts as silence, as in the chain.
pub(super) fn is_below(channels: &[&mut [f32]], limit: f32) -> bool {
    let peak = |probe: &[f32]| probe.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    channels
        .iter()
        .flat_map(|channel| channel.chunks(PROBE_FRAMES))
        .all(|probe| peak(probe) < limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_gate_after_sound_closes_when_the_release_ends() {
        let mut gate = SilenceGate::new(48_000.0);
        let mut block = [0.0_f32; 480];
        assert!(!gate.update(&[&mut block]));
        block[479] = -1e-3;
        assert!(gate.update(&[&mut [0.0; 480], &mut block]));
        for block in 0..2000 {
            let is_open = gate.update(&[&mut [1e-7; 480]]);
            assert_eq!(is_open, block < 999, "block {block}");
        }
    }
}
