//! Two sets of settings to compare, A and B: those of the whole chain in [`Slots`], and those of each stage in
//! [`StageSlots`].
//!
//! The parameters themselves are the active slot, so that a host can automate them and undo their changes. Only the other
//! slot is kept here. Both are in the saved state.
//!
//! *Bypass* and *Delivery* are in no slot. Bypass is a comparison of its own and belongs to the host's button. Delivery is
//! the destination of the song: both versions are compared on the way to one destination.
//!
//! Only the window's and the host's main thread use the slots and their lock. The audio thread sees changes of parameters.

mod stage_slots;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use flow_params::{ParameterId, Stage};
use flow_platform::mutex::lock;
use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::ParamValue;
use serde::{Deserialize, Serialize};

use crate::gestures::Gestures;
use crate::params::any::AnyParam;
use crate::params::set::ParameterSet;

pub(crate) use stage_slots::SavedStageSlots;
pub use stage_slots::StageSlots;

/// Values of parameters by id, as a state holds them.
pub type Values = BTreeMap<String, ParamValue>;

/// The parameters that are in no slot.
const EXCLUDED: [ParameterId; 2] = [ParameterId::Bypass, ParameterId::Delivery];

/// One of the two sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// The slot of a new instance.
    #[default]
    A,
    /// The other one.
    B,
}

impl Slot {
    /// The other slot.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// The slots in a state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SavedSlots {
    /// The active slot.
    pub(crate) active: Slot,
    /// The values of the other slot. Without any it is a copy of the active one.
    pub(crate) other: Values,
}

/// Both slots of one instance, or of one stage.
#[derive(Default)]
pub struct Slots(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// None for the whole chain.
    stage: Option<Stage>,
    saved: SavedSlots,
    pending: Vec<PendingChange>,
    /// The number of switches and copies by the user.
    edits: u32,
}

/// A value that the host has to set. Until it arrives the parameter still has the value of the slot that was left.
struct PendingChange {
    id: ParameterId,
    before: f32,
    value: ParamValue,
}

/// The parameters that a slot holds: those of a stage, or of the whole chain.
pub(crate) fn in_slots(
    stage: Option<Stage>,
    params: &ParameterSet,
) -> impl Iterator<Item = AnyParam<'_>> {
    params.each().filter(move |param| match stage {
        Some(_) => Stage::of(param.id()) == stage,
        None => !EXCLUDED.contains(&param.id()),
    })
}

impl Slots {
    /// The slots of one stage. Both are equal.
    fn of_stage(stage: Stage) -> Self {
        Self(Mutex::new(Inner {
            stage: Some(stage),
            ..Inner::default()
        }))
    }

