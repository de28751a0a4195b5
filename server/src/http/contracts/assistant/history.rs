use super::dto::{AssistantHistoryPage, HistoryQuery};
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::extract::{Json, Query};
use axum::extract::State;
use folio_core::{Core, Error};

const LARGEST_PAGE: u32 = 100;

/// List what the caller said to the assistant and what it replied, newest first
#[utoipa::path(get, path = "/api/assistant/history", params(HistoryQuery), responses((status = 200, body = AssistantHistoryPage)))]
pub async fn history(
    State(core): State<Core>,
    Who(who): Who,
    Query(HistoryQuery { page, page_size }): Query<HistoryQuery>,
) -> Result<Json<AssistantHistoryPage>, ApiError> {
    if page == 0 {
        return Err(Error::invalid("page", "Pages are counted from 1.").into());
    }
    if page_size == 0 || page_size > LARGEST_PAGE {
        return Err(Error::invalid("page_size", "Give a page size of 1 to 100.").into());
    }
    let found = core.operations().history(&who, page, page_size).await?;
    Ok(Json(AssistantHistoryPage {
        has_next: u64::from(page) * u64::from(page_size) < found.total,
        items: found.items.into_iter().map(Into::into).collect(),
        total: found.total,
        page,
        page_size,
    }))
}
