//! Work in the background.

mod cancel;
mod list;
mod show;

pub use cancel::Cancel;
pub use list::List;
pub use show::Show;
