//! What can be changed of a book on the shelf.

use super::Library;
use super::rows::BookRow;
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{Book, BookId, TopicId};

const LONGEST: usize = 255;

const CHANGE: &str = "UPDATE books SET title = COALESCE($2, title), author = COALESCE($3, author),
    shared = COALESCE($4, shared), updated_at = $5 WHERE id = $1 RETURNING *";

/// What is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct BookChange {
    pub title: Option<String>,
    pub author: Option<String>,
    /// Whether everyone may ask it; for librarians and administrators.
    pub shared: Option<bool>,
    /// The topics that it belongs to, of those that the caller sees.
    pub topics: Option<Vec<TopicId>>,
}

impl Library<'_> {
    pub async fn change(&self, who: &Principal, id: BookId, change: BookChange) -> Result<Book> {
        let book = self.apply(who, id, change).await?;
        self.record_of_other(who, "library.change", &book).await?;
        Ok(book)
    }

    /// Gives it another title, as an operation that is recorded by the gate that it came through.
    pub(crate) async fn rename(&self, who: &Principal, id: BookId, title: &str) -> Result<Book> {
        self.apply(who, id, BookChange { title: Some(title.to_owned()), ..BookChange::default() }).await
    }

    async fn apply(&self, who: &Principal, id: BookId, change: BookChange) -> Result<Book> {
        let book = self.changeable(who, id).await?;
        if change.shared.is_some_and(|shared| shared != book.shared) && !who.may_manage_shared_books() {
            return Err(Error::Denied("Only librarians and administrators may share books with everyone.".into()));
        }
        let title = change.title.as_deref().map(|title| label("title", title)).transpose()?;
        let author = change.author.as_deref().map(|author| label("author", author)).transpose()?;
        if let Some(topics) = &change.topics {
            self.0.topics().file(who, id, topics).await?;
        }
        let row: Option<BookRow> = on_db!(write self.0.db(), pool => sqlx::query_as(CHANGE)
            .bind(id.0).bind(&title).bind(&author).bind(change.shared).bind(now()).fetch_optional(pool).await)?;
        let book: Book = row.ok_or(Error::NotFound("Book"))?.try_into()?;
        self.0.shelf().changed(&book);
        Ok(book)
    }
}

fn label(field: &'static str, text: &str) -> Result<String> {
    // PostgreSQL cannot store it as text
    let text = text.trim().replace('\0', "");
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(Error::invalid(field, "Give 1 to 255 characters."));
    }
    Ok(text)
}
