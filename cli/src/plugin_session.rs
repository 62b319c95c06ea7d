//! A session with the loaded plug-in: parameters by Flow's text ids, and offline renders.

use crate::setting::Setting;
use anyhow::Result;
use flow_audio_file::Audio;
use flow_dsp::Readings;
use flow_host::clap::{BlockSizes, Bundle, Instance, RenderOptions, RenderResult, parameter_id};
use flow_params::ParameterId;
use std::path::Path;

/// The present value of a parameter, as the plug-in shows it.
#[derive(Clone, Debug)]
pub struct ParameterValue {
    /// The parameter.
    pub id: ParameterId,
    /// The value with its unit.
    pub text: String,
    /// Whether it is the default.
    pub is_default: bool,
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
    /// If the path is no CLAP bundle that can be loaded.
    pub fn open(path: &Path, block_samples: usize) -> Result<Self> {
        let bundle = Bundle::open(path)?;
        let instance = bundle.instantiate()?;
        let version = bundle.descriptor()?.version;
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
    pub fn settings(&mut self) -> Vec<ParameterValue> {
        let parameters = self.instance.parameters();
        let shown = parameters.into_iter().filter(|p| !p.is_hidden);
        shown
            .filter_map(|p| {
                let mut known = ParameterId::ALL.into_iter();
                let text = self.instance.value_text(p.id)?;
                Some(ParameterValue {
                    id: known.find(|id| parameter_id(id.as_str()) == p.id)?,
                    is_default: self.instance.text(p.id, p.default).as_ref() == Some(&text),
                    text,
                })
            })
            .collect()
    }

    /// The present value of a parameter as the plug-in shows it.
    pub fn text(&mut self, id: ParameterId) -> Option<String> {
        self.instance.value_text(id.as_str())
    }

    /// The present value of a parameter in its own unit.
    pub fn number(&mut self, id: ParameterId) -> Option<f64> {
        self.text(id)?
            .split_whitespace()
            .next()?
            .replace('−', "-")
            .parse()
            .ok()
    }

    /// Whether a switch is on.
    pub fn is_on(&mut self, id: ParameterId) -> bool {
        self.instance
            .value(id.as_str())
            .is_some_and(|value| value > 0.5)
    }

    /// Renders `song` with its latency compensated. `progress` receives the frames that are done and the frames in all.
    ///
    /// # Errors
    ///
    /// If the plug-in fails.
    pub fn render(&mut self, song: &Audio, progress: &dyn Fn(u64, u64)) -> Result<RenderResult> {
        let block = BlockSizes::Fixed(self.block_samples);
        let options = RenderOptions {
            block,
            progress: Some(progress),
            ..RenderOptions::default()
        };
        Ok(self.instance.render(song, &options)?)
    }

    /// The readings of the plug-in's own meters after the last render.
    #[must_use]
    pub fn readings(&self) -> Option<Readings> {
        self.instance.readings()
    }
}
