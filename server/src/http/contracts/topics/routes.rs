//! `/api/v1/topics`.

use super::dto::{NewTopicBody, TopicChangeBody, TopicDto, TopicPage};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::contracts::paging::Paging;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{Json, Path, Query};
use crate::http::openapi::{Accepts, face};
use axum::extract::State;
use axum::http::StatusCode;
use folio_core::Core;
use folio_types::TopicId;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, change, remove));
    face("topics", "Some books, and how they are to be asked.", Accepts::PeopleAndBasic, routes)
}

/// List the topics that the caller may ask, by title
#[utoipa::path(get, path = "/api/v1/topics", params(Paging), responses((status = 200, body = TopicPage)))]
async fn list(
    State(core): State<Core>,
    Who(who): Who,
    Query(paging): Query<Paging>,
) -> Result<Json<TopicPage>, ApiError> {
    let paging = paging.checked()?;
    let topics = core.topics();
    let (items, total) = tokio::try_join!(topics.list(&who, paging.size, paging.offset()), topics.count(&who))?;
    let items = items.into_iter().map(Into::into).collect();
    Ok(Json(TopicPage { items, total, page: paging.page, page_size: paging.size, has_next: paging.has_next(total) }))
}

/// Make a topic
#[utoipa::path(
    post, path = "/api/v1/topics",
    request_body = NewTopicBody,
    responses((status = 201, body = TopicDto), (status = 409, body = Problem, description = "The id is taken.")),
)]
async fn create(
    State(core): State<Core>,
    Who(who): Who,
    Json(body): Json<NewTopicBody>,
) -> Result<(StatusCode, Json<TopicDto>), ApiError> {
    Ok((StatusCode::CREATED, Json(core.topics().create(&who, body.into()).await?.into())))
}

/// Show a topic
#[utoipa::path(
    get, path = "/api/v1/topics/{id}",
    params(("id" = String, Path, description = "Its slug.")),
    responses((status = 200, body = TopicDto)),
)]
async fn show(State(core): State<Core>, Who(who): Who, Path(id): Path<TopicId>) -> Result<Json<TopicDto>, ApiError> {
    Ok(Json(core.topics().topic(&who, &id).await?.into()))
}

/// Change a topic
#[utoipa::path(
    patch, path = "/api/v1/topics/{id}",
    params(("id" = String, Path, description = "Its slug.")),
    request_body = TopicChangeBody,
    responses((status = 200, body = TopicDto)),
)]
async fn change(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<TopicId>,
    Json(body): Json<TopicChangeBody>,
) -> Result<Json<TopicDto>, ApiError> {
    Ok(Json(core.topics().change(&who, &id, body.into()).await?.into()))
}

/// Delete a topic
///
/// Its books stay; sessions about it are about all books then.
#[utoipa::path(
    delete, path = "/api/v1/topics/{id}",
    params(("id" = String, Path, description = "Its slug.")),
    responses((status = 204, description = "It is gone.")),
)]
async fn remove(State(core): State<Core>, Who(who): Who, Path(id): Path<TopicId>) -> Result<StatusCode, ApiError> {
    core.topics().delete(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
