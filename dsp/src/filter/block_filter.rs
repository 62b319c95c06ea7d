//! Linear filters, sixteen samples at a time.
//!
//! A linear network with N state variables maps sixteen input samples and its state to sixteen output samples and
//! its next state. That map is a matrix, so instead of running the recursion sample by sample, where each step waits
//! for the one before, a quantum is a matrix product: all lanes busy, a fixed cost, however many sections the network
//! has in a row. (Block state-space realisation: Barnes & Shinnaka, "Block-shift invariance and block implementation
//! of discrete-time filters", IEEE Trans. CAS 27, 1980.)
//!
//! A network is written once, as a plain recursion in double precision ([`Network`]); its matrix is found by running
//! it. The state steps once a quantum, so single precision rounds sixteen times less often than a recursion would.

use crate::{
    QUANTUM,
    block::quantum::{Lane, Quantum},
    math,
    simd::isa::{Isa, rolled},
};

/// A linear recursion of `N` state variables and `OUT` output signals.
pub trait Network<const N: usize, const OUT: usize> {
    /// One sample: advances the state and gives the outputs. Linear in `input` and `state`.
    fn tick(&self, state: &mut [f64; N], input: f64) -> [f64; OUT];
}

/// A network as a matrix over one quantum.
#[derive(Clone, Debug)]
struct Response<const N: usize, const OUT: usize> {
    /// The impulse responses, after as many zeros as any column of their Toeplitz matrices needs.
    impulse: [[f32; 2 * QUANTUM]; OUT],
    /// What each state variable adds to the outputs.
    from_state: [[Lane; OUT]; N],
    /// What each input sample adds to the next state, a register's worth after the other, so that what isn't used
    /// isn't touched.
    to_state: [[[f32; 8]; QUANTUM]; REGISTERS],
    /// What each state variable adds to the next state.
    transition: [[[f32; 8]; N]; REGISTERS],
}

/// Registers that hold the states of one channel at most.
const REGISTERS: usize = 2;
/// States are kept in rows of this length, the rest of which is zero.
const MOST_STATES: usize = 8 * REGISTERS;

impl<const N: usize, const OUT: usize> Response<N, OUT> {
    /// The response of a network whose outputs are silent.
    const SILENT: Self = Self {
        impulse: [[0.0; 2 * QUANTUM]; OUT],
        from_state: [[[0.0; QUANTUM]; OUT]; N],
        to_state: [[[0.0; 8]; QUANTUM]; REGISTERS],
        transition: [[[0.0; 8]; N]; REGISTERS],
    };

    /// Becomes the response of `network`, in place: it is too large to travel over the stack.
    fn design(&mut self, network: &impl Network<N, OUT>) {
        let mut state = [0.0; N];
        for i in 0..QUANTUM {
            let outputs = network.tick(&mut state, if i == 0 { 1.0 } else { 0.0 });
            for (impulse, output) in self.impulse.iter_mut().zip(outputs) {
                impulse[QUANTUM + i] = math::narrow(output);
            }
            for (to_state, row) in self.to_state.iter_mut().zip(rows(&state)) {
                to_state[QUANTUM - 1 - i] = row;
            }
        }
        for k in 0..N {
            let mut state = [0.0; N];
            state[k] = 1.0;
            for i in 0..QUANTUM {
                let outputs = network.tick(&mut state, 0.0);
                for (lane, output) in self.from_state[k].iter_mut().zip(outputs) {
                    lane[i] = math::narrow(output);
                }
            }
            for (transition, row) in self.transition.iter_mut().zip(rows(&state)) {
                transition[k] = row;
            }
        }
    }

    /// The outputs for both channels, and the states after the quantum.
    #[inline(always)]
    fn apply<I: Isa>(&self, input: &Quantum, states: &States) -> ([Quantum; OUT], States) {
        let mut outputs = [Quantum::SILENCE; OUT];
        let mut after = [[0.0; MOST_STATES]; 2];
        // Two outputs at a time: their sums, and those of the states, are what the registers hold.
        for k in (0..OUT).step_by(2) {
            let (outputs, after) = (&mut outputs, &mut after);
            // Constants, all of these: loops over registers must be unrolled, or the sums lie in memory.
            match (OUT - k, N > 8) {
                (1, false) => self.pass::<I, 1, 1>(input, states, k, outputs, after),
                (1, true) => self.pass::<I, 1, 2>(input, states, k, outputs, after),
                (2, false) => self.pass::<I, 2, 1>(input, states, k, outputs, after),
                (2, true) => self.pass::<I, 2, 2>(input, states, k, outputs, after),
                _ => self.pass::<I, 2, 0>(input, states, k, outputs, after),
            }
        }
        snap(&mut after);
        (outputs, after)
    }

