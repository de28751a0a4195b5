//! What is kept, and how much room it takes.

use super::Reports;
use crate::accounts::Principal;
use crate::csv::Table;
use crate::db::{Db, on_db};
use crate::error::{Error, Result};
use std::path::PathBuf;

const COUNTS: &str = "SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM books), (SELECT COUNT(*) FROM pages),
    (SELECT COUNT(*) FROM chunks), (SELECT COUNT(*) FROM conversations), (SELECT COUNT(*) FROM messages)";
const POSTGRES_SIZE: &str = "SELECT pg_database_size(current_database())";
const SQLITE_SIZE: &str = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    pub users: u64,
    pub books: u64,
    pub pages: u64,
    pub passages: u64,
    pub conversations: u64,
    pub messages: u64,
    /// Bytes.
    pub database: u64,
    pub book_files: u64,
    pub attachments: u64,
    pub backups: u64,
    pub exports: u64,
}

impl Reports<'_> {
    pub(crate) async fn storage(&self, who: &Principal) -> Result<Storage> {
        Self::admins_only(who)?;
        let (users, books, pages, passages, conversations, messages): (i64, i64, i64, i64, i64, i64) =
            on_db!(read self.0.db(), pool => sqlx::query_as(COUNTS).fetch_one(pool).await?);
        let database: i64 = match self.0.db() {
            Db::Sqlite { reader, .. } => sqlx::query_scalar(SQLITE_SIZE).fetch_one(reader).await?,
            Db::Postgres(pool) => sqlx::query_scalar(POSTGRES_SIZE).fetch_one(pool).await?,
        };
        let data_dir = self.0.settings().data_dir.clone();
        let sizes = tokio::task::spawn_blocking(move || {
            ["books", "attachments", "backups", "exports"].map(|folder| size_of(data_dir.join(folder)))
        });
        let [book_files, attachments, backups, exports] = sizes.await.map_err(Error::internal)?;
        Ok(Storage {
            users: users.unsigned_abs(),
            books: books.unsigned_abs(),
            pages: pages.unsigned_abs(),
            passages: passages.unsigned_abs(),
            conversations: conversations.unsigned_abs(),
            messages: messages.unsigned_abs(),
            database: database.unsigned_abs(),
            book_files,
            attachments,
            backups,
            exports,
        })
    }
}

impl Storage {
    /// What is counted, with its number.
    pub fn counts(&self) -> [(&'static str, u64); 6] {
        [
            ("Users", self.users),
            ("Books", self.books),
            ("Pages", self.pages),
            ("Passages", self.passages),
            ("Conversations", self.conversations),
            ("Messages", self.messages),
        ]
    }

    /// What takes room, with its bytes.
    pub fn sizes(&self) -> [(&'static str, u64); 5] {
        [
            ("Database", self.database),
            ("Books' files", self.book_files),
            ("Attachments", self.attachments),
            ("Backups", self.backups),
            ("Exports", self.exports),
        ]
    }

    pub(super) fn csv(&self) -> Result<String> {
        let mut table = Table::new().row(["what", "number", "unit"])?;
        for (what, number) in self.counts() {
            table = table.row([what, &number.to_string(), ""])?;
        }
        for (what, size) in self.sizes() {
            table = table.row([what, &size.to_string(), "bytes"])?;
        }
        Ok(table.text())
    }
}

/// What cannot be looked into counts nothing.
fn size_of(folder: PathBuf) -> u64 {
    let mut total = 0;
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => total += entry.metadata().map_or(0, |file| file.len()),
                _ => {}
            }
        }
    }
    total
}
