//! Delivery profiles: loudness target and ceiling of a destination.
//!
//! Only gain proposals and meters read them. Streaming services normalize on playback, so their targets are references:
//! a louder song is no error. Sources: the services' published delivery notes,
//! EBU R 128 (2023) and ATSC A/85 (2013).

/// A destination's loudness target and true-peak ceiling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivery {
    /// Stable name in lower case with dashes, for the command line.
    pub id: &'static str,
    /// Display name.
    pub name: &'static str,
    /// Target of integrated loudness; `None` if the destination has none.
    pub target_lufs: Option<f32>,
    /// Highest allowed true peak.
    pub ceiling_dbtp: f32,
}

const fn profile(
    id: &'static str,
    name: &'static str,
    target_lufs: Option<f32>,
    ceiling_dbtp: f32,
) -> Delivery {
    Delivery {
        id,
        name,
        target_lufs,
        ceiling_dbtp,
    }
}

/// The target of the profile Streaming, LUFS.
pub const STREAMING_LUFS: f32 = -14.0;

/// All profiles, in the order of the plug-in's parameter. The order is part of the saved state: append only.
pub const DELIVERIES: [Delivery; 13] = [
    profile("keep", "Keep as is", None, -1.0),
    profile("streaming", "Streaming", Some(STREAMING_LUFS), -1.0),
    profile("spotify", "Spotify", Some(-14.0), -1.0),
    profile("apple-music", "Apple Music", Some(-16.0), -1.0),
    profile("youtube", "YouTube", Some(-14.0), -1.0),
    profile("tidal", "Tidal", Some(-14.0), -1.0),
    profile("amazon", "Amazon", Some(-14.0), -2.0),
    profile("deezer", "Deezer", Some(-15.0), -1.0),
    profile("broadcast", "Broadcast EBU R 128", Some(-23.0), -1.0),
    profile("atsc", "ATSC A/85", Some(-24.0), -2.0),
    profile("club", "Club", Some(-9.0), -0.8),
    profile("vinyl", "Vinyl", None, -1.0),
    profile("audiophile", "Audiophile", Some(-16.0), -1.0),
];

impl Delivery {
    /// The profile with this `id` or name; case, spaces and dashes don't matter.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let plain = |s: &str| {
            s.chars()
                .filter(|c| c.is_ascii_alphanumeric())
                .map(|c| c.to_ascii_lowercase())
                .collect::<String>()
        };
        let wanted = plain(name);
        DELIVERIES
            .iter()
            .find(|d| plain(d.id) == wanted || plain(d.name) == wanted)
    }
}
