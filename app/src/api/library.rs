use super::{ApiError, Result};
use folio_types::{Book, BookId, Page};
use leptos::prelude::server;

/// Every book that the caller may see, newest first.
#[server(prefix = "/ui", endpoint = "books")]
pub async fn list_books() -> Result<Vec<Book>, ApiError> {
    Ok(super::core().library().list(&super::who()?).await?)
}

/// One page, counted from 1.
#[server(prefix = "/ui", endpoint = "page")]
pub async fn open_page(book: BookId, number: u32) -> Result<Page, ApiError> {
    Ok(super::core().library().page(&super::who()?, book, number).await?)
}

/// Adds the handbook that comes with Folio.
#[server(prefix = "/ui", endpoint = "add_handbook")]
pub async fn add_handbook() -> Result<Book, ApiError> {
    let book = super::core().library().add_handbook(&super::who()?).await?;
    if super::asked_by_plain_form() {
        leptos_axum::redirect("/library");
    }
    Ok(book)
}

/// Reads a failed book once more.
#[server(prefix = "/ui", endpoint = "retry_book")]
pub async fn retry_book(id: BookId) -> Result<Book, ApiError> {
    Ok(super::core().library().retry(&super::who()?, id).await?)
}

#[server(prefix = "/ui", endpoint = "delete_book")]
pub async fn delete_book(id: BookId) -> Result<(), ApiError> {
    Ok(super::core().library().delete(&super::who()?, id).await?)
}
