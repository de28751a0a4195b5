//! One reply of the scripted model, byte by byte.

use super::{Behaviour, Fault, MODEL, Page, SPARE};
use crate::tokens;
use serde_json::json;
use std::future::pending;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How a stream's events look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    OpenAi,
    Inference,
}

/// How the connection is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    Closed,
    Reset,
}

const BEGIN: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n\
    transfer-encoding: chunked\r\nconnection: close\r\n\r\n";

/// Between two comments.
const PAUSE: Duration = Duration::from_millis(100);

/// Lists the one model, or both.
pub async fn list_models(to: &mut (impl AsyncWrite + Unpin), both: bool) -> io::Result<()> {
    let models = if both { &[MODEL, SPARE][..] } else { &[MODEL] };
    let models: Vec<_> = models.iter().map(|id| json!({ "id": id, "object": "model" })).collect();
    let list = json!({ "object": "list", "data": models });
    whole(to, "200 OK", "application/json", "", &list.to_string()).await
}

/// Lists the two models of the inference service.
pub async fn list_inference_models(to: &mut (impl AsyncWrite + Unpin), loaded: &str) -> io::Result<()> {
    let model =
        |tag| json!({ "model_tag": tag, "source": "hub", "path": format!("/models/{tag}"), "loaded": tag == loaded });
    let list = json!({ "current_model": loaded, "models": [model(MODEL), model(SPARE)] });
    whole(to, "200 OK", "application/json", "", &list.to_string()).await
}

/// Says that another model is loaded now.
pub async fn swapped(to: &mut (impl AsyncWrite + Unpin), loaded: &str) -> io::Result<()> {
    let answer = json!({ "status": "ok", "current_model": loaded });
    whole(to, "200 OK", "application/json", "", &answer.to_string()).await
}

/// Refuses what this server does not have.
pub async fn not_found(to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    whole(to, "404 Not Found", "text/plain", "", "There is no such thing here.").await
}

/// Answers `prompt` as `behaviour` says.
pub async fn play(
    to: &mut (impl AsyncWrite + Unpin),
    protocol: Protocol,
    behaviour: &Behaviour,
    prompt: &str,
) -> io::Result<Leaving> {
    if let Some(fault) = &behaviour.fault
        && refuse(to, fault, prompt).await?
    {
        return Ok(Leaving::Closed);
    }
    to.write_all(BEGIN.as_bytes()).await?;
    if let Some(long) = behaviour.thinks
        && let Ok(ended) = timeout(long, comment(to)).await
    {
        return ended;
    }
    let began = Instant::now();
    let endless = behaviour.fault == Some(Fault::Endless);
    let mut n = 0;
    while endless || n < behaviour.tokens {
        if let Some(due) = behaviour.due(n) {
            sleep_until(began + due).await;
        }
        chunk(to, &delta(protocol, &behaviour.token(prompt, n))).await?;
        n += 1;
    }
    if let Some(fault) = &behaviour.fault {
        return spoil(to, protocol, fault).await;
    }
    match protocol {
        Protocol::OpenAi => {
            let mut reason = "stop";
            if let Some((function, arguments)) = &behaviour.wants {
                reason = "tool_calls";
                want(to, function, arguments).await?;
            }
            chunk(to, &event(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))).await?;
            chunk(to, "data: [DONE]\n\n").await?;
        }
        Protocol::Inference => chunk(to, &event(&json!({ "done": true }))).await?,
    }
    end(to).await
}

/// Asks for a function as OpenAI's servers do: its name first, and then its arguments in pieces.
async fn want(to: &mut (impl AsyncWrite + Unpin), function: &str, arguments: &str) -> io::Result<()> {
    let delta =
        |call: serde_json::Value| event(&json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] } }] }));
    let named = json!({ "name": function, "arguments": "" });
    chunk(to, &delta(json!({ "index": 0, "id": "call_1", "type": "function", "function": named }))).await?;
    let half = arguments.char_indices().nth(arguments.chars().count() / 2).map_or(0, |(at, _)| at);
    for piece in [&arguments[..half], &arguments[half..]] {
        chunk(to, &delta(json!({ "index": 0, "function": { "arguments": piece } }))).await?;
    }
    Ok(())
}

