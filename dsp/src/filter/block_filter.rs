//! Linear filters as one matrix product for each quantum.
//!
//! A linear network with N state variables maps sixteen input samples and its state to sixteen output samples and its
//! next state. That map is a matrix. A recursion waits at each sample for the one before; the matrix product keeps all
//! lanes busy at a fixed cost, however many sections the network has in a row. (Block state-space realization: Barnes &
//! Shinnaka, "Block-shift invariance and block implementation of discrete-time filters", IEEE Trans. CAS 27, 1980.)
//!
//! A network is written once, as a recursion in double precision ([`Network`]); running it gives the matrix. The state
//! steps once a quantum, so single precision rounds sixteen times less often than in a recursion.
//!
//! The filters have no delay of their own. They allocate in `new` only.

use super::network::Network;
use crate::{
    QUANTUM, Spec,
    block::{
        engagement::Engageable,
        quantum::{Lane, Quantum},
        ramp::POSITIONS,
    },
    math,
    simd::isa::{Isa, Kernel},
};

/// A network as a matrix over one quantum.
#[derive(Clone, Debug)]
pub(super) struct Response<const N: usize, const OUT: usize> {
    /// One row for each input sample and one for each state variable.
    pub(super) of_input: [Row<OUT>; QUANTUM],
    pub(super) of_state: [Row<OUT>; N],
}

/// The share of an input sample or a state variable in the outputs and in the next state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<const OUT: usize> {
    pub(super) outputs: [Lane; OUT],
    /// Register by register, so that unused ones aren't touched.
    pub(super) states: [[f32; 8]; REGISTERS],
}

impl<const OUT: usize> Row<OUT> {
    const ZERO: Self = Self {
        outputs: [[0.0; QUANTUM]; OUT],
        states: [[0.0; 8]; REGISTERS],
    };
}

/// Most registers for the states of one channel.
pub(super) const REGISTERS: usize = 2;
/// Length of a row of states; unused ones are zero.
const MOST_STATES: usize = 8 * REGISTERS;

impl<const N: usize, const OUT: usize> Response<N, OUT> {
    /// The response of a network whose outputs are silent.
    pub(super) const SILENT: Self = Self {
        of_input: [Row::ZERO; QUANTUM],
        of_state: [Row::ZERO; N],
    };

    /// Computes the response of `network` in place, because it has several kilobytes.
    pub(super) fn design(&mut self, network: &impl Network<N, OUT>) {
        let mut state = [0.0; N];
        for i in 0..QUANTUM {
            let outputs = network.tick(&mut state, if i == 0 { 1.0 } else { 0.0 });
            // The response is the same for each input, but later.
            for j in 0..QUANTUM - i {
                for (lane, output) in self.of_input[j].outputs.iter_mut().zip(outputs) {
                    lane[i + j] = math::narrow(output);
                }
            }
            self.of_input[QUANTUM - 1 - i].states = rows(&state);
        }
        for (k, row) in self.of_state.iter_mut().enumerate() {
            let mut state = [0.0; N];
            state[k] = 1.0;
            for i in 0..QUANTUM {
                let outputs = network.tick(&mut state, 0.0);
                for (lane, output) in row.outputs.iter_mut().zip(outputs) {
                    lane[i] = math::narrow(output);
                }
            }
            row.states = rows(&state);
        }
    }

    /// The outputs for both channels, and the states after the quantum.
    #[inline(always)]
    fn apply<I: Isa>(&self, input: &Quantum, states: &States) -> ([Quantum; OUT], States) {
        const { assert!(OUT <= 4 && N <= MOST_STATES) };
        let mut outputs = [Quantum::SILENCE; OUT];
        let mut after = [[0.0; MOST_STATES]; 2];
        // The registers hold the sums of two outputs and of the states.
        match (OUT, N > 8) {
            (1, false) => self.pass::<I, 0, 1, 1>(input, states, &mut outputs, &mut after),
            (1, true) => self.pass::<I, 0, 1, 2>(input, states, &mut outputs, &mut after),
            (2, false) => self.pass::<I, 0, 2, 1>(input, states, &mut outputs, &mut after),
            (2, true) => self.pass::<I, 0, 2, 2>(input, states, &mut outputs, &mut after),
            (_, is_large) => {
                self.pass::<I, 0, 2, 0>(input, states, &mut outputs, &mut after);
                match (OUT, is_large) {
                    (3, false) => self.pass::<I, 2, 1, 1>(input, states, &mut outputs, &mut after),
                    (3, true) => self.pass::<I, 2, 1, 2>(input, states, &mut outputs, &mut after),
                    (_, false) => self.pass::<I, 2, 2, 1>(input, states, &mut outputs, &mut after),
                    (_, true) => self.pass::<I, 2, 2, 2>(input, states, &mut outputs, &mut after),
                }
            }
        }
        (outputs, after)
    }

