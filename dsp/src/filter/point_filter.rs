//! Linear filters that give the power of their outputs at four points of each quantum, for detectors.
//!
//! No delay of their own; they allocate in `new` only.

use super::{
    block_filter::{REGISTERS, Response, SNAP, States},
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

/// The share of each input sample and of each state variable in the points and in the next state.
#[derive(Clone, Debug)]
struct PointResponse<const N: usize> {
    of_input: [PointRow; QUANTUM],
    of_state: [PointRow; N],
}

/// The points of both outputs, and the registers of the state.
type PointRow = [[f32; 8]; 1 + REGISTERS];

/// Rows in one turn of a loop. More would wait for the decoder of instructions, fewer for the loop.
pub(super) const ROWS: usize = 4;
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
                of_input: [[[0.0; 8]; 1 + REGISTERS]; QUANTUM],
                of_state: [[[0.0; 8]; 1 + REGISTERS]; N],
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
        let PointResponse { of_input, of_state } = &mut *self.response;
        let rows = of_input.iter_mut().chain(of_state);
        for (to, from) in rows.zip(response.of_input.iter().chain(&response.of_state)) {
            for output in 0..2 {
                for point in 0..POINTS {
                    let at = (point + 1) * POINT_SAMPLES - 1;
                    to[0][output * POINTS + point] = from.outputs[output][at];
                }
            }
            to[1..].copy_from_slice(&from.states);
        }
    }

    /// Clears the states.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.states = [States::default(); K];
    }

    /// The sum of the squares of both outputs at each point, for both channels of each signal.
    #[inline(always)]
    pub fn powers<I: Isa>(&mut self, inputs: &[Quantum; K]) -> [[[f32; POINTS]; 2]; K] {
        let PointResponse { of_input, of_state } = &*self.response;
        let (of_input, _) = of_input.as_chunks::<ROWS>();
        let mut powers = [[[0.0; POINTS]; 2]; K];
        for k in 0..rolled(K) {
            let (input, states) = (&inputs[k].channels, &mut self.states[k]);
            let mut sums = [[I::splat(0.0); 1 + REGISTERS]; 2];
            let [left, right] = input.each_ref().map(|lane| lane.as_chunks::<ROWS>().0);
            let samples = left.iter().zip(right);
            for (rows, (left, right)) in of_input.iter().zip(samples).take(rolled(QUANTUM)) {
                for i in 0..ROWS {
                    add::<I>(&rows[i], [left[i], right[i]], &mut sums);
                }
            }
            let [left, right] = &*states;
            for (row, (left, right)) in of_state.iter().zip(left.iter().zip(right)).take(rolled(N))
            {
                add::<I>(row, [*left, *right], &mut sums);
            }
            for c in 0..2 {
                let mut outputs = [0.0; 8];
                I::store(sums[c][0], &mut outputs);
                for point in 0..POINTS {
                    let (a, b) = (outputs[point], outputs[POINTS + point]);
                    powers[k][c][point] = I::mul_add(a, a, b * b);
                }
                for r in 0..REGISTERS {
                    let state = I::flush_eight(sums[c][1 + r], SNAP);
                    I::store(state, &mut states[c][8 * r..]);
                }
            }
        }
        powers
    }
}

/// Adds the shares of a sample or a state of each channel.
#[inline(always)]
fn add<I: Isa>(row: &PointRow, both: [f32; 2], sums: &mut [[I::Eight; 1 + REGISTERS]; 2]) {
    let [left, right] = [I::splat(both[0]), I::splat(both[1])];
    for r in 0..1 + REGISTERS {
        let column = I::load(&row[r]);
        sums[0][r] = I::mul_add_eight(column, left, sums[0][r]);
        sums[1][r] = I::mul_add_eight(column, right, sums[1][r]);
    }
}
