//! An answer's event stream, for anyone who joins, and its end.

use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::extract::{Path, Query};
use crate::http::sse::{self, Pulse, ServerSentEvent};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::response::sse::Event;
use folio_core::runs::Seq;
use folio_core::{Core, Error, Principal};
use folio_types::{ConversationId, MessageId};
use futures::StreamExt;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// The number of the last event that the client has; the header `Last-Event-ID` goes before it.
    #[param(nullable = false)]
    after: Option<u64>,
}

/// The header in the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes the header")]
pub struct SeenHeader {
    /// The number of the last event that the client has.
    #[param(rename = "Last-Event-ID", required = false)]
    seen: u64,
}

/// Join an answer's stream
///
/// From the event after the last one that the client has, or from the start; also after the answer's end.
#[utoipa::path(
    get,
    path = "/conversations/{id}/messages/{message_id}/stream",
    params(
        ("id" = ConversationId, Path),
        ("message_id" = MessageId, Path),
        SeenHeader,
        From, Pulse,
    ),
    responses((
        status = 200, body = ServerSentEvent, content_type = "text/event-stream",
        description = "Numbered events, each a JSON object.",
    )),
)]
pub async fn join(
    State(core): State<Core>,
    Who(who): Who,
    Path(ids): Path<(ConversationId, MessageId)>,
    Query(from): Query<From>,
    Query(pulse): Query<Pulse>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let message = message_of(&core, &who, ids).await?;
    // a browser that reconnects by itself repeats the first address but sends the newest id
    let after = last_seen(&headers)?.or(from.after).unwrap_or(0);
    told(&core, &who, message, after, &pulse).await
}

/// Stop an answer
///
/// What was written stays, as `interrupted`. Stopping an ended one changes nothing.
#[utoipa::path(
    post,
    path = "/conversations/{id}/messages/{message_id}/stop",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses((status = 204, description = "It ends.")),
)]
pub async fn stop(
    State(core): State<Core>,
    Who(who): Who,
    Path(ids): Path<(ConversationId, MessageId)>,
) -> Result<StatusCode, ApiError> {
    let message = message_of(&core, &who, ids).await?;
    core.chats().stop(&who, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The events of an answer after `after`, until its end.
pub async fn told(
    core: &Core,
    who: &Principal,
    answer: MessageId,
    after: Seq,
    pulse: &Pulse,
) -> Result<Response, ApiError> {
    let frames = core.chats().follow(who, answer, after).await?;
    Ok(sse::stream(frames.map(|(seq, frame)| event(seq, &frame)), pulse))
}

/// The last event that a client says it has.
pub fn last_seen(headers: &HeaderMap) -> Result<Option<Seq>, Error> {
    let Some(id) = headers.get("last-event-id") else { return Ok(None) };
    let number = id.to_str().ok().and_then(|id| id.trim().parse().ok());
    number.map(Some).ok_or_else(|| Error::invalid("Last-Event-ID", "Give the number of an event."))
}

/// The message that the path names, if it is in that conversation.
async fn message_of(
    core: &Core,
    who: &Principal,
    (conversation, message): (ConversationId, MessageId),
) -> Result<MessageId, Error> {
    let found = core.chats().head(who, message).await?;
    if found.conversation_id == conversation { Ok(message) } else { Err(Error::NotFound("Message")) }
}

pub fn event(seq: Seq, frame: &impl Serialize) -> Event {
    let data = serde_json::to_string(frame).unwrap_or_else(|fault| {
        tracing::error!(%fault, "a frame could not be written");
        String::from("{}")
    });
    Event::default().id(seq.to_string()).data(data)
}
