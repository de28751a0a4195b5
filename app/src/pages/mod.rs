//! One file for each route.

mod book_start;
mod conversation;
mod home;
mod library;
mod not_found;
mod reader;

pub use book_start::BookStart;
pub use conversation::ConversationPage;
pub use home::HomePage;
pub use library::LibraryPage;
pub use not_found::NotFoundPage;
pub use reader::ReaderPage;
