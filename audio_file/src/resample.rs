//! Conversion of the sample rate, block by block.

use crate::Audio;
use anyhow::{Result, anyhow};
use flow_dsp::math::narrow;
use rubato::Resampler;
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;

/// The length of the low-pass filter in frames of the lower rate. Its transition band is 300 Hz wide at 44.1 kHz.
const FILTER_FRAMES: usize = 2048;

/// A converter of the sample rate: a linear-phase low-pass filter in the frequency domain. Its delay is compensated, so
/// that the output begins and ends with the input.
///
/// Peaks of the output may be higher than those of the input, because the rates sample the waveform elsewhere. So convert
/// before limiting.
pub struct RateConverter {
    from_hz: u32,
    to_hz: u32,
    /// None for equal rates.
    filter: Option<Box<dyn Resampler<f64>>>,
    /// Input that doesn't fill a block of the filter yet.
    input: Vec<Vec<f64>>,
    filtered: Vec<Vec<f64>>,
    output: Vec<Vec<f32>>,
    /// The frames of output that are still dropped, because they precede the input.
    delay_frames: usize,
    input_frames: u64,
    output_frames: u64,
}

impl RateConverter {
    /// A converter between two rates in Hz.
    ///
    /// # Errors
    ///
    /// If a rate or the number of channels is 0.
    pub fn new(from_hz: u32, to_hz: u32, channel_count: usize) -> Result<Self> {
        anyhow::ensure!(channel_count > 0, "there are no channels to convert");
        let filter = if from_hz == to_hz {
            None
        } else {
            Some(filter(from_hz, to_hz, channel_count)?)
        };
        let filtered_frames = filter.as_deref().map_or(0, Resampler::output_frames_max);
        Ok(Self {
            from_hz,
            to_hz,
            delay_frames: filter.as_deref().map_or(0, Resampler::output_delay),
            filter,
            input: vec![Vec::new(); channel_count],
            filtered: vec![vec![0.0; filtered_frames]; channel_count],
            output: vec![Vec::new(); channel_count],
            input_frames: 0,
            output_frames: 0,
        })
    }

    /// Converts the next block and returns the output that is complete: the samples of each channel, which may be none.
    ///
    /// # Errors
    ///
    /// If the number of channels differs from that of the converter.
    pub fn process(&mut self, block: &[&[f32]]) -> Result<&[Vec<f32>]> {
        anyhow::ensure!(
            block.len() == self.input.len(),
            "a block of {} channels cannot be converted as {}",
            block.len(),
            self.input.len()
        );
        self.output.iter_mut().for_each(Vec::clear);
        self.input_frames += block.first().map_or(0, |samples| samples.len()) as u64;
        if self.filter.is_none() {
            for (to, from) in self.output.iter_mut().zip(block) {
                to.extend_from_slice(from);
            }
            return Ok(&self.output);
        }
        for (to, from) in self.input.iter_mut().zip(block) {
            to.extend(from.iter().map(|s| f64::from(*s)));
        }
        self.filter_whole_blocks(u64::MAX)?;
        Ok(&self.output)
    }

    /// Returns the rest of the output after the last block.
    ///
    /// # Errors
    ///
    /// None that the caller can cause.
    pub fn finish(&mut self) -> Result<&[Vec<f32>]> {
        self.output.iter_mut().for_each(Vec::clear);
        let end = converted_frames(self.input_frames, self.from_hz, self.to_hz);
        while let Some(filter) = &self.filter
            && self.output_frames < end
        {
            let block_frames = filter.input_frames_next();
            for channel in &mut self.input {
                channel.resize(block_frames, 0.0);
            }
            self.filter_whole_blocks(end)?;
        }
        Ok(&self.output)
    }

    /// Filters the input as far as it fills blocks. The output ends after `end` frames.
    fn filter_whole_blocks(&mut self, end: u64) -> Result<()> {
        let Some(filter) = &mut self.filter else {
            return Ok(());
        };
        let channel_count = self.input.len();
        let block_frames = filter.input_frames_next();
        let mut used = 0;
        while self.input[0].len() >= used + block_frames {
            let input_frames = self.input[0].len();
            let input = SequentialSliceOfVecs::new(&self.input, channel_count, input_frames)?;
            let filtered_frames = self.filtered[0].len();
            let mut filtered =
                SequentialSliceOfVecs::new_mut(&mut self.filtered, channel_count, filtered_frames)?;
            let indexing = rubato::Indexing::new().input_offset(used);
            let (_, frames) = filter
                .process_into_buffer(&input, &mut filtered, Some(&indexing))
                .map_err(|e| anyhow!("the sample rate cannot be converted: {e}"))?;
            used += block_frames;
            let start = self.delay_frames.min(frames);
            self.delay_frames -= start;
            let left = usize::try_from(end - self.output_frames).unwrap_or(usize::MAX);
            let stop = frames.min(start.saturating_add(left));
            for (to, from) in self.output.iter_mut().zip(&self.filtered) {
                to.extend(from[start..stop].iter().map(|s| narrow(*s)));
            }
            self.output_frames += (stop - start) as u64;
        }
        for channel in &mut self.input {
            channel.drain(..used);
        }
        Ok(())
    }
}

/// The filter whose blocks are a whole, even number of frames at both rates, so that its delay is whole too.
fn filter(from_hz: u32, to_hz: u32, channel_count: usize) -> Result<Box<dyn Resampler<f64>>> {
    let (from, to) = (from_hz as usize, to_hz as usize);
    anyhow::ensure!(from > 0 && to > 0, "a sample rate is 0");
    let smallest = from / gcd(from, to);
    let wanted = FILTER_FRAMES * from / from.min(to);
    let block_frames = smallest * wanted.div_ceil(smallest).next_multiple_of(2);
    flow_fft::rate_filter(from, to, block_frames, channel_count)
        .map_err(|e| anyhow!("{from_hz} Hz cannot be converted to {to_hz} Hz: {e}"))
}

/// The number of frames that a number of frames becomes at another rate: the nearest. A rate of 0 changes nothing.
#[must_use]
pub fn converted_frames(frames: u64, from_hz: u32, to_hz: u32) -> u64 {
    if from_hz == to_hz || from_hz == 0 {
        return frames;
    }
    let from = u128::from(from_hz);
    let converted = (u128::from(frames) * u128::from(to_hz) + from / 2) / from;
    u64::try_from(converted).unwrap_or(u64::MAX)
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Converts audio in memory.
///
/// # Errors
///
/// If a rate or the number of channels is 0.
pub fn resample(audio: &Audio, to_hz: u32) -> Result<Audio> {
    let mut converter = RateConverter::new(audio.sample_rate_hz, to_hz, audio.channel_count())?;
    let mut channels = converter.process(&audio.slices())?.to_vec();
    for (channel, end) in channels.iter_mut().zip(converter.finish()?) {
        channel.extend_from_slice(end);
    }
    Ok(Audio::new(to_hz, channels))
}
