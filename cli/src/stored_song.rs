//! A decoded song of any length with its measurements.

use crate::master::loudness_stats::{DeliveryMeter, LoudnessStats};
use anyhow::Result;
use flow_audio_file::{RateConverter, SampleStore, SongStream, StoreOptions, StoredAudio};
use flow_measure::signal_faults::SignalFaults;
use std::path::{Path, PathBuf};

const DEMO_RATE_HZ: u32 = 48_000;
/// The block size of conversions.
const BLOCK_FRAMES: usize = 4096;

/// The folder for temporary files where there is no output folder: that of the environment, or else one that lies on a disk.
pub(crate) fn temporary_folder() -> PathBuf {
    let on_disk = Path::new("/var/tmp");
    if cfg!(unix) && std::env::var_os("TMPDIR").is_none() && on_disk.is_dir() {
        on_disk.to_owned()
    } else {
        std::env::temp_dir()
    }
}

/// The audio at another sample rate.
///
/// # Errors
///
/// If a rate is not supported, or if the audio doesn't fit on the disk.
pub(crate) fn resample(
    audio: &StoredAudio,
    to_hz: u32,
    options: &StoreOptions,
) -> Result<StoredAudio> {
    let channel_count = audio.channel_count();
    let mut converter = RateConverter::new(audio.sample_rate_hz, to_hz, channel_count)?;
    let mut store = SampleStore::new(channel_count, options);
    audio.try_for_each_block(BLOCK_FRAMES, |block| -> Result<()> {
        Ok(store.push(&slices(converter.process(block)?))?)
    })?;
    store.push(&slices(converter.finish()?))?;
    Ok(StoredAudio::new(to_hz, store))
}

fn slices(block: &[Vec<f32>]) -> Vec<&[f32]> {
    block.iter().map(Vec::as_slice).collect()
}

/// A decoded song.
#[derive(Clone)]
pub(crate) struct StoredSong {
    pub(crate) audio: StoredAudio,
    pub(crate) measured: LoudnessStats,
    pub(crate) faults: SignalFaults,
    /// Warnings about the file's completeness, each a clause.
    pub(crate) warnings: Vec<String>,
}

impl StoredSong {
    /// Decodes and measures an opened song in one pass; none is the demo song.
    ///
    /// # Errors
    ///
    /// If it is damaged or truncated, or if it doesn't fit on the disk. The error is one line without the file's name.
    pub(crate) fn read(stream: Option<SongStream>, options: &StoreOptions) -> Result<Self> {
        match stream {
            Some(stream) => Self::decode(stream, options),
            None => {
                let demo = flow_demo_song::demo_song(DEMO_RATE_HZ);
                Self::measure(StoredAudio::store(&demo, options)?)
            }
        }
    }

    /// Decodes and measures a stream in one pass.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub(crate) fn decode(mut stream: SongStream, options: &StoreOptions) -> Result<Self> {
        let (rate_hz, channel_count) = (stream.sample_rate_hz(), stream.channel_count());
        let mut store = SampleStore::new(channel_count, options);
        let mut meter = DeliveryMeter::new(rate_hz, channel_count);
        while let Some(block) = stream.next_block()? {
            let block = slices(block);
            store.push(&block)?;
            meter.push(&block);
        }
        let (measured, faults) = meter.finish();
        Ok(Self {
            audio: StoredAudio::new(rate_hz, store),
            measured,
            faults,
            warnings: stream.warnings().to_vec(),
        })
    }

    /// Measures audio that is decoded already.
    ///
    /// # Errors
    ///
    /// If its temporary file cannot be read.
    pub(crate) fn measure(audio: StoredAudio) -> Result<Self> {
        let (measured, faults) = LoudnessStats::with_faults(&audio)?;
        Ok(Self {
            audio,
            measured,
            faults,
            warnings: Vec::new(),
        })
    }
}
