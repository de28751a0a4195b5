//! Hybrid search: full text and meaning, fused by rank, with a floor below which nothing was found.

use super::Library;
use super::rows::count;
use crate::db::{Db, on_db};
use crate::error::{Error, Result};
use folio_types::{Book, BookId, Span};
use sqlx::QueryBuilder;
use std::collections::{HashMap, HashSet};
use unicode_segmentation::UnicodeSegmentation;
use uuid::Uuid;

/// Passages that each of the two searches contributes.
const DEPTH: usize = 50;
/// Passages that an answer may rest on.
const BEST: usize = 5;
/// The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
const FUSION_K: f32 = 60.0;
/// Below this cosine the best passage is about something else, unless it shares the question's words.
/// Measured on the handbook, see `ARCHITECTURE.md`.
const FLOOR: f32 = 0.3;
/// With at least this share of the question's content words in one passage, less closeness is enough.
const WORDS_SHARE: f32 = 0.6;
const FLOOR_WITH_WORDS: f32 = 0.2;
/// Words of a question that are looked up at most.
const MOST_WORDS: usize = 64;

const HITS: &str = "SELECT c.id, c.book_id, c.page, c.start_at, c.end_at, c.text, p.label
    FROM chunks c JOIN pages p ON p.book_id = c.book_id AND p.number = c.page WHERE c.id IN (";

/// A passage that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub book_id: BookId,
    pub book_title: String,
    pub page: u32,
    pub label: Option<String>,
    /// Where `text` stands on the page, in characters.
    pub span: Span,
    pub text: String,
}

#[derive(sqlx::FromRow)]
struct HitRow {
    id: i64,
    book_id: Uuid,
    page: i64,
    start_at: i64,
    end_at: i64,
    text: String,
    label: Option<String>,
}

impl Library<'_> {
    /// The passages of `books` that best answer `question`, best first; none when nothing is relevant.
    pub async fn search(&self, question: &str, books: &[Book]) -> Result<Vec<Hit>> {
        let ids: Vec<BookId> = books.iter().map(|book| book.id).collect();
        let (by_words, by_meaning) =
            tokio::try_join!(by_words(self.0.db(), question, &ids), self.by_meaning(question, &ids))?;
        let cosines: HashMap<i64, f32> = by_meaning.iter().copied().collect();
        let fused = fuse([by_words, by_meaning.iter().take(DEPTH).map(|(id, _)| *id).collect()]);
        let best: Vec<i64> = fused.into_iter().take(BEST).collect();
        let titles: HashMap<BookId, &str> = books.iter().map(|book| (book.id, book.title.as_str())).collect();
        let hits = self.load(&best, &titles).await?;
        Ok(if is_relevant(question, &hits, &cosines) {
            hits.into_iter().map(|(_, hit)| hit).collect()
        } else {
            Vec::new()
        })
    }

    /// Every passage with its closeness in meaning, closest first.
    async fn by_meaning(&self, question: &str, books: &[BookId]) -> Result<Vec<(i64, f32)>> {
        let vectors = self.0.embedder().encode(vec![question.to_owned()]).await?;
        let query = vectors.into_iter().next().unwrap_or_default();
        let mut compared = Vec::new();
        for book in books {
            let vectors = self.0.vectors().of(self.0.db(), *book).await?;
            compared.extend(vectors.compare(&query));
        }
        compared.sort_unstable_by(|a, b| b.1.total_cmp(&a.1));
        Ok(compared)
    }

    async fn load(&self, ids: &[i64], titles: &HashMap<BookId, &str>) -> Result<Vec<(i64, Hit)>> {
        let rows: Vec<HitRow> = on_db!(read self.0.db(), pool => {
            let mut query = QueryBuilder::new(HITS);
            let mut list = query.separated(", ");
            for id in ids.iter().chain(ids.is_empty().then_some(&-1)) {
                list.push_bind(*id);
            }
            query.push(")").build_query_as().fetch_all(pool).await
        })?;
        let mut found: HashMap<i64, HitRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        Ok(ids
            .iter()
            .filter_map(|id| found.remove(id))
            .map(|row| {
                let book_id = BookId(row.book_id);
                let hit = Hit {
                    book_id,
                    book_title: titles.get(&book_id).copied().unwrap_or_default().to_owned(),
                    page: count(row.page),
                    label: row.label,
                    span: Span { start: count(row.start_at), end: count(row.end_at) },
                    text: row.text,
                };
                (row.id, hit)
            })
            .collect())
    }
}

