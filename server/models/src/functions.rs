//! The functions between the matrix products, as polynomials without branches: the compiler makes vector code of
//! them, which is some ten times as fast as calling the exact ones.

use crate::lanes::{multiply_add, sum};

/// Turns scores into weights that are positive and sum up to 1.
pub(crate) fn softmax(row: &mut [f32]) {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for x in &mut *row {
        *x = exp(*x - greatest);
    }
    let scale = sum(row, |x| x).recip();
    for x in row {
        *x *= scale;
    }
}

/// `x · Φ(x)`, where Φ is the normal distribution.
pub(crate) fn gelu(numbers: &mut [f32]) {
    for x in numbers {
        *x *= 0.5 * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
    }
}

/// `x / (1 + e⁻ˣ)`.
#[inline]
pub(crate) fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

/// `e` to the power of `x`, kept between e⁻⁸⁷ and e⁸⁸, with a relative error below 2e-7.
///
/// The method and numbers of `expf` in S. Moshier's Cephes library: `x` is split into a multiple of ln 2 and a
/// rest, for which a polynomial is near enough.
#[inline]
fn exp(x: f32) -> f32 {
    // Added to a small number, it leaves that number rounded in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let rounded = multiply_add(x, std::f32::consts::LOG2_E, ROUNDER);
    let power = rounded - ROUNDER;
    let rest = multiply_add(power, -LN_2_LOW, multiply_add(power, -LN_2_HIGH, x));
    let fraction =
        polynomial(rest, [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5, 1.0, 1.0]);
    let exponent = rounded.to_bits().wrapping_sub(ROUNDER.to_bits()) << 23;
    f32::from_bits(fraction.to_bits().wrapping_add(exponent))
}

/// The error function, with an error below 5e-7.
///
/// The rational approximation of Eigen's `generic_fast_erf_float` (also XLA's): odd polynomial by even one, on
/// -4…4, beyond which a 32-bit number cannot tell the result from 1.
#[inline]
fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let above = [
        -2.726_142_3e-10,
        2.770_681_5e-8,
        -2.101_024e-6,
        -5.692_506_5e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    let below = [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2];
    x * polynomial(square, above) / polynomial(square, below)
}

/// Horner's scheme, the highest power's coefficient first.
#[inline]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    coefficients.into_iter().fold(0.0, |sum, coefficient| multiply_add(sum, x, coefficient))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_near_the_exact_function() {
        let mut x = -87.0_f32;
        while x < 88.0 {
            let relative = (f64::from(exp(x)) / f64::from(x).exp() - 1.0).abs();
            assert!(relative < 2e-7, "exp({x}) is off by {relative}");
            x += 0.001;
        }
        assert!(exp(-1e9) < 1e-37);
        assert!(exp(1e9).is_finite());
    }

    #[test]
    fn erf_is_near_the_exact_function() {
        // Abramowitz and Stegun, table 7.1.
        let table = [
            (0.0, 0.0),
            (0.1, 0.112_462_916),
            (0.5, 0.520_499_878),
            (1.0, 0.842_700_793),
            (2.0, 0.995_322_265),
            (3.0, 0.999_977_910),
            (9.0, 1.0),
        ];
        for (x, expected) in table {
            assert!((f64::from(erf(x)) - expected).abs() < 5e-7, "erf({x}) = {}", erf(x));
            assert!((f64::from(erf(-x)) + expected).abs() < 5e-7, "erf(-{x}) = {}", erf(-x));
        }
    }

    #[test]
    fn softmax_sums_up_to_one() {
        let mut row: Vec<f32> = (0_u8..77).map(|x| (f32::from(x) - 40.0) * 0.7).collect();
        softmax(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(row.is_sorted());
    }
}
