//! Matrices in eight bits a number.
//!
//! candle could multiply with the file's own packings, but it does so on a pool of threads of its own that wait for
//! each other some hundreds of times a token, spinning. Alone that is fast; while a book is indexed beside it,
//! writing falls from 55 tokens a second to 2. Here one thread does a token alone, and faster, because the products
//! are simpler. Whatever the file's packing, the matrix is packed anew, which costs a little memory (17 bits for two
//! numbers) and next to no precision.

use crate::{
    lanes::{LANES, multiply_add},
    matrix::Matrix,
};
use candle_core::{Device, Result, Tensor, bail, quantized::QTensor};

/// So many numbers share a scale.
const BLOCK: usize = 64;

/// From how many vectors on it pays to unpack the matrix for them.
const MANY: usize = 16;

/// How many rows of the matrix are unpacked at once: what fits the cache.
const UNPACKED_ROWS: usize = 64;

/// How many rows of a file's matrix are in memory as plain numbers while it is packed.
const ROWS_AT_ONCE: u32 = 1024;

/// A matrix that maps vectors of as many numbers as it has columns.
pub(super) struct Packed {
    columns: usize,
    blocks: Vec<[i8; BLOCK]>,
    scales: Vec<f32>,
}

impl Packed {
    /// Packs matrices of the same width as one, the rows of each after those of the one before.
    pub fn pack(parts: &[QTensor]) -> Result<Self> {
        let mut packed = Self { columns: 0, blocks: Vec::new(), scales: Vec::new() };
        for part in parts {
            let (rows, columns) = part.shape().dims2()?;
            if columns % BLOCK != 0 || (packed.columns != columns && packed.columns != 0) {
                bail!("rows of {columns} numbers cannot be packed");
            }
            packed.columns = columns;
            packed.blocks.reserve_exact(rows * columns / BLOCK);
            packed.scales.reserve_exact(rows * columns / BLOCK);
            let end = u32::try_from(rows).map_err(candle_core::Error::wrap)?;
            for start in (0..end).step_by(ROWS_AT_ONCE as usize) {
                let some = Tensor::arange(start, end.min(start + ROWS_AT_ONCE), &Device::Cpu)?;
                let numbers = part.embedding(&some)?.flatten_all()?.to_vec1::<f32>()?;
                for block in numbers.as_chunks().0 {
                    packed.push(block);
                }
            }
        }
        Ok(packed)
    }

    fn push(&mut self, block: &[f32; BLOCK]) {
        let greatest = block.iter().fold(0.0, |greatest: f32, x| greatest.max(x.abs()));
        let scale = greatest / 127.0;
        let inverse = if scale > 0.0 { scale.recip() } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "at most 127 by the choice of the scale")]
        self.blocks.push(block.map(|x| (x * inverse).round() as i8));
        self.scales.push(scale);
    }

    /// How many rows there are, and numbers in a mapped vector.
    pub fn height(&self) -> usize {
        self.blocks.len() * BLOCK / self.columns
    }

    /// How many numbers a vector has that can be mapped.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One row of the matrix as plain numbers; none beyond its end.
    pub fn unpack_row(&self, number: usize) -> Option<Vec<f32>> {
        let mut row = vec![0.0; self.columns];
        (number < self.height()).then(|| self.unpack(number, &mut row)).map(|()| row)
    }

    /// Each of the `vectors` mapped.
    pub fn map(&self, vectors: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; vectors.len() / self.columns * self.height()];
        self.add_mapped(vectors, &mut out);
        out
    }

    /// Adds each of the `vectors`, mapped, to its place in `sum`.
    pub fn add_mapped(&self, vectors: &[f32], sum: &mut [f32]) {
        if vectors.len() / self.columns < MANY {
            let pairs = vectors.chunks_exact(self.columns).zip(sum.chunks_exact_mut(self.height()));
            pairs.for_each(|(vector, sum)| self.add_one(vector, sum));
        } else {
            self.add_many(vectors, sum);
        }
    }

    fn add_one(&self, vector: &[f32], sum: &mut [f32]) {
        let (vector, _) = vector.as_chunks();
        for (number, sum) in sum.iter_mut().enumerate() {
            let (blocks, scales) = self.row(number);
            *sum += dot(blocks, scales, vector);
        }
    }

    /// Unpacks the matrix piece by piece and leaves the products to `gemm`.
    fn add_many(&self, vectors: &[f32], sum: &mut [f32]) {
        let height = self.height();
        let mut plain = vec![0.0; UNPACKED_ROWS.min(height) * self.columns];
        for first in (0..height).step_by(UNPACKED_ROWS) {
            let plain = &mut plain[..UNPACKED_ROWS.min(height - first) * self.columns];
            self.unpack(first, plain);
            let piece = Matrix::of(plain, self.columns).turned();
            Matrix::of(vectors, self.columns).add_product(piece, &mut sum[first..], height);
        }
    }

    /// Unpacks as many rows as `out` has room for.
    fn unpack(&self, first: usize, out: &mut [f32]) {
        for (number, out) in out.chunks_exact_mut(self.columns).enumerate() {
            let (blocks, scales) = self.row(first + number);
            let (out, _) = out.as_chunks_mut::<BLOCK>();
            for ((block, scale), out) in blocks.iter().zip(scales).zip(out) {
                out.iter_mut().zip(block).for_each(|(out, &x)| *out = f32::from(x) * scale);
            }
        }
    }

    fn row(&self, number: usize) -> (&[[i8; BLOCK]], &[f32]) {
        let width = self.columns / BLOCK;
        let range = number * width..(number + 1) * width;
        (&self.blocks[range.clone()], &self.scales[range])
    }
}

#[inline]
fn dot(blocks: &[[i8; BLOCK]], scales: &[f32], vector: &[[f32; BLOCK]]) -> f32 {
    let mut sums = [0.0; LANES];
    for ((block, &scale), vector) in blocks.iter().zip(scales).zip(vector) {
        let mut products = [0.0; LANES];
        for (xs, ys) in block.as_chunks::<LANES>().0.iter().zip(vector.as_chunks::<LANES>().0) {
            for ((product, &x), &y) in products.iter_mut().zip(xs).zip(ys) {
                *product = multiply_add(f32::from(x), y, *product);
            }
        }
        sums.iter_mut().zip(products).for_each(|(sum, product)| *sum = multiply_add(scale, product, *sum));
    }
    sums.iter().sum()
}
