//! Whether there is anything to see: a window is drawn while something sounds, and for as long as the displays need to
//! come to rest afterwards.

/// Quieter than this is silence: −120 dBFS.
const SILENCE: f32 = 1e-6;

/// Every display is at rest so long after the last sound: a peak that is held and falls from the top of the spectrum
/// takes the longest.
const REST_S: f32 = 10.0;

/// Samples that are looked at together.
const GLANCE: usize = 32;

/// `[audio]` Listens for silence.
pub struct Attention {
    silent_frames: usize,
    rest_frames: usize,
}

impl Attention {
    /// At rest until something sounds.
    #[must_use]
    pub fn new(sample_rate_hz: f32) -> Self {
        // At most 3 840 000.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rest_frames = (REST_S * sample_rate_hz) as usize;
        Self {
            silent_frames: rest_frames,
            rest_frames,
        }
    }

    /// Whether a window has something to show after this block.
    pub fn wakes(&mut self, channels: &[&mut [f32]]) -> bool {
        let frames = channels.first().map_or(0, |channel| channel.len());
        self.silent_frames = if channels.iter().any(|channel| sounds(channel)) {
            0
        } else {
            self.rest_frames.min(self.silent_frames + frames)
        };
        self.silent_frames < self.rest_frames
    }
}

/// Music is found out at the first glance.
fn sounds(channel: &[f32]) -> bool {
    channel
        .chunks(GLANCE)
        .any(|glance| glance.iter().fold(0.0_f32, |a, b| a.max(b.abs())) > SILENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_lets_the_displays_come_to_rest() {
        let mut attention = Attention::new(48_000.0);
        let mut block = [0.0_f32; 480];
        assert!(!attention.wakes(&[&mut block]));
        block[479] = -1e-3;
        assert!(attention.wakes(&[&mut [0.0; 480], &mut block]));
        for hundredth in 0..2000 {
            let wakes = attention.wakes(&[&mut [1e-7; 480]]);
            assert_eq!(wakes, hundredth < 999, "{hundredth}");
        }
    }
}
