//! What runs a plan: one shape for all of them.

use crate::error::ModelError;

/// The network's outputs for one example, in the order of the file.
pub(crate) type Outputs = Vec<Vec<f32>>;

/// Something that runs the network.
pub(crate) trait Executor: Send {
    /// What comes out for as many examples as `mel` holds, one after the other, each of
    /// [`MEL_VALUES`](flow_analysis::features::MEL_VALUES) values.
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError>;
}

/// How far two executors' outputs are apart at most, each value as a share of the largest of its output; infinite where
/// there are no numbers, or not as many.
pub(crate) fn max_relative_error(found: &[Outputs], expected: &[Outputs]) -> f32 {
    if found.len() != expected.len() {
        return f32::INFINITY;
    }
    let outputs = found.iter().zip(expected).map(|(found, expected)| {
        let same = found.len() == expected.len();
        let each = found.iter().zip(expected).map(|(f, e)| apart_in(f, e));
        each.fold(if same { 0.0 } else { f32::INFINITY }, f32::max)
    });
    outputs.fold(0.0, f32::max)
}

fn apart_in(found: &[f32], expected: &[f32]) -> f32 {
    if found.len() != expected.len() {
        return f32::INFINITY;
    }
    // Where there are others than numbers, nothing is near.
    if !found.iter().chain(expected).all(|x| x.is_finite()) {
        return f32::INFINITY;
    }
    // Outputs that are all next to nothing aren't told apart.
    let largest = 0.1 + expected.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let each = found.iter().zip(expected).map(|(f, e)| (f - e).abs());
    each.fold(0.0, f32::max) / largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_infinitely_far() {
        let one = |values: &[f32]| vec![vec![values.to_vec()]];
        assert_eq!(
            max_relative_error(&one(&[1.0, 2.0]), &one(&[1.0, 2.0])),
            0.0
        );
        assert!((max_relative_error(&one(&[1.0, 2.1]), &one(&[1.0, 1.9])) - 0.1).abs() < 1e-5);
        for bad in [f32::NAN, f32::INFINITY] {
            assert_eq!(
                max_relative_error(&one(&[bad, 1.0]), &one(&[1.0, 1.0])),
                f32::INFINITY
            );
            assert_eq!(
                max_relative_error(&one(&[1.0, 1.0]), &one(&[bad, 1.0])),
                f32::INFINITY
            );
        }
        assert_eq!(
            max_relative_error(&one(&[1.0]), &one(&[1.0, 2.0])),
            f32::INFINITY
        );
        assert_eq!(max_relative_error(&[], &one(&[1.0])), f32::INFINITY);
    }
}