    /// `K` outputs from output `from` on, and `R` registers of the states after the quantum. Every number that is read
    /// serves both channels.
    #[inline(always)]
    fn pass<I: Isa, const K: usize, const R: usize>(
        &self,
        input: &Quantum,
        states: &States,
        from: usize,
        outputs: &mut [Quantum; OUT],
        after: &mut States,
    ) {
        let zero = I::splat(0.0);
        let [left, right] = &input.channels;
        // Per output, channel and half; per register of the state and channel.
        let mut sums = [[[zero; 2]; 2]; K];
        let mut next = [[zero; 2]; R];
        // What comes in the second half adds nothing to the first.
        for (first, half) in [(0, true), (HALF, false)] {
            for j in first..first + rolled(HALF) {
                let x = [I::splat(left[j]), I::splat(right[j])];
                for k in 0..K {
                    let impulse = &self.impulse[from + k][QUANTUM - j..];
                    if half {
                        let column = I::load(impulse);
                        sums[k][0][0] = I::mul_add_eight(column, x[0], sums[k][0][0]);
                        sums[k][1][0] = I::mul_add_eight(column, x[1], sums[k][1][0]);
                    }
                    let column = I::load(&impulse[HALF..]);
                    sums[k][0][1] = I::mul_add_eight(column, x[0], sums[k][0][1]);
                    sums[k][1][1] = I::mul_add_eight(column, x[1], sums[k][1][1]);
                }
                for r in 0..R {
                    let column = I::load(&self.to_state[r][j]);
                    next[r][0] = I::mul_add_eight(column, x[0], next[r][0]);
                    next[r][1] = I::mul_add_eight(column, x[1], next[r][1]);
                }
            }
        }
        for s in 0..rolled(N) {
            let x = [I::splat(states[0][s]), I::splat(states[1][s])];
            for k in 0..K {
                for half in 0..2 {
                    let column = I::load(&self.from_state[s][from + k][HALF * half..]);
                    sums[k][0][half] = I::mul_add_eight(column, x[0], sums[k][0][half]);
                    sums[k][1][half] = I::mul_add_eight(column, x[1], sums[k][1][half]);
                }
            }
            for r in 0..R {
                let column = I::load(&self.transition[r][s]);
                next[r][0] = I::mul_add_eight(column, x[0], next[r][0]);
                next[r][1] = I::mul_add_eight(column, x[1], next[r][1]);
            }
        }
        for k in 0..K {
            for c in 0..2 {
                let lane = &mut outputs[from + k].channels[c];
                I::store(sums[k][c][0], lane);
                I::store(sums[k][c][1], &mut lane[HALF..]);
            }
        }
        for r in 0..R {
            I::store(next[r][0], &mut after[0][8 * r..]);
            I::store(next[r][1], &mut after[1][8 * r..]);
        }
    }
}

/// State below this (−300 dBFS) is set to zero before it becomes subnormal.
const SNAP: f32 = 1e-15;

#[inline(always)]
fn snap(states: &mut States) {
    for channel in states {
        for state in channel {
            *state = if state.abs() < SNAP { 0.0 } else { *state };
        }
    }
}

fn rows<const N: usize>(state: &[f64; N]) -> [[f32; 8]; REGISTERS] {
    let mut rows = [[0.0; 8]; REGISTERS];
    for (to, from) in rows.as_flattened_mut().iter_mut().zip(state) {
        *to = math::narrow(*from);
    }
    rows
}

/// The states of both channels.
type States = [[f32; MOST_STATES]; 2];

const HALF: usize = QUANTUM / 2;

/// A linear filter of two channels with `OUT` outputs for each.
#[derive(Clone, Debug)]
pub struct BlockFilter<const N: usize, const OUT: usize> {
    response: Box<Response<N, OUT>>,
    /// The response until the quantum in which a new one was set.
    previous: Box<Response<N, OUT>>,
    changed: bool,
    /// Nothing was processed since the reset: there is nothing to fade from.
    fresh: bool,
    states: States,
}

impl<const N: usize, const OUT: usize> BlockFilter<N, OUT> {
    /// At rest. Allocates.
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

    /// Back to rest, with the response that was set last.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.states = [[0.0; MOST_STATES]; 2];
        self.changed = false;
        self.fresh = true;
    }

    /// Another network of the same states from the coming quantum on, which fades from the old one's output to the
    /// new one's. A value that ramps from quantum to quantum so moves in straight lines. Never allocates.
    #[inline(never)]
    pub fn set(&mut self, network: &impl Network<N, OUT>) {
        if !self.changed && !self.fresh {
            core::mem::swap(&mut self.previous, &mut self.response);
            self.changed = true;
        }
        self.response.design(network);
    }

    /// The outputs for the next sixteen samples of both channels.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, input: &Quantum) -> [Quantum; OUT] {
        let (mut outputs, states) = self.response.apply::<I>(input, &self.states);
        if self.changed {
            self.changed = false;
            let (previous, _) = self.previous.apply::<I>(input, &self.states);
            for (output, previous) in outputs.iter_mut().zip(&previous) {
                for (new, old) in output.channels.iter_mut().zip(&previous.channels) {
                    for i in 0..QUANTUM {
                        new[i] = old[i] + FADE[i] * (new[i] - old[i]);
                    }
                }
            }
        }
        self.states = states;
        self.fresh = false;
        outputs
    }
}

