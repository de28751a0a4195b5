//! Books: the shelf, adding to it, reading.

mod drop_zone;
mod page_view;
mod row;
#[cfg(feature = "hydrate")]
mod send;
mod shelf;
mod shelf_view;
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "files are sent by the browser only"))]
mod upload;
#[cfg(feature = "hydrate")]
mod watch;

pub use page_view::PageView;
pub use shelf_view::ShelfView;
