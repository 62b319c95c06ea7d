//! Groups of parameters, which VST3 calls units.

use std::collections::BTreeSet;

use vst3::Steinberg::Vst::{UnitID, kRootUnitId};

use flow_params::ParameterId;

/// A group of parameters.
pub(super) struct Unit {
    pub(super) id: UnitID,
    pub(super) parent: UnitID,
    pub(super) name: &'static str,
}

/// All groups but the root, each after its parent.
pub(super) struct Units {
    paths: Vec<&'static str>,
}

impl Units {
    /// The groups of all parameters and their parents, sorted by path. The order determines their ids.
    pub(super) fn new() -> Self {
        let mut paths = BTreeSet::new();
        for group in ParameterId::ALL.map(ParameterId::group) {
            let ends = group.match_indices('/').map(|(end, _)| end);
            for end in ends.chain([group.len()]).filter(|end| *end > 0) {
                paths.insert(&group[..end]);
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
        match self.paths.binary_search(&group) {
            Ok(index) => UnitID::try_from(index + 1).unwrap_or(kRootUnitId),
            Err(_) => kRootUnitId,
        }
    }

    /// The unit at an index.
    pub(super) fn at(&self, index: usize) -> Option<Unit> {
        let path: &'static str = self.paths.get(index)?;
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        Some(Unit {
            id: self.id(path),
            parent: self.id(parent),
            name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_all_parameters_have_known_parents() {
        let units = Units::new();
        let all: Vec<Unit> = (0..units.len()).filter_map(|i| units.at(i)).collect();
        assert_eq!(all.len(), units.len());
        for unit in &all {
            let is_known = unit.parent == kRootUnitId || all.iter().any(|u| u.id == unit.parent);
            assert!(is_known && unit.parent != unit.id, "{}", unit.name);
        }
        for id in ParameterId::ALL {
            let unit = units.id(id.group());
            assert_eq!(unit == kRootUnitId, id.group().is_empty(), "{id}");
        }
    }
}