    /// Computes `K` outputs from output `FROM` on, and `R` registers of the states after the quantum. Every coefficient
    /// that is read serves both channels.
    #[inline(always)]
    fn pass<I: Isa, const FROM: usize, const K: usize, const R: usize>(
        &self,
        input: &Quantum,
        states: &States,
        outputs: &mut [Quantum; OUT],
        after: &mut States,
    ) {
        let mut sums = Sums::<I, FROM, K, R>::new();
        let [left, right] = &input.channels;
        for i in 0..HALF {
            sums.add::<OUT, true>(&self.of_input[i], [left[i], right[i]]);
        }
        // Input of the second half adds nothing to the first half of the output.
        for i in HALF..QUANTUM {
            sums.add::<OUT, false>(&self.of_input[i], [left[i], right[i]]);
        }
        let [left, right] = states;
        for (s, row) in self.of_state.iter().enumerate() {
            sums.add::<OUT, true>(row, [left[s], right[s]]);
        }
        let Sums {
            outputs: sums,
            states: next,
        } = sums;
        for k in 0..K {
            for c in 0..2 {
                let lane = &mut outputs[FROM + k].channels[c];
                I::store(sums[k][c][0], lane);
                I::store(sums[k][c][1], &mut lane[HALF..]);
            }
        }
        for r in 0..R {
            for c in 0..2 {
                I::store(I::flush_eight(next[r][c], SNAP), &mut after[c][8 * r..]);
            }
        }
    }

    /// The outputs for one channel, and the states after the quantum: `OUT` of at most four, `N` of at most eight.
    #[inline(always)]
    fn apply_one<I: Isa>(
        &self,
        input: &Lane,
        states: &[f32; MOST_STATES],
    ) -> ([Lane; OUT], [f32; MOST_STATES]) {
        const { assert!(N <= 8 && OUT <= 4) };
        let mut sums = [[I::splat(0.0); 2]; OUT];
        let mut next = I::splat(0.0);
        for i in 0..HALF {
            add_one::<I, OUT, true>(&self.of_input[i], input[i], &mut sums, &mut next);
        }
        // Input of the second half adds nothing to the first half of the output.
        for i in HALF..QUANTUM {
            add_one::<I, OUT, false>(&self.of_input[i], input[i], &mut sums, &mut next);
        }
        for (s, row) in self.of_state.iter().enumerate() {
            add_one::<I, OUT, true>(row, states[s], &mut sums, &mut next);
        }
        let mut outputs = [[0.0; QUANTUM]; OUT];
        for (sums, lane) in sums.iter().zip(&mut outputs) {
            I::store(sums[0], lane);
            I::store(sums[1], &mut lane[HALF..]);
        }
        let mut after = [0.0; MOST_STATES];
        I::store(I::flush_eight(next, SNAP), &mut after);
        (outputs, after)
    }
}

/// The sums of `K` outputs from output `FROM` on by channel and half, and of `R` registers of the states by channel.
struct Sums<I: Isa, const FROM: usize, const K: usize, const R: usize> {
    outputs: [[[I::Eight; 2]; 2]; K],
    states: [[I::Eight; 2]; R],
}

impl<I: Isa, const FROM: usize, const K: usize, const R: usize> Sums<I, FROM, K, R> {
    #[inline(always)]
    fn new() -> Self {
        let zero = I::splat(0.0);
        Self {
            outputs: [[[zero; 2]; 2]; K],
            states: [[zero; 2]; R],
        }
    }

    /// Adds the shares of a sample or a state of each channel; `ALL`: in both halves of the outputs.
    #[inline(always)]
    fn add<const OUT: usize, const ALL: bool>(&mut self, row: &Row<OUT>, both: [f32; 2]) {
        let [left, right] = [I::splat(both[0]), I::splat(both[1])];
        for k in 0..K {
            let [first, second] = &mut self.outputs[k];
            for half in if ALL { 0 } else { 1 }..2 {
                let column = I::load(&row.outputs[FROM + k][HALF * half..]);
                first[half] = I::mul_add_eight(column, left, first[half]);
                second[half] = I::mul_add_eight(column, right, second[half]);
            }
        }
        for r in 0..R {
            let [first, second] = &mut self.states[r];
            let column = I::load(&row.states[r]);
            *first = I::mul_add_eight(column, left, *first);
            *second = I::mul_add_eight(column, right, *second);
        }
    }
}

