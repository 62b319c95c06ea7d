//! The living instances of the process, for diagnostics.
//!
//! Only the creation of an instance and diagnostic calls lock the list, never an audio thread. The list holds weak
//! references, so dropped instances leave it by themselves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};

use crate::plugin_shared::PluginShared;

/// The instances with the threads that created them, oldest first.
static INSTANCES: Mutex<Vec<(ThreadId, Weak<PluginShared>)>> = Mutex::new(Vec::new());

fn instances() -> MutexGuard<'static, Vec<(ThreadId, Weak<PluginShared>)>> {
    INSTANCES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `[main]` Adds a new instance.
pub(crate) fn register(instance: &Arc<PluginShared>) {
    let mut instances = instances();
    instances.retain(|(_, instance)| instance.strong_count() > 0);
    instances.push((thread::current().id(), Arc::downgrade(instance)));
}

/// `[gui]` The newest living instance that the calling thread created, or else the newest of all. Threads with an
/// instance each therefore read their own.
pub(crate) fn newest() -> Option<Arc<PluginShared>> {
    let instances = instances();
    let newest = |is_candidate: &dyn Fn(ThreadId) -> bool| {
        let mut candidates = instances.iter().rev().filter(|(id, _)| is_candidate(*id));
        candidates.find_map(|(_, instance)| instance.upgrade())
    };
    let current = thread::current().id();
    newest(&|id| id == current).or_else(|| newest(&|_| true))
}

/// `[gui]` All living instances.
pub(crate) fn all() -> Vec<Arc<PluginShared>> {
    let instances = instances();
    instances.iter().filter_map(|(_, i)| i.upgrade()).collect()
}
