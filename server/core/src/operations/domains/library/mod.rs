//! Books.

mod delete;
mod delete_several;
mod list;
mod reindex;
mod rename;
mod search;

pub use delete::Delete;
pub use delete_several::DeleteSeveral;
pub use list::List;
pub use reindex::Reindex;
pub use rename::Rename;
pub use search::Search;

/// Who may change a book.
const BOOK_RIGHT: &str = "the book's owner, or librarian";
