//! Matrix products on slices: a safe face for the `gemm` crate.

use gemm::{Parallelism, gemm};

/// Rows of numbers inside a longer slice, or, turned, their columns.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    numbers: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `rows` rows of `columns` numbers, their beginnings `stride` apart.
    pub fn strided(numbers: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(holds(numbers, rows, columns, stride), "the matrix is larger than its numbers");
        Self { numbers, rows, columns, row_stride: stride, column_stride: 1 }
    }

    /// All the numbers, in rows of `columns`.
    pub fn of(numbers: &'a [f32], columns: usize) -> Self {
        Self::strided(numbers, numbers.len() / columns, columns, columns)
    }

    /// The same numbers with rows and columns exchanged; nothing is copied.
    pub fn turned(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// Adds `self · right` to the rows of `sum`, their beginnings `stride` apart.
    pub fn add_product(self, right: Matrix, sum: &mut [f32], stride: usize) {
        self.product(right, 1.0, true, sum, stride);
    }

    /// Writes `scale · (self · right)` into the rows of `out`, their beginnings `stride` apart.
    pub fn write_product(self, right: Matrix, scale: f32, out: &mut [f32], stride: usize) {
        self.product(right, scale, false, out, stride);
    }

    #[expect(unsafe_code, reason = "gemm takes pointers; every size is checked first")]
    fn product(self, right: Matrix, scale: f32, add: bool, out: &mut [f32], stride: usize) {
        assert_eq!(self.columns, right.rows, "the matrices do not fit each other");
        assert!(holds(out, self.rows, right.columns, stride), "the product is larger than its place");
        // SAFETY: `Matrix` is only made by `strided`, which checks that the last number of the last row lies inside
        // the slice, and `turned` keeps the same numbers; the same check was just made for `out`, which is borrowed
        // mutably and hence overlaps neither operand.
        unsafe {
            gemm(
                self.rows,
                right.columns,
                self.columns,
                out.as_mut_ptr(),
                1,
                stride.cast_signed(),
                add,
                self.numbers.as_ptr(),
                self.column_stride.cast_signed(),
                self.row_stride.cast_signed(),
                right.numbers.as_ptr(),
                right.column_stride.cast_signed(),
                right.row_stride.cast_signed(),
                1.0,
                scale,
                false,
                false,
                false,
                Parallelism::None,
            );
        }
    }
}

/// Whether a slice has room for such rows without their overlapping.
fn holds(numbers: &[f32], rows: usize, columns: usize, stride: usize) -> bool {
    let end = |last: usize| last.checked_mul(stride)?.checked_add(columns);
    columns <= stride && rows.checked_sub(1).is_none_or(|last| end(last).is_some_and(|end| end <= numbers.len()))
}