/// Passages by full text, best first. The one query that is written twice.
async fn by_words(db: &Db, question: &str, books: &[BookId]) -> Result<Vec<i64>> {
    let words: Vec<&str> = question.unicode_words().take(MOST_WORDS).collect();
    if words.is_empty() || books.is_empty() {
        return Ok(Vec::new());
    }
    let limit = i64::try_from(DEPTH).unwrap_or(i64::MAX);
    match db {
        Db::Sqlite { reader, .. } => {
            let any = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" OR ");
            let mut query = QueryBuilder::new(
                "SELECT c.id FROM chunks_fts f JOIN chunks c ON c.id = f.rowid WHERE f.chunks_fts MATCH ",
            );
            query.push_bind(any).push(" AND c.book_id IN (");
            let mut list = query.separated(", ");
            for book in books {
                list.push_bind(book.0);
            }
            query.push(") ORDER BY f.rank LIMIT ").push_bind(limit);
            query.build_query_scalar().fetch_all(reader).await.map_err(Error::from)
        }
        Db::Postgres(pool) => {
            const SEARCH: &str = "SELECT c.id FROM chunks c, to_tsquery('english', $1) q
                WHERE c.words @@ q AND c.book_id = ANY($2) ORDER BY ts_rank_cd(c.words, q, 1) DESC, c.id LIMIT $3";
            let any =
                words.iter().map(|word| format!("'{}'", word.replace('\'', "''"))).collect::<Vec<_>>().join(" | ");
            let books: Vec<Uuid> = books.iter().map(|book| book.0).collect();
            sqlx::query_scalar(SEARCH).bind(any).bind(books).bind(limit).fetch_all(pool).await.map_err(Error::from)
        }
    }
}

/// Reciprocal rank fusion: what both lists rank high comes first.
fn fuse(lists: [Vec<i64>; 2]) -> Vec<i64> {
    let mut scores: HashMap<i64, f32> = HashMap::new();
    for list in &lists {
        for (rank, id) in (1_u16..).zip(list) {
            *scores.entry(*id).or_default() += 1.0 / (FUSION_K + f32::from(rank));
        }
    }
    let mut fused: Vec<(i64, f32)> = scores.into_iter().collect();
    fused.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    fused.into_iter().map(|(id, _)| id).collect()
}

/// Whether anything that was found is about the question at all.
fn is_relevant(question: &str, hits: &[(i64, Hit)], cosines: &HashMap<i64, f32>) -> bool {
    let asked: HashSet<String> = folio_grounding::terms(question).into_iter().collect();
    let near = |(id, hit): &(i64, Hit)| (cosines.get(id).copied().unwrap_or_default(), share(&asked, &hit.text));
    hits.iter().map(near).any(|(cosine, share)| {
        tracing::debug!(cosine, share, "how near a passage is");
        cosine >= FLOOR || (cosine >= FLOOR_WITH_WORDS && share >= WORDS_SHARE)
    })
}

#[expect(clippy::cast_precision_loss, reason = "a question has few words")]
fn share(asked: &HashSet<String>, text: &str) -> f32 {
    if asked.is_empty() {
        return 0.0;
    }
    let there: HashSet<String> = folio_grounding::terms(text).into_iter().collect();
    asked.intersection(&there).count() as f32 / asked.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Fusion neither loses nor invents a passage, and one that leads both lists leads the result.
        #[test]
        fn fusion_keeps_everything(a in prop::collection::hash_set(0_i64..100, 1..40), b in prop::collection::hash_set(0_i64..100, 1..40)) {
            let (a, b): (Vec<i64>, Vec<i64>) = (a.into_iter().collect(), b.into_iter().collect());
            let fused = fuse([a.clone(), b.clone()]);
            let all: HashSet<i64> = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(fused.iter().copied().collect::<HashSet<_>>(), all);
            if a[0] == b[0] {
                prop_assert_eq!(fused[0], a[0]);
            }
        }
    }
}
