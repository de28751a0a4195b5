//! Conversations themselves. The two prefixes differ in how they list, make and show one.

use super::dto::{
    ConversationChange, ConversationDto, ListQuery, MessageDto, NewConversation, PageDto, Thread, TitledConversation,
};
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::extract::{Json, Path, Query};
use axum::extract::State;
use axum::http::StatusCode;
use folio_core::Core;
use folio_core::chats::Listing;
use folio_types::ConversationId;

type Answer<T> = Result<Json<T>, ApiError>;

/// List one's own conversations, newest first
#[utoipa::path(get, path = "/conversations", params(ListQuery), responses((status = 200, body = Vec<ConversationDto>)))]
pub async fn list(
    State(core): State<Core>,
    Who(who): Who,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<ConversationDto>> {
    let conversations = core.chats().list(&who, query.into()).await?;
    Ok(Json(conversations.into_iter().map(Into::into).collect()))
}

/// List one's own conversations, newest first, and by day
#[utoipa::path(get, path = "/conversations", params(ListQuery), responses((status = 200, body = PageDto)))]
pub async fn list_by_day(State(core): State<Core>, Who(who): Who, Query(query): Query<ListQuery>) -> Answer<PageDto> {
    let listing = Listing::from(query);
    let (conversations, total) = core.chats().page(&who, listing).await?;
    Ok(Json(PageDto::new(conversations, listing, total)))
}

/// Make an empty conversation with a title and a model
#[utoipa::path(
    post, path = "/conversations",
    request_body = TitledConversation,
    responses((status = 201, body = ConversationDto)),
)]
pub async fn create_titled(
    State(core): State<Core>,
    Who(who): Who,
    Json(new): Json<TitledConversation>,
) -> Result<(StatusCode, Json<ConversationDto>), ApiError> {
    let made = core.chats().create(&who, new.into()).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Make an empty conversation
#[utoipa::path(
    post, path = "/conversations",
    request_body = Option<NewConversation>,
    responses((status = 201, body = ConversationDto)),
)]
pub async fn create(
    State(core): State<Core>,
    Who(who): Who,
    new: Option<Json<NewConversation>>,
) -> Result<(StatusCode, Json<ConversationDto>), ApiError> {
    let Json(new) = new.unwrap_or(Json(NewConversation::default()));
    let made = core.chats().create(&who, new.into()).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Show a conversation
#[utoipa::path(
    get, path = "/conversations/{id}",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = ConversationDto)),
)]
pub async fn show(State(core): State<Core>, Who(who): Who, Path(id): Path<ConversationId>) -> Answer<ConversationDto> {
    Ok(Json(core.chats().one(&who, id).await?.into()))
}

/// Show a conversation with its messages, oldest first
#[utoipa::path(
    get, path = "/conversations/{id}",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = Thread)),
)]
pub async fn show_thread(State(core): State<Core>, Who(who): Who, Path(id): Path<ConversationId>) -> Answer<Thread> {
    let (conversation, messages) = core.chats().open(&who, id).await?;
    let messages = messages.into_iter().map(Into::into).collect();
    Ok(Json(Thread { conversation: conversation.into(), messages }))
}

/// Change a conversation's title, model or marks
#[utoipa::path(
    patch, path = "/conversations/{id}",
    params(("id" = ConversationId, Path)),
    request_body = ConversationChange,
    responses((status = 200, body = ConversationDto)),
)]
pub async fn change(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ConversationId>,
    Json(change): Json<ConversationChange>,
) -> Answer<ConversationDto> {
    Ok(Json(core.chats().change(&who, id, change.into()).await?.into()))
}

/// Change a conversation's title, model or marks
///
/// The same as `PATCH`: what is absent stays.
#[utoipa::path(
    put, path = "/conversations/{id}",
    params(("id" = ConversationId, Path)),
    request_body = ConversationChange,
    responses((status = 200, body = ConversationDto)),
)]
pub async fn put(
    core: State<Core>,
    who: Who,
    id: Path<ConversationId>,
    body: Json<ConversationChange>,
) -> Answer<ConversationDto> {
    change(core, who, id, body).await
}

/// Delete a conversation with all that is in it
///
/// An answer that is being written is stopped first.
#[utoipa::path(
    delete, path = "/conversations/{id}",
    params(("id" = ConversationId, Path)),
    responses((status = 204, description = "It is gone.")),
)]
pub async fn remove(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode, ApiError> {
    core.chats().delete(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List a conversation's messages, oldest first
///
/// Of questions and answers that have several versions, the ones that are seen.
#[utoipa::path(
    get, path = "/conversations/{id}/messages",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = Vec<MessageDto>)),
)]
pub async fn messages(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ConversationId>,
) -> Answer<Vec<MessageDto>> {
    let (_, messages) = core.chats().open(&who, id).await?;
    Ok(Json(messages.into_iter().map(Into::into).collect()))
}
