//! The loaded plug-in: parameters by the ids that Flow gives them, and renders.

use anyhow::{Result, bail};
use flow_audio_file::Audio;
use flow_dsp::Readings;
use flow_host::clap::{BlockSizes, Bundle, Instance, RenderOptions, RenderResult};
use flow_params::ParameterId;
use std::path::Path;

/// A parameter and the text that it is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The parameter.
    pub id: ParameterId,
    /// The value as the plug-in reads it, such as `-2 dB`.
    pub text: String,
}

impl Setting {
    /// A parameter's id and the text of its value.
    #[must_use]
    pub fn new(id: ParameterId, text: &str) -> Self {
        Self {
            id,
            text: text.to_owned(),
        }
    }

    /// From "parameter=text".
    ///
    /// # Errors
    ///
    /// If either is missing, or there is no such parameter.
    pub fn parse(typed: &str) -> Result<Self> {
        let (id, text) = typed.split_once('=').unwrap_or((typed, ""));
        if id.trim().is_empty() || text.trim().is_empty() {
            bail!("--set {typed}: write it as ID=VALUE, such as ceil=-2");
        }
        Ok(Self::new(ParameterId::find(id.trim())?, text.trim()))
    }
}

/// A parameter as the plug-in shows it.
#[derive(Clone, Debug)]
pub struct ParameterValue {
    /// The name that hosts show.
    pub name: String,
    /// The value with its unit.
    pub text: String,
    /// Whether that is the default.
    pub is_default: bool,
}

/// A loaded Flow.
pub struct PluginSession {
    bundle: Bundle,
    instance: Instance,
    /// The plug-in's version.
    pub version: String,
    block_samples: usize,
    /// Whether trim has taken over what the loudness gain could not do.
    pub trimmed: bool,
}

impl PluginSession {
    /// Loads the bundle at `path` and makes an instance, which gets `block_samples` frames at a time.
    ///
    /// # Errors
    ///
    /// If there is no CLAP bundle that can be loaded.
    pub fn open(path: &Path, block_samples: usize) -> Result<Self> {
        let bundle = Bundle::open(path)?;
        let instance = bundle.instantiate()?;
        let version = bundle.descriptor()?.version;
        Ok(Self {
            bundle,
            instance,
            version,
            block_samples,
            trimmed: false,
        })
    }

    /// Goes back to a new instance with nothing set.
    ///
    /// # Errors
    ///
    /// If the plug-in makes none.
    pub fn renew(&mut self) -> Result<()> {
        self.instance = self.bundle.instantiate()?;
        self.trimmed = false;
        Ok(())
    }

    /// Sets a parameter.
    ///
    /// # Errors
    ///
    /// If there is no such parameter, with all that there are, or if it doesn't understand the text.
    pub fn set(&mut self, setting: &Setting) -> Result<()> {
        self.instance.set_text(setting.id.as_str(), &setting.text)?;
        Ok(())
    }

    /// Every parameter with its present value.
    pub fn settings(&mut self) -> Vec<ParameterValue> {
        let parameters = self.instance.parameters();
        let shown = parameters.into_iter().filter(|p| !p.is_hidden);
        shown
            .filter_map(|p| {
                let text = self.instance.value_text(p.id)?;
                Some(ParameterValue {
                    is_default: self.instance.text(p.id, p.default).as_ref() == Some(&text),
                    name: p.name,
                    text,
                })
            })
            .collect()
    }

    /// A parameter's present value as the plug-in writes it.
    pub fn text(&mut self, id: ParameterId) -> Option<String> {
        self.instance.value_text(id.as_str())
    }

    /// A parameter's present value in its own unit.
    pub fn number(&mut self, id: ParameterId) -> Option<f64> {
        self.text(id)?
            .split_whitespace()
            .next()?
            .replace('−', "-")
            .parse()
            .ok()
    }

    /// Whether this switch is on.
    pub fn is_on(&mut self, id: ParameterId) -> bool {
        self.instance
            .value(id.as_str())
            .is_some_and(|value| value > 0.5)
    }

    /// Renders `song` with the latency taken away; `progress` is told frames done and frames in all.
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

    /// The plug-in's own meters after the last render.
    #[must_use]
    pub fn readings(&self) -> Option<Readings> {
        self.bundle.readings()
    }
}
