//! Arithmetic written so that the compiler makes vector code of it.

/// How many partial sums run side by side. The order of additions is part of a program's meaning, so the compiler
/// may not split a sum by itself.
pub(crate) const LANES: usize = 16;

/// `a · b + c`, rounded once, where the processor built for can do that in one go.
#[inline]
pub(crate) fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
    // Without the instruction, `mul_add` would be a call of a slow exact function.
    if cfg!(target_feature = "fma") { a.mul_add(b, c) } else { a * b + c }
}

/// The sum of a function of each number.
#[inline]
pub(crate) fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (lanes, rest) = row.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for lane in lanes {
        sums.iter_mut().zip(lane).for_each(|(sum, &x)| *sum += of(x));
    }
    sums.iter().sum::<f32>() + rest.iter().map(|&x| of(x)).sum::<f32>()
}

/// The sum of the products of the numbers of two vectors.
#[inline]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, rest_of_a), (b, rest_of_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum = multiply_add(a, b, *sum);
        }
    }
    sums.iter().sum::<f32>() + rest_of_a.iter().zip(rest_of_b).map(|(a, b)| a * b).sum::<f32>()
}

/// Adds `scale` times the other row.
#[inline]
pub(crate) fn add_scaled(row: &mut [f32], scale: f32, other: &[f32]) {
    row.iter_mut().zip(other).for_each(|(x, &y)| *x = multiply_add(scale, y, *x));
}

#[inline]
pub(crate) fn add(row: &mut [f32], other: &[f32]) {
    row.iter_mut().zip(other).for_each(|(x, y)| *x += y);
}

/// A length as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "rows are short")]
pub(crate) fn count(length: usize) -> f32 {
    length as f32
}