/// The faults that take the place of a stream. False for the others.
async fn refuse(to: &mut (impl AsyncWrite + Unpin), fault: &Fault, prompt: &str) -> io::Result<bool> {
    const HTML: &str = "<!doctype html><html><head><title>Gateway</title></head><body><h1>Not today</h1></body></html>";
    match fault {
        Fault::NoFirstByte => pending().await,
        Fault::Status(code, Page::Html) => whole(to, &format!("{code} Refused"), "text/html", "", HTML).await?,
        Fault::Status(code, Page::Json) => {
            let body = json!({ "error": { "message": "The scripted model refuses.", "code": code } }).to_string();
            whole(to, &format!("{code} Refused"), "application/json", "", &body).await?;
        }
        Fault::TooMany { retry_after } => {
            let body = json!({ "error": { "message": "You ask too often." } }).to_string();
            let header = format!("retry-after: {retry_after}\r\n");
            whole(to, "429 Too Many Requests", "application/json", &header, &body).await?;
        }
        Fault::WebPage => whole(to, "200 OK", "text/html", "", HTML).await?,
        Fault::WholeJson => {
            let message = json!({ "role": "assistant", "content": tokens::text(prompt, 5) });
            let body = json!({ "object": "chat.completion", "choices": [{ "index": 0, "message": message }] });
            whole(to, "200 OK", "application/json", "", &body.to_string()).await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The faults after some tokens.
async fn spoil(to: &mut (impl AsyncWrite + Unpin), protocol: Protocol, fault: &Fault) -> io::Result<Leaving> {
    match fault {
        Fault::Silence => pending::<()>().await,
        Fault::OnlyComments => return comment(to).await,
        Fault::Cut => {
            chunk(to, &event(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "length" }] }))).await?;
            chunk(to, "data: [DONE]\n\n").await?;
            return end(to).await;
        }
        Fault::BrokenEvent => chunk(to, "data: {\"choices\":[{\"delta\":\n\n").await?,
        Fault::NotText => framed(to, b"data: {\"choices\":[{\"delta\":{\"content\":\"\xff\xfe\"}}]}\n\n").await?,
        Fault::NotAChunk => chunk(to, "data: {\"choices\":\"none\"}\n\n").await?,
        Fault::ErrorEvent(words) => chunk(to, &event(&json!({ "error": { "message": words, "code": 500 } }))).await?,
        Fault::LongLine(bytes) => long_line(to, *bytes).await?,
        Fault::DropMidChunk => {
            let whole = delta(protocol, "this word never arrives");
            to.write_all(format!("{:x}\r\n{}", whole.len(), &whole[..whole.len() / 2]).as_bytes()).await?;
            to.flush().await?;
            return Ok(Leaving::Reset);
        }
        _ => {}
    }
    end(to).await
}

/// Ends only where the client goes.
async fn comment(to: &mut (impl AsyncWrite + Unpin)) -> io::Result<Leaving> {
    loop {
        chunk(to, ": keep-alive\n\n").await?;
        sleep(PAUSE).await;
    }
}

async fn long_line(to: &mut (impl AsyncWrite + Unpin), bytes: usize) -> io::Result<()> {
    static PIECE: [u8; 64 * 1024] = [b'x'; 64 * 1024];
    chunk(to, "data: ").await?;
    for _ in 0..bytes.div_ceil(PIECE.len()) {
        framed(to, &PIECE).await?;
    }
    chunk(to, "\n\n").await
}

async fn whole(
    to: &mut (impl AsyncWrite + Unpin),
    status: &str,
    kind: &str,
    headers: &str,
    body: &str,
) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n"
    );
    to.write_all(head.as_bytes()).await?;
    to.write_all(body.as_bytes()).await?;
    to.flush().await
}

async fn chunk(to: &mut (impl AsyncWrite + Unpin), text: &str) -> io::Result<()> {
    framed(to, text.as_bytes()).await
}

async fn framed(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    let mut frame = format!("{:x}\r\n", bytes.len()).into_bytes();
    frame.extend_from_slice(bytes);
    frame.extend_from_slice(b"\r\n");
    to.write_all(&frame).await?;
    to.flush().await
}

async fn end(to: &mut (impl AsyncWrite + Unpin)) -> io::Result<Leaving> {
    to.write_all(b"0\r\n\r\n").await?;
    to.flush().await?;
    Ok(Leaving::Closed)
}

fn delta(protocol: Protocol, token: &str) -> String {
    match protocol {
        Protocol::OpenAi => event(&json!({
            "object": "chat.completion.chunk",
            "choices": [{ "index": 0, "delta": { "content": token }, "finish_reason": null }],
        })),
        Protocol::Inference => event(&json!({ "token": token, "gpu": 0 })),
    }
}

fn event(data: &serde_json::Value) -> String {
    format!("data: {data}\n\n")
}
