//! How long something takes: counts by length, a few per cent apart.

/// Lengths are told apart by an eighth of an octave.
const PER_OCTAVE: usize = 8;

/// From 1 ns to what 64 bits hold.
const PLACES: usize = 64 * PER_OCTAVE;

/// Counts of durations.
#[derive(Debug)]
pub(super) struct Durations {
    counts: [u64; PLACES],
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            counts: [0; PLACES],
        }
    }
}

/// Octave, and which eighth of it by the three bits below the highest.
fn place(ns: u64) -> usize {
    let ns = ns.max(PER_OCTAVE as u64);
    let octave = ns.ilog2() as usize;
    // Eight to fifteen eighths.
    let eighths = usize::try_from(ns >> (octave - 3)).unwrap_or(PER_OCTAVE);
    (octave - 1) * PER_OCTAVE + eighths
}

/// The first length beyond a place.
fn end_ns(place: usize) -> u64 {
    let (octave, eighth) = (place / PER_OCTAVE, place % PER_OCTAVE);
    let eighths = (PER_OCTAVE + eighth + 1) as u64;
    eighths.saturating_mul(1 << (octave - 3))
}

impl Durations {
    /// Takes one in.
    pub(super) fn push(&mut self, ns: u64) {
        self.counts[place(ns)] += 1;
    }

    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// What this share of them doesn't exceed, up to an eighth more; 0 of none.
    pub(super) fn at(&self, share: f64) -> u64 {
        let all = flow_dsp::math::count(usize::try_from(self.count()).unwrap_or(usize::MAX));
        let mut below = 0.0;
        for (place, count) in self.counts.iter().enumerate() {
            below += flow_dsp::math::count(usize::try_from(*count).unwrap_or(usize::MAX));
            if *count > 0 && below >= share * all {
                return end_ns(place);
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_found_within_an_eighth() {
        let mut durations = Durations::default();
        assert_eq!((durations.count(), durations.at(0.99)), (0, 0));
        (1..=1000_u64).for_each(|us| durations.push(1000 * us));
        for (share, exact) in [(0.5, 500_000), (0.99, 990_000), (1.0, 1_000_000)] {
            let found = durations.at(share);
            assert!(
                (exact..=exact + exact / 8 + 1).contains(&found),
                "{share}: {found}"
            );
        }
        durations.push(0);
        durations.push(u64::MAX);
        assert_eq!(durations.count(), 1002);
        assert_eq!(durations.at(1.0), u64::MAX);
    }
}
