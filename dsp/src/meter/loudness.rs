//! Loudness statistics of one signal: momentary, short-term, integrated (ITU-R BS.1770-5) and range (EBU Tech 3342).
//!
//! The meter takes the energies of consecutive 10 ms steps. Momentary and short-term loudness advance by 10 ms (EBU Tech
//! 3341 case 13 needs 20 ms or less), the gated measures by 100 ms as the standard says. The memory is fixed: gating blocks
//! go into histograms whose bins keep count and energy, so the mean above a gate is exact except in the bin that the gate
//! cuts. Allocates in `new` only.

use crate::math;

/// Steps of [`LoudnessMeter`] in a second.
pub const LOUDNESS_STEPS_PER_SECOND: usize = 100;
const MOMENTARY_STEPS: usize = 40;
const SHORT_TERM_STEPS: usize = 300;
/// Steps from one gating block to the next: 75 % overlap of 400 ms.
const GATING_HOP_STEPS: usize = 10;

/// The absolute gate of BS.1770, LUFS: quieter blocks count as silence.
pub const ABSOLUTE_GATE_LUFS: f64 = -70.0;
/// Histogram of block loudness from the gate to +30 LUFS in steps of 0.1 LU.
const BINS: usize = 1000;
const BINS_PER_LU: f64 = 10.0;

#[derive(Clone, Debug)]
struct Histogram {
    counts: Vec<u64>,
    energies: Vec<f64>,
    count: u64,
    energy: f64,
}

impl Histogram {
    fn new() -> Self {
        Self {
            counts: vec![0; BINS],
            energies: vec![0.0; BINS],
            count: 0,
            energy: 0.0,
        }
    }

    fn reset(&mut self) {
        self.counts.fill(0);
        self.energies.fill(0.0);
        self.count = 0;
        self.energy = 0.0;
    }

    /// Adds a block unless it is below the absolute gate.
    fn add(&mut self, energy: f64) {
        let loudness = lufs(energy);
        if loudness < ABSOLUTE_GATE_LUFS {
            return;
        }
        let bin = bin(loudness);
        self.counts[bin] += 1;
        self.energies[bin] += energy;
        self.count += 1;
        self.energy += energy;
    }

    /// First bin of the relative gate, `gate_lu` below the mean of all blocks.
    fn gate(&self, gate_lu: f64) -> usize {
        bin(lufs(self.energy / ratio(self.count)) + gate_lu)
    }

    /// Mean loudness of the blocks above the relative gate.
    fn gated_mean(&self, gate_lu: f64) -> f64 {
        if self.count == 0 {
            return f64::NEG_INFINITY;
        }
        let gate = self.gate(gate_lu);
        let count: u64 = self.counts[gate..].iter().sum();
        let energy = sum(&self.energies[gate..]);
        lufs(energy / ratio(count))
    }

    /// Loudness range: from the 10th to the 95th percentile of the blocks above the relative gate.
    fn range(&self, gate_lu: f64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let gate = self.gate(gate_lu);
        let above: u64 = self.counts[gate..].iter().sum();
        let percentile = |fraction: f64| {
            let target = math::samples(ratio(above.saturating_sub(1)) * fraction);
            let mut passed = 0;
            for (i, &count) in self.counts.iter().enumerate().skip(gate) {
                passed += count;
                if ratio(passed) > math::count(target) {
                    return lufs(self.energies[i] / ratio(count));
                }
            }
            0.0
        };
        (percentile(0.95) - percentile(0.10)).max(0.0)
    }
}

