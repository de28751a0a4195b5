//! What a request says, parsed strictly: whatever does not fit becomes the one error body, with the contracts' statuses.
//!
//! A body or a query that is not understood is 400 (422 nowhere), a malformed id in a path is 404, a body that is too
//! large is 413. Handlers take these instead of axum's own, so that none can answer otherwise.

use super::errors::{ApiError, Problem};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use folio_core::Error;
use folio_types::{
    AttachmentId, BookId, ConfirmationId, ConversationId, MessageId, ProviderId, TaskId, ToolId, ToolServerId, TopicId,
    UserId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// Longer explanations would only repeat what the client sent.
const LONGEST_EXPLANATION: usize = 300;
/// A client's key for a request that it may send twice.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A JSON body, on the way in and on the way out. `Option<Json<T>>` is none where no body was sent.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// The ids in a path, in its order: one, or a tuple of them.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// The query of an address.
#[derive(Debug)]
pub struct Query<T>(pub T);

/// The `Idempotency-Key` of a request: a retried send lands once.
#[derive(Debug)]
pub struct IdempotencyKey(pub Option<String>);

/// The header in the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes the header")]
pub struct IdempotencyHeader {
    /// Makes a request that is sent again with the same key land once.
    #[param(rename = "Idempotency-Key", required = false, min_length = 1, max_length = 200, pattern = "^[ -~]+$")]
    key: String,
}

/// Something that a path names. What cannot be one is absent like any other that is not there.
pub trait Named: Sized {
    const NOUN: &'static str;

    fn parse(text: &str) -> Option<Self>;
}

macro_rules! named {
    ($($id:ty => $noun:literal),+ $(,)?) => {
        $(impl Named for $id {
            const NOUN: &'static str = $noun;

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        })+
    };
}

named!(AttachmentId => "Attachment", BookId => "Book", ConversationId => "Conversation", MessageId => "Message", ProviderId => "LLM provider", UserId => "User", TaskId => "Task", ConfirmationId => "Confirmation",
    ToolServerId => "Tool server", ToolId => "Tool");

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            let problem = Problem::new(
                StatusCode::BAD_REQUEST,
                "Send a JSON body, with the header “Content-Type: application/json”.",
            );
            return Err(problem.into());
        }
        parsed(&body(request, state).await?)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = body(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(None);
        }
        if !is_json {
            let problem = Problem::new(
                StatusCode::BAD_REQUEST,
                "Send a JSON body, with the header “Content-Type: application/json”, or none.",
            );
            return Err(problem.into());
        }
        parsed(&bytes).map(Some)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let fields = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(fields)
            .map(Self)
            .map_err(|fault| misunderstood("The query", fault.path(), fault.inner()))
    }
}

impl<S: Send + Sync, T: Named> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = params(parts, state, T::NOUN).await?;
        Ok(Self(part(&params, 0)?))
    }
}

impl<S: Send + Sync, A: Named, B: Named> FromRequestParts<S> for Path<(A, B)> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = params(parts, state, B::NOUN).await?;
        Ok(Self((part(&params, 0)?, part(&params, 1)?)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(Self(None)) };
        let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= folio_core::chats::LONGEST_KEY);
        let key = key.ok_or_else(|| {
            Error::invalid("Idempotency-Key", "The header Idempotency-Key has 1 to 200 printable ASCII characters.")
        })?;
        Ok(Self(Some(key.to_owned())))
    }
}

impl Named for TopicId {
    const NOUN: &'static str = "Topic";

    fn parse(text: &str) -> Option<Self> {
        Some(Self::from(text.to_owned()))
    }
}

/// Whether a body is JSON, as its sender says.
pub fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge("The body is too large.".into()).into(),
        _ => Problem::new(StatusCode::BAD_REQUEST, "The body did not arrive whole.").into(),
    })
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<Json<T>, ApiError> {
    // serde would take a list for an object whose members come in its order
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "The body is not a JSON object.").into());
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|fault| {
        if fault.inner().is_data() {
            misunderstood("The body", fault.path(), fault.inner())
        } else {
            malformed(fault.inner())
        }
    })?;
    json.end().map_err(|fault| malformed(&fault))?;
    Ok(Json(value))
}

fn malformed(fault: &serde_json::Error) -> ApiError {
    Problem::new(StatusCode::BAD_REQUEST, format!("The body is not JSON: {fault}.")).into()
}

/// Says which field was wrong and why, in serde's words without its line numbers.
fn misunderstood(what: &str, path: &serde_path_to_error::Path, fault: &impl Display) -> ApiError {
    let words = fault.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    let words: String = words.chars().take(LONGEST_EXPLANATION).collect();
    let parent = Some(path.to_string()).filter(|path| path != ".").unwrap_or_default();
    // serde names a field that is missing, unknown or given twice in its words only
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| words.strip_prefix(start)?.split('`').next());
    let field = match named {
        Some(name) if parent.is_empty() => name.to_owned(),
        Some(name) if !parent.ends_with(name) => format!("{parent}.{name}"),
        _ => parent,
    };
    let detail = if field.is_empty() {
        format!("{what} was not understood: {words}.")
    } else {
        format!("{what} was not understood: {field}: {words}.")
    };
    Problem::new(StatusCode::BAD_REQUEST, detail).about(field, words).into()
}

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S, noun: &'static str) -> Result<Vec<String>, ApiError> {
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Error::NotFound(noun))?;
    Ok(params.iter().map(|(_, value)| value.to_owned()).collect())
}

fn part<T: Named>(params: &[String], at: usize) -> Result<T, ApiError> {
    let found = params.get(at).and_then(|text| T::parse(text));
    Ok(found.ok_or(Error::NotFound(T::NOUN))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Wish {
        title: String,
        #[serde(rename = "in")]
        _book: Option<BookId>,
    }

    async fn read(kind: &str, body: &'static str) -> Result<Json<Wish>, serde_json::Value> {
        let request = Request::builder().header("content-type", kind).body(Body::from(body)).expect("a request");
        match <Json<Wish> as FromRequest<()>>::from_request(request, &()).await {
            Ok(wish) => Ok(wish),
            Err(refused) => {
                let response = refused.into_response();
                assert_eq!(response.status(), StatusCode::BAD_REQUEST);
                let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
                Err(serde_json::from_slice(&bytes).expect("JSON"))
            }
        }
    }

    #[tokio::test]
    async fn whatever_does_not_fit_is_400_and_says_which_field() {
        let wish = read("application/json; charset=utf-8", r#"{"title": "Bees"}"#).await.expect("understood");
        assert_eq!(wish.0.title, "Bees");
        for (body, field) in [
            (r#"{"title": 7}"#, "title"),
            ("{}", "title"),
            (r#"{"title": "a", "title": "b"}"#, "title"),
            (r#"{"title": "a", "in": "not-an-id"}"#, "in"),
        ] {
            let problem = read("application/json", body).await.expect_err("refused");
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
            assert_eq!(problem["error"], problem["detail"]);
        }
        for body in ["", "{", "[1,", "{\"title\": \"a\"} x", "\u{feff}{}"] {
            let problem = read("application/json", body).await.expect_err("refused");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("JSON")), "{problem}");
        }
        let problem = read("text/plain", r#"{"title": "Bees"}"#).await.expect_err("refused");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Content-Type")), "{problem}");
    }
}
