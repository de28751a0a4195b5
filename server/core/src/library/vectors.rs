//! The vectors of a book's passages, in memory while they are asked about.
//!
//! Exact cosine over every passage in scope: 100,000 passages are 38 million multiplications, some ten
//! milliseconds, so no approximate index is needed at a team's size.

use crate::db::{Db, on_db};
use crate::error::{Error, Result};
use folio_types::BookId;
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;

const ALL: &str = "SELECT id, embedding FROM chunks WHERE book_id = $1 AND embedding IS NOT NULL ORDER BY id";

/// Memory for vectors at most; beyond it the least recently asked books are read again when needed.
const MOST_BYTES: u64 = 128 * 1024 * 1024;
const IDLE: Duration = Duration::from_mins(10);

#[derive(Clone)]
pub struct Vectors(Cache<BookId, Arc<BookVectors>>);

pub struct BookVectors {
    chunks: Vec<i64>,
    numbers: Vec<f32>,
}

impl Default for Vectors {
    fn default() -> Self {
        let weigh = |_: &BookId, book: &Arc<BookVectors>| u32::try_from(book.numbers.len() * 4).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(MOST_BYTES).weigher(weigh).time_to_idle(IDLE).build())
    }
}

impl Vectors {
    pub async fn of(&self, db: &Db, book: BookId) -> Result<Arc<BookVectors>> {
        self.0.try_get_with(book, load(db, book)).await.map_err(|fault: Arc<Error>| (*fault).clone())
    }

    pub async fn forget(&self, book: BookId) {
        self.0.invalidate(&book).await;
    }
}

impl BookVectors {
    /// Every passage's id with its cosine to `query`, a unit vector.
    pub fn compare<'a>(&'a self, query: &'a [f32]) -> impl Iterator<Item = (i64, f32)> + 'a {
        let rows = self.numbers.chunks_exact(query.len().max(1));
        self.chunks.iter().copied().zip(rows.map(|row| dot(row, query)))
    }
}

async fn load(db: &Db, book: BookId) -> Result<Arc<BookVectors>> {
    let rows: Vec<(i64, Vec<u8>)> = on_db!(read db, pool => sqlx::query_as(ALL).bind(book.0).fetch_all(pool).await)?;
    let mut vectors = BookVectors { chunks: Vec::with_capacity(rows.len()), numbers: Vec::new() };
    for (id, bytes) in rows {
        vectors.chunks.push(id);
        vectors.numbers.extend(bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)));
    }
    Ok(Arc::new(vectors))
}

pub fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Both are unit vectors, so this is the cosine. Eight sums side by side let the compiler use wide registers.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for (x, y) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f32>()
}
