//! What can be asked, and what it is called: models by their tags, books by names of their own.

use super::{Completions, embeddings};
use crate::accounts::Principal;
use crate::error::{Error, Result};
use crate::llm::{Chosen, EMBEDDED};
use crate::topics::Topic;
use folio_types::{Book, BookId, Millis, Model, Scope, TopicId};

/// All of one's books; one of them is `library/ID`.
const LIBRARY: &str = "library";
const ONE_BOOK: &str = "library/";
/// The books of a topic: `topic/SLUG`.
const TOPIC: &str = "topic/";
const FOLIO: &str = "folio";
/// Books and topics that are listed at most, newest books first. The others can be asked by name all the same.
const MOST: u32 = 1000;

/// Something that can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    /// Where it runs, or Folio itself.
    pub owner: String,
    /// What it is, for people.
    pub description: String,
    /// Where that is known.
    pub since: Option<Millis>,
}

pub(super) enum Subject {
    Model(Chosen),
    Books(Scope),
}

impl Completions<'_> {
    /// All that the caller can ask: what books are asked first, then models, then the sentence model.
    pub async fn list(&self, who: &Principal) -> Result<Vec<Named>> {
        let core = self.0;
        let mut all = vec![library()];
        all.extend(core.topics().list(who, MOST, 0).await?.iter().map(of_topic));
        let books = core.library().ready(who, &Scope::AllBooks).await?;
        all.extend(books.iter().take(MOST as usize).map(of_book));
        let models = core.models().list(who).await?;
        all.extend(models.into_iter().map(of_model));
        all.extend(core.embedder().is_there().await.then(embeddings::named));
        Ok(all)
    }

    /// What has this name; absent where the caller cannot ask it.
    pub async fn find(&self, who: &Principal, name: &str) -> Result<Named> {
        if name == LIBRARY {
            return Ok(library());
        }
        if let Some(id) = book_id(name) {
            return Ok(of_book(&self.book(who, id).await?));
        }
        if let Some(topic) = self.topic(who, name).await? {
            return Ok(of_topic(&topic));
        }
        let found = self.list(who).await?.into_iter().find(|named| named.name == name);
        found.ok_or(Error::NotFound("Model"))
    }

    pub(super) async fn subject(&self, who: &Principal, name: &str) -> Result<Subject> {
        if name == LIBRARY {
            return Ok(Subject::Books(Scope::AllBooks));
        }
        if let Some(id) = book_id(name) {
            self.book(who, id).await?;
            return Ok(Subject::Books(Scope::Books(vec![id])));
        }
        if let Some(topic) = self.topic(who, name).await? {
            return Ok(Subject::Books(Scope::Topic(topic.id)));
        }
        self.0.models().find(who, name).await?.map(Subject::Model).ok_or(Error::NotFound("Model"))
    }

    async fn book(&self, who: &Principal, id: BookId) -> Result<Book> {
        self.0.library().book(who, id).await.map_err(as_model)
    }

    /// None where it is no topic's name, or one that is not there: a model may have it.
    async fn topic(&self, who: &Principal, name: &str) -> Result<Option<Topic>> {
        let Some(slug) = name.strip_prefix(TOPIC) else { return Ok(None) };
        match self.0.topics().topic(who, &TopicId::from(slug.to_owned())).await {
            Ok(topic) => Ok(Some(topic)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

fn as_model(fault: Error) -> Error {
    match fault {
        Error::NotFound(_) => Error::NotFound("Model"),
        other => other,
    }
}

fn book_id(name: &str) -> Option<BookId> {
    name.strip_prefix(ONE_BOOK)?.parse().ok()
}

fn of_model(model: Model) -> Named {
    let description = match model.source.as_str() {
        EMBEDDED => "A model within Folio, without books.".to_owned(),
        source => format!("A model of {source}, without books."),
    };
    Named { name: model.tag, owner: model.source, description, since: None }
}

fn library() -> Named {
    of_books(LIBRARY.to_owned(), "Answers from all of your books, with the pages.".to_owned(), None)
}

fn of_book(book: &Book) -> Named {
    let by = book.author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
    let description = format!("Answers from “{}”{by}, with the pages.", book.title);
    of_books(format!("{ONE_BOOK}{}", book.id), description, Some(book.created_at))
}

fn of_topic(topic: &Topic) -> Named {
    let description = format!("Answers from the books about “{}”, with the pages.", topic.title);
    of_books(format!("{TOPIC}{}", topic.id), description, None)
}

fn of_books(name: String, description: String, since: Option<Millis>) -> Named {
    Named { name, owner: FOLIO.to_owned(), description, since }
}
