//! The parameters with the numbers that hosts know them by, for both formats.

use std::sync::Arc;

use nice_plug::prelude::{ParamPtr, Params};

use crate::params::{AnyParam, FlowParams};

/// The number that CLAP and VST3 hosts know a parameter by: a polynomial hash of its text id to the base 31, without the
/// highest bit, which VST3 reserves. Saved projects and automation hold these numbers, so the function never changes.
#[must_use]
pub(crate) fn host_id(id: &str) -> u32 {
    let hash = |hash: u32, byte: u8| hash.wrapping_mul(31).wrapping_add(u32::from(byte));
    id.bytes().fold(0, hash) & !(1 << 31)
}

/// One parameter.
pub(crate) struct Row {
    /// Its number in hosts.
    pub(crate) host_id: u32,
    /// Its id in states and presets.
    pub(crate) id: String,
    /// Its group in hosts; slashes separate nested groups.
    pub(crate) group: String,
    param: ParamPtr,
}

/// All parameters of one instance, in hosts' order.
pub(crate) struct ParameterTable {
    /// Owns the parameters that the rows point to.
    params: Arc<FlowParams>,
    rows: Vec<Row>,
    /// Host numbers with their indices in `rows`, sorted.
    indices: Vec<(u32, usize)>,
}

impl ParameterTable {
    pub(crate) fn new(params: Arc<FlowParams>) -> Self {
        let rows: Vec<Row> = params
            .param_map()
            .into_iter()
            .map(|(id, param, group)| Row {
                host_id: host_id(&id),
                id,
                group,
                param,
            })
            .collect();
        let mut indices: Vec<(u32, usize)> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| (row.host_id, place))
            .collect();
        indices.sort_unstable();
        Self {
            params,
            rows,
            indices,
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
        self.rows.iter().map(|row| (row, self.param(row)))
    }

    /// The parameter at an index of hosts' lists.
    pub(crate) fn at(&self, index: usize) -> Option<(&Row, AnyParam<'_>)> {
        self.rows.get(index).map(|row| (row, self.param(row)))
    }

    /// `[any]` The parameter with a host number. Never allocates.
    pub(crate) fn get(&self, host_id: u32) -> Option<AnyParam<'_>> {
        let found = self.indices.binary_search_by_key(&host_id, |(id, _)| *id);
        let index = self.indices[found.ok()?].1;
        Some(self.param(&self.rows[index]))
    }

    /// The parameter of a row.
    fn param(&self, row: &Row) -> AnyParam<'_> {
        // SAFETY: `params` owns the target for as long as the result borrows from `self`.
        unsafe { AnyParam::new(row.param) }.unwrap_or_else(|| unreachable!("Flow has no EnumParam"))
    }

    /// The host number of the parameter behind a pointer of the framework.
    pub(crate) fn host_id_of(&self, param: ParamPtr) -> Option<u32> {
        let row = self.rows.iter().find(|row| row.param == param);
        row.map(|row| row.host_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_id_of_released_parameters_stays_the_same() {
        // From projects that were saved with the first release.
        for (id, expected) in [("gain", 3_165_055), ("ceil", 3_049_733), ("byp", 98_041)] {
            assert_eq!(host_id(id), expected, "{id}");
        }
    }

    #[test]
    fn table_lookup_finds_every_parameter_and_no_other() {
        let table = ParameterTable::new(Arc::new(FlowParams::default()));
        assert_eq!(table.each().count(), table.len());
        for (row, param) in table.each() {
            let found = table
                .get(row.host_id)
                .expect("the table must find its own numbers");
            assert_eq!(found.ptr(), param.ptr(), "{} shares its number", row.id);
            assert_eq!(table.host_id_of(param.ptr()), Some(row.host_id));
        }
        for unknown in [0, 1, u32::MAX, 1 << 31] {
            assert!(table.get(unknown).is_none(), "{unknown}");
        }
        assert!(table.at(table.len()).is_none());
    }
}
