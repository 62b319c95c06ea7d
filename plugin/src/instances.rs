//! The living instances of the process, for diagnostics.
//!
//! Only the creation of an instance and diagnostic calls lock the list, never an audio thread. The list holds weak
//! references, so dropped instances leave it by themselves.

use std::sync::{Arc, Mutex, MutexGuard, Weak};

use flow_platform::mutex::lock;

use crate::plugin_shared::PluginShared;

/// The instances, oldest first.
static INSTANCES: Mutex<Vec<Weak<PluginShared>>> = Mutex::new(Vec::new());

fn instances() -> MutexGuard<'static, Vec<Weak<PluginShared>>> {
    lock(&INSTANCES)
}

/// `[main]` Adds a new instance.
pub(crate) fn register(instance: &Arc<PluginShared>) {
    let mut instances = instances();
    instances.retain(|instance| instance.strong_count() > 0);
    instances.push(Arc::downgrade(instance));
}

/// `[gui]` All living instances.
pub(crate) fn all() -> Vec<Arc<PluginShared>> {
    instances().iter().filter_map(Weak::upgrade).collect()
}
