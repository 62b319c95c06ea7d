//! The outline of a waveform in columns of equal length.

/// The number of columns.
pub(super) const COLUMNS: u16 = 1000;

/// The part of a waveform in one column.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct WaveformColumn {
    pub(super) low: f32,
    pub(super) high: f32,
    power: f64,
    samples: f64,
}

impl WaveformColumn {
    /// Adds samples, several side by side in SIMD lanes.
    fn add(&mut self, samples: &[f32]) {
        const LANES: usize = 8;
        let mut lows = [self.low; LANES];
        let mut highs = [self.high; LANES];
        let mut powers = [0.0; LANES];
        let (whole, rest) = samples.as_chunks::<LANES>();
        let mut add = |samples: &[f32]| {
            for (lane, sample) in samples.iter().enumerate() {
                let (low, high) = (lows[lane], highs[lane]);
                lows[lane] = if *sample < low { *sample } else { low };
                highs[lane] = if *sample > high { *sample } else { high };
                powers[lane] += f64::from(*sample) * f64::from(*sample);
            }
        };
        whole.iter().for_each(|samples| add(samples));
        add(rest);
        self.low = lows.into_iter().fold(self.low, f32::min);
        self.high = highs.into_iter().fold(self.high, f32::max);
        self.power += powers.iter().sum::<f64>();
    }

    pub(super) fn rms(&self) -> f64 {
        (self.power / self.samples.max(1.0)).sqrt()
    }
}

/// The outline of all channels together.
pub(super) struct Waveform {
    pub(super) columns: Vec<WaveformColumn>,
    frames: u64,
    position: u64,
}

impl Waveform {
    /// An empty outline of a song of this length.
    pub(super) fn new(frames: u64) -> Self {
        Self {
            columns: vec![WaveformColumn::default(); usize::from(COLUMNS)],
            frames: frames.max(1),
            position: 0,
        }
    }

    /// Adds a block of samples.
    pub(super) fn add(&mut self, channels: &[&[f32]]) {
        let length = channels.first().map_or(0, |channel| channel.len());
        let mut start = 0;
        while start < length {
            let count = u64::from(COLUMNS);
            let index = (self.position * count / self.frames).min(count - 1);
            // The first frame that belongs to the next column.
            let next = ((index + 1) * self.frames)
                .div_ceil(count)
                .max(self.position + 1);
            let whole = usize::try_from(next - self.position).unwrap_or(usize::MAX);
            let rest = length - start;
            let taken = if index + 1 == count {
                rest
            } else {
                rest.min(whole)
            };
            let column = &mut self.columns[usize::try_from(index).unwrap_or_default()];
            for channel in channels {
                column.add(&channel[start..start + taken]);
                column.samples += taken as f64;
            }
            start += taken;
            self.position += taken as u64;
        }
    }

    /// Repeats the columns of a song that has fewer frames than columns, so that there are no gaps.
    pub(super) fn finish(mut self) -> Self {
        let mut last = WaveformColumn::default();
        for column in &mut self.columns {
            if column.samples == 0.0 {
                *column = last;
            }
            last = *column;
        }
        self
    }

    /// The largest absolute value.
    pub(super) fn peak(&self) -> f32 {
        let peaks = self.columns.iter().map(|c| c.high.max(-c.low));
        peaks.fold(0.0, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outline_in_any_blocks_has_extremes_and_power_of_each_column() {
        let samples: Vec<f32> = (0..10_000_u16)
            .map(|i| if i % 2 == 0 { 0.5 } else { -0.25 } * f32::from(i) / 10_000.0)
            .collect();
        for block in [1, 7, 999, 10_000] {
            let mut outline = Waveform::new(10_000);
            for chunk in samples.chunks(block) {
                outline.add(&[chunk]);
            }
            let outline = outline.finish();
            let column = outline.columns[500];
            assert!((column.high - 0.5 * 0.5008).abs() < 1e-6, "{column:?}");
            assert!((column.low + 0.25 * 0.5009).abs() < 1e-6, "{column:?}");
            assert!((column.rms() - 0.198).abs() < 1e-3, "{column:?}");
            assert!((outline.peak() - 0.4999).abs() < 1e-6);
        }
    }

    #[test]
    fn outline_of_few_frames_has_no_gaps() {
        let mut outline = Waveform::new(10);
        outline.add(&[&[0.5; 10], &[-0.5; 10]]);
        let outline = outline.finish();
        let is_whole = |c: &WaveformColumn| (c.low, c.high) == (-0.5, 0.5);
        assert!(outline.columns.iter().all(is_whole));
    }
}
