//! An answer's event stream, for anyone who joins, and its end.

use crate::http::AppState;
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::sse::{self, Pulse};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::response::sse::Event;
use axum::routing::{get, post};
use folio_core::runs::Seq;
use folio_core::{Core, Error, Principal};
use folio_types::{ConversationId, Frame, MessageId};
use futures::StreamExt;
use serde::Deserialize;

pub fn routes() -> Router<AppState> {
    const MESSAGE: &str = "/api/conversations/{conversation}/messages/{message}";
    Router::new().route(&format!("{MESSAGE}/stream"), get(join)).route(&format!("{MESSAGE}/stop"), post(stop))
}

#[derive(Deserialize)]
struct From {
    /// The number of the last event that the client has.
    after: Option<String>,
}

async fn join(
    State(core): State<Core>,
    Who(who): Who,
    Path(ids): Path<(String, String)>,
    Query(from): Query<From>,
    Query(pulse): Query<Pulse>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let message = message_of(&core, &who, &ids).await?;
    // a browser that reconnects by itself repeats the first address but sends the newest id
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned).or(from.after);
    let after: Seq = match seen {
        Some(number) => number.trim().parse().map_err(|_| Error::invalid("after", "Give the number of an event."))?,
        None => 0,
    };
    let frames = core.chats().follow(&who, message, after).await?;
    Ok(sse::stream(frames.map(|(seq, frame)| event(seq, &frame)), &pulse))
}

async fn stop(
    State(core): State<Core>,
    Who(who): Who,
    Path(ids): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let message = message_of(&core, &who, &ids).await?;
    core.chats().stop(&who, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The message that the path names, if it is in that conversation. A malformed id is absent like any other.
async fn message_of(
    core: &Core,
    who: &Principal,
    (conversation, message): &(String, String),
) -> Result<MessageId, Error> {
    let absent = || Error::NotFound("Message");
    let conversation: ConversationId = conversation.parse().map_err(|_| absent())?;
    let message: MessageId = message.parse().map_err(|_| absent())?;
    let found = core.chats().message(who, message).await?;
    if found.conversation_id == conversation { Ok(message) } else { Err(absent()) }
}

fn event(seq: Seq, frame: &Frame) -> Event {
    let data = serde_json::to_string(frame).unwrap_or_else(|fault| {
        tracing::error!(%fault, "a frame could not be written");
        String::from("{}")
    });
    Event::default().id(seq.to_string()).data(data)
}
