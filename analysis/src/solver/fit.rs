//! Bounded least squares with uncertainties.

use flow_dsp::math::{count, exp, log2, narrow};

use crate::correction::{BANDS, Estimate, weights};

/// Smallest standard deviation of a band that counts, dB.
const SURE_DB: f32 = 0.5;

/// Errors of bands go together: their correlation is exp(−(thirds apart ÷ REACH)^BEND). Fitted to errors of
/// networks on unseen sources: 0.89, 0.73, 0.57, 0.41 and 0.12 at 1, 2, 3, 4 and 6 third octaves.
const REACH: f64 = 4.2;
const BEND: f64 = 1.4;

type Matrix<const N: usize> = [[f64; N]; N];
type Rows<const N: usize> = [[f64; BANDS]; N];

/// The basis functions of a fit.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a, const N: usize> {
    /// Response of each band (column) to 1 dB of each parameter (row), dB.
    pub(super) responses: &'a [[f32; BANDS]; N],
    /// Least and most, dB.
    pub(super) ranges_db: [[f32; 2]; N],
    /// Cost of a squared decibel against the squared error of all bands.
    pub(super) cost: f64,
}

/// Gains of the free parameters in dB, within their ranges, which together come nearest to a curve. Its level doesn't count.
pub(super) fn fit<const N: usize>(
    curve: &[Estimate; BANDS],
    basis: Basis<'_, N>,
    free: [bool; N],
) -> [Estimate; N] {
    let trust = trust(curve);
    let rows = rows(basis.responses, &trust);
    let mut normal: Matrix<N> = [[0.0; N]; N];
    let mut wanted = [0.0_f64; N];
    for i in (0..N).filter(|i| free[*i]) {
        for j in (0..N).filter(|j| free[*j]) {
            normal[i][j] = (0..BANDS).map(|b| trust[b] * rows[i][b] * rows[j][b]).sum();
        }
        normal[i][i] += basis.cost;
        let along = |b: usize| trust[b] * rows[i][b] * f64::from(curve[b].mean);
        wanted[i] = (0..BANDS).map(along).sum();
    }
    // Any number that isn't zero: it keeps the matrix regular, and the rest of its row and column is zero.
    (0..N)
        .filter(|i| !free[*i])
        .for_each(|i| normal[i][i] = 1.0);
    let gains = bounded(&normal, &wanted, &basis.ranges_db);
    let inverse = inverse(normal);
    std::array::from_fn(|i| Estimate {
        mean: narrow(gains[i]),
        sd: narrow(deviation(curve, &trust, &rows, &inverse[i])),
    })
}

/// The weight of each band: its auditory bandwidth, and less the more uncertain it is. The sum is 1, so that the cost of the
/// parameters doesn't depend on the certainty of all bands together.
fn trust(curve: &[Estimate; BANDS]) -> [f64; BANDS] {
    let bandwidths = weights();
    let trust: [f64; BANDS] = std::array::from_fn(|b| {
        f64::from(bandwidths[b] / (1.0 + (curve[b].sd / SURE_DB).powi(2)).sqrt())
    });
    let total: f64 = trust.iter().sum();
    trust.map(|t| t / total)
}

/// The responses without their level.
fn rows<const N: usize>(responses: &[[f32; BANDS]; N], trust: &[f64; BANDS]) -> Rows<N> {
    responses.map(|row| {
        let level: f64 = row.iter().zip(trust).map(|(r, t)| f64::from(*r) * t).sum();
        row.map(|r| f64::from(r) - level)
    })
}

/// Gauss-Seidel with clamped steps: the matrix is symmetric and positive definite, so it converges.
fn bounded<const N: usize>(
    normal: &Matrix<N>,
    wanted: &[f64; N],
    ranges_db: &[[f32; 2]; N],
) -> [f64; N] {
    let mut gains = [0.0; N];
    for _ in 0..300 {
        for i in 0..N {
            let others: f64 = (0..N)
                .filter(|j| *j != i)
                .map(|j| normal[i][j] * gains[j])
                .sum();
            let [least, most] = ranges_db[i].map(f64::from);
            gains[i] = ((wanted[i] - others) / normal[i][i]).clamp(least, most);
        }
    }
    gains
}

/// Gauss-Jordan without pivoting, which symmetric and positive definite matrices don't need.
fn inverse<const N: usize>(mut matrix: Matrix<N>) -> Matrix<N> {
    let mut inverse: Matrix<N> =
        std::array::from_fn(|i| std::array::from_fn(|j| if i == j { 1.0 } else { 0.0 }));
    for i in 0..N {
        let pivot = matrix[i][i];
        for k in 0..N {
            matrix[i][k] /= pivot;
            inverse[i][k] /= pivot;
        }
        for j in (0..N).filter(|j| *j != i) {
            let factor = matrix[j][i];
            for k in 0..N {
                matrix[j][k] -= factor * matrix[i][k];
                inverse[j][k] -= factor * inverse[i][k];
            }
        }
    }
    inverse
}