/// Adds the shares of a sample or a state of the only channel; `ALL`: in both halves of the outputs.
#[inline(always)]
fn add_one<I: Isa, const OUT: usize, const ALL: bool>(
    row: &Row<OUT>,
    x: f32,
    sums: &mut [[I::Eight; 2]; OUT],
    next: &mut I::Eight,
) {
    let x = I::splat(x);
    for k in 0..OUT {
        for half in if ALL { 0 } else { 1 }..2 {
            let column = I::load(&row.outputs[k][HALF * half..]);
            sums[k][half] = I::mul_add_eight(column, x, sums[k][half]);
        }
    }
    *next = I::mul_add_eight(I::load(&row.states[0]), x, *next);
}

/// States below this (−300 dBFS) are set to zero before they become subnormal.
pub(super) const SNAP: f32 = 1e-15;

fn rows<const N: usize>(state: &[f64; N]) -> [[f32; 8]; REGISTERS] {
    let mut rows = [[0.0; 8]; REGISTERS];
    for (to, from) in rows.as_flattened_mut().iter_mut().zip(state) {
        *to = math::narrow(*from);
    }
    rows
}

/// The states of both channels.
pub(super) type States = [[f32; MOST_STATES]; 2];

const HALF: usize = QUANTUM / 2;

/// A linear filter of two channels with `OUT` outputs each.
#[derive(Clone, Debug)]
pub struct BlockFilter<const N: usize, const OUT: usize> {
    response: Box<Response<N, OUT>>,
    /// The response before the last `set`.
    previous: Box<Response<N, OUT>>,
    changed: bool,
    /// Nothing was processed since the reset, so there is nothing to fade from.
    fresh: bool,
    states: States,
}

/// The first quantum after a change. It is seldom needed, and so a function of its own.
struct Fade<'a, const N: usize, const OUT: usize> {
    filter: &'a mut BlockFilter<N, OUT>,
    input: &'a Quantum,
}

impl<const N: usize, const OUT: usize> Kernel for Fade<'_, N, OUT> {
    type Output = [Quantum; OUT];

    #[inline(always)]
    fn run<I: Isa>(self) -> [Quantum; OUT] {
        let Self { filter, input } = self;
        let (previous, _) = filter.previous.apply::<I>(input, &filter.states);
        let mut outputs = filter.advance::<I>(input);
        for (output, previous) in outputs.iter_mut().zip(&previous) {
            for (new, old) in output.channels.iter_mut().zip(&previous.channels) {
                fade(old, new);
            }
        }
        outputs
    }
}

/// Replaces the new output by a line from the old one to it.
#[inline(always)]
fn fade(old: &Lane, new: &mut Lane) {
    for i in 0..QUANTUM {
        new[i] = old[i] + POSITIONS[i] * (new[i] - old[i]);
    }
}

impl<const N: usize, const OUT: usize> BlockFilter<N, OUT> {
    /// A filter with cleared states. Allocates.
    #[must_use]
    pub fn new(network: &impl Network<N, OUT>) -> Self {
        let mut response = Box::new(Response::SILENT);
        response.design(network);
        Self {
            response,
            previous: Box::new(Response::SILENT),
            changed: false,
            fresh: true,
            states: [[0.0; MOST_STATES]; 2],
        }
    }

