//! Monitor states.

/// Monitor states. They are no parameters and are never saved; offline renders pass [`Monitor::default`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Monitor {
    /// Loudness-matched compare.
    pub compare: Compare,
    /// Plays the difference only: output minus delayed input.
    pub delta: bool,
    /// Plays half the sum of both channels on both sides.
    pub mono: bool,
}

/// The side of a loudness-matched comparison that is played. The louder side is turned down by at most 12 dB; the gain is
/// measured when comparing starts and constant until it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compare {
    /// Not comparing: the chain's output at its own level.
    #[default]
    Off,
    /// The chain's output, turned down if it is the louder side.
    Processed,
    /// The delayed input, turned down if it is the louder side.
    Original,
}