/// The standard deviation of one gain, propagated from the bands' errors by its row of the inverse.
fn deviation<const N: usize>(
    curve: &[Estimate; BANDS],
    trust: &[f64; BANDS],
    rows: &Rows<N>,
    inverse: &[f64; N],
) -> f64 {
    let error: [f64; BANDS] = std::array::from_fn(|b| {
        let gain: f64 = (0..N).map(|j| inverse[j] * rows[j][b]).sum();
        gain * trust[b] * f64::from(curve[b].sd)
    });
    let mut variance = 0.0;
    for apart in 0..BANDS {
        let pairs: f64 = (apart..BANDS).map(|b| error[b] * error[b - apart]).sum();
        variance += if apart == 0 {
            pairs
        } else {
            2.0 * correlation(apart) * pairs
        };
    }
    variance.max(0.0).sqrt()
}

fn correlation(apart: usize) -> f64 {
    let power = exp(BEND * std::f64::consts::LN_2 * log2(count(apart) / REACH));
    exp(-power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solver::eq_parameters::{EQ_PARAMETER_COUNT, EQ_PARAMETERS, basis};

    #[test]
    fn correlation_at_distances_agrees_with_measurement() {
        for (apart, measured) in [(1, 0.89), (2, 0.73), (3, 0.57), (4, 0.41), (6, 0.12)] {
            let error = (correlation(apart) - measured).abs();
            assert!(error < 0.09, "{apart}: {}", correlation(apart));
        }
    }

    #[test]
    fn inverse_times_matrix_is_identity() {
        let matrix: Matrix<EQ_PARAMETER_COUNT> = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                if i == j {
                    3.0
                } else {
                    1.0 / (1.0 + count(i + j))
                }
            })
        });
        let inverse = inverse(matrix);
        for i in 0..EQ_PARAMETER_COUNT {
            for j in 0..EQ_PARAMETER_COUNT {
                let product: f64 = (0..EQ_PARAMETER_COUNT)
                    .map(|k| matrix[i][k] * inverse[k][j])
                    .sum();
                let wanted = if i == j { 1.0 } else { 0.0 };
                assert!((product - wanted).abs() < 1e-9, "{i} {j}: {product}");
            }
        }
    }

    /// Errors drawn with the correlation that is assumed give the parameters the standard deviations that `fit` states.
    #[test]
    fn standard_deviations_agree_with_drawn_errors() {
        const SD: f32 = 2.0;
        let mut curve = [Estimate { mean: 0.0, sd: SD }; BANDS];
        let free = [false, true, true, false, true, false, true];
        let stated = fit(&curve, basis(), free);
        // Lower triangle with which independent numbers become correlated ones (Cholesky).
        let mut lower = [[0.0_f64; BANDS]; BANDS];
        for i in 0..BANDS {
            for j in 0..=i {
                let inner: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
                let here = if i == j { 1.0 } else { correlation(i - j) };
                lower[i][j] = if i == j {
                    (here - inner).max(1e-9).sqrt()
                } else {
                    (here - inner) / lower[j][j]
                };
            }
        }
        let mut seed = 1_u64;
        // Sums of twelve uniform numbers are normal enough.
        let mut normal = || {
            (0..12).fold(-6.0, |sum, _| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                sum + f64::from(u32::try_from(seed >> 32).unwrap_or(0)) / f64::from(u32::MAX)
            })
        };
        let mut squares = [0.0_f64; EQ_PARAMETER_COUNT];
        const DRAWS: usize = 400;
        for _ in 0..DRAWS {
            let plain: [f64; BANDS] = std::array::from_fn(|_| normal());
            for b in 0..BANDS {
                let drawn: f64 = (0..=b).map(|k| lower[b][k] * plain[k]).sum();
                curve[b].mean = SD * narrow(drawn);
            }
            let found = fit(&curve, basis(), free);
            for (square, gain) in squares.iter_mut().zip(found) {
                *square += f64::from(gain.mean).powi(2) / count(DRAWS);
            }
        }
        for i in (0..EQ_PARAMETER_COUNT).filter(|i| free[*i]) {
            let ratio = squares[i].sqrt() / f64::from(stated[i].sd);
            assert!(
                (0.85..1.15).contains(&ratio),
                "{}: {ratio}",
                EQ_PARAMETERS[i]
            );
        }
    }
}
