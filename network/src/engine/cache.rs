//! Answers that are known already: a host that loops plays the same again.
//!
//! Keys are features rounded to [`STEP_DB`]: a window of the same sound that begins at another sample differs by less, and
//! a network's answer to it by less than it is sure of.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use crate::executor::Outputs;

/// Features that differ by less are the same.
const STEP_DB: f32 = 0.5;

/// Most answers that are kept: at 33 + 33 + 5 + 2 numbers each, less than half a megabyte.
pub(crate) const MOST: usize = 512;

/// The latest answers.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    answers: HashMap<u128, (u64, Outputs)>,
    /// Counts questions; who was asked for longest ago goes first.
    now: u64,
    hits: u64,
}

/// Stands for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(u128);

impl Key {
    /// Of one example's features, in dB.
    pub(crate) fn of(mel: &[f32]) -> Self {
        // Two hashes with different beginnings: 128 bits, so that two examples are never taken for one.
        let mut hashers = [DefaultHasher::new(), DefaultHasher::new()];
        hashers[1].write_u64(0x9e37_79b9_7f4a_7c15);
        for values in mel.chunks(8) {
            let mut bytes = [0_u8; 16];
            for (place, x) in bytes.chunks_exact_mut(2).zip(values) {
                #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
                let rounded = (x / STEP_DB).round_ties_even() as i16;
                place.copy_from_slice(&rounded.to_le_bytes());
            }
            hashers.iter_mut().for_each(|h| h.write(&bytes));
        }
        let [low, high] = hashers.map(|h| u128::from(h.finish()));
        Self(high << 64 | low)
    }
}

impl Cache {
    /// The answer, if it is known.
    pub(crate) fn get(&mut self, key: Key) -> Option<Outputs> {
        self.now += 1;
        let (asked, outputs) = self.answers.get_mut(&key.0)?;
        *asked = self.now;
        self.hits += 1;
        Some(outputs.clone())
    }

    /// Remembers an answer.
    pub(crate) fn put(&mut self, key: Key, outputs: Outputs) {
        if self.answers.len() >= MOST && !self.answers.contains_key(&key.0) {
            let oldest = self.answers.iter().min_by_key(|(_, (asked, _))| *asked);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.answers.remove(&oldest);
            }
        }
        self.answers.insert(key.0, (self.now, outputs));
    }

    /// Forgets everything: answers of another network or backend.
    pub(crate) fn clear(&mut self) {
        self.answers.clear();
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
    fn keys_are_features_as_far_as_they_can_be_told_apart() {
        let mel: Vec<f32> = (0..512_u16).map(|i| -f32::from(i % 97)).collect();
        let near: Vec<f32> = mel.iter().map(|x| x + 0.1).collect();
        let mut far = mel.clone();
        far[300] += 1.0;
        assert_eq!(Key::of(&mel), Key::of(&near));
        assert_ne!(Key::of(&mel), Key::of(&far));
        // Where a value lies matters.
        let mut turned = mel.clone();
        turned.swap(3, 4);
        assert_ne!(Key::of(&mel), Key::of(&turned));
    }

    #[test]
    fn who_was_asked_for_longest_ago_goes_first() {
        let key = |i: usize| Key(i as u128);
        let mut cache = Cache::default();
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
        cache.clear();
        assert_eq!(cache.get(key(0)), None);
    }
}
