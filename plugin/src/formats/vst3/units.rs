//! Groups of parameters, which VST3 calls units.

use std::collections::BTreeSet;

use vst3::Steinberg::Vst::{UnitID, kRootUnitId};

use crate::formats::parameters::ParameterTable;

/// A group of parameters.
pub(super) struct Unit {
    pub(super) id: UnitID,
    pub(super) parent: UnitID,
    pub(super) name: String,
}

/// All groups but the root, each after its parent.
pub(super) struct Units {
    paths: Vec<String>,
}

impl Units {
    /// The groups of a table and their parents, sorted by path. The order determines their ids.
    pub(super) fn new(parameters: &ParameterTable) -> Self {
        let mut paths = BTreeSet::new();
        for (row, _) in parameters.each().filter(|(row, _)| !row.group.is_empty()) {
            let ends = row.group.match_indices('/').map(|(end, _)| end);
            for end in ends.chain([row.group.len()]) {
                paths.insert(row.group[..end].to_owned());
            }
        }
        Self {
            paths: paths.into_iter().collect(),
        }
    }

    /// The number of units without the root.
    pub(super) fn len(&self) -> usize {
        self.paths.len()
    }

    /// The id of a group; the root's for an empty one.
    pub(super) fn id(&self, group: &str) -> UnitID {
        match self.paths.binary_search_by(|path| path.as_str().cmp(group)) {
            Ok(index) => UnitID::try_from(index + 1).unwrap_or(kRootUnitId),
            Err(_) => kRootUnitId,
        }
    }

    /// The unit at an index.
    pub(super) fn at(&self, index: usize) -> Option<Unit> {
        let path = self.paths.get(index)?;
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        Some(Unit {
            id: self.id(path),
            parent: self.id(parent),
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::params::FlowParams;

    #[test]
    fn units_of_all_parameters_have_known_parents() {
        let table = ParameterTable::new(Arc::new(FlowParams::default()));
        let units = Units::new(&table);
        let all: Vec<Unit> = (0..units.len()).filter_map(|i| units.at(i)).collect();
        assert_eq!(all.len(), units.len());
        for unit in &all {
            let is_known = unit.parent == kRootUnitId || all.iter().any(|u| u.id == unit.parent);
            assert!(is_known && unit.parent != unit.id, "{}", unit.name);
        }
        for (row, _) in table.each() {
            let id = units.id(&row.group);
            assert_eq!(id == kRootUnitId, row.group.is_empty(), "{}", row.id);
        }
    }
}
