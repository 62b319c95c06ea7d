//! The interface of all executors.

use crate::error::ModelError;

/// The network's outputs for one example, in the order of the plan.
pub(crate) type Outputs = Vec<Vec<f32>>;

/// Runs the network.
pub(crate) trait Executor: Send {
    /// The outputs for each example of `mel`, which are
    /// [`MEL_VALUES`](flow_analysis::features::MEL_VALUES) values each, one after the other.
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError>;
}

/// The largest difference of two executors' outputs, relative to the largest value of each output. Infinite where shapes
/// differ or values aren't finite.
pub(crate) fn max_relative_error(found: &[Outputs], expected: &[Outputs]) -> f32 {
    if found.len() != expected.len() {
        return f32::INFINITY;
    }
    let outputs = found.iter().zip(expected).map(|(found, expected)| {
        if found.len() != expected.len() {
            return f32::INFINITY;
        }
        let each = found.iter().zip(expected);
        each.map(|(f, e)| output_error(f, e)).fold(0.0, f32::max)
    });
    outputs.fold(0.0, f32::max)
}

fn output_error(found: &[f32], expected: &[f32]) -> f32 {
    let is_finite = found.iter().chain(expected).all(|x| x.is_finite());
    if found.len() != expected.len() || !is_finite {
        return f32::INFINITY;
    }
    // The constant keeps outputs that are all near 0 from large relative errors.
    let largest = 0.1 + expected.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let each = found.iter().zip(expected).map(|(f, e)| (f - e).abs());
    each.fold(0.0, f32::max) / largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_relative_error_of_nan_or_other_shapes_is_infinite() {
        let one = |values: &[f32]| vec![vec![values.to_vec()]];
        let error = max_relative_error;
        assert_eq!(error(&one(&[1.0, 2.0]), &one(&[1.0, 2.0])), 0.0);
        assert!((error(&one(&[1.0, 2.1]), &one(&[1.0, 1.9])) - 0.1).abs() < 1e-5);
        for bad in [f32::NAN, f32::INFINITY] {
            assert_eq!(error(&one(&[bad, 1.0]), &one(&[1.0, 1.0])), f32::INFINITY);
            assert_eq!(error(&one(&[1.0, 1.0]), &one(&[bad, 1.0])), f32::INFINITY);
        }
        assert_eq!(error(&one(&[1.0]), &one(&[1.0, 2.0])), f32::INFINITY);
        assert_eq!(error(&[], &one(&[1.0])), f32::INFINITY);
    }
}
