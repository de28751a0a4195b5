//! `/v1/chat/completions`: an answer at once or as it is written, which nobody keeps.

use super::dto::answer::{Answer, Answering};
use super::dto::chunk::Chunks;
use super::dto::request::CompletionRequest;
use super::refusal::{Refusal, refused};
use crate::http::access::Who;
use crate::http::errors::ApiError;
use crate::http::extract::Json;
use crate::http::sse::{self, Pulse, ServerSentEvent};
use axum::extract::State;
use axum::response::sse::Event as ServerEvent;
use axum::response::{IntoResponse, Response};
use folio_core::completions::Event;
use folio_core::{Core, Error, Result};
use futures::stream::{self, BoxStream, Peekable};
use futures::{Stream, StreamExt, TryStreamExt};
use serde::Serialize;
use std::pin::Pin;
use std::time::Duration;

/// A fault that comes within this time is the status of the answer; a later one is told in the stream.
const PATIENCE: Duration = Duration::from_secs(15);

type Events = Peekable<BoxStream<'static, Result<Event>>>;

/// Let a model go on with a chat, or ask books
///
/// `model` is one of `GET /v1/models`. A model by itself gets the messages as they are; books are searched for the last
/// message and the default model answers from what was found. Then `citations` says which page supports which sentence,
/// and the message's `annotations` say the same as URL citations; where nothing relevant was found, the answer says so
/// and cites nothing. Nothing is kept of it. A client that goes away ends the answer.
///
/// With `stream`, unnamed events: an `OpenAiChunk` as JSON each, `[DONE]` last; the chunk with the `finish_reason`
/// carries the citations. A fault on the way is an event with an `error`. Fields of OpenAI's that are not named here are
/// ignored.
#[utoipa::path(
    post, path = "/v1/chat/completions",
    request_body = CompletionRequest,
    responses(
        (status = 200, description = "The answer.", content(
            (Answer = "application/json"),
            (ServerSentEvent = "text/event-stream", example = json!("data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"By dancing.\"},\"finish_reason\":null}]}\n\ndata: [DONE]\n\n")),
        )),
        (status = 404, body = Refusal, description = "`model_not_found`: there is no such model, book or topic, or it is someone else's."),
        (status = 502, body = Refusal, description = "The model server answered wrongly or broke off."),
        (status = 503, body = Refusal, description = "No book is there to answer from, or the model cannot be reached or takes no more just now."),
    ),
)]
pub async fn complete(
    State(core): State<Core>,
    Who(who): Who,
    Json(body): Json<CompletionRequest>,
) -> Result<Response, ApiError> {
    let answering = Answering::of(&body.model, &core.settings().public_url);
    let (streams, with_usage) = body.streams();
    let begun = core.completions().begin(&who, body.wish()?).await;
    let mut events = begun.map_err(|fault| refused(fault, &answering.model))?.peekable();
    if !streams {
        return Ok(Json(whole(answering, events).await?).into_response());
    }
    let first = tokio::time::timeout(PATIENCE, Pin::new(&mut events).peek()).await;
    if let Ok(Some(Err(fault))) = first {
        return Err(refused(fault.clone(), &answering.model));
    }
    Ok(sse::stream(told(answering, with_usage, events), &Pulse::default()))
}

async fn whole(answering: Answering, mut events: Events) -> Result<Answer, ApiError> {
    let mut text = String::new();
    while let Some(event) = events.try_next().await.map_err(|fault| refused(fault, &answering.model))? {
        match event {
            Event::Waiting(_) => {}
            Event::Text(more) => text.push_str(&more),
            Event::Done(outcome) => return Ok(answering.whole(text, outcome)),
        }
    }
    Err(Error::internal("an answer ended without an end").into())
}

fn told(answering: Answering, with_usage: bool, events: Events) -> impl Stream<Item = ServerEvent> + Send + 'static {
    let chunks = Chunks { answering, with_usage };
    let first = said(&chunks.first());
    let rest = events.flat_map(move |event| {
        let events = match event {
            // a comment, for whoever watches
            Ok(Event::Waiting(places)) => vec![ServerEvent::default().comment(format!("{places} wait before this"))],
            Ok(Event::Text(text)) => vec![said(&chunks.text(text))],
            Ok(Event::Done(outcome)) => chunks.last(outcome).iter().map(said).collect(),
            Err(fault) => vec![said(&Refusal::from(refused(fault, &chunks.answering.model).problem()))],
        };
        stream::iter(events)
    });
    stream::iter([first]).chain(rest).chain(stream::iter([ServerEvent::default().data("[DONE]")]))
}

fn said(what: &impl Serialize) -> ServerEvent {
    let data = serde_json::to_string(what).unwrap_or_else(|fault| {
        tracing::error!(%fault, "a chunk could not be written");
        String::from("{}")
    });
    ServerEvent::default().data(data)
}
