//! Reference loudness by the `ebur128` crate, which shares no code with the plug-in's meter.

use crate::true_peak;
use ebur128::{EbuR128, Mode};
use flow_audio_file::{Audio, seconds_to_samples};

/// Time between two values of [`Loudness::short_term_lufs`].
pub const SHORT_TERM_STEP_SECONDS: f64 = 0.1;
/// Time between two readings of momentary loudness. EBU Tech 3341 case 13 needs 20 ms or less.
const MOMENTARY_STEP_SECONDS: f64 = 0.01;

/// Loudness of a whole song (ITU-R BS.1770, EBU Tech 3341 and 3342). Undefined levels, such as the integrated loudness of
/// silence, are negative infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Loudness {
    /// Gated loudness of the whole song.
    pub integrated_lufs: f64,
    /// Loudness range, LU.
    pub loudness_range_lu: f64,
    /// Highest loudness of any 400 ms.
    pub momentary_max_lufs: f64,
    /// Highest loudness of any 3 s; negative infinity for shorter songs.
    pub short_term_max_lufs: f64,
    /// Loudness of the 3 s before each multiple of [`SHORT_TERM_STEP_SECONDS`], from the first step on. In the first
    /// 3 s the missing past counts as silence.
    pub short_term_lufs: Vec<f64>,
}

/// Measures loudness. The audio must have one or two channels and be finite; other audio reads as silence.
#[must_use]
pub fn loudness(audio: &Audio) -> Loudness {
    measure(audio).unwrap_or(Loudness {
        integrated_lufs: f64::NEG_INFINITY,
        loudness_range_lu: 0.0,
        momentary_max_lufs: f64::NEG_INFINITY,
        short_term_max_lufs: f64::NEG_INFINITY,
        short_term_lufs: Vec::new(),
    })
}

fn measure(audio: &Audio) -> Result<Loudness, ebur128::Error> {
    let channels = u32::try_from(audio.channel_count()).map_err(|_| ebur128::Error::NoMem)?;
    let mut meter = EbuR128::new(
        channels,
        audio.sample_rate_hz,
        Mode::I | Mode::LRA | Mode::S | Mode::M,
    )?;
    let mut momentary_max_lufs = f64::NEG_INFINITY;
    let mut short_term_max_lufs = f64::NEG_INFINITY;
    let mut short_term_lufs = Vec::new();
    let mut start = 0;
    for step in 1.. {
        if start >= audio.frames() {
            break;
        }
        // Each end is counted from the start, so that rounding doesn't add up.
        let seconds = f64::from(step) * MOMENTARY_STEP_SECONDS;
        let end = seconds_to_samples(seconds, audio.sample_rate_hz).min(audio.frames());
        let block: Vec<&[f32]> = audio.channels.iter().map(|c| &c[start..end]).collect();
        meter.add_frames_planar_f32(&block)?;
        start = end;
        momentary_max_lufs = momentary_max_lufs.max(meter.loudness_momentary()?);
        let is_whole = |x: f64| (x - x.round()).abs() < 1e-6;
        if is_whole(seconds / SHORT_TERM_STEP_SECONDS) {
            let short_term = meter.loudness_shortterm()?;
            short_term_lufs.push(short_term);
            if seconds >= 3.0 - 1e-6 {
                short_term_max_lufs = short_term_max_lufs.max(short_term);
            }
        }
    }
    Ok(Loudness {
        integrated_lufs: meter.loudness_global()?,
        loudness_range_lu: meter.loudness_range()?,
        momentary_max_lufs,
        short_term_max_lufs,
        short_term_lufs,
    })
}

/// Peak to loudness ratio in dB: the reference meter's true peak minus integrated loudness; 0 for silence.
#[must_use]
pub fn plr_db(audio: &Audio) -> f64 {
    let plr = true_peak::true_peak_dbtp(audio) - loudness(audio).integrated_lufs;
    if plr.is_finite() { plr } else { 0.0 }
}

/// Correlation of the first two channels over the whole song, −1 to 1. It is 1 for a mono signal and 0 if a channel is
/// silent.
#[must_use]
pub fn correlation(audio: &Audio) -> f64 {
    let [left, right, ..] = audio.channels.as_slice() else {
        return if audio.sample_peak() > 0.0 { 1.0 } else { 0.0 };
    };
    let sum = |a: &[f32], b: &[f32]| {
        a.iter()
            .zip(b)
            .map(|(x, y)| f64::from(*x) * f64::from(*y))
            .sum::<f64>()
    };
    let power = (sum(left, left) * sum(right, right)).sqrt();
    if power > 0.0 {
        sum(left, right) / power
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_testkit::signals;

    #[test]
    fn loudness_of_ebu_3341_case_1_reads_minus_23_lufs() {
        // EBU Tech 3341 case 1.
        let tone = signals::ebu::tones(48_000, &[(-23.0, 20.0)]);
        let read = loudness(&tone);
        for level in [
            read.integrated_lufs,
            read.momentary_max_lufs,
            read.short_term_max_lufs,
        ] {
            assert!((level + 23.0).abs() < 0.1, "{level}");
        }
        assert!((correlation(&tone) - 1.0).abs() < 1e-9);
        assert_eq!(read.short_term_lufs.len(), 200);
    }
}
