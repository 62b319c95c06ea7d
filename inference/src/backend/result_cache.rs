//! Caches the network's outputs: a host that loops plays the same audio again.
//!
//! Features are rounded before each query, so that outputs follow from their key alone. The same playback then gives the
//! same proposals, whatever was played before.

use std::num::NonZeroUsize;

use lru::LruCache;

use super::Backend;
use crate::executor::Outputs;
use crate::rounding::ROUNDER;

/// Features are rounded to 1/16 dB, which is far below what changes a proposal.
const STEPS_PER_DB: f32 = 16.0;

/// Features are limited to ±1000 dB.
const MAX_DB: f32 = 1000.0;

/// Initial values of the two hashes.
const SEEDS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03];

/// Hashes that are computed side by side.
const LANES: usize = 4;

/// At 33 + 33 + 5 + 2 numbers each, all outputs take less than half a megabyte.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(512).unwrap();

/// The most recently used outputs.
#[derive(Debug)]
pub(crate) struct ResultCache {
    outputs: LruCache<Key, Outputs>,
    queries: u64,
    hits: u64,
}

/// Identifies an example and the backend: the outputs of different backends differ in their last bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    backend: Backend,
    hashes: [u64; 2],
}

impl Key {
    /// Rounds one example's features, in dB, in place and hashes them. NaN counts as the lowest level.
    pub(crate) fn round(backend: Backend, mel: &mut [f32]) -> Self {
        // Two hashes with different factors make 128 bits. Features aren't chosen by an adversary, so that a
        // multiplicative hash suffices, and it is fast. Several lanes hide the latency of the multiplication.
        let mut lanes = [SEEDS; LANES];
        let mut rounded = [0_i16; 1024];
        for values in mel.chunks_mut(rounded.len()) {
            for (slot, x) in rounded.iter_mut().zip(&mut *values) {
                #[expect(clippy::manual_clamp, reason = "clamp would keep NaN")]
                let limited = x.max(-MAX_DB).min(MAX_DB);
                let shifted = limited * STEPS_PER_DB + ROUNDER;
                *x = (shifted - ROUNDER) / STEPS_PER_DB;
                // The lowest bits of the shifted number are the integer.
                let [low, high, ..] = shifted.to_bits().to_le_bytes();
                *slot = i16::from_le_bytes([low, high]);
            }
            // The last chunk may end with values of the one before, which are the same for all examples of this length.
            let (fours, _) = rounded[..values.len().next_multiple_of(4 * LANES)].as_chunks::<4>();
            let (rows, _) = fours.as_chunks::<LANES>();
            for row in rows {
                for (four, hashes) in row.iter().zip(&mut lanes) {
                    let word = four
                        .iter()
                        .fold(0_u64, |word, x| word << 16 | u64::from(x.cast_unsigned()));
                    *hashes = mix(*hashes, [word; 2]);
                }
            }
        }
        let hashes = lanes.into_iter().fold(SEEDS, mix);
        Self { backend, hashes }
    }
}

/// Adds a word to each of two hashes.
fn mix([a, b]: [u64; 2], [to_a, to_b]: [u64; 2]) -> [u64; 2] {
    let a = (a ^ to_a).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let b = (b ^ to_b).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    [a.rotate_left(29), b.rotate_left(31)]
}

impl ResultCache {
    /// Looks up outputs, and counts the query.
    pub(crate) fn get(&mut self, key: Key) -> Option<Outputs> {
        self.queries += 1;
        let outputs = self.outputs.get(&key)?.clone();
        self.hits += 1;
        Some(outputs)
    }

    /// Stores outputs in place of the least recently used ones.
    pub(crate) fn put(&mut self, key: Key, outputs: Outputs) {
        self.outputs.put(key, outputs);
    }

    /// Queries, and the hits among them.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.queries, self.hits)
    }
}

impl Default for ResultCache {
    fn default() -> Self {
        Self {
            outputs: LruCache::new(CAPACITY),
            queries: 0,
            hits: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_round_of_equal_features_gives_equal_keys() {
        let mel: Vec<f32> = (0..512_u16).map(|i| -f32::from(i % 97)).collect();
        let round = |mut mel: Vec<f32>| (Key::round(Backend::F32, &mut mel), mel);
        let near = round(mel.iter().map(|x| x + 0.01).collect());
        assert_eq!(round(mel.clone()), near);
        let mut far = mel.clone();
        far[300] += 0.1;
        assert_ne!(round(mel.clone()).0, round(far).0);
        let mut swapped = mel.clone();
        swapped.swap(3, 4);
        assert_ne!(round(mel.clone()).0, round(swapped).0);
        assert_ne!(
            Key::round(Backend::Gpu, &mut mel.clone()),
            round(mel.clone()).0
        );
        let (_, limited) = round(vec![f32::NAN, f32::INFINITY, 1e9]);
        assert!(limited.iter().all(|x| x.is_finite()), "{limited:?}");
    }

    #[test]
    fn result_cache_when_full_drops_the_least_recently_used_outputs() {
        let key = |i: usize| Key {
            backend: Backend::F32,
            hashes: [i as u64; 2],
        };
        let most = CAPACITY.get();
        let mut cache = ResultCache::default();
        for i in 0..most {
            assert_eq!(cache.get(key(i)), None);
            cache.put(key(i), vec![vec![1.0]]);
        }
        assert!(cache.get(key(0)).is_some());
        assert_eq!(cache.get(key(most)), None);
        cache.put(key(most), Vec::new());
        assert!(cache.get(key(0)).is_some());
        assert!(cache.get(key(1)).is_none());
        assert_eq!(cache.outputs.len(), most);
        assert_eq!(cache.counts(), (most as u64 + 4, 2));
    }
}
