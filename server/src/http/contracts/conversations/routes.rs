//! An answer's event stream, for anyone who joins, and its end.

use crate::http::AppState;
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::extract::{Path, Query};
use crate::http::openapi::{Accepts, face};
use crate::http::sse::{self, Pulse};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::response::sse::Event;
use folio_core::runs::Seq;
use folio_core::{Core, Error, Principal};
use folio_types::{ConversationId, Frame, MessageId};
use futures::StreamExt;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new().routes(routes!(join)).routes(routes!(stop));
    face("conversations", "Conversations and their messages.", Accepts::People, routes)
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct From {
    /// The number of the last event that the client has; the header `Last-Event-ID` goes before it.
    after: Option<String>,
}

/// Join an answer's stream
///
/// From the event after the last one that the client has, or from the start; also after the answer's end.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}/messages/{message_id}/stream",
    params(
        ("id" = ConversationId, Path),
        ("message_id" = MessageId, Path),
        ("Last-Event-ID" = Option<u64>, Header, description = "The number of the last event that the client has."),
        From, Pulse,
    ),
    responses((
        status = 200, body = String, content_type = "text/event-stream",
        description = "Numbered events, each a JSON object.",
        example = "id: 1\ndata: {\"message_id\":\"…\",\"user_message_id\":\"…\"}\n\nid: 2\ndata: {\"token\":\"Bees\",\"gpu\":0}\n\nid: 3\ndata: {\"done\":true,\"status\":\"complete\"}\n\n",
    )),
)]
async fn join(
    State(core): State<Core>,
    Who(who): Who,
    Path(ids): Path<(ConversationId, MessageId)>,
    Query(from): Query<From>,
    Query(pulse): Query<Pulse>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let message = message_of(&core, &who, ids).await?;
    // a browser that reconnects by itself repeats the first address but sends the newest id
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned).or(from.after);
    let after: Seq = match seen {
        Some(number) => number.trim().parse().map_err(|_| Error::invalid("after", "Give the number of an event."))?,
        None => 0,
    };
    let frames = core.chats().follow(&who, message, after).await?;
    Ok(sse::stream(frames.map(|(seq, frame)| event(seq, &frame)), &pulse))
}

/// Stop an answer
///
/// What was written stays, as `interrupted`. Stopping an ended one changes nothing.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/messages/{message_id}/stop",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses((status = 204, description = "It ends.")),
)]
async fn stop(
    State(core): State<Core>,
    Who(who): Who,
    Path(ids): Path<(ConversationId, MessageId)>,
) -> Result<StatusCode, ApiError> {
    let message = message_of(&core, &who, ids).await?;
    core.chats().stop(&who, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The message that the path names, if it is in that conversation.
async fn message_of(
    core: &Core,
    who: &Principal,
    (conversation, message): (ConversationId, MessageId),
) -> Result<MessageId, Error> {
    let found = core.chats().message(who, message).await?;
    if found.conversation_id == conversation { Ok(message) } else { Err(Error::NotFound("Message")) }
}

fn event(seq: Seq, frame: &Frame) -> Event {
    let data = serde_json::to_string(frame).unwrap_or_else(|fault| {
        tracing::error!(%fault, "a frame could not be written");
        String::from("{}")
    });
    Event::default().id(seq.to_string()).data(data)
}
