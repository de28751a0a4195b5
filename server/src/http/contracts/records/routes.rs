//! `/chat/…`.

use super::attachments;
use super::dto::{ConversationDto, MessageDto, NewConversationRecord, NewMessageRecord};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{Json, Path};
use crate::http::openapi::{Accepts, face};
use axum::extract::State;
use axum::http::StatusCode;
use folio_core::Core;
use folio_types::ConversationId;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(create_conversation))
        .routes(routes!(show_conversation))
        .routes(routes!(list_messages))
        .routes(routes!(create_message))
        .merge(attachments::routes());
    face(
        "records",
        "Conversations, messages and attachments as they are; nothing is generated.",
        Accepts::People,
        routes,
    )
}

/// Make a conversation
#[utoipa::path(
    post, path = "/chat/conversations",
    request_body = NewConversationRecord,
    responses(
        (status = 201, body = ConversationDto),
        (status = 403, body = Problem, description = "The user is another one, and the caller no administrator."),
        (status = 404, body = Problem, description = "There is no such user."),
    ),
)]
async fn create_conversation(
    State(core): State<Core>,
    Who(who): Who,
    Json(new): Json<NewConversationRecord>,
) -> Result<(StatusCode, Json<ConversationDto>), ApiError> {
    Ok((StatusCode::CREATED, Json(core.chats().create(&who, new.into()).await?.into())))
}

/// Show a conversation
#[utoipa::path(
    get, path = "/chat/conversations/{id}",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = ConversationDto)),
)]
async fn show_conversation(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationDto>, ApiError> {
    Ok(Json(core.chats().one(&who, id).await?.into()))
}

/// List a conversation's messages, oldest first
#[utoipa::path(
    get, path = "/chat/conversations/{id}/messages",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = Vec<MessageDto>)),
)]
async fn list_messages(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<ConversationId>,
) -> Result<Json<Vec<MessageDto>>, ApiError> {
    let (_, messages) = core.chats().open(&who, id).await?;
    Ok(Json(messages.into_iter().map(Into::into).collect()))
}

/// Record a message at the end of a conversation
///
/// Nothing is generated. The first question names an untitled conversation.
#[utoipa::path(
    post, path = "/chat/messages",
    request_body = NewMessageRecord,
    responses(
        (status = 201, body = MessageDto),
        (status = 404, body = Problem, description = "There is no such conversation."),
    ),
)]
async fn create_message(
    State(core): State<Core>,
    Who(who): Who,
    Json(new): Json<NewMessageRecord>,
) -> Result<(StatusCode, Json<MessageDto>), ApiError> {
    let message = core.chats().record(&who, new.conversation_id, new.role, &new.content).await?;
    Ok((StatusCode::CREATED, Json(message.into())))
}
