//! A session with the loaded plug-in: parameters by Flow's text ids, and offline renders.

use crate::messages::printable;
use crate::setting::Setting;
use crate::stage_activity::{StageActivity, TrackActivities};
use anyhow::{Context as _, Result, bail, ensure};
use flow_audio_file::{SampleStore, StoreOptions, StoredAudio};
use flow_dsp::{ChainSettings, Readings};
use flow_host::clap::{
    BlockSizes, Bundle, FLOW_ID, Instance, RenderOptions, RenderedBlock, StreamError, StreamFormat,
    StreamResult,
};
use flow_params::{Kind, ParameterId, Switch};
use std::path::Path;

/// The present value of a parameter, as the plug-in shows it.
#[derive(Clone, Debug)]
pub struct ShownValue {
    /// The parameter.
    pub id: ParameterId,
    /// The value with its unit.
    pub text: String,
    /// Whether it is the default.
    pub is_default: bool,
}

/// The result of a render.
pub struct SongRender {
    /// The output, as long as the input.
    pub audio: StoredAudio,
    /// The activity of the stages in each track; empty if the plug-in doesn't offer its readings.
    pub activities: Vec<StageActivity>,
    /// The latency that the plug-in reported.
    pub latency_samples: u32,
    /// Wall-clock time of all process calls.
    pub process_seconds: f64,
}

/// A loaded plug-in with one instance.
pub struct PluginSession {
    bundle: Bundle,
    instance: Instance,
    /// The plug-in's version.
    pub version: String,
    block_samples: usize,
}

impl PluginSession {
    /// Loads the bundle at `path` and creates an instance that renders blocks of `block_samples` frames.
    ///
    /// # Errors
    ///
    /// If the path is no CLAP bundle that can be loaded, or if it is another plug-in.
    pub fn open(path: &Path, block_samples: usize) -> Result<Self> {
        let bundle = Bundle::open(path)?;
        let descriptor = bundle.descriptor()?;
        // Another plug-in may not expect Flow's parameters.
        ensure!(
            descriptor.id == FLOW_ID,
            "{} is the plug-in {}, not Flow",
            path.display(),
            printable(&descriptor.name)
        );
        let instance = bundle.instantiate()?;
        let version = descriptor.version;
        Ok(Self {
            bundle,
            instance,
            version,
            block_samples,
        })
    }

    /// Replaces the instance by a new one, whose parameters are at their defaults.
    ///
    /// # Errors
    ///
    /// If the plug-in creates none.
    pub fn reset(&mut self) -> Result<()> {
        self.instance = self.bundle.instantiate()?;
        Ok(())
    }

    /// Sets a parameter.
    ///
    /// # Errors
    ///
    /// If the plug-in refuses the value.
    pub fn set(&mut self, setting: &Setting) -> Result<()> {
        self.instance.set_text(setting.id.as_str(), &setting.text)?;
        Ok(())
    }

    /// The present values of all parameters that hosts show.
    pub fn settings(&mut self) -> Vec<ShownValue> {
        let parameters = self.instance.parameters();
        let shown = parameters.into_iter().filter(|p| !p.is_hidden);
        shown
            .filter_map(|p| {
                let mut known = ParameterId::ALL.into_iter();
                let text = self.instance.value_text(p.id)?;
                Some(ShownValue {
                    id: known.find(|id| id.host_id() == p.id)?,
                    is_default: self.instance.text(p.id, p.default).as_ref() == Some(&text),
                    text,
                })
            })
            .collect()
    }

    /// The chain's settings from the present values of all parameters.
    ///
    /// # Errors
    ///
    /// If the plug-in has no value of a parameter, or a text that is no value of the registry.
    pub fn chain_settings(&mut self) -> Result<ChainSettings> {
        let mut settings = ChainSettings::default();
        for id in ParameterId::ALL {
            let text = self.text(id)?;
            let value = id.parse(&text);
            let value = value.with_context(|| format!("{id}: \"{text}\" is no value"))?;
            id.set(&mut settings, value)?;
        }
        Ok(settings)
    }

    /// The present value of a parameter as the plug-in shows it.
    ///
    /// # Errors
    ///
    /// If the plug-in has no value of it.
    pub fn text(&mut self, id: ParameterId) -> Result<String> {
        let text = self.instance.value_text(id.as_str());
        text.with_context(|| format!("the plug-in has no value of {id}"))
    }

    /// The present value of a parameter in its own unit.
    ///
    /// # Errors
    ///
    /// If the parameter is no number, or if the plug-in has no value of it or shows no number.
    pub fn number(&mut self, id: ParameterId) -> Result<f64> {
        let Kind::Number(number) = id.kind() else {
            bail!("{id} is no number");
        };
        let text = self.text(id)?;
        let value = number.parse(&text);
        let value = value.with_context(|| format!("{id}: \"{text}\" is no number"))?;
        // The nearest single-precision number of "0.8" isn't that of double precision.
        let digits = [1.0, 10.0, 100.0][number.decimals.min(2)];
        Ok((f64::from(value) * digits).round() / digits)
    }

    /// Whether a switch is on.
    ///
    /// # Errors
    ///
    /// If the plug-in has no value of it, or shows no state of a switch.
    pub fn is_on(&mut self, id: ParameterId) -> Result<bool> {
        let text = self.text(id)?;
        Switch::parse(&text).with_context(|| format!("{id}: \"{text}\" is no state of a switch"))
    }

    /// Renders `song` with its latency compensated; the output goes to `store`. `track_ends` has the frame after each of its
    /// tracks. `progress` receives the frames that are done and the frames in all.
    ///
    /// # Errors
    ///
    /// If the plug-in fails, or if the output doesn't fit on the disk.
    pub fn render(
        &mut self,
        song: &StoredAudio,
        track_ends: &[usize],
        store: &StoreOptions,
        progress: &dyn Fn(u64, u64),
    ) -> Result<SongRender> {
        let mut output = SampleStore::new(song.channel_count(), store);
        let mut activities = TrackActivities::new(track_ends);
        let result = self.render_blocks(song, progress, |block| {
            output.push(block.channels)?;
            if let Some(readings) = &block.readings {
                activities.add(block.frames(), readings);
            }
            Ok(())
        })?;
        Ok(SongRender {
            audio: StoredAudio::new(song.sample_rate_hz, output),
            activities: activities.finish(),
            latency_samples: result.latency_samples,
            process_seconds: result.process_seconds,
        })
    }

    /// Renders `song` as [`Self::render`] does, to `write`.
    ///
    /// # Errors
    ///
    /// If the plug-in or `write` fails.
    pub fn render_blocks(
        &mut self,
        song: &StoredAudio,
        progress: &dyn Fn(u64, u64),
        write: impl FnMut(&RenderedBlock<'_>) -> Result<(), StreamError> + Send,
    ) -> Result<StreamResult> {
        let options = RenderOptions {
            block: BlockSizes::Fixed(self.block_samples),
            progress: Some(progress),
            ..RenderOptions::default()
        };
        let format = StreamFormat {
            sample_rate_hz: song.sample_rate_hz,
            channel_count: song.channel_count(),
            expected_frames: song.frames() as u64,
        };
        let mut reader = song.reader();
        let read = |channels: &mut [&mut [f32]]| Ok(reader.read(channels)?);
        Ok(self.instance.render_stream(format, &options, read, write)?)
    }

    /// The readings of the plug-in's own meters after the last render.
    #[must_use]
    pub fn readings(&self) -> Option<Readings> {
        self.instance.readings()
    }
}
