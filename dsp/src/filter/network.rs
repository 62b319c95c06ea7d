//! Linear recursions as the filters of this folder take them.

use super::section::Section;

/// A linear recursion of `N` state variables and `OUT` output signals.
pub trait Network<const N: usize, const OUT: usize> {
    /// Processes one sample: advances the state and returns the outputs. Linear in `input` and `state`.
    fn tick(&self, state: &mut [f64; N], input: f64) -> [f64; OUT];
}

/// Sections in a row, with two state variables each.
#[derive(Clone, Copy, Debug)]
pub struct Series<const SECTIONS: usize>(pub [Section; SECTIONS]);

impl<const SECTIONS: usize, const N: usize> Network<N, 1> for Series<SECTIONS> {
    fn tick(&self, state: &mut [f64; N], input: f64) -> [f64; 1] {
        const { assert!(N == 2 * SECTIONS, "each section has two states") };
        let (pairs, _) = state.as_chunks_mut::<2>();
        let mut signal = input;
        for (section, [s1, s2]) in self.0.iter().zip(pairs) {
            signal = section.tick([s1, s2], signal);
        }
        [signal]
    }
}
