//! Topics: some books, and how they are to be asked.

mod rows;
mod slug;

use crate::Core;
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{BookId, Scope, TopicId, UserId};
use rows::{TopicRow, Visible};
use std::collections::HashMap;
use uuid::Uuid;

const LONGEST_TITLE: usize = 200;
const LONGEST_DESCRIPTION: usize = 2_000;
const LONGEST_INSTRUCTIONS: usize = 4_000;
const MOST_BOOKS: usize = 500;

/// A caller's own topics and those shared with everyone; `$1` is the caller.
const LIST: &str = "SELECT * FROM topics WHERE owner_id = $1 OR shared ORDER BY title, id LIMIT $2 OFFSET $3";
const COUNT: &str = "SELECT COUNT(*) FROM topics WHERE owner_id = $1 OR shared";
const ONE: &str = "SELECT * FROM topics WHERE id = $2 AND (owner_id = $1 OR shared)";
/// The books of visible topics that the caller may read too.
const BOOKS: &str = "SELECT tb.topic_id, tb.book_id FROM topic_books tb
    JOIN topics t ON t.id = tb.topic_id JOIN books b ON b.id = tb.book_id
    WHERE (t.owner_id = $1 OR t.shared) AND (b.owner_id = $1 OR b.shared) ORDER BY tb.book_id";
const INSERT: &str = "INSERT INTO topics
    (id, owner_id, title, description, instructions, shared, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (id) DO NOTHING";
const UPDATE: &str = "UPDATE topics SET title = $2, description = $3, instructions = $4, shared = $5, updated_at = $6
    WHERE id = $1";
const DELETE: &str = "DELETE FROM topics WHERE id = $1";
const ADD_BOOK: &str = "INSERT INTO topic_books (topic_id, book_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const REMOVE_BOOK: &str = "DELETE FROM topic_books WHERE topic_id = $1 AND book_id = $2";

/// Some books, and how they are to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub id: TopicId,
    pub owner_id: UserId,
    pub title: String,
    pub description: String,
    /// What the model is told besides.
    pub instructions: String,
    /// Those that the caller may read.
    pub book_ids: Vec<BookId>,
    /// Whether everyone may ask it.
    pub shared: bool,
}

#[derive(Clone, Debug, Default)]
pub struct NewTopic {
    /// None makes one of the title.
    pub id: Option<String>,
    pub title: String,
    pub description: String,
    pub instructions: String,
    pub book_ids: Vec<BookId>,
    pub shared: bool,
}

/// What is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct TopicChange {
    pub title: Option<String>,
    pub description: Option<String>,
    pub instructions: Option<String>,
    pub book_ids: Option<Vec<BookId>>,
    pub shared: Option<bool>,
}

pub struct Topics<'a>(pub(crate) &'a Core);

