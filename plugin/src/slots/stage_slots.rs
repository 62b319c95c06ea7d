//! The slots A and B of each stage, whose parameters are compared without the rest of the chain.

use std::collections::BTreeMap;
use std::sync::Mutex;

use flow_params::Stage;
use flow_platform::mutex::lock;
use nice_plug::params::persist::PersistentField;

use super::{SavedSlots, Slot, Slots};
use crate::params::set::ParameterSet;

/// The slots of stages by the ids of the stages. A stage that was never compared is missing.
pub(crate) type SavedStageSlots = BTreeMap<String, SavedSlots>;

/// The slots of all stages of one instance.
pub struct StageSlots {
    /// In the order of [`Stage::ALL`].
    slots: [Slots; Stage::ALL.len()],
    /// Those of stages that a newer version has.
    unknown: Mutex<SavedStageSlots>,
}

impl Default for StageSlots {
    fn default() -> Self {
        Self {
            slots: Stage::ALL.map(Slots::of_stage),
            unknown: Mutex::default(),
        }
    }
}

impl StageSlots {
    /// `[gui]` The slots of a stage.
    #[must_use]
    pub fn get(&self, stage: Stage) -> &Slots {
        &self.slots[stage as usize]
    }

    /// `[gui]` The number of switches and copies by the user.
    #[must_use]
    pub(crate) fn edits(&self) -> u32 {
        let edits = self.slots.iter().map(Slots::edits);
        edits.fold(0, u32::wrapping_add)
    }

    /// `[gui]` See [`Slots::settle`].
    pub fn settle(&self, params: &ParameterSet) {
        self.slots.iter().for_each(|slots| slots.settle(params));
    }
}

impl PersistentField<'_, SavedStageSlots> for StageSlots {
    fn set(&self, mut loaded: SavedStageSlots) {
        for (stage, slots) in Stage::ALL.into_iter().zip(&self.slots) {
            slots.set(loaded.remove(stage.id()).unwrap_or_default());
        }
        *lock(&self.unknown) = loaded;
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&SavedStageSlots) -> R,
    {
        let mut all = lock(&self.unknown).clone();
        for (stage, slots) in Stage::ALL.into_iter().zip(&self.slots) {
            let saved = slots.saved();
            if saved.active == Slot::B || !saved.other.is_empty() {
                all.insert(stage.id().to_owned(), saved);
            }
        }
        f(&all)
    }
}
