//! The present settings of the plug-in, from which proposals start.

use anyhow::{Context, Result};
use flow_dsp::ChainSettings;
use flow_params::ParameterId;

use crate::plugin_session::PluginSession;

/// The chain's settings from the present values of all parameters.
///
/// # Errors
///
/// If the plug-in has no value for a parameter, or a text that is no value of the registry.
pub(super) fn settings(plugin: &mut PluginSession) -> Result<ChainSettings> {
    let mut settings = ChainSettings::default();
    for id in ParameterId::ALL {
        let text = plugin.text(id);
        let text = text.with_context(|| format!("the plug-in has no value of {id}"))?;
        let value = id.parse(&text);
        let value = value.with_context(|| format!("{id}: \"{text}\" is no value"))?;
        id.set(&mut settings, value)?;
    }
    Ok(settings)
}
