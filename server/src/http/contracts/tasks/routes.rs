use super::dto::{TaskChangesQuery, TaskDto, TaskPage, TaskQuery};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{Json, Path, Query};
use crate::http::openapi::{Accepts, face};
use crate::http::sse::{self, Pulse};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use folio_core::{Core, Error};
use folio_types::{Task, TaskId};
use futures::StreamExt;
use serde::Serialize;
use tokio_util::io::ReaderStream;
use utoipa_axum::{router::OpenApiRouter, routes};

const LARGEST_PAGE: u32 = 100;
/// Tasks of a list that is followed.
const FOLLOWED: u32 = 30;

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(changes))
        .routes(routes!(one))
        .routes(routes!(events))
        .routes(routes!(cancel))
        .routes(routes!(file));
    face("tasks", "Work in the background.", Accepts::People, routes)
}

/// List tasks, newest first
#[utoipa::path(get, path = "/api/tasks", params(TaskQuery), responses((status = 200, body = TaskPage)))]
async fn list(
    State(core): State<Core>,
    Who(who): Who,
    Query(TaskQuery { page, page_size, everyone }): Query<TaskQuery>,
) -> Result<Json<TaskPage>, ApiError> {
    if page == 0 {
        return Err(Error::invalid("page", "Pages are counted from 1.").into());
    }
    if page_size == 0 || page_size > LARGEST_PAGE {
        return Err(Error::invalid("page_size", "Give a page size of 1 to 100.").into());
    }
    let offset = (page - 1).saturating_mul(page_size);
    let found = core.tasks().list(&who, everyone, offset, page_size).await?;
    Ok(Json(TaskPage {
        has_next: u64::from(page) * u64::from(page_size) < found.total,
        items: found.items.into_iter().map(Into::into).collect(),
        total: found.total,
        page,
        page_size,
    }))
}

/// Follow the newest tasks
///
/// The 30 newest as they are now, and again after every change of one of them.
#[utoipa::path(
    get,
    path = "/api/tasks/events",
    operation_id = "follow_tasks",
    params(TaskChangesQuery, Pulse),
    responses((status = 200, body = String, content_type = "text/event-stream",
        description = "Each event's data is a list of tasks, newest first, without their logs.")),
)]
async fn changes(
    State(core): State<Core>,
    Who(who): Who,
    Query(TaskChangesQuery { everyone }): Query<TaskChangesQuery>,
    Query(pulse): Query<Pulse>,
) -> Result<Response, ApiError> {
    let changes = core.tasks().watch(&who, everyone, FOLLOWED).await?;
    let without_log = |task| TaskDto { log: Vec::new(), ..TaskDto::from(task) };
    let lists = changes.map(move |tasks| tasks.into_iter().map(without_log).collect::<Vec<_>>());
    Ok(sse::stream(lists.map(|list| Event::default().data(written(&list))), &pulse))
}

/// Show a task
#[utoipa::path(get, path = "/api/tasks/{id}", params(("id" = TaskId, Path)), responses((status = 200, body = TaskDto)))]
async fn one(State(core): State<Core>, Who(who): Who, Path(id): Path<TaskId>) -> Result<Json<TaskDto>, ApiError> {
    Ok(Json(core.tasks().task(&who, id).await?.into()))
}

/// Follow a task
///
/// The task as it is now, and again after every change, until it has ended.
#[utoipa::path(
    get,
    path = "/api/tasks/{id}/events",
    params(("id" = TaskId, Path), Pulse),
    responses((status = 200, body = String, content_type = "text/event-stream", description = "Each event's data is the task.")),
)]
async fn events(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<TaskId>,
    Query(pulse): Query<Pulse>,
) -> Result<Response, ApiError> {
    let changes = core.tasks().follow(&who, id).await?;
    Ok(sse::stream(changes.map(event), &pulse))
}

/// Cancel a task
///
/// One that waits is cancelled at once, one that runs stops at its next step. What was done stays done.
#[utoipa::path(
    post,
    path = "/api/tasks/{id}/cancel",
    params(("id" = TaskId, Path)),
    responses((status = 200, body = TaskDto), (status = 409, body = Problem, description = "It has ended already.")),
)]
async fn cancel(State(core): State<Core>, Who(who): Who, Path(id): Path<TaskId>) -> Result<Json<TaskDto>, ApiError> {
    Ok(Json(core.tasks().cancel(&who, id).await?.into()))
}

/// Fetch the file that an export made
#[utoipa::path(
    get,
    path = "/api/tasks/{id}/file",
    params(("id" = TaskId, Path)),
    responses((status = 200, body = String, content_type = "application/zip", description = "The archive.")),
)]
async fn file(State(core): State<Core>, Who(who): Who, Path(id): Path<TaskId>) -> Result<Response, ApiError> {
    let path = core.operations().exported(&who, id).await?;
    let file = tokio::fs::File::open(path).await.map_err(|_| Error::NotFound("File"))?;
    let mut response = Body::from_stream(ReaderStream::new(file)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"conversations.zip\""));
    Ok(response)
}

fn event(task: Task) -> Event {
    let (seq, task) = (task.seq, TaskDto::from(task));
    Event::default().id(seq.to_string()).data(written(&task))
}

fn written(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_else(|fault| {
        tracing::error!(%fault, "a task could not be written");
        String::from("null")
    })
}
