//! Who is asking, and whether the request is meant.

use super::AppState;
use super::contracts;
use super::errors::{ApiError, Problem};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use folio_core::Principal;
use folio_types::UserId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tower_sessions::Session;

/// Where a session keeps whose it is.
pub const SESSION_USER: &str = "user_id";

/// Pages that make sense without an account.
const OPEN_PAGES: [&str; 4] = ["/login", "/register", "/setup", "/logout"];

/// The signed-in caller; 401 without one.
pub struct Who(pub Principal);

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let who = parts.extensions.get::<Principal>().cloned();
        who.map(Self).ok_or_else(|| ApiError::from(Problem::unauthenticated()))
    }
}

/// Finds out who is asking and leaves the [`Principal`] with the request. Pages send strangers to the door.
pub async fn identify(State(state): State<AppState>, session: Session, mut request: Request, next: Next) -> Response {
    let who = match principal(&state, &session).await {
        Ok(who) => who,
        Err(problem) => return problem.into_response(),
    };
    let path = request.uri().path();
    let is_page = is_page(request.method(), path);
    if is_page && who.is_none() && !OPEN_PAGES.contains(&path) {
        return to_the_door(&state, request.uri()).await;
    }
    if let Some(who) = who {
        request.extensions_mut().insert(who);
    }
    let mut response = next.run(request).await;
    if is_page {
        // a page is its reader's alone, and "back" after signing out must not show it
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(header::HeaderValue::from_static("no-store"));
    }
    response
}

async fn principal(state: &AppState, session: &Session) -> Result<Option<Principal>, ApiError> {
    let user: Option<UserId> = session.get(SESSION_USER).await.map_err(|fault| {
        tracing::error!(%fault, "a session could not be read");
        ApiError::from(Problem::unavailable())
    })?;
    match user {
        Some(id) => Ok(state.core.accounts().principal(id).await?),
        None => Ok(None),
    }
}

async fn to_the_door(state: &AppState, uri: &Uri) -> Response {
    match state.core.accounts().setup_needed().await {
        Ok(true) => Redirect::to("/setup").into_response(),
        Ok(false) => {
            let next = uri.path_and_query().map_or("/", |wanted| wanted.as_str());
            let next = utf8_percent_encode(next, NON_ALPHANUMERIC).to_string();
            let to = if next == "%2F" { "/login".to_owned() } else { format!("/login?next={next}") };
            Redirect::to(&to).into_response()
        }
        Err(fault) => ApiError::from(fault).into_response(),
    }
}

fn is_page(method: &Method, path: &str) -> bool {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    is_read && !contracts::is_contract(path) && !["/ui/", "/dev/"].iter().any(|prefix| path.starts_with(prefix))
}

/// The defence against cross-site request forgery: a browser says where an unsafe request comes from.
///
/// `Sec-Fetch-Site` decides where it is sent; older browsers' `Origin` must name this host. A client that
/// sends neither is no browser, so no cookie was attached against its user's will.
pub async fn refuse_cross_site(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || is_same_site(request.headers()) {
        return next.run(request).await;
    }
    ApiError::from(Problem::cross_site()).into_response()
}

fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => text("origin").is_none_or(|origin| {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text("host")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), header::HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_requests_of_our_own_pages_and_of_programs_pass() {
        assert!(is_same_site(&headers(&[])));
        assert!(is_same_site(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(is_same_site(&headers(&[("origin", "http://folio:8002"), ("host", "folio:8002")])));
        assert!(!is_same_site(&headers(&[("sec-fetch-site", "cross-site")])));
        assert!(!is_same_site(&headers(&[("sec-fetch-site", "same-site")])));
        assert!(!is_same_site(&headers(&[("origin", "http://evil.example"), ("host", "folio:8002")])));
        assert!(!is_same_site(&headers(&[("origin", "null"), ("host", "folio:8002")])));
    }
}
