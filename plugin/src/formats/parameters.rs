//! The parameters with the numbers that hosts know them by, for both formats.

use std::sync::Arc;

use flow_params::ParameterId;
use nice_plug::prelude::ParamPtr;

use crate::params::{AnyParam, FlowParams};

/// One parameter.
pub(crate) struct Row {
    /// Its number in hosts.
    pub(crate) host_id: u32,
    /// Its id in the registry.
    pub(crate) id: ParameterId,
}

/// All parameters of one instance, in hosts' order.
pub(crate) struct ParameterTable {
    params: Arc<FlowParams>,
    /// In the order of [`ParameterId::ALL`].
    rows: [Row; ParameterId::ALL.len()],
    /// Sorted by the host number.
    by_host_id: [(u32, ParameterId); ParameterId::ALL.len()],
}

impl ParameterTable {
    pub(crate) fn new(params: Arc<FlowParams>) -> Self {
        let mut by_host_id = ParameterId::ALL.map(|id| (id.host_id(), id));
        let rows = by_host_id.map(|(host_id, id)| Row { host_id, id });
        by_host_id.sort_unstable();
        Self {
            params,
            rows,
            by_host_id,
        }
    }

    /// The parameters themselves.
    pub(crate) fn params(&self) -> &Arc<FlowParams> {
        &self.params
    }

    /// The number of parameters.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All parameters in order.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&Row, AnyParam<'_>)> {
        self.rows.iter().map(|row| (row, self.params.get(row.id)))
    }

    /// The parameter at an index of hosts' lists.
    pub(crate) fn at(&self, index: usize) -> Option<(&Row, AnyParam<'_>)> {
        self.rows
            .get(index)
            .map(|row| (row, self.params.get(row.id)))
    }

    /// `[any]` The parameter with a host number. Never allocates.
    pub(crate) fn get(&self, host_id: u32) -> Option<AnyParam<'_>> {
        let found = self
            .by_host_id
            .binary_search_by_key(&host_id, |(host_id, _)| *host_id);
        Some(self.params.get(self.by_host_id[found.ok()?].1))
    }

    /// The host number of a parameter.
    pub(crate) fn host_id(&self, id: ParameterId) -> u32 {
        self.rows[id as usize].host_id
    }

    /// The parameter behind a pointer of the framework.
    pub(crate) fn of_ptr(&self, ptr: ParamPtr) -> Option<AnyParam<'_>> {
        self.params.each().find(|param| param.ptr() == ptr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_lookup_finds_every_parameter_and_no_other() {
        let table = ParameterTable::new(Arc::new(FlowParams::default()));
        assert_eq!(table.each().count(), table.len());
        for (row, param) in table.each() {
            let found = table.get(row.host_id).expect("every row has a number");
            assert_eq!(found.id(), row.id, "{} shares its number", row.id);
            assert_eq!(param.id(), row.id);
            assert_eq!(table.host_id(row.id), row.host_id);
            assert_eq!(table.of_ptr(param.ptr()).unwrap().id(), row.id);
        }
        for unknown in [0, 1, u32::MAX, 1 << 31] {
            assert!(table.get(unknown).is_none(), "{unknown}");
        }
        assert!(table.at(table.len()).is_none());
    }
}
