use crate::{api::ApiError, components::ui::Failure};
use folio_types::BookId;
use leptos::prelude::*;
use leptos_router::{
    components::Redirect,
    hooks::{use_params_map, use_query_map},
};

/// A book's own address leads to its first page, or to the one that the form "Go to page" asked for.
#[component]
pub fn BookStart() -> impl IntoView {
    let book = use_params_map().with_untracked(|params| params.get("id")?.parse::<BookId>().ok());
    let page = use_query_map().with_untracked(|query| query.get("page")?.trim().parse::<u32>().ok()).unwrap_or(1);
    match book {
        Some(book) => view! { <Redirect path=format!("/books/{book}/pages/{page}") /> }.into_any(),
        None => view! { <Failure error=ApiError::not_found("Book") /> }.into_any(),
    }
}
