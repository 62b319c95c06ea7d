//! The distribution of the short-term loudness, with the band of the loudness range.

use flow_dsp::math::{count, narrow, samples};

use crate::audio::meter_history::HistoryPoint;

/// Ends of the histogram, LUFS.
pub(crate) const ENDS_LUFS: [f32; 2] = [-48.0, 0.0];
/// Classes of 1 LU.
pub(crate) const CLASSES: usize = 48;
/// The gate below the mean of EBU Tech 3342, LU.
const GATE_LU: f64 = -20.0;
/// The percentiles between which the loudness range lies.
const PERCENTILES: [f64; 2] = [0.10, 0.95];

/// Seconds at each loudness.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LoudnessHistogram {
    /// Seconds of each class, the softest first.
    pub(crate) seconds: [u32; CLASSES],
    /// Ends of the loudness range, LUFS (EBU Tech 3342). None without sound.
    pub(crate) range_lufs: Option<[f32; 2]>,
}

impl LoudnessHistogram {
    /// The distribution of points of a second.
    #[must_use]
    pub(crate) fn new(points: &[HistoryPoint]) -> Self {
        let audible = points.iter().filter(|point| !point.is_silent());
        let mut lufs: Vec<f32> = audible.map(|point| point.short_term_lufs).collect();
        let mut seconds = [0; CLASSES];
        for lufs in &lufs {
            let class = samples(f64::from(lufs - ENDS_LUFS[0]).floor().max(0.0));
            seconds[class.min(CLASSES - 1)] += 1;
        }
        let power = |lufs: f32| 10.0_f64.powf(f64::from(lufs) / 10.0);
        let mean = lufs.iter().map(|lufs| power(*lufs)).sum::<f64>() / count(lufs.len().max(1));
        let gate = narrow(10.0 * mean.log10() + GATE_LU);
        lufs.retain(|lufs| *lufs >= gate);
        lufs.sort_by(f32::total_cmp);
        let range_lufs = lufs.len().checked_sub(1).map(|last| {
            PERCENTILES.map(|share| lufs[samples((count(last) * share).round()).min(last)])
        });
        Self {
            seconds,
            range_lufs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::meter_history::GainStage;
    use crate::audio::song_position::PointPosition;

    fn points(lufs: impl Iterator<Item = f32>) -> Vec<HistoryPoint> {
        let gains_db = [0.0; GainStage::ALL.len()];
        let point = |short_term_lufs| HistoryPoint {
            short_term_lufs,
            gains_db,
            position: PointPosition::default(),
        };
        lufs.map(point).collect()
    }

    /// Case 1 of EBU Tech 3342: 20 s at −20 LUFS and 20 s at −30 LUFS have a range of 10 LU.
    #[test]
    fn range_of_two_levels_is_their_distance() {
        let levels = (0..40).map(|second| if second < 20 { -20.0 } else { -30.0 });
        let histogram = LoudnessHistogram::new(&points(levels));
        assert_eq!(histogram.range_lufs, Some([-30.0, -20.0]));
        assert_eq!((histogram.seconds[28], histogram.seconds[18]), (20, 20));
        assert_eq!(histogram.seconds.iter().sum::<u32>(), 40);
    }

    #[test]
    fn range_leaves_out_seconds_below_the_gate_and_silence() {
        let mut levels = vec![-20.0; 30];
        levels.extend([-45.0; 10]);
        levels.extend([f32::NEG_INFINITY; 5]);
        let histogram = LoudnessHistogram::new(&points(levels.into_iter()));
        assert_eq!(histogram.range_lufs, Some([-20.0, -20.0]));
        assert_eq!(histogram.seconds.iter().sum::<u32>(), 40);
        // Levels beyond the ends count at the ends.
        let histogram = LoudnessHistogram::new(&points([-60.0, 2.0].into_iter()));
        assert_eq!(
            (histogram.seconds[0], histogram.seconds[CLASSES - 1]),
            (1, 1)
        );
        let silence = LoudnessHistogram::new(&points([f32::NEG_INFINITY].into_iter()));
        assert_eq!(silence.range_lufs, None);
    }
}
