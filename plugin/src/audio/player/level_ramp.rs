//! The level of the song: its gain and its share of mono, and a change of both.

/// The level and the image of the song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Level {
    /// Linear gain. At 1 the samples are those of the song.
    pub(super) gain: f32,
    /// The share of the mono sum, 0 to 1.
    pub(super) mono: f32,
}

/// The song's own samples.
pub(super) const PLAIN: Level = Level {
    gain: 1.0,
    mono: 0.0,
};

/// A change of the level in a straight line.
#[derive(Clone, Copy, Debug)]
pub(super) struct LevelRamp {
    pub(super) from: Level,
    pub(super) to: Level,
    pub(super) done_frames: u32,
    pub(super) frames: u32,
}

impl LevelRamp {
    pub(super) fn at(self, frame: u32) -> Level {
        let done = self.done_frames.saturating_add(frame);
        if done >= self.frames {
            return self.to;
        }
        let share = ratio(done, self.frames);
        let between = |from: f32, to: f32| from + (to - from) * share;
        Level {
            gain: between(self.from.gain, self.to.gain),
            mono: between(self.from.mono, self.to.mono),
        }
    }

    pub(super) fn lead_to(&mut self, to: Level) {
        if to != self.to {
            *self = Self {
                from: self.at(0),
                to,
                done_frames: 0,
                ..*self
            };
        }
    }

    /// Ends the change at once.
    pub(super) fn settle(&mut self) {
        self.done_frames = self.frames;
    }
}

/// A share of a ramp. Both numbers are exact as `f32`.
#[allow(
    clippy::cast_precision_loss,
    reason = "a ramp has at most a few 100 000 frames"
)]
pub(super) fn ratio(frames: u32, of: u32) -> f32 {
    frames as f32 / of as f32
}
