//! The target of a run: a delivery profile, a preset, and settings by hand.

use super::file_format::FileFormat;
use super::preset;
use super::proposals::source::ProposalSource;
use crate::MasterArguments;
use crate::plugin_session::PluginSession;
use crate::setting::Setting;
use anyhow::{Result, anyhow, ensure};
use flow_dsp::{DELIVERIES, Delivery};
use flow_params::{ParameterId, Preset};
use std::sync::Arc;

/// The loudness that is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LoudnessTarget {
    /// None if only the ceiling applies.
    pub(crate) lufs: Option<f64>,
    /// Whether the command line names it, by a profile or a reference. A louder song is turned down then.
    pub(crate) is_named: bool,
    /// The share of the way from the song's own loudness; 1 is all of it.
    pub(crate) amount: f64,
}

impl LoudnessTarget {
    /// Whether a song of this loudness is only turned down to the ceiling: without a target, or if it is louder than the
    /// default one.
    pub(crate) fn is_at_ceiling(&self, own_lufs: f64) -> bool {
        self.lufs
            .is_none_or(|lufs| !self.is_named && own_lufs >= lufs)
    }

    /// The same target with an amount of 1, for a song of this loudness.
    pub(crate) fn resolve(self, own_lufs: f64) -> Self {
        let resolved = |lufs: f64| own_lufs + self.amount * (lufs - own_lufs);
        Self {
            lufs: self.lufs.map(resolved),
            amount: 1.0,
            ..self
        }
    }
}

/// The delivery profile with this name.
///
/// # Errors
///
/// If there is none. The error lists all.
pub(crate) fn delivery(profile: &str) -> Result<&'static Delivery> {
    Delivery::find(profile).ok_or_else(|| {
        let known: Vec<_> = DELIVERIES.iter().map(|d| d.id).collect();
        anyhow!(
            "there is no profile \"{profile}\"; there are: {}",
            known.join(", ")
        )
    })
}

/// The target that all songs of a run share.
pub(crate) struct MasteringTarget {
    pub(crate) delivery: &'static Delivery,
    pub(crate) preset: Option<&'static Preset>,
    /// The sources of proposals.
    pub(crate) proposals: Arc<ProposalSource>,
    pub(crate) format: FileFormat,
    /// The settings of the preset, followed by those from `--set`.
    settings: Vec<Setting>,
    /// The number of settings of the preset.
    preset_settings_count: usize,
    /// Whether the command line names a profile. Else the references determine the loudness.
    is_profile_chosen: bool,
}

impl MasteringTarget {
    /// The targets of a run: one for each named profile, or one.
    ///
    /// # Errors
    ///
    /// If an argument is wrong, or if a reference cannot be used.
    pub(crate) fn all(arguments: &MasterArguments) -> Result<Vec<Self>> {
        let proposals = Arc::new(ProposalSource::new(arguments)?);
        let mut profiles: Vec<Option<&str>> = Vec::new();
        profiles.extend(arguments.profiles.iter().map(|name| Some(name.as_str())));
        if profiles.is_empty() {
            profiles.push(None);
        }
        let mut targets: Vec<Self> = Vec::new();
        for profile in profiles {
            let target = Self::new(arguments, profile, proposals.clone())?;
            let id = target.delivery.id;
            let is_known = |other: &Self| other.delivery.id == id;
            ensure!(
                !targets.iter().any(is_known),
                "--profile {id} is named twice"
            );
            targets.push(target);
        }
        Ok(targets)
    }

    fn new(
        arguments: &MasterArguments,
        profile: Option<&str>,
        proposals: Arc<ProposalSource>,
    ) -> Result<Self> {
        let default = if arguments.references.is_empty() {
            "streaming"
        } else {
            "keep"
        };
        let is_profile_chosen = profile.is_some();
        let delivery = delivery(profile.unwrap_or(default))?;
        let preset = arguments.preset.as_deref().map(preset::find).transpose()?;
        let mut settings = preset.map(preset::settings).unwrap_or_default();
        let preset_settings_count = settings.len();
        for typed in &arguments.settings {
            let setting = Setting::parse(typed)?;
            ensure!(
                setting.id != ParameterId::Delivery,
                "--set {typed}: --profile chooses the delivery, with its loudness and its ceiling"
            );
            settings.push(setting);
        }
        let format = FileFormat::new(arguments, &settings[preset_settings_count..])?;
        Ok(Self {
            delivery,
            preset,
            proposals,
            format,
            settings,
            preset_settings_count,
            is_profile_chosen,
        })
    }

    /// The named profile, which is a part of the names of its files.
    pub(crate) fn file_name_part(&self) -> Option<&'static str> {
        self.is_profile_chosen.then_some(self.delivery.id)
    }

    /// A name for texts: the profile or the references, and the preset if there is one.
    pub(crate) fn name(&self) -> String {
        let towards = self.proposals.names().filter(|_| !self.is_profile_chosen);
        let profile = match towards {
            Some(names) => format!("like {names}"),
            None => self.delivery.name.to_owned(),
        };
        match self.preset {
            Some(preset) => format!("{profile}, {}", preset.name),
            None => profile,
        }
    }

    /// The loudness of the profile, or of the references if the command line names no profile.
    pub(crate) fn loudness(&self) -> LoudnessTarget {
        let reference_lufs = self.proposals.loudness_lufs();
        // At 0 % of the way nothing is asked for.
        let amount = self.proposals.amount();
        let reference_lufs = reference_lufs.filter(|_| !self.is_profile_chosen && amount > 0.0);
        LoudnessTarget {
            lufs: reference_lufs.or(self.delivery.target_lufs).map(f64::from),
            is_named: self.is_profile_chosen || reference_lufs.is_some(),
            amount: if reference_lufs.is_some() {
                amount
            } else {
                1.0
            },
        }
    }

    /// The delivery that proposals assume for this loudness.
    pub(crate) fn delivery(&self, loudness: LoudnessTarget) -> Delivery {
        Delivery {
            name: if self.is_profile_chosen || self.proposals.names().is_none() {
                self.delivery.name
            } else {
                "the reference"
            },
            target_lufs: loudness.lufs.map(flow_dsp::math::narrow),
            ..*self.delivery
        }
    }

    /// Sets the parameters of a new plug-in instance. Settings by hand override the preset, which overrides the profile.
    ///
    /// # Errors
    ///
    /// If a parameter is unknown, or if the plug-in refuses a value.
    pub(crate) fn apply(&self, plugin: &mut PluginSession) -> Result<()> {
        let ceiling = format!("{:.2}", self.delivery.ceiling_dbtp);
        plugin.set(&Setting::new(ParameterId::Delivery, self.delivery.name))?;
        plugin.set(&Setting::new(ParameterId::Ceiling, &ceiling))?;
        plugin.set(&self.format.dither())?;
        self.settings
            .iter()
            .try_for_each(|setting| plugin.set(setting))
    }

    /// Whether the preset or `--set` sets this parameter. No search changes it then.
    pub(crate) fn has_setting(&self, id: ParameterId) -> bool {
        self.settings.iter().any(|setting| setting.id == id)
    }

    /// Whether `--set` sets this parameter. No proposal changes it then, unlike those of a preset.
    pub(crate) fn is_set_by_hand(&self, id: ParameterId) -> bool {
        self.settings[self.preset_settings_count..]
            .iter()
            .any(|setting| setting.id == id)
    }
}