/// Two outputs of a network of more than eight states at four points of the quantum only, for what listens and isn't
/// heard: `K` stereo signals through one network.
///
/// The first output at the points 3, 7, 11 and 15, then the second, fill one register.
#[derive(Clone, Debug)]
pub struct PointFilter<const N: usize, const K: usize> {
    response: Box<PointResponse<N>>,
    states: [States; K],
}

/// The amount that each input sample, and then each state variable, adds to the outputs and to the next state.
#[derive(Clone, Debug)]
struct PointResponse<const N: usize> {
    from_input: [[[f32; 8]; QUANTUM]; 1 + REGISTERS],
    from_state: [[[f32; 8]; N]; 1 + REGISTERS],
}

/// Points in a quantum.
pub const POINTS: usize = 4;
/// Samples from point to point.
pub const POINT_SAMPLES: usize = QUANTUM / POINTS;

impl<const N: usize, const K: usize> PointFilter<N, K> {
    /// At rest. Allocates.
    #[must_use]
    pub fn new(network: &impl Network<N, 2>) -> Self {
        let mut filter = Self {
            response: Box::new(PointResponse {
                from_input: [[[0.0; 8]; QUANTUM]; 1 + REGISTERS],
                from_state: [[[0.0; 8]; N]; 1 + REGISTERS],
            }),
            states: [[[0.0; MOST_STATES]; 2]; K],
        };
        filter.set(network);
        filter
    }

    /// Sets another network of the same states at once, without a fade. Never allocates.
    #[inline(never)]
    pub fn set(&mut self, network: &impl Network<N, 2>) {
        let mut response = Response::SILENT;
        response.design(network);
        let PointResponse {
            from_input,
            from_state,
        } = &mut *self.response;
        for output in 0..2 {
            for point in 0..POINTS {
                let row = output * POINTS + point;
                let at = (point + 1) * POINT_SAMPLES - 1;
                for j in 0..QUANTUM {
                    from_input[0][j][row] = response.impulse[output][QUANTUM + at - j];
                }
                for s in 0..N {
                    from_state[0][s][row] = response.from_state[s][output][at];
                }
            }
        }
        from_input[1..].copy_from_slice(&response.to_state);
        from_state[1..].copy_from_slice(&response.transition);
    }

    /// Back to rest.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.states = [[[0.0; MOST_STATES]; 2]; K];
    }

    /// The squares of both outputs together, at each point, for both channels of each signal.
    #[inline(always)]
    pub fn powers<I: Isa>(&mut self, inputs: &[Quantum; K]) -> [[[f32; POINTS]; 2]; K] {
        let PointResponse {
            from_input,
            from_state,
        } = &*self.response;
        let mut powers = [[[0.0; POINTS]; 2]; K];
        for k in 0..rolled(K) {
            let (input, states) = (&inputs[k].channels, &mut self.states[k]);
            let mut sums = [[I::splat(0.0); 1 + REGISTERS]; 2];
            for j in 0..rolled(QUANTUM) {
                let x = [I::splat(input[0][j]), I::splat(input[1][j])];
                for r in 0..1 + REGISTERS {
                    let column = I::load(&from_input[r][j]);
                    sums[0][r] = I::mul_add_eight(column, x[0], sums[0][r]);
                    sums[1][r] = I::mul_add_eight(column, x[1], sums[1][r]);
                }
            }
            for s in 0..rolled(N) {
                let x = [I::splat(states[0][s]), I::splat(states[1][s])];
                for r in 0..1 + REGISTERS {
                    let column = I::load(&from_state[r][s]);
                    sums[0][r] = I::mul_add_eight(column, x[0], sums[0][r]);
                    sums[1][r] = I::mul_add_eight(column, x[1], sums[1][r]);
                }
            }
            for c in 0..2 {
                let mut outputs = [0.0; 8];
                I::store(sums[c][0], &mut outputs);
                for point in 0..POINTS {
                    let (a, b) = (outputs[point], outputs[POINTS + point]);
                    powers[k][c][point] = I::mul_add(a, a, b * b);
                }
                for r in 0..REGISTERS {
                    I::store(sums[c][1 + r], &mut states[c][8 * r..]);
                }
            }
            snap(states);
        }
        powers
    }
}

/// 1/16, 2/16, … 16/16
const FADE: Lane = {
    let mut lane = [0.0; QUANTUM];
    let mut i = 0;
    while i < QUANTUM {
        lane[i] = (i as f32 + 1.0) / QUANTUM as f32;
        i += 1;
    }
    lane
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{filter::section::Section, simd::isa::Baseline};

    struct Pair(Section, Section);

    impl Network<4, 2> for Pair {
        fn tick(&self, state: &mut [f64; 4], input: f64) -> [f64; 2] {
            let [a1, a2, b1, b2] = state;
            let first = self.0.tick([a1, a2], input);
            [first, self.1.tick([b1, b2], first)]
        }
    }

    /// Single precision against double: 24 bits of a signal of 1, with some steps lost on the way.
    #[test]
    fn the_matrix_does_what_the_recursion_does() {
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
    fn a_decaying_state_ends_in_exact_zeros() {
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