/// The sum of the values. Eight partial sums lie side by side, because each addition waits for the one before.
fn sum(values: &[f64]) -> f64 {
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += value;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

/// A count as a divisor.
#[allow(clippy::cast_precision_loss)]
fn ratio(count: u64) -> f64 {
    count as f64
}

/// Loudness in LUFS of a K-weighted mean square, summed over the channels.
#[must_use]
pub fn lufs(energy: f64) -> f64 {
    -0.691 + math::db_from_power(energy)
}

fn bin(loudness: f64) -> usize {
    let bin = (loudness - ABSOLUTE_GATE_LUFS) * BINS_PER_LU;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let bin = bin.clamp(0.0, math::count(BINS - 1)) as usize;
    bin
}

/// Loudness statistics since the last reset.
#[derive(Clone, Debug)]
pub struct LoudnessMeter {
    /// Ring of the mean squares of the last 3 s.
    steps: Vec<f64>,
    next: usize,
    /// Steps since the ring was cleared, and since the reset.
    window_step_count: u64,
    step_count: u64,
    blocks: Histogram,
    short_terms: Histogram,
    /// Loudness of the last 400 ms.
    pub momentary_lufs: f64,
    /// Highest loudness of any complete 400 ms.
    pub momentary_max_lufs: f64,
    /// Loudness of the last 3 s.
    pub short_term_lufs: f64,
    /// Highest loudness of any complete 3 s.
    pub short_term_max_lufs: f64,
    /// Gated loudness since the reset.
    pub integrated_lufs: f64,
    /// Loudness range, LU.
    pub range_lu: f64,
}

impl LoudnessMeter {
    /// A meter that has measured nothing. Allocates.
    #[must_use]
    pub fn new() -> Self {
        Self {
            steps: vec![0.0; SHORT_TERM_STEPS],
            next: 0,
            window_step_count: 0,
            step_count: 0,
            blocks: Histogram::new(),
            short_terms: Histogram::new(),
            momentary_lufs: f64::NEG_INFINITY,
            momentary_max_lufs: f64::NEG_INFINITY,
            short_term_lufs: f64::NEG_INFINITY,
            short_term_max_lufs: f64::NEG_INFINITY,
            integrated_lufs: f64::NEG_INFINITY,
            range_lu: 0.0,
        }
    }

    /// Resets all measures. Never allocates.
    pub fn reset(&mut self) {
        self.clear_windows();
        self.step_count = 0;
        self.blocks.reset();
        self.short_terms.reset();
        self.momentary_max_lufs = f64::NEG_INFINITY;
        self.short_term_max_lufs = f64::NEG_INFINITY;
        self.integrated_lufs = f64::NEG_INFINITY;
        self.range_lu = 0.0;
    }

    /// Forgets the last 3 s, because the next step doesn't follow them. The measures since the reset stay. Never allocates.
    pub fn clear_windows(&mut self) {
        self.steps.fill(0.0);
        self.next = 0;
        self.window_step_count = 0;
        self.momentary_lufs = f64::NEG_INFINITY;
        self.short_term_lufs = f64::NEG_INFINITY;
    }

    /// The measured time since the reset, s.
    #[must_use]
    pub fn measured_s(&self) -> f64 {
        ratio(self.step_count) / math::count(LOUDNESS_STEPS_PER_SECOND)
    }

    /// Adds the mean square of the next 10 ms, summed over the channels.
    pub fn step(&mut self, mean_square: f64) {
        self.steps[self.next] = mean_square;
        self.next = (self.next + 1) % SHORT_TERM_STEPS;
        self.window_step_count += 1;
        self.step_count += 1;

        // Each step sums anew, because a running sum would drift.
        let short_term = sum(&self.steps) / math::count(SHORT_TERM_STEPS);
        // The newest step ends the first part; the oldest begins the second.
        let (newer, older) = self.steps.split_at(self.next);
        let newest = newer.len().min(MOMENTARY_STEPS);
        let momentary = sum(&newer[newer.len() - newest..])
            + sum(&older[older.len() - (MOMENTARY_STEPS - newest)..]);
        let momentary = momentary / math::count(MOMENTARY_STEPS);

        self.momentary_lufs = lufs(momentary);
        self.short_term_lufs = lufs(short_term);
        let full = |steps: usize| ratio(self.window_step_count) >= math::count(steps);
        if full(MOMENTARY_STEPS) {
            self.momentary_max_lufs = self.momentary_max_lufs.max(self.momentary_lufs);
        }
        if full(SHORT_TERM_STEPS) {
            self.short_term_max_lufs = self.short_term_max_lufs.max(self.short_term_lufs);
        }
        if self
            .window_step_count
            .is_multiple_of(GATING_HOP_STEPS as u64)
        {
            if full(MOMENTARY_STEPS) {
                self.blocks.add(momentary);
                self.integrated_lufs = self.blocks.gated_mean(-10.0);
            }
            if full(SHORT_TERM_STEPS) {
                self.short_terms.add(short_term);
                self.range_lu = self.short_terms.range(-20.0);
            }
        }
    }
}

impl Default for LoudnessMeter {
    fn default() -> Self {
        Self::new()
    }
}
