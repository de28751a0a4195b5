//! One file for each route.

mod book_start;
mod conversation;
pub mod form;
mod home;
mod library;
mod login;
mod not_found;
mod reader;
mod register;
mod setup;

pub use book_start::BookStart;
pub use conversation::ConversationPage;
pub use home::HomePage;
pub use library::LibraryPage;
pub use login::LoginPage;
pub use not_found::NotFoundPage;
pub use reader::ReaderPage;
pub use register::RegisterPage;
pub use setup::SetupPage;
