//! The overview of a song's waveform.

/// The number of columns that an overview has.
const COLUMNS: usize = 2048;

/// The lowest and the highest sample of equal parts of a song, for a display.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waveform(Vec<[f32; 2]>);

impl Waveform {
    /// The overview of channels of equal length.
    #[must_use]
    pub fn new(channels: &[Vec<f32>]) -> Self {
        let frames = channels.first().map_or(0, Vec::len);
        let columns = COLUMNS.min(frames);
        let column = |index: usize| {
            let range = index * frames / columns..(index + 1) * frames / columns;
            let samples = channels.iter().flat_map(|channel| &channel[range.clone()]);
            samples.fold([0.0_f32; 2], |[low, high], sample| {
                [low.min(*sample), high.max(*sample)]
            })
        };
        Self((0..columns).map(column).collect())
    }

    /// The lowest and the highest sample between two places, each from 0 to 1 of the song's length.
    #[must_use]
    pub fn range(&self, from: f32, to: f32) -> [f32; 2] {
        let at = |place: f32| {
            let columns = flow_dsp::math::count(self.0.len());
            flow_dsp::math::samples(f64::from(place) * columns)
        };
        let begin = at(from).min(self.0.len().saturating_sub(1));
        let end = at(to).clamp(begin, self.0.len()).max(begin + 1);
        let columns = self.0.get(begin..end).unwrap_or_default();
        columns.iter().fold([0.0; 2], |[low, high], column| {
            [low.min(column[0]), high.max(column[1])]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_of_waveform_holds_the_peaks_of_its_part() {
        let mut left = vec![0.0; 100_000];
        let mut right = left.clone();
        left[10_000] = 0.5;
        right[60_000] = -0.75;
        let waveform = Waveform::new(&[left, right]);
        assert_eq!(waveform.range(0.0, 1.0), [-0.75, 0.5]);
        assert_eq!(waveform.range(0.0, 0.3), [0.0, 0.5]);
        assert_eq!(waveform.range(0.55, 0.65), [-0.75, 0.0]);
        assert_eq!(waveform.range(0.7, 1.0), [0.0, 0.0]);
    }

    #[test]
    fn range_of_a_song_shorter_than_the_display_is_defined() {
        let waveform = Waveform::new(&[vec![0.25, -0.5, 0.125]]);
        assert_eq!(waveform.range(0.0, 0.001), [0.0, 0.25]);
        assert_eq!(waveform.range(0.999, 1.0), [0.0, 0.125]);
        assert_eq!(Waveform::new(&[]).range(0.0, 1.0), [0.0, 0.0]);
    }
}
