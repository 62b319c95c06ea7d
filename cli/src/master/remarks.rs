//! Remarks on songs in sentences: faults of the recording, which Flow does not repair, and changes that a delivery needs. They are
//! made with and without the assistant.

use super::loudness_stats::LoudnessStats;
use flow_analysis::limits::{CANCELING_CORRELATION, MAX_DC_OFFSET_DB};
use flow_analysis::report::FindingKind;
use flow_measure::signal_faults::{ChannelFaults, SignalFaults};
use flow_params::number::number;
use serde::Serialize;

/// A quieter channel is empty, dBFS.
const EMPTY_DBFS: f64 = -90.0;
/// So far below the other one a channel is empty too, dB.
const EMPTY_DB: f64 = 60.0;

/// The kind of the remark on sound that cancels in mono.
pub(crate) const MONO_COMPATIBILITY: &str = "mono-compatibility";

/// A remark on a song: a fault of the recording, or a change that the delivery needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Remark {
    /// A stable name for programs.
    pub(crate) kind: &'static str,
    /// One sentence.
    pub(crate) text: String,
}

impl Remark {
    /// Whether it states what a finding of the analysis of this kind states.
    pub(crate) fn states(&self, kind: FindingKind) -> bool {
        match kind {
            FindingKind::Clipping => self.kind == "clipping",
            FindingKind::DcOffset => self.kind == "dc-offset",
            FindingKind::EmptyChannel => self.kind == "empty-channel",
            FindingKind::EqualChannels => ["mono", "equal-channels"].contains(&self.kind),
            FindingKind::MonoCompatibility => self.kind == MONO_COMPATIBILITY,
            FindingKind::Width
            | FindingKind::Loudness
            | FindingKind::MissingTreble
            | FindingKind::Compression
            | FindingKind::Other => false,
        }
    }

    /// Whether the reason of a change that answers a finding of this kind says the same.
    pub(crate) fn is_repeated_by(&self, answered: FindingKind) -> bool {
        let repeating = match answered {
            FindingKind::DcOffset => "dc-offset",
            FindingKind::MonoCompatibility => MONO_COMPATIBILITY,
            _ => return false,
        };
        self.kind == repeating
    }
}

fn remark(kind: &'static str, text: impl Into<String>) -> Remark {
    Remark {
        kind,
        text: text.into(),
    }
}

/// The findings of a song with these measurements. A song that is too short or silent for a loudness has no stereo image
/// and no DC offset: the mean of a few periods is not 0.
pub(crate) fn of(faults: &SignalFaults, measured: &LoudnessStats) -> Vec<Remark> {
    let has_loudness = measured.lufs_i.is_finite();
    let least_offset_dbfs = measured.dbtp + f64::from(MAX_DC_OFFSET_DB);
    let mut found: Vec<Remark> = image(faults).into_iter().collect();
    found.retain(|found| has_loudness || found.kind == "mono");
    let names: &[&str] = match faults.channels.len() {
        1 => &["song"],
        _ => &["left channel", "right channel"],
    };
    for (channel, name) in faults.channels.iter().zip(names) {
        if channel.dc_offset_dbfs > least_offset_dbfs && has_loudness {
            let level = number(channel.dc_offset_dbfs, 0);
            let text =
                format!("The {name} has a DC offset of {level} dBFS: --set lcut=on removes it.");
            found.push(remark("dc-offset", text));
        }
        if channel.clipped_runs > 0 {
            let places = match channel.clipped_runs {
                1 => "one place".to_owned(),
                several => format!("{several} places"),
            };
            let text = format!("The {name} is clipped in {places}. No setting repairs that.");
            found.push(remark("clipping", text));
        }
    }
    found
}

