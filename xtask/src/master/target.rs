//! What a song is mastered to: a delivery profile, and what was set by hand.

use super::flow::{Flow, Setting};
use anyhow::{Result, anyhow};
use flow_dsp::{DELIVERIES, Delivery};

/// Where all songs of a run go.
pub(crate) struct Target {
    pub(crate) delivery: &'static Delivery,
    pub(crate) settings: Vec<Setting>,
}

impl Target {
    pub(crate) fn new(profile: &str, settings: &[String]) -> Result<Self> {
        let delivery = Delivery::find(profile).ok_or_else(|| {
            let known: Vec<_> = DELIVERIES.iter().map(|d| d.id).collect();
            anyhow!(
                "there is no profile \"{profile}\"; there are: {}",
                known.join(", ")
            )
        })?;
        let settings = settings
            .iter()
            .map(|typed| Setting::parse(typed))
            .collect::<Result<_>>()?;
        Ok(Self { delivery, settings })
    }

    pub(crate) fn lufs(&self) -> Option<f64> {
        self.delivery.target_lufs.map(f64::from)
    }

    /// Sets a fresh plug-in up. What was set by hand wins over the profile.
    pub(crate) fn apply(&self, flow: &mut Flow) -> Result<()> {
        let ceiling = format!("{:.2}", self.delivery.ceiling_dbtp);
        flow.set(&Setting::new("deliv", self.delivery.name))?;
        flow.set(&Setting::new("ceil", &ceiling))?;
        flow.set(&Setting::new("dith", "24 bit"))?;
        self.settings
            .iter()
            .try_for_each(|setting| flow.set(setting))
    }

    /// Whether this parameter was set by hand.
    pub(crate) fn sets(&self, flow: &mut Flow, id: &str) -> bool {
        self.settings
            .iter()
            .any(|setting| flow.is(&setting.parameter, id))
    }
}
