//! Two numbers that threads read and write together.

use std::sync::atomic::{AtomicU64, Ordering};

/// Two 32-bit numbers in one atomic. No reader sees half of a write.
pub(crate) struct AtomicPair(AtomicU64);

impl AtomicPair {
    pub(crate) const fn new([first, second]: [f32; 2]) -> Self {
        Self(AtomicU64::new(bits(first, second)))
    }

    /// `[any]` The two numbers.
    pub(crate) fn load(&self) -> [f32; 2] {
        let [a, b, c, d, e, f, g, h] = self.0.load(Ordering::Relaxed).to_le_bytes();
        [[a, b, c, d], [e, f, g, h]].map(f32::from_le_bytes)
    }

    /// `[any]` Replaces both numbers.
    pub(crate) fn store(&self, [first, second]: [f32; 2]) {
        self.0.store(bits(first, second), Ordering::Relaxed);
    }
}

const fn bits(first: f32, second: f32) -> u64 {
    let ([a, b, c, d], [e, f, g, h]) = (first.to_le_bytes(), second.to_le_bytes());
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pair_after_store_loads_both_numbers_to_the_bit() {
        let pair = AtomicPair::new([1.0, -0.0]);
        assert_eq!(
            pair.load().map(f32::to_bits),
            [1.0_f32, -0.0].map(f32::to_bits)
        );
        pair.store([f32::NEG_INFINITY, 1240.5]);
        assert_eq!(pair.load(), [f32::NEG_INFINITY, 1240.5]);
    }
}
