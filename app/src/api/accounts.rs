//! Who is here, and who may come.

#![cfg_attr(feature = "ssr", expect(clippy::unused_async, reason = "the browser awaits what the server has at hand"))]

use super::{ApiError, Result};
use folio_types::Me;
use leptos::prelude::server;

/// Who is signed in.
#[server(prefix = "/ui", endpoint = "me")]
pub async fn who_am_i() -> Result<Me, ApiError> {
    Ok(super::who()?.me())
}

/// Whether anyone may create an account.
#[server(prefix = "/ui", endpoint = "registration_open")]
pub async fn registration_open() -> Result<bool, ApiError> {
    Ok(super::core().accounts().registration_open())
}

/// Whether there is no account yet.
#[server(prefix = "/ui", endpoint = "setup_needed")]
pub async fn setup_needed() -> Result<bool, ApiError> {
    Ok(super::core().accounts().setup_needed().await?)
}
