//! Two sets of settings to compare, A and B.
//!
//! The slot that is heard is the parameters themselves, so that a host can automate them and undo
//! their changes as ever; only the other one is kept here. Both are in the saved state.
//!
//! Not in a slot are *Bypass*, which is a comparison of its own and belongs to the host's button,
//! and *Delivery*, which says where the song goes and not how it sounds: two versions of a song are
//! compared on the way to one destination.
//!
//! Everything here belongs to the window's and the host's main thread. The lock is among them only:
//! the audio thread sees a switch as what it is, parameters that change.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::ParamValue;
use serde::{Deserialize, Serialize};

use crate::gestures::Gestures;
use crate::params::{AnyParam, FlowParams};

/// Values of parameters by id, as a state holds them.
pub type Values = BTreeMap<String, ParamValue>;

/// Ids of the parameters that are in no slot.
const ELSEWHERE: [&str; 2] = ["byp", "deliv"];

/// One of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// What a new instance starts with.
    #[default]
    A,
    /// The other one.
    B,
}

impl Slot {
    /// The one that this is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What a state holds of the slots.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// The slot that is heard.
    pub(crate) active: Slot,
    /// The values of the slot that isn't.
    pub(crate) other: Values,
}

/// Both slots of one instance.
#[derive(Default)]
pub struct Slots(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    saved: Saved,
    asked: Vec<Asked>,
    /// How often the user switched or copied.
    edits: u32,
}

/// A value that the host was asked for. Until it arrives the parameter still has the one before,
/// which is then the value of the slot that was left.
struct Asked {
    id: String,
    before: f32,
    value: ParamValue,
}

/// The parameters that a slot holds, by id.
pub(crate) fn in_slots(params: &FlowParams) -> impl Iterator<Item = (String, AnyParam<'_>)> {
    params
        .each()
        .filter(|(id, _)| !ELSEWHERE.contains(&id.as_str()))
}

impl Slots {
    /// `[gui]` The slot that is heard.
    #[must_use]
    pub fn active(&self) -> Slot {
        self.lock().saved.active
    }

    /// `[gui]` How often the user switched or copied.
    #[must_use]
    pub(crate) fn edits(&self) -> u32 {
        self.lock().edits
    }

    /// `[gui]` Lets the other slot be heard.
    pub fn switch(&self, params: &FlowParams, gestures: &mut impl Gestures) {
        let changes = {
            let mut inner = self.lock();
            inner.edits = inner.edits.wrapping_add(1);
            let heard = inner.heard(params);
            let wanted = std::mem::replace(&mut inner.saved.other, heard);
            inner.saved.active = inner.saved.active.other();
            inner.ask(params, &wanted)
        };
        self.make(changes, params, gestures);
    }

    /// `[gui]` Makes the slot that is not `from` equal to `from`.
    ///
    /// Copying into the slot that isn't heard changes no parameter. The window tells the host of it,
    /// as of every edit here.
    pub fn copy(&self, from: Slot, params: &FlowParams, gestures: &mut impl Gestures) {
        let changes = {
            let mut inner = self.lock();
            inner.edits = inner.edits.wrapping_add(1);
            if from == inner.saved.active {
                inner.saved.other = inner.heard(params);
                return;
            }
            let wanted = inner.saved.other.clone();
            inner.ask(params, &wanted)
        };
        self.make(changes, params, gestures);
    }

    /// `[gui]` Notes which values have arrived that the host was asked for. The window calls it once
    /// a frame, so that a knob turned back later isn't taken for one that was never turned.
    pub fn settle(&self, params: &FlowParams) {
        self.lock().settle(params);
    }

    /// `[main]` Makes both slots what the parameters are now.
    pub(crate) fn start(&self, params: &FlowParams) {
        let other = in_slots(params).map(|(id, param)| (id, param.value()));
        self.set(Saved {
            active: Slot::A,
            other: other.collect(),
        });
    }

    /// Not under the lock: a host may save the state, and with it the slots, while it is told.
    fn make(
        &self,
        changes: Vec<(AnyParam<'_>, f32)>,
        params: &FlowParams,
        gestures: &mut impl Gestures,
    ) {
        for (param, normalized) in changes {
            gestures.set(param, normalized);
        }
        // Most hosts do it at once.
        self.settle(params);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Whoever panicked has left whole values behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn settle(&mut self, params: &FlowParams) {
        if self.asked.is_empty() {
            return;
        }
        let now: BTreeMap<_, _> = in_slots(params)
            .map(|(id, p)| (id, p.normalized()))
            .collect();
        self.asked
            .retain(|asked| now.get(&asked.id) == Some(&asked.before));
    }

    /// The values of the slot that is heard.
    fn heard(&mut self, params: &FlowParams) -> Values {
        self.settle(params);
        let mut heard: Values = in_slots(params)
            .map(|(id, param)| (id, param.value()))
            .collect();
        for asked in &self.asked {
            heard.insert(asked.id.clone(), asked.value.clone());
        }
        heard
    }

    /// The changes that lead to `wanted`, noted as asked for.
    fn ask<'p>(&mut self, params: &'p FlowParams, wanted: &Values) -> Vec<(AnyParam<'p>, f32)> {
        let heard = self.heard(params);
        let mut changes = Vec::new();
        for (id, param) in in_slots(params) {
            let value = param.clean(wanted.get(&id));
            let normalized = param.normalize(Some(&value));
            if normalized == param.normalize(heard.get(&id)) {
                continue;
            }
            changes.push((param, normalized));
            self.asked.retain(|asked| asked.id != id);
            self.asked.push(Asked {
                id,
                before: param.normalized(),
                value,
            });
        }
        changes
    }
}

impl PersistentField<'_, Saved> for Slots {
    fn set(&self, loaded: Saved) {
        let mut inner = self.lock();
        inner.saved = loaded;
        inner.asked.clear();
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Saved) -> R,
    {
        f(&self.lock().saved)
    }
}

#[cfg(test)]
mod tests;
