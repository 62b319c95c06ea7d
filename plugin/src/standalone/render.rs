//! Rendering of a song into a file, with the samples that `flow master` gives with the same settings.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, ensure};
use flow_audio_file::{
    Metadata, OutputFormat, SampleStore, SongStream, SongWriter, StoreOptions, StoredAudio,
};
use flow_dsp::{Chain, ChainSettings, DitherSettings, Monitor, Spec};
use flow_measure::{SongMeasurement, SongMeter, on_two_speakers};
use flow_platform::atomic_file;

/// Frames of a block.
const BLOCK_FRAMES: usize = 4096;

/// The share of the work that processing is; the rest is writing.
const PROCESSING_SHARE: f64 = 0.9;

/// A render.
#[derive(Clone, Debug)]
pub struct RenderJob {
    /// The song.
    pub source: PathBuf,
    /// The file to write.
    pub target: PathBuf,
    /// Whether a file at `target` may be replaced.
    pub may_replace: bool,
    /// The format of the file.
    pub format: OutputFormat,
    /// The settings, whose dither is replaced by the one that fits the format.
    pub settings: ChainSettings,
}

/// The result of a render.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedSong {
    /// Integrated loudness, LUFS.
    pub integrated_lufs: f64,
    /// True peak, dBTP.
    pub dbtp: f64,
    /// Warnings about the song's file and its metadata, each a clause.
    pub warnings: Vec<String>,
    /// The names of the data that the file doesn't carry over.
    pub dropped_data: Vec<String>,
}

impl RenderJob {
    /// Renders the whole song at its own rate, with its latency compensated and its metadata. Calls `should_continue` now and
    /// then with the done share of the work, 0 to 1, or none if the file declares no length.
    ///
    /// # Errors
    ///
    /// If the song can't be read, if the file can't be written, would replace the song or another file without
    /// permission, or would clip, and if `should_continue` returns false. Then nothing has changed. The error is one line.
    pub fn run(&self, should_continue: &dyn Fn(Option<f64>) -> bool) -> Result<RenderedSong> {
        let folder = self.check_target()?;
        let (output, measurement, mut warnings) = self.process(folder, should_continue)?;
        self.format.check_peak(measurement.sample_peak_dbfs())?;
        let mut metadata = Metadata::read(&self.source);
        metadata.set_loudness(measurement.master_loudness());
        warnings.extend_from_slice(metadata.warnings());
        self.write(&output, &metadata, should_continue)?;
        Ok(RenderedSong {
            integrated_lufs: measurement.loudness.integrated_lufs,
            dbtp: measurement.true_peak.dbtp(),
            warnings,
            dropped_data: metadata.dropped_data(&self.format, output.sample_rate_hz),
        })
    }

    /// The folder of the target, if the target may be written.
    fn check_target(&self) -> Result<&Path> {
        let folder = self.target.parent().filter(|folder| folder.is_dir());
        let folder = folder.ok_or_else(|| anyhow!("its folder doesn't exist"))?;
        ensure!(!self.target.is_dir(), "it is a folder");
        ensure!(
            !is_same_file(&self.source, &self.target),
            "it is the song itself"
        );
        ensure!(
            self.may_replace || !self.target.exists(),
            "it exists already"
        );
        if self.target.exists() {
            let replaceable = atomic_file::check_replaceable(&self.target);
            replaceable.map_err(|e| anyhow!("another program may have it open ({e})"))?;
        }
        Ok(folder)
    }

    /// Runs the chain over the song. Returns the output, its measurement, and warnings about the song's file.
    fn process(
        &self,
        folder: &Path,
        should_continue: &dyn Fn(Option<f64>) -> bool,
    ) -> Result<(StoredAudio, SongMeasurement, Vec<String>)> {
        let mut stream = SongStream::open(&self.source)?;
        let (rate_hz, channel_count) = (stream.sample_rate_hz(), stream.channel_count());
        let declared_s = stream.declared_seconds();
        let settings = ChainSettings {
            dither: DitherSettings {
                depth: self.format.dither_depth(),
                ..self.settings.dither
            },
            ..self.settings
        };
        let chain = Chain::new(Spec {
            sample_rate_hz: f64::from(rate_hz),
        });
        let latency_frames = chain.latency_samples() as usize;
        let mut pass = Pass {
            chain,
            settings,
            block: vec![Vec::new(); channel_count],
            skipped_frames: latency_frames,
            output: SampleStore::new(channel_count, &StoreOptions::in_folder(folder, 1)),
            meter: SongMeter::new(rate_hz, 2),
        };
        while let Some(block) = stream.next_block()? {
            pass.push(block)?;
            let share = declared_s.map(|s| PROCESSING_SHARE * (stream.seconds() / s.max(1e-9)));
            check(
                should_continue,
                share.map(|share| share.min(PROCESSING_SHARE)),
            )?;
        }
        pass.push(&vec![vec![0.0; latency_frames]; channel_count])?;
        let output = StoredAudio::new(rate_hz, pass.output);
        Ok((output, pass.meter.finish(), stream.warnings().to_vec()))
    }

    /// Writes the output, which then appears at the target.
    fn write(
        &self,
        output: &StoredAudio,
        metadata: &Metadata,
        should_continue: &dyn Fn(Option<f64>) -> bool,
    ) -> Result<()> {
        let (rate_hz, channel_count) = (output.sample_rate_hz, output.channel_count());
        let mut writer =
            SongWriter::create(&self.target, &self.format, rate_hz, channel_count, metadata)?;
        let mut written = 0;
        output.try_for_each_block(BLOCK_FRAMES, |block| -> Result<()> {
            writer.write(block)?;
            written += block.first().map_or(0, |channel| channel.len());
            let share = written as f64 / output.frames().max(1) as f64;
            let share = PROCESSING_SHARE + (1.0 - PROCESSING_SHARE) * share;
            check(should_continue, Some(share))
        })?;
        let file = writer.complete()?;
        // Another program may have written there in the meantime.
        self.check_target()?;
        check(should_continue, Some(1.0))?;
        Ok(file.appear()?)
    }
}

/// The way of a song through the chain.
struct Pass {
    chain: Chain,
    settings: ChainSettings,
    block: Vec<Vec<f32>>,
    /// The frames of the latency that are still dropped.
    skipped_frames: usize,
    output: SampleStore,
    meter: SongMeter,
}

impl Pass {
    fn push(&mut self, input: &[Vec<f32>]) -> io::Result<()> {
        for (block, input) in self.block.iter_mut().zip(input) {
            block.clone_from(input);
        }
        let mut channels: Vec<&mut [f32]> = self.block.iter_mut().map(Vec::as_mut_slice).collect();
        self.chain
            .process(&self.settings, Monitor::default(), &mut channels);
        let frames = channels.first().map_or(0, |channel| channel.len());
        let skipped = self.skipped_frames.min(frames);
        self.skipped_frames -= skipped;
        let output: Vec<&[f32]> = self
            .block
            .iter()
            .map(|channel| &channel[skipped..])
            .collect();
        self.output.push(&output)?;
        self.meter.push(&on_two_speakers(&output));
        Ok(())
    }
}

/// Whether both paths lead to one file.
fn is_same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

fn check(should_continue: &dyn Fn(Option<f64>) -> bool, share: Option<f64>) -> Result<()> {
    ensure!(should_continue(share), "it was canceled");
    Ok(())
}

#[cfg(test)]
mod tests;
