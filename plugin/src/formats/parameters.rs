//! The parameters as hosts number them, for both formats.

use std::sync::Arc;

use nice_plug::prelude::{ParamPtr, Params};

use crate::params::{AnyParam, FlowParams};

/// The number that CLAP and VST3 know a parameter by: a rolling hash of its text id, base 31, without the highest bit,
/// which VST3 reserves. Saved projects and automation hold these numbers, so the function never changes.
#[must_use]
pub(crate) fn host_id(id: &str) -> u32 {
    let hash = |hash: u32, byte: u8| hash.wrapping_mul(31).wrapping_add(u32::from(byte));
    id.bytes().fold(0, hash) & !(1 << 31)
}

/// One parameter.
pub(crate) struct Row {
    /// The number that hosts know it by.
    pub(crate) host_id: u32,
    /// The id in states and presets.
    pub(crate) id: String,
    /// The group that hosts show it in; slashes separate nested groups.
    pub(crate) group: String,
    param: ParamPtr,
}

/// All parameters of one instance, in the order of hosts' lists.
pub(crate) struct ParameterTable {
    /// Keeps the parameters alive that the rows point to.
    params: Arc<FlowParams>,
    rows: Vec<Row>,
    /// Numbers with their places in `rows`, in rising order.
    places: Vec<(u32, usize)>,
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
        let mut places: Vec<(u32, usize)> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| (row.host_id, place))
            .collect();
        places.sort_unstable();
        Self {
            params,
            rows,
            places,
        }
    }

    /// The parameters themselves.
    pub(crate) fn params(&self) -> &Arc<FlowParams> {
        &self.params
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All of them in order.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&Row, AnyParam<'_>)> {
        self.rows.iter().map(|row| (row, self.param(row)))
    }

    /// The one at a place in hosts' lists.
    pub(crate) fn at(&self, index: usize) -> Option<(&Row, AnyParam<'_>)> {
        self.rows.get(index).map(|row| (row, self.param(row)))
    }

    /// `[any]` The one with this number. Never allocates.
    pub(crate) fn get(&self, host_id: u32) -> Option<AnyParam<'_>> {
        let found = self.places.binary_search_by_key(&host_id, |(id, _)| *id);
        let index = self.places[found.ok()?].1;
        Some(self.param(&self.rows[index]))
    }

    /// A row of this table as a parameter.
    fn param(&self, row: &Row) -> AnyParam<'_> {
        // SAFETY: `params` keeps what its rows point to alive, for as long as the result borrows from `self`.
        unsafe { AnyParam::new(row.param) }
            .unwrap_or_else(|| unreachable!("Flow has no enumeration of the framework's own"))
    }

    /// The number of the parameter that the framework's contexts know by this pointer.
    pub(crate) fn host_id_of(&self, param: ParamPtr) -> Option<u32> {
        let row = self.rows.iter().find(|row| row.param == param);
        row.map(|row| row.host_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_id_of_released_ids_stays_frozen() {
        // From projects that were saved with the first release.
        for (id, expected) in [("gain", 3_165_055), ("ceil", 3_049_733), ("byp", 98_041)] {
            assert_eq!(host_id(id), expected, "{id}");
        }
    }

    #[test]
    fn table_finds_every_parameter_and_no_other() {
        let table = ParameterTable::new(Arc::new(FlowParams::default()));
        assert_eq!(table.each().count(), table.len());
        for (row, param) in table.each() {
            let found = table.get(row.host_id).expect("every row has a number");
            assert_eq!(found.ptr(), param.ptr(), "{} shares its number", row.id);
            assert_eq!(table.host_id_of(param.ptr()), Some(row.host_id));
        }
        for unknown in [0, 1, u32::MAX, 1 << 31] {
            assert!(table.get(unknown).is_none(), "{unknown}");
        }
        assert!(table.at(table.len()).is_none());
    }
}
