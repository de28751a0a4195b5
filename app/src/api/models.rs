use super::{ApiError, Result};
use folio_types::{Book, Model};
use leptos::prelude::server;
use serde::{Deserialize, Serialize};

/// What a question can be asked with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// Empty when the model servers cannot be reached: the default is used then.
    pub models: Vec<Model>,
    /// The ready ones.
    pub books: Vec<Book>,
}

#[server(prefix = "/ui", endpoint = "choices")]
pub async fn list_choices() -> Result<Choices, ApiError> {
    let (core, who) = (super::core(), super::who()?);
    // a model server that is away must not take the page with it
    let models = core.models().list(&who).await.unwrap_or_default();
    let books = core.library().list(&who).await?;
    let books = books.into_iter().filter(|book| book.status == folio_types::BookStatus::Ready).collect();
    Ok(Choices { models, books })
}