impl Topics<'_> {
    /// The topics that the caller may ask, by title.
    pub async fn list(&self, who: &Principal, limit: u32, offset: u64) -> Result<Vec<Topic>> {
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let rows: Vec<TopicRow> = on_db!(read self.0.db(), pool => sqlx::query_as(LIST)
            .bind(who.id.0).bind(i64::from(limit)).bind(offset).fetch_all(pool).await)?;
        let visible = self.visible(who).await?;
        Ok(rows.into_iter().map(|row| row.with_books(&visible)).collect())
    }

    pub async fn count(&self, who: &Principal) -> Result<u64> {
        let count: i64 =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(COUNT).bind(who.id.0).fetch_one(pool).await)?;
        Ok(count.unsigned_abs())
    }

    pub async fn topic(&self, who: &Principal, id: &TopicId) -> Result<Topic> {
        slug::given(id.as_str()).map_err(|_| Error::NotFound("Topic"))?;
        let row: Option<TopicRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(ONE).bind(who.id.0).bind(id.as_str()).fetch_optional(pool).await)?;
        let row = row.ok_or(Error::NotFound("Topic"))?;
        Ok(row.with_books(&self.visible(who).await?))
    }

    /// The topic that a request names beside its own subject; an unknown one is the request's fault.
    pub async fn named(&self, who: &Principal, id: &TopicId) -> Result<Topic> {
        self.topic(who, id).await.map_err(|fault| match fault {
            Error::NotFound(_) => Error::invalid("topicId", format!("There is no topic “{id}”.")),
            other => other,
        })
    }

    /// What the model is told besides where a question is about a topic; empty if nothing.
    pub async fn instructions(&self, who: &Principal, scope: &Scope) -> Result<String> {
        let Scope::Topic(id) = scope else { return Ok(String::new()) };
        match self.topic(who, id).await {
            Ok(topic) => Ok(topic.instructions),
            Err(Error::NotFound(_)) => Ok(String::new()),
            Err(fault) => Err(fault),
        }
    }

    pub async fn create(&self, who: &Principal, new: NewTopic) -> Result<Topic> {
        let NewTopic { id, title, description, instructions, book_ids, shared } = new;
        let texts = Texts::checked(&title, &description, &instructions)?;
        may_share(who, shared)?;
        self.check_books(who, &book_ids).await?;
        let wished = match id {
            Some(id) => vec![slug::given(&id)?],
            // a few more, in case it is taken
            None => slug::made_of(&texts.title),
        };
        for id in wished {
            let made = on_db!(change self.0.db(), tx => {
                let made = sqlx::query(INSERT).bind(id.as_str()).bind(who.id.0).bind(&texts.title)
                    .bind(&texts.description).bind(&texts.instructions).bind(shared).bind(now())
                    .execute(&mut *tx).await?.rows_affected();
                if made == 1 {
                    for book in &book_ids {
                        sqlx::query(ADD_BOOK).bind(id.as_str()).bind(book.0).execute(&mut *tx).await?;
                    }
                }
                tx.commit().await?;
                made
            });
            if made == 1 {
                return self.topic(who, &id).await;
            }
        }
        Err(Error::Conflict("There is a topic with this id already. Choose another one.".into()))
    }

    pub async fn change(&self, who: &Principal, id: &TopicId, change: TopicChange) -> Result<Topic> {
        let topic = self.changeable(who, id).await?;
        let texts = Texts::checked(
            change.title.as_deref().unwrap_or(&topic.title),
            change.description.as_deref().unwrap_or(&topic.description),
            change.instructions.as_deref().unwrap_or(&topic.instructions),
        )?;
        let shared = change.shared.unwrap_or(topic.shared);
        if shared != topic.shared {
            may_share(who, true)?;
        }
        let books = change.book_ids.as_ref().unwrap_or(&topic.book_ids);
        self.check_books(who, books).await?;
        // books that the caller cannot see stay in it
        let gone: Vec<BookId> = topic.book_ids.iter().filter(|book| !books.contains(book)).copied().collect();
        on_db!(change self.0.db(), tx => {
            sqlx::query(UPDATE).bind(id.as_str()).bind(&texts.title).bind(&texts.description)
                .bind(&texts.instructions).bind(shared).bind(now()).execute(&mut *tx).await?;
            for book in &gone {
                sqlx::query(REMOVE_BOOK).bind(id.as_str()).bind(book.0).execute(&mut *tx).await?;
            }
            for book in books {
                sqlx::query(ADD_BOOK).bind(id.as_str()).bind(book.0).execute(&mut *tx).await?;
            }
            tx.commit().await?;
        });
        self.topic(who, id).await
    }

    /// Deletes a topic. Its books stay; conversations about it are about all books then.
    pub async fn delete(&self, who: &Principal, id: &TopicId) -> Result<()> {
        self.changeable(who, id).await?;
        on_db!(write self.0.db(), pool => sqlx::query(DELETE).bind(id.as_str()).execute(pool).await.map(drop))?;
        Ok(())
    }

    /// The topics that each book belongs to, as far as the caller sees them.
    pub async fn by_book(&self, who: &Principal) -> Result<HashMap<BookId, Vec<TopicId>>> {
        let mut topics: HashMap<BookId, Vec<TopicId>> = HashMap::new();
        for (topic, book) in self.visible(who).await?.0 {
            topics.entry(BookId(book)).or_default().push(TopicId::from(topic));
        }
        Ok(topics)
    }

    /// Puts a book into a topic, which keeps it in all others; false when it was in it already.
    pub async fn add(&self, who: &Principal, topic: &TopicId, book: BookId) -> Result<bool> {
        self.place(who, ADD_BOOK, topic, book).await
    }

    /// Takes a book out of a topic; false when it was not in it.
    pub async fn take_out(&self, who: &Principal, topic: &TopicId, book: BookId) -> Result<bool> {
        self.place(who, REMOVE_BOOK, topic, book).await
    }

    /// Whether that changed anything.
    async fn place(&self, who: &Principal, sql: &'static str, topic: &TopicId, book: BookId) -> Result<bool> {
        self.changeable(who, topic).await?;
        self.0.library().book(who, book).await?;
        let changed = on_db!(write self.0.db(), pool =>
            sqlx::query(sql).bind(topic.as_str()).bind(book.0).execute(pool).await?.rows_affected());
        Ok(changed == 1)
    }

    /// Puts a book into exactly these of the topics that the caller sees.
    pub async fn file(&self, who: &Principal, book: BookId, topics: &[TopicId]) -> Result<()> {
        let before = self.by_book(who).await?.remove(&book).unwrap_or_default();
        let gone: Vec<&TopicId> = before.iter().filter(|topic| !topics.contains(topic)).collect();
        let new: Vec<&TopicId> = topics.iter().filter(|topic| !before.contains(topic)).collect();
        for topic in &new {
            self.named(who, topic).await?;
        }
        for topic in gone.iter().chain(&new) {
            self.changeable(who, topic).await?;
        }
        on_db!(change self.0.db(), tx => {
            for topic in &gone {
                sqlx::query(REMOVE_BOOK).bind(topic.as_str()).bind(book.0).execute(&mut *tx).await?;
            }
            for topic in &new {
                sqlx::query(ADD_BOOK).bind(topic.as_str()).bind(book.0).execute(&mut *tx).await?;
            }
            tx.commit().await?;
        });
        Ok(())
    }

    /// The topic, if the caller may also change it.
    pub async fn changeable(&self, who: &Principal, id: &TopicId) -> Result<Topic> {
        let topic = self.topic(who, id).await?;
        if topic.owner_id == who.id || who.may_manage_shared_books() {
            Ok(topic)
        } else {
            Err(Error::Denied("Only its owner or a librarian may change this topic.".into()))
        }
    }

    async fn visible(&self, who: &Principal) -> Result<Visible> {
        let rows: Vec<(String, Uuid)> =
            on_db!(read self.0.db(), pool => sqlx::query_as(BOOKS).bind(who.id.0).fetch_all(pool).await)?;
        Ok(Visible(rows))
    }

    async fn check_books(&self, who: &Principal, books: &[BookId]) -> Result<()> {
        if books.len() > MOST_BOOKS {
            return Err(Error::invalid("bookIds", format!("A topic has at most {MOST_BOOKS} books.")));
        }
        for book in books {
            self.0.library().book(who, *book).await.map_err(|fault| match fault {
                Error::NotFound(_) => Error::invalid("bookIds", format!("There is no book “{book}”.")),
                other => other,
            })?;
        }
        Ok(())
    }
}

fn may_share(who: &Principal, shared: bool) -> Result<()> {
    if shared && !who.may_manage_shared_books() {
        return Err(Error::Denied("Only librarians and administrators may share topics with everyone.".into()));
    }
    Ok(())
}

/// What a topic says, within its bounds.
struct Texts {
    title: String,
    description: String,
    instructions: String,
}

impl Texts {
    fn checked(title: &str, description: &str, instructions: &str) -> Result<Self> {
        let title = text("title", title, LONGEST_TITLE)?;
        if title.is_empty() {
            return Err(Error::invalid("title", "Give the topic a title."));
        }
        let description = text("description", description, LONGEST_DESCRIPTION)?;
        Ok(Self { title, description, instructions: text("instructions", instructions, LONGEST_INSTRUCTIONS)? })
    }
}

fn text(field: &'static str, text: &str, longest: usize) -> Result<String> {
    // PostgreSQL cannot store it as text
    let text = text.trim().replace('\0', "");
    if text.chars().count() > longest {
        return Err(Error::invalid(field, format!("This has at most {longest} characters.")));
    }
    Ok(text)
}
