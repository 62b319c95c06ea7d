//! A histogram of durations with a resolution of an eighth of an octave.

/// Buckets in an octave.
const BUCKETS_PER_OCTAVE: usize = 8;

/// Buckets from 1 ns to 2⁶⁴ ns.
const BUCKETS: usize = 64 * BUCKETS_PER_OCTAVE;

/// Counts of durations by length.
#[derive(Debug)]
pub(crate) struct DurationHistogram {
    counts: [u64; BUCKETS],
}

impl Default for DurationHistogram {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
        }
    }
}

/// The bucket of a duration: its octave, and in it the three bits below the highest one.
fn bucket(ns: u64) -> usize {
    let ns = ns.max(BUCKETS_PER_OCTAVE as u64);
    let octave = ns.ilog2() as usize;
    // Eight to fifteen eighths.
    let eighths = usize::try_from(ns >> (octave - 3)).unwrap_or(BUCKETS_PER_OCTAVE);
    (octave - 1) * BUCKETS_PER_OCTAVE + eighths
}

/// The end of a bucket, exclusive.
fn end_ns(bucket: usize) -> u64 {
    let (octave, eighth) = (bucket / BUCKETS_PER_OCTAVE, bucket % BUCKETS_PER_OCTAVE);
    let eighths = (BUCKETS_PER_OCTAVE + eighth + 1) as u64;
    eighths.saturating_mul(1 << (octave - 3))
}

impl DurationHistogram {
    /// Adds a duration.
    pub(crate) fn push(&mut self, ns: u64) {
        self.counts[bucket(ns)] += 1;
    }

    /// The number of durations.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The duration that this share of them doesn't exceed, rounded up by an eighth at most; 0 if there are none.
    pub(crate) fn quantile(&self, share: f64) -> u64 {
        let all = flow_dsp::math::count(usize::try_from(self.count()).unwrap_or(usize::MAX));
        let mut below = 0.0;
        for (bucket, count) in self.counts.iter().enumerate() {
            below += flow_dsp::math::count(usize::try_from(*count).unwrap_or(usize::MAX));
            if *count > 0 && below >= share * all {
                return end_ns(bucket);
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_of_durations_is_exact_within_an_eighth() {
        let mut durations = DurationHistogram::default();
        assert_eq!((durations.count(), durations.quantile(0.99)), (0, 0));
        (1..=1000_u64).for_each(|us| durations.push(1000 * us));
        for (share, exact) in [(0.5, 500_000), (0.99, 990_000), (1.0, 1_000_000)] {
            let found = durations.quantile(share);
            assert!(
                (exact..=exact + exact / 8 + 1).contains(&found),
                "{share}: {found}"
            );
        }
        durations.push(0);
        durations.push(u64::MAX);
        assert_eq!(durations.count(), 1002);
        assert_eq!(durations.quantile(1.0), u64::MAX);
    }
}
