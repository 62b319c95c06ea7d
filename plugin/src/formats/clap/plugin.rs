//! The data of one CLAP instance.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use clap_sys::plugin::clap_plugin;
use rtrb::Consumer;
use try_lock::TryLock;

use super::host::ClapHost;
use crate::formats::editor_context::Edit;
use crate::formats::instance::Instance;

/// One instance, as the host's `clap_plugin` points to it.
pub(super) struct ClapPlugin {
    pub(super) raw: clap_plugin,
    pub(super) instance: Instance,
    pub(super) host: Arc<ClapHost>,
    /// The editor's edits, for the next `process` or `flush`.
    pub(super) edits: TryLock<Consumer<Edit>>,
    /// The latency that the host last asked for, or [`UNREPORTED`].
    pub(super) reported_latency: AtomicU32,
}

/// The host knows no latency yet.
pub(super) const UNREPORTED: u32 = u32::MAX;

impl ClapPlugin {
    /// The instance behind a host's pointer, or none for null.
    ///
    /// # Safety
    ///
    /// `plugin` must be null or point to the [`raw`](Self::raw) of an instance that isn't destroyed.
    pub(super) unsafe fn get<'p>(plugin: *const clap_plugin) -> Option<&'p Self> {
        // SAFETY: as promised by the caller; `plugin_data` points to the instance.
        unsafe { plugin.as_ref()?.plugin_data.cast::<Self>().as_ref() }
    }
}