    /// `[gui]` Whether both slots have the same values.
    #[must_use]
    pub fn are_equal(&self, params: &ParameterSet) -> bool {
        let mut inner = self.lock();
        let active = inner.active_values(params);
        let other = &inner.saved.other;
        let same = |param: AnyParam<'_>| {
            let id = param.id();
            let value = param.clean(other.get(id.as_str()));
            param.normalize(Some(&value)) == param.normalize(active.get(id.as_str()))
        };
        other.is_empty() || in_slots(inner.stage, params).all(same)
    }

    /// `[gui]` The active slot.
    #[must_use]
    pub fn active(&self) -> Slot {
        self.lock().saved.active
    }

    /// `[gui]` The number of switches and copies by the user.
    #[must_use]
    pub(crate) fn edits(&self) -> u32 {
        self.lock().edits
    }

    /// `[gui]` Activates the other slot.
    pub fn switch(&self, params: &ParameterSet, gestures: &mut impl Gestures) {
        let changes = {
            let mut inner = self.lock();
            inner.edits = inner.edits.wrapping_add(1);
            let active = inner.active_values(params);
            let mut wanted = std::mem::replace(&mut inner.saved.other, active);
            if wanted.is_empty() {
                wanted.clone_from(&inner.saved.other);
            }
            inner.saved.active = inner.saved.active.other();
            inner.request(params, &wanted)
        };
        self.apply(changes, params, gestures);
    }

    /// `[gui]` Makes the slot that is not `from` equal to `from`.
    ///
    /// A copy into the other slot changes no parameter. The window notifies the host of it, as of every edit here.
    pub fn copy(&self, from: Slot, params: &ParameterSet, gestures: &mut impl Gestures) {
        let changes = {
            let mut inner = self.lock();
            inner.edits = inner.edits.wrapping_add(1);
            if from == inner.saved.active {
                inner.saved.other = inner.active_values(params);
                return;
            }
            let wanted = inner.saved.other.clone();
            if wanted.is_empty() {
                return;
            }
            inner.request(params, &wanted)
        };
        self.apply(changes, params, gestures);
    }

    /// `[gui]` Forgets pending changes that have arrived. The window calls it once a frame, so that a knob turned back later
    /// isn't taken for one that never moved.
    pub fn settle(&self, params: &ParameterSet) {
        self.lock().settle(params);
    }

    /// `[gui]` Both slots, for undo.
    pub(crate) fn saved(&self) -> SavedSlots {
        self.lock().saved.clone()
    }

    /// `[gui]` Sets both slots by an undo, which sets the parameters too.
    pub(crate) fn restore(&self, saved: SavedSlots) {
        let mut inner = self.lock();
        inner.edits = inner.edits.wrapping_add(1);
        inner.saved = saved;
        inner.pending.clear();
    }

    /// `[main]` Sets both slots to the present values.
    pub(crate) fn start(&self, params: &ParameterSet) {
        let other = self.lock().values(params);
        self.set(SavedSlots {
            active: Slot::A,
            other,
        });
    }

    /// Runs without the lock, because a host may save the state, and with it the slots, during a gesture.
    fn apply(
        &self,
        changes: Vec<(AnyParam<'_>, f32)>,
        params: &ParameterSet,
        gestures: &mut impl Gestures,
    ) {
        for (param, normalized) in changes {
            gestures.set(param, normalized);
        }
        // Most hosts set the values at once.
        self.settle(params);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.0)
    }
}

impl Inner {
    fn settle(&mut self, params: &ParameterSet) {
        self.pending
            .retain(|pending| params.get(pending.id).normalized() == pending.before);
    }

    /// The present values of the parameters.
    fn values(&self, params: &ParameterSet) -> Values {
        let entry = |param: AnyParam<'_>| (param.id().to_string(), param.value());
        in_slots(self.stage, params).map(entry).collect()
    }

    /// The values of the active slot.
    fn active_values(&mut self, params: &ParameterSet) -> Values {
        self.settle(params);
        let mut values = self.values(params);
        for pending in &self.pending {
            values.insert(pending.id.to_string(), pending.value.clone());
        }
        values
    }

    /// The changes that lead to `wanted`, which become pending.
    fn request<'p>(
        &mut self,
        params: &'p ParameterSet,
        wanted: &Values,
    ) -> Vec<(AnyParam<'p>, f32)> {
        let active = self.active_values(params);
        let mut changes = Vec::new();
        for param in in_slots(self.stage, params) {
            let id = param.id();
            let value = param.clean(wanted.get(id.as_str()));
            let normalized = param.normalize(Some(&value));
            if normalized == param.normalize(active.get(id.as_str())) {
                continue;
            }
            changes.push((param, normalized));
            self.pending.retain(|pending| pending.id != id);
            self.pending.push(PendingChange {
                id,
                before: param.normalized(),
                value,
            });
        }
        changes
    }
}

impl PersistentField<'_, SavedSlots> for Slots {
    fn set(&self, loaded: SavedSlots) {
        let mut inner = self.lock();
        inner.saved = loaded;
        inner.pending.clear();
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&SavedSlots) -> R,
    {
        f(&self.lock().saved)
    }
}

#[cfg(test)]
mod tests;
