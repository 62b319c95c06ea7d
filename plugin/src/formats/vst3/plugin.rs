//! The data of one VST3 instance.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use flow_platform::clock::Clock;
use flow_platform::mutex::lock;
use nice_plug::plugin::PluginState;
use vst3::Class;
use vst3::Steinberg::Vst::{
    IAudioProcessor, IComponent, IEditController, IProcessContextRequirements, IUnitInfo,
};

use super::host::Vst3Host;
use super::pending_values::PendingValues;
use super::units::Units;
use crate::formats::editor_context::HostLink;
use crate::formats::instance::Instance;
use crate::formats::panic_guard::guard;
use crate::formats::state_container::{self, Purpose};

/// One instance: component, processor and controller in one object.
pub(super) struct Vst3Plugin {
    pub(super) instance: Arc<Instance>,
    pub(super) host: Arc<Vst3Host>,
    pub(super) units: Units,
    pending_values: Arc<Mutex<PendingValues>>,
    /// The number of process calls so far.
    calls: AtomicU64,
    clock: Clock,
    /// Whether the last block was an offline render.
    pub(super) is_block_offline: AtomicBool,
    /// Between `setProcessing(true)` and `(false)`.
    pub(super) is_processing: AtomicBool,
    /// The bits of the next activation's sample rate, an `f64` in Hz.
    sample_rate_hz: AtomicU64,
}

impl Class for Vst3Plugin {
    type Interfaces = (
        IComponent,
        IAudioProcessor,
        IEditController,
        IUnitInfo,
        IProcessContextRequirements,
    );
}

impl Vst3Plugin {
    /// `[main]` Creates an instance.
    pub(super) fn new() -> Self {
        Self::with_clock(Clock::System)
    }

    fn with_clock(clock: Clock) -> Self {
        let instance = Arc::new(Instance::new());
        let pending_values = Arc::new(Mutex::new(PendingValues::default()));
        let host = Vst3Host::new(instance.clone(), pending_values.clone());
        instance.shared.host.connect(HostLink::to(&host));
        Self {
            host,
            units: Units::new(),
            instance,
            pending_values,
            calls: AtomicU64::new(0),
            clock,
            is_block_offline: AtomicBool::new(false),
            is_processing: AtomicBool::new(false),
            sample_rate_hz: AtomicU64::new(48_000.0_f64.to_bits()),
        }
    }

    /// `[main]` The values that wait for a block.
    pub(super) fn pending_values(&self) -> MutexGuard<'_, PendingValues> {
        lock(&self.pending_values)
    }

    /// `[main]` The sample rate of the next activation.
    pub(super) fn sample_rate_hz(&self) -> f64 {
        f64::from_bits(self.sample_rate_hz.load(Ordering::Relaxed))
    }

    /// `[main]` Sets the sample rate of the next activation.
    pub(super) fn set_sample_rate(&self, sample_rate_hz: f64) {
        self.sample_rate_hz
            .store(sample_rate_hz.to_bits(), Ordering::Relaxed);
        self.instance.announce_rate(sample_rate_hz);
    }

    /// `[any]` The number of process calls so far.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// `[audio]` Counts a process call, after its values were applied.
    pub(super) fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Release);
    }

    /// `[any]` Applies the pending values, since no block will bring them. If another thread holds them, the next call on
    /// the main thread applies them.
    pub(super) fn apply_pending_values(&self) {
        let Ok(mut pending_values) = self.pending_values.try_lock() else {
            return;
        };
        for (id, normalized) in pending_values.drain(self.calls()) {
            if let Some(param) = self.instance.parameters.get(id) {
                param.set_normalized(normalized);
            }
        }
    }

    /// `[main]` Whether blocks are coming, so that values have to wait for one. Otherwise applies the pending values.
    pub(super) fn is_live(&self) -> bool {
        let now_ns = self.clock.now_ns();
        let is_idle = self.pending_values().is_idle(self.calls(), now_ns);
        // A block of an offline render may take any time.
        let is_offline = self.is_block_offline.load(Ordering::Relaxed);
        let is_live = self.is_processing.load(Ordering::Relaxed) && (is_offline || !is_idle);
        if !is_live {
            self.apply_pending_values();
        }
        is_live
    }

    /// `[main]` The present state, pending values included.
    pub(super) fn state(&self) -> PluginState {
        self.is_live();
        // Read before the parameters: the next block may apply pending values meanwhile.
        let calls = self.calls();
        let pending: Vec<_> = {
            let pending_values = self.pending_values();
            let rows = self.instance.parameters.each();
            rows.map(|(row, _)| pending_values.get(row.host_id, calls))
                .collect()
        };
        let mut state = state_container::object(&self.instance.parameters, Purpose::Project);
        for ((row, param), pending) in self.instance.parameters.each().zip(pending) {
            if let Some(normalized) = pending {
                let value = param.value_at(normalized);
                state.params.insert(row.id.to_string(), value);
            }
        }
        state
    }

    /// `[main]` Ends all contact with the host, after the editor's last edits.
    pub(super) fn disconnect(&self) {
        self.instance.editor.close();
        self.host.run_tasks();
        self.host.set_handler(None);
        self.host.disconnect_frame();
    }
}

impl Drop for Vst3Plugin {
    fn drop(&mut self) {
        guard((), || self.disconnect());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use flow_platform::clock::ManualClock;

    use super::*;

    #[test]
    fn value_set_while_the_host_is_idle_stays_after_the_next_blocks() {
        let clock = ManualClock::default();
        let plugin = Vst3Plugin::with_clock(Clock::Manual(clock.clone()));
        plugin.is_processing.store(true, Ordering::Relaxed);
        plugin.count_call();
        let (row, param) = plugin.instance.parameters.at(0).unwrap();
        let before = param.normalized();
        assert!(plugin.is_live());
        plugin
            .pending_values()
            .insert(row.host_id, 1.0 - before, plugin.calls());
        clock.advance(Duration::from_millis(499));
        assert!(plugin.is_live());
        assert_eq!(param.normalized(), before, "a block may still come");
        clock.advance(Duration::from_millis(1));
        assert!(!plugin.is_live());
        for _ in 0..3 {
            assert_eq!(param.normalized(), 1.0 - before);
            plugin.count_call();
        }
    }
}
