//! Who is here.

#![cfg_attr(feature = "ssr", expect(clippy::unused_async, reason = "the browser awaits what the server has at hand"))]

use super::{ApiError, Result};
use folio_types::Me;
use leptos::prelude::server;

/// Who is signed in.
#[server(prefix = "/ui", endpoint = "me")]
pub async fn who_am_i() -> Result<Me, ApiError> {
    Ok(super::who()?.me())
}
