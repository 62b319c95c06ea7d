//! What a song is mastered to: a delivery profile, a preset, and what was set by hand.

use super::preset;
use super::proposal_source::ProposalSource;
use crate::MasterArguments;
use crate::plugin_session::{PluginSession, Setting};
use anyhow::{Result, anyhow};
use flow_dsp::{DELIVERIES, Delivery};
use flow_params::{ParameterId, Preset};

/// How loud a song shall become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LoudnessGoal {
    /// None where only the ceiling counts.
    pub(crate) lufs: Option<f64>,
    /// Whether a louder song is turned down: only if somebody asked for that.
    pub(crate) may_lower: bool,
    /// How much of the way there: 1 is all of it.
    pub(crate) amount: f64,
}

impl LoudnessGoal {
    /// All of the way, for a song of this loudness.
    pub(crate) fn from(self, own_lufs: f64) -> Self {
        let go = |lufs: f64| own_lufs + self.amount * (lufs - own_lufs);
        Self {
            lufs: self.lufs.map(go),
            amount: 1.0,
            ..self
        }
    }
}

/// Where all songs of a run go.
pub(crate) struct MasteringTarget {
    pub(crate) delivery: &'static Delivery,
    pub(crate) preset: Option<&'static Preset>,
    /// Who proposes settings.
    pub(crate) proposals: ProposalSource,
    /// The preset's, and after them those that were set by hand.
    settings: Vec<Setting>,
    /// How many of them are the preset's.
    preset_settings: usize,
    /// Whether a profile was asked for: else references have the loudness.
    is_profile_chosen: bool,
}

impl MasteringTarget {
    pub(crate) fn new(arguments: &MasterArguments) -> Result<Self> {
        let default = if arguments.references.is_empty() {
            "streaming"
        } else {
            "keep"
        };
        let profile = arguments.profile.as_deref().unwrap_or(default);
        let delivery = Delivery::find(profile).ok_or_else(|| {
            let known: Vec<_> = DELIVERIES.iter().map(|d| d.id).collect();
            anyhow!(
                "there is no profile \"{profile}\"; there are: {}",
                known.join(", ")
            )
        })?;
        let preset = arguments.preset.as_deref().map(preset::find).transpose()?;
        let mut settings = preset.map(preset::settings).unwrap_or_default();
        let preset_settings = settings.len();
        for typed in &arguments.settings {
            settings.push(Setting::parse(typed)?);
        }
        Ok(Self {
            delivery,
            preset,
            proposals: ProposalSource::new(arguments)?,
            settings,
            preset_settings,
            is_profile_chosen: arguments.profile.is_some(),
        })
    }

    /// For people: the profile, and the preset if there is one.
    pub(crate) fn name(&self) -> String {
        let towards = self.proposals.names().filter(|_| !self.is_profile_chosen);
        let goal = match towards {
            Some(names) => format!("like {names}"),
            None => self.delivery.name.to_owned(),
        };
        match self.preset {
            Some(preset) => format!("{goal}, {}", preset.name),
            None => goal,
        }
    }

    /// Where a song goes. The references' loudness, unless a profile was asked for.
    pub(crate) fn goal(&self) -> LoudnessGoal {
        let of_references = self.proposals.loudness_lufs();
        let of_references = of_references.filter(|_| !self.is_profile_chosen);
        LoudnessGoal {
            lufs: of_references.or(self.delivery.target_lufs).map(f64::from),
            may_lower: self.is_profile_chosen || of_references.is_some(),
            amount: if of_references.is_some() {
                self.proposals.amount()
            } else {
                1.0
            },
        }
    }

    /// What proposals aim at on the way there.
    pub(crate) fn delivery(&self, goal: LoudnessGoal) -> Delivery {
        Delivery {
            name: if self.is_profile_chosen || self.proposals.names().is_none() {
                self.delivery.name
            } else {
                "the reference"
            },
            target_lufs: goal.lufs.map(flow_dsp::math::narrow),
            ..*self.delivery
        }
    }

    /// Sets a fresh plug-in up. What was set by hand wins over the preset and the profile.
    pub(crate) fn apply(&self, flow: &mut PluginSession) -> Result<()> {
        let ceiling = format!("{:.2}", self.delivery.ceiling_dbtp);
        flow.set(&Setting::new(ParameterId::Delivery, self.delivery.name))?;
        flow.set(&Setting::new(ParameterId::Ceiling, &ceiling))?;
        flow.set(&Setting::new(ParameterId::Dither, "24 bit"))?;
        self.settings
            .iter()
            .try_for_each(|setting| flow.set(setting))
    }

    /// Whether this parameter was chosen, by the preset or by hand: no search moves it.
    pub(crate) fn sets(&self, id: ParameterId) -> bool {
        self.settings.iter().any(|setting| setting.id == id)
    }

    /// Whether this parameter was set by hand: no proposal moves it. A preset is only where proposals start.
    pub(crate) fn holds(&self, id: ParameterId) -> bool {
        self.settings[self.preset_settings..]
            .iter()
            .any(|setting| setting.id == id)
    }
}
