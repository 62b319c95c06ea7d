//! Monitor states.

/// Monitor states. They are no parameters and are never saved; offline renders pass [`Monitor::default`]. Bypass overrides all
/// of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Monitor {
    /// Loudness-matched compare.
    pub compare: Compare,
    /// Plays the output as loud as the input whatever changes. The gain follows the loudness of the last 3 s, and after a
    /// change of the settings the loudness since then. It lies within ±24 dB, and turns up no further than full scale.
    /// While comparing, it takes the place of the constant gain.
    pub auto_gain: bool,
    /// Plays the difference only: output minus delayed input. With automatic gain the output is as loud as the input.
    pub delta: bool,
    /// Plays half the sum of both channels on both sides.
    pub mono: bool,
}

/// The side of a loudness-matched comparison that is played. The louder side is turned down by at most 12 dB. The gain is
/// that of the last 3 s when comparing starts, and constant. After a change of the settings it stays for 0.4 s,
/// follows the loudness since the change until 3 s have passed, and is constant again. So it stays under automation.
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
