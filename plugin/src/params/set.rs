//! The values of all parameters of an instance.

use flow_dsp::{ChainSettings, DELIVERIES, Delivery};
use flow_params::ParameterId;

use super::any::AnyParam;
use super::host_param::HostParam;
use super::modulation::Modulation;

/// The framework's parameters in the order of [`ParameterId::ALL`], with their modulation.
pub struct ParameterSet([(HostParam, Modulation); ParameterId::ALL.len()]);

impl Default for ParameterSet {
    fn default() -> Self {
        Self(ParameterId::ALL.map(|id| (HostParam::new(id), Modulation::default())))
    }
}

impl ParameterSet {
    /// `[any]` The parameter with this id.
    #[must_use]
    pub fn get(&self, id: ParameterId) -> AnyParam<'_> {
        let (param, modulation) = &self.0[id as usize];
        AnyParam::new(id, param, modulation)
    }

    /// `[any]` Every parameter, in the hosts' order.
    pub fn each(&self) -> impl Iterator<Item = AnyParam<'_>> {
        ParameterId::ALL.into_iter().map(|id| self.get(id))
    }

    /// `[audio]` The present settings of the chain, with modulation. Never allocates.
    #[must_use]
    pub fn chain_settings(&self) -> ChainSettings {
        let mut settings = ChainSettings::default();
        for (param, _) in &self.0 {
            param.write(&mut settings);
        }
        settings
    }

    /// `[gui]` The destination that meters and gain proposals aim at.
    #[must_use]
    pub fn delivery(&self) -> &'static Delivery {
        let position = self.get(ParameterId::Delivery).position();
        &DELIVERIES[position.expect("the parameter is a choice")]
    }
}
