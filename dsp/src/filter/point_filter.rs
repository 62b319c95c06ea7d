//! Linear filters that give the power of their outputs at four points of each quantum, for detectors.
//!
//! No delay of their own; they allocate in `new` only.

use super::{
    block_filter::{REGISTERS, Response, States, snap},
    network::Network,
};
use crate::{
    QUANTUM,
    block::quantum::Quantum,
    simd::isa::{Isa, rolled},
};

/// `K` stereo signals through one network of two outputs and more than eight states, of which only four points a quantum
/// are computed.
///
/// The first output at the samples 3, 7, 11 and 15, then the second one, fill one register.
#[derive(Clone, Debug)]
pub struct PointFilter<const N: usize, const K: usize> {
    response: Box<PointResponse<N>>,
    states: [States; K],
}

/// The share of each input sample and of each state variable in the outputs and in the next state.
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
    /// A filter with cleared states. Allocates.
    #[must_use]
    pub fn new(network: &impl Network<N, 2>) -> Self {
        let mut filter = Self {
            response: Box::new(PointResponse {
                from_input: [[[0.0; 8]; QUANTUM]; 1 + REGISTERS],
                from_state: [[[0.0; 8]; N]; 1 + REGISTERS],
            }),
            states: [States::default(); K],
        };
        filter.set(network);
        filter
    }

    /// Changes to another network with the same states at once, without a fade. Never allocates.
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

    /// Clears the states.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.states = [States::default(); K];
    }

    /// The sum of the squares of both outputs at each point, for both channels of each signal.
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
