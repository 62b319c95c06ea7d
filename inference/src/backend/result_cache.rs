//! Answers that are known already: a host that loops plays the same again.
//!
//! Features are rounded before anyone is asked, so that an answer follows from its key alone, whatever was asked before:
//! the same playback gives the same proposal.

use std::collections::HashMap;

use super::Backend;
use crate::executor::Outputs;

/// Features are rounded to so many parts of a decibel: by far less than the network can tell.
const PER_DB: f32 = 16.0;

/// No feature is larger, or smaller than this with its sign turned.
const MOST_DB: f32 = 1000.0;

/// Adding and taking it away again rounds to whole numbers, on any processor without a call.
const ROUNDER: f32 = 12_582_912.0;

/// Where sums begin.
const SEEDS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03];

/// Sums that are made side by side.
const LANES: usize = 4;

/// Most answers that are kept: at 33 + 33 + 5 + 2 numbers each, less than half a megabyte.
pub(crate) const MOST: usize = 512;

/// The latest answers.
#[derive(Debug, Default)]
pub(crate) struct ResultCache {
    answers: HashMap<Key, (u64, Outputs)>,
    /// Counts questions; who was asked for longest ago goes first.
    now: u64,
    hits: u64,
}

/// Stands for an example, and who is asked about it: others' answers differ in their last bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    backend: Backend,
    sums: [u64; 2],
}

impl Key {
    /// Rounds one example's features, in dB, and says what they are known by. What is no number counts as very little.
    pub(crate) fn round(backend: Backend, mel: &mut [f32]) -> Self {
        // Two sums with different factors: 128 bits, so that two examples are never taken for one. Nobody picks features
        // to make them collide, so that plain multiplication will do; it has to be fast. Several lanes of each, because a
        // multiplication takes longer than the next one has to wait for.
        let mut lanes = [SEEDS; LANES];
        let mut rounded = [0_i16; 1024];
        for values in mel.chunks_mut(rounded.len()) {
            for (slot, x) in rounded.iter_mut().zip(&mut *values) {
                #[expect(clippy::manual_clamp, reason = "it keeps what is no number")]
                let limited = x.max(-MOST_DB).min(MOST_DB);
                let shifted = limited * PER_DB + ROUNDER;
                *x = (shifted - ROUNDER) / PER_DB;
                // The lowest bits of the shifted number are the whole one.
                let [low, high, ..] = shifted.to_bits().to_le_bytes();
                *slot = i16::from_le_bytes([low, high]);
            }
            // What is left of the last chunk is of the one before: the same for all of this length.
            let (fours, _) = rounded[..values.len().next_multiple_of(4 * LANES)].as_chunks::<4>();
            let (rows, _) = fours.as_chunks::<LANES>();
            for row in rows {
                for (four, sums) in row.iter().zip(&mut lanes) {
                    let word = four
                        .iter()
                        .fold(0_u64, |word, x| word << 16 | u64::from(x.cast_unsigned()));
                    *sums = mixed(*sums, [word; 2]);
                }
            }
        }
        let sums = lanes.into_iter().fold(SEEDS, mixed);
        Self { backend, sums }
    }
}

/// Sums with one more word in each.
fn mixed([a, b]: [u64; 2], [to_a, to_b]: [u64; 2]) -> [u64; 2] {
    let a = (a ^ to_a).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let b = (b ^ to_b).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    [a.rotate_left(29), b.rotate_left(31)]
}

impl ResultCache {
    /// The answer, if it is known.
    pub(crate) fn get(&mut self, key: Key) -> Option<Outputs> {
        self.now += 1;
        let (asked, outputs) = self.answers.get_mut(&key)?;
        *asked = self.now;
        self.hits += 1;
        Some(outputs.clone())
    }

    /// Remembers an answer.
    pub(crate) fn put(&mut self, key: Key, outputs: Outputs) {
        if self.answers.len() >= MOST && !self.answers.contains_key(&key) {
            let oldest = self.answers.iter().min_by_key(|(_, (asked, _))| *asked);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.answers.remove(&oldest);
            }
        }
        self.answers.insert(key, (self.now, outputs));
    }

    /// Questions and how many of them were known.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.now, self.hits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_follow_from_keys_alone() {
        let mel: Vec<f32> = (0..512_u16).map(|i| -f32::from(i % 97)).collect();
        let round = |mut mel: Vec<f32>| (Key::round(Backend::F32, &mut mel), mel);
        let near = round(mel.iter().map(|x| x + 0.01).collect());
        assert_eq!(round(mel.clone()), near, "whoever is asked sees the same");
        let mut far = mel.clone();
        far[300] += 0.1;
        assert_ne!(round(mel.clone()).0, round(far).0);
        // Where a value lies matters, and who is asked.
        let mut turned = mel.clone();
        turned.swap(3, 4);
        assert_ne!(round(mel.clone()).0, round(turned).0);
        assert_ne!(
            Key::round(Backend::Gpu, &mut mel.clone()),
            round(mel.clone()).0
        );
        let (_, odd) = round(vec![f32::NAN, f32::INFINITY, 1e9]);
        assert!(odd.iter().all(|x| x.is_finite()), "{odd:?}");
    }

    #[test]
    fn who_was_asked_for_longest_ago_goes_first() {
        let key = |i: usize| Key {
            backend: Backend::F32,
            sums: [i as u64; 2],
        };
        let mut cache = ResultCache::default();
        for i in 0..MOST {
            assert_eq!(cache.get(key(i)), None);
            cache.put(key(i), vec![vec![1.0]]);
        }
        assert!(cache.get(key(0)).is_some());
        assert_eq!(cache.get(key(MOST)), None);
        cache.put(key(MOST), Vec::new());
        assert!(cache.get(key(0)).is_some(), "it had just been asked for");
        assert!(cache.get(key(1)).is_none(), "it made place");
        assert_eq!(cache.answers.len(), MOST);
        assert_eq!(cache.counts(), (MOST as u64 + 4, 2));
    }
}
