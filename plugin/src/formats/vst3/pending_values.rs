//! Parameter values between the controller and the processor.
//!
//! VST3 hosts report a new value twice: to the controller at once, and to the processor with the next block. Only the
//! second changes the audio. Until then the first is pending, and hosts that read values or save the state get it. It is
//! applied when processing ends, or when the host accesses a value after half a second without a block. It expires after
//! two blocks, since the host had its chance to send it.

use std::collections::HashMap;

use vst3::Steinberg::Vst::ParamID;

/// The time without a block after which a host that is processing counts as stopped. Live blocks are shorter.
const IDLE_TIMEOUT_NS: u64 = 500_000_000;

/// The pending values, normalized. The argument `calls` is the number of process calls so far.
#[derive(Default)]
pub(super) struct PendingValues {
    /// With the number of process calls at which they arrived.
    values: HashMap<ParamID, (f32, u64)>,
    /// The latest number of process calls, and the time at which it was first seen, ns.
    last_calls: Option<(u64, u64)>,
}

impl PendingValues {
    /// Sets a value.
    pub(super) fn insert(&mut self, id: ParamID, normalized: f32, calls: u64) {
        self.values.insert(id, (normalized, calls));
    }

    /// Removes all values.
    pub(super) fn clear(&mut self) {
        self.values.clear();
    }

    /// Removes the value of a parameter that the user changed since.
    pub(super) fn remove(&mut self, id: ParamID) {
        self.values.remove(&id);
    }

    /// The value to report and save. It outlasts one block, because a host that had already assembled the next block
    /// sends the value with the one after.
    pub(super) fn get(&self, id: ParamID, calls: u64) -> Option<f32> {
        let (value, inserted_at) = self.values.get(&id)?;
        (calls.wrapping_sub(*inserted_at) <= 1).then_some(*value)
    }

    /// Removes all values and returns those that arrived since the last block.
    pub(super) fn drain(&mut self, calls: u64) -> impl Iterator<Item = (ParamID, f32)> {
        self.values
            .drain()
            .filter(move |(_, (_, inserted_at))| *inserted_at == calls)
            .map(|(id, (value, _))| (id, value))
    }

    /// Whether no block came for [`IDLE_TIMEOUT_NS`].
    pub(super) fn is_idle(&mut self, calls: u64, now_ns: u64) -> bool {
        match self.last_calls {
            Some((last, since_ns)) if last == calls => {
                now_ns.saturating_sub(since_ns) >= IDLE_TIMEOUT_NS
            }
            _ => {
                self.last_calls = Some((calls, now_ns));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_value_after_two_blocks_expires() {
        let mut pending_values = PendingValues::default();
        pending_values.insert(7, 0.5, 10);
        assert_eq!(
            [10, 11, 12].map(|calls| pending_values.get(7, calls)),
            [Some(0.5), Some(0.5), None]
        );
        assert_eq!(pending_values.drain(11).next(), None, "a block came since");
    }

    #[test]
    fn pending_values_without_blocks_become_idle_after_the_timeout() {
        let (mut pending_values, begin_ns) = (PendingValues::default(), 7);
        assert!(!pending_values.is_idle(1, begin_ns));
        assert!(!pending_values.is_idle(1, begin_ns + IDLE_TIMEOUT_NS / 2));
        assert!(pending_values.is_idle(1, begin_ns + IDLE_TIMEOUT_NS));
        assert!(
            !pending_values.is_idle(2, begin_ns + IDLE_TIMEOUT_NS),
            "a block came"
        );
    }
}
