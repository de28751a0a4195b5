//! Reads books page by page, as plain text, in a limited child process.
//!
//! A book is a file that a stranger made: it may be broken, huge, or built to break its reader. So the server
//! never parses one itself. [`Extractor`] starts the program again as a child (`folio extract …`, which calls
//! [`child_main`]), and the child limits its own memory and processor time before it opens the file. Whatever
//! happens to the child, the server only sees a stream of pages that ends in an [`ExtractError`].
//!
//! ```text
//! Extractor::read ── starts ──▶ child_main ── formats::{pdf, epub, docx, html, markdown, plain}
//!   PageStream  ◀── JSON lines on a pipe ──┘
//! ```

mod child;
mod error;
mod extractor;
mod formats;
mod limits;
mod running;
mod text;
mod wire;

pub use child::child_main;
pub use error::ExtractError;
pub use extractor::{Extractor, PageStream};
pub use limits::Limits;
pub use wire::Extracted;
