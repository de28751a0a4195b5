//! The pure text laws behind Folio's citations.
//!
//! A page is cut into [`Chunk`]s for the search; an answer's sentences are each traced back to the passage that
//! supports them by [`attribute`], whatever the model claimed. Everything here is a function of its arguments: no
//! I/O, no model, no clock. Positions are [`Span`]s of Unicode scalar values, as everywhere in Folio.

mod attribute;
mod binding;
mod chunk;
mod claims;
mod clause;
mod coverage;
mod kin;
mod layout;
mod lexicon;
mod markdown;
mod markers;
mod names;
mod number_words;
mod numbers;
mod opposites;
mod polarity;
mod quote;
mod reading;
mod roles;
mod sentences;
mod spans;
mod stop_words;
mod verdict;
mod words;

pub use attribute::{Candidate, Found, Support, attribute};
pub use chunk::{Chunk, MAX_CHUNK, chunk_page};
pub use claims::claims;
pub use folio_types::Span;
pub use markers::strip_markers;
pub use quote::best_quote;
pub use sentences::sentences;
pub use spans::slice;
pub use words::{keywords, terms};