/// The finding on the stereo image.
fn image(faults: &SignalFaults) -> Option<Remark> {
    let [left, right] = &faults.channels[..] else {
        return Some(remark(
            "mono",
            "Mono: it counts as played on two speakers, 3 LU louder than a meter of one channel reads.",
        ));
    };
    let is_empty = |channel: &ChannelFaults, other: &ChannelFaults| {
        let is_silent = channel.rms_dbfs < EMPTY_DBFS && other.rms_dbfs > EMPTY_DBFS;
        is_silent || channel.rms_dbfs < other.rms_dbfs - EMPTY_DB
    };
    for (name, channel, other) in [("left", left, right), ("right", right, left)] {
        if is_empty(channel, other) {
            let text = format!("The {name} channel is empty: all sound is on the other side.");
            return Some(remark("empty-channel", text));
        }
    }
    if faults.has_equal_channels {
        return Some(remark(
            "equal-channels",
            "Left and right are the same: it is a mono recording in two channels.",
        ));
    }
    // The analysis tells inverted channels from wide sounds.
    (faults.correlation < f64::from(CANCELING_CORRELATION)).then(|| {
        let correlation = number(faults.correlation, 2);
        let text = format!(
            "Left and right have a correlation of {correlation}: in mono much of the sound cancels."
        );
        remark(MONO_COMPATIBILITY, text)
    })
}

/// The remark on a mono song that is written with two channels.
pub(super) fn stereo_from_mono() -> Remark {
    remark("stereo", "The mono song became two equal channels.")
}

/// The remark on a mono track of a stereo album.
pub(super) fn stereo_in_album() -> Remark {
    let text =
        "The mono track became two channels, as the album's others have; their dither differs.";
    remark("stereo", text)
}

/// The remark on a conversion of the sample rate.
pub(super) fn resampled(from_hz: u32, to_hz: u32) -> Remark {
    let khz = |hz: u32| f64::from(hz) / 1000.0;
    let text = format!("Converted from {} to {} kHz.", khz(from_hz), khz(to_hz));
    remark("sample-rate", text)
}

/// The remark on an album without a cue sheet. `reason` is a clause.
pub(super) fn without_cue_sheet(reason: &str) -> Remark {
    remark("cue-sheet", format!("There is no cue sheet: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(levels: [f64; 2], correlation: f64) -> SignalFaults {
        let channel = |rms_dbfs| ChannelFaults {
            rms_dbfs,
            dc_offset_dbfs: -80.0,
            clipped_runs: 0,
        };
        SignalFaults {
            channels: levels.map(channel).into(),
            correlation,
            has_equal_channels: false,
        }
    }

    /// A song whose peaks reach −4 dBTP.
    fn loud() -> LoudnessStats {
        LoudnessStats {
            lufs_i: -14.0,
            dbtp: -4.0,
            ..LoudnessStats::default()
        }
    }

    fn kinds(faults: &SignalFaults) -> Vec<&'static str> {
        of(faults, &loud()).iter().map(|found| found.kind).collect()
    }

    #[test]
    fn findings_of_stereo_image_name_its_fault() {
        for (levels, correlation, expected) in [
            ([-20.0, -20.0], 0.4, None),
            ([-20.0, -26.0], -0.95, Some(MONO_COMPATIBILITY)),
            ([-20.0, -20.0], -0.2, None),
            ([-20.0, f64::NEG_INFINITY], 0.0, Some("empty-channel")),
            ([-85.0, -20.0], 0.0, Some("empty-channel")),
            ([f64::NEG_INFINITY; 2], 0.0, None),
        ] {
            let found = kinds(&faults(levels, correlation));
            assert_eq!(found, Vec::from_iter(expected), "{levels:?}");
        }
    }

    #[test]
    fn findings_of_channels_name_offset_and_clipping() {
        let mut faults = faults([-20.0, -20.0], 0.4);
        faults.channels[1].dc_offset_dbfs = -34.0;
        faults.channels[0].clipped_runs = 12;
        let texts: Vec<String> = of(&faults, &loud())
            .into_iter()
            .map(|found| found.text)
            .collect();
        assert!(texts[0].contains("left channel is clipped in 12 places"));
        assert!(texts[1].contains("right channel has a DC offset of −34 dBFS"));
        let short = LoudnessStats {
            lufs_i: f64::NEG_INFINITY,
            ..loud()
        };
        let of_short_song = of(&faults, &short);
        let of_short_song: Vec<_> = of_short_song.iter().map(|found| found.kind).collect();
        assert_eq!(of_short_song, ["clipping"]);
        faults.channels.truncate(1);
        assert_eq!(kinds(&faults), ["mono", "clipping"]);
    }
}
