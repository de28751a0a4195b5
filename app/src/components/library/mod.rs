//! Books: the shelf, adding to it, reading.

mod drop_zone;
mod page_view;
mod row;
mod shelf;
mod shelf_view;
mod upload_rows;
#[cfg(feature = "hydrate")]
mod watch;

pub use drop_zone::dropped_to;
pub use page_view::PageView;
pub use shelf_view::ShelfView;
pub use upload_rows::UploadRows;
