//! Answers that are known already: a host that loops plays the same again.
//!
//! Keys are features rounded to [`STEP_DB`]: a window of the same sound that begins at another sample differs by less, and
//! a network's answer to it by less than it is sure of.

use std::collections::HashMap;

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
        // Two sums with different factors: 128 bits, so that two examples are never taken for one. Nobody picks features
        // to make them collide, so that plain multiplication will do; it has to be fast.
        let mut sums = [0x9e37_79b9_7f4a_7c15_u64, 0xd1b5_4a32_d192_ed03];
        let mut rounded = [0_i16; 1024];
        for values in mel.chunks(rounded.len()) {
            for (slot, x) in rounded.iter_mut().zip(values) {
                #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
                let whole = (x * (1.0 / STEP_DB)).round_ties_even() as i16;
                *slot = whole;
            }
            for four in rounded[..values.len()].chunks(4) {
                let word = four
                    .iter()
                    .fold(0_u64, |word, x| word << 16 | u64::from(x.cast_unsigned()));
                sums[0] = (sums[0] ^ word)
                    .wrapping_mul(0xff51_afd7_ed55_8ccd)
                    .rotate_left(29);
                sums[1] = (sums[1] ^ word)
                    .wrapping_mul(0xc4ce_b9fe_1a85_ec53)
                    .rotate_left(31);
            }
        }
        let [low, high] = sums.map(u128::from);
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