    /// Clears the states, and keeps the newest response.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.states = [[0.0; MOST_STATES]; 2];
        self.changed = false;
        self.fresh = true;
    }

    /// Changes to another network with the same states. The next quantum fades from the old network's output to the new
    /// one's, so a parameter that ramps from quantum to quantum moves in straight lines. Never allocates.
    #[inline(never)]
    pub fn set(&mut self, network: &impl Network<N, OUT>) {
        if !self.changed && !self.fresh {
            core::mem::swap(&mut self.previous, &mut self.response);
            self.changed = true;
        }
        self.response.design(network);
    }

    /// Processes the next sixteen samples of both channels.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, input: &Quantum) -> [Quantum; OUT] {
        if core::mem::take(&mut self.changed) {
            return I::call(Fade {
                filter: self,
                input,
            });
        }
        self.advance::<I>(input)
    }

    /// The outputs of the newest response. The states are stored at once: behind a branch, the compiler would compute them
    /// there, and keep all samples on the stack until then.
    #[inline(always)]
    fn advance<I: Isa>(&mut self, input: &Quantum) -> [Quantum; OUT] {
        let (outputs, states) = self.response.apply::<I>(input, &self.states);
        self.states = states;
        self.fresh = false;
        outputs
    }

    /// Processes the next sixteen samples of one channel, for a filter that has only one: at most eight states and four
    /// outputs.
    #[inline(always)]
    pub fn process_one<I: Isa>(&mut self, input: &Lane) -> [Lane; OUT] {
        let previous = core::mem::take(&mut self.changed)
            .then(|| self.previous.apply_one::<I>(input, &self.states[0]).0);
        let (mut outputs, states) = self.response.apply_one::<I>(input, &self.states[0]);
        self.states[0] = states;
        self.fresh = false;
        if let Some(previous) = previous {
            for (new, old) in outputs.iter_mut().zip(&previous) {
                fade(old, new);
            }
        }
        outputs
    }
}

impl<const N: usize, const OUT: usize> Engageable for BlockFilter<N, OUT> {
    fn prepare(&mut self, _: Spec) {}

    #[inline(always)]
    fn reset(&mut self) {
        Self::reset(self);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::section::Section, *};
    use crate::simd::isa::Baseline;

    struct Pair(Section, Section);

    impl Network<4, 2> for Pair {
        fn tick(&self, state: &mut [f64; 4], input: f64) -> [f64; 2] {
            let [a1, a2, b1, b2] = state;
            let first = self.0.tick([a1, a2], input);
            [first, self.1.tick([b1, b2], first)]
        }
    }

    /// 3e-6 are 24 bits of a signal of 1, less some for the rounding of each sum.
    #[test]
    fn block_filter_on_noise_equals_the_recursion_within_single_precision() {
        let network = Pair(
            Section::high_pass(20.0, 48_000.0),
            Section::bell(1_700.0, 0.9, 6.0, 48_000.0),
        );
        let mut filter = BlockFilter::new(&network);
        let mut state = [0.0; 4];
        let mut random = 1_u32;
        for _ in 0..2_000 {
            let mut input = Quantum::SILENCE;
            for sample in &mut input.channels[0] {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *sample = f32::from(u16::try_from(random >> 16).unwrap()) / 32_768.0 - 1.0;
            }
            let outputs = filter.process::<Baseline>(&input);
            for (i, &x) in input.channels[0].iter().enumerate() {
                let expected = network.tick(&mut state, f64::from(x));
                for (output, expected) in outputs.iter().zip(expected) {
                    assert!((f64::from(output.channels[0][i]) - expected).abs() < 3e-6);
                    assert_eq!(output.channels[1][i], 0.0);
                }
            }
        }
    }

    #[test]
    fn block_filter_of_one_channel_equals_the_left_of_two() {
        let network = Pair(
            Section::high_pass(20.0, 48_000.0),
            Section::bell(1_700.0, 0.9, 6.0, 48_000.0),
        );
        let other = Pair(
            Section::high_pass(50.0, 48_000.0),
            Section::bell(1_000.0, 0.9, -6.0, 48_000.0),
        );
        let (mut one, mut two) = (BlockFilter::new(&network), BlockFilter::new(&network));
        for quantum in 0..100_u8 {
            let mut input = Quantum::SILENCE;
            input.channels[0][usize::from(quantum % 16)] = f32::from(quantum % 7) - 3.0;
            if quantum == 50 {
                one.set(&other);
                two.set(&other);
            }
            let lanes = one.process_one::<Baseline>(&input.channels[0]);
            let outputs = two.process::<Baseline>(&input);
            for (lane, output) in lanes.iter().zip(&outputs) {
                for (a, b) in lane.iter().zip(&output.channels[0]) {
                    assert!((a - b).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn block_filter_after_an_impulse_decays_to_exact_zeros() {
        let section = Section::bell(100.0, 0.9, 6.0, 48_000.0);
        let mut filter = BlockFilter::new(&Pair(section, section));
        let mut impulse = Quantum::SILENCE;
        impulse.channels[1][3] = 1.0;
        filter.process::<Baseline>(&impulse);
        for _ in 0..3_000 {
            filter.process::<Baseline>(&Quantum::SILENCE);
        }
        assert_eq!(filter.states, [[0.0; MOST_STATES]; 2]);
    }
}
