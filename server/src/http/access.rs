//! Who is asking, by which credential, and whether the request is meant.

use super::errors::{ApiError, Problem};
use super::{AppState, contracts, document, observe};
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use folio_core::accounts::{Lease, OPENID_CALLBACK};
use folio_core::limits::{Key, Limit};
use folio_core::{Error, Principal, audit};
use futures::StreamExt;
use headers::authorization::{Authorization, Basic, Bearer};
use headers::{HeaderMapExt, HeaderName};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use tower_sessions::Session;

/// Pages that make sense without an account.
const OPEN_PAGES: [&str; 7] = ["/login", "/login/openid", OPENID_CALLBACK, "/register", "/setup", "/reset", "/logout"];

/// The credentials that a group of routes accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// Anyone, with or without a credential.
    Anyone,
    /// The session cookie: pages and their forms.
    Browsers,
    /// A token, or a browser's session.
    People,
    /// As [`Accepts::People`], where nothing is changed by whatever method: a token that may only read is enough.
    Readers,
    /// A name and a password, too, and asks for them: the sessions face.
    PeopleAndBasic,
}

/// A request before it is known who asks.
struct Door {
    state: AppState,
    session: Session,
    accepts: Accepts,
}

/// The signed-in caller; 401 without one.
pub struct Who(pub Principal);

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let who = parts.extensions.get::<Principal>().cloned();
        who.map(Self).ok_or_else(|| ApiError::from(Problem::unauthenticated()))
    }
}

/// As [`Who`], with the sign-in itself, for what is done to the account.
pub struct Signed(pub Lease);

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let lease = parts.extensions.get::<Lease>().cloned();
        lease.map(Self).ok_or_else(|| ApiError::from(Problem::unauthenticated()))
    }
}

/// Finds out who is asking and leaves the [`Principal`] with the request. Pages send strangers to the sign-in; event streams
/// end with their reader's access.
pub async fn guarded(accepts: Accepts, mut request: Request, next: Next) -> Response {
    let (state, session) = (request.extensions().get().cloned(), request.extensions().get().cloned());
    let (Some(state), Some(session)) = (state, session) else {
        return ApiError::from(Error::internal("a route stands outside of the sessions")).into_response();
    };
    let door = Door { state, session, accepts };
    let challenge = door.challenge(request.headers());
    let is_page = accepts == Accepts::Browsers && is_page(request.method(), request.uri().path());
    let lease = match door.lease(request.method(), request.headers()).await {
        Ok(lease) => lease,
        Err(problem) => return challenged(problem.into_response(), challenge),
    };
    if is_page && lease.is_none() && !OPEN_PAGES.contains(&request.uri().path()) {
        return to_the_door(&door.state, request.uri()).await;
    }
    if let Err(fault) = door.count(lease.as_ref()).await {
        return if is_page { document::failure(&door.state, fault) } else { ApiError::from(fault).into_response() };
    }
    if let Some(lease) = &lease {
        observe::is_from(lease.who().id);
        request.extensions_mut().insert(lease.who().clone());
        request.extensions_mut().insert(lease.clone());
    }
    let mut response = next.run(request).await;
    if is_page {
        // a page is its reader's alone, and "back" after signing out must not show it
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    match lease {
        Some(lease) if is_event_stream(&response) => response.map(|body| until_lost(body, lease)),
        Some(_) => response,
        None => challenged(response, challenge),
    }
}

impl Door {
    /// The caller's access. A request with an `Authorization` header is judged by that alone.
    async fn lease(&self, method: &Method, headers: &HeaderMap) -> Result<Option<Lease>, ApiError> {
        let is_unsafe = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        let lease = if self.accepts != Accepts::Browsers && headers.contains_key(header::AUTHORIZATION) {
            Some(self.authorized(headers).await?)
        } else {
            let Some(cookie) = self.session.id() else { return Ok(None) };
            let lease = self.state.core.accounts().session(&cookie.to_string()).await?;
            // whoever sends a header has it on purpose; a browser attaches a cookie to what any site makes it send
            if lease.is_some() && is_unsafe && !self.state.is_same_site(headers) {
                return Err(Problem::cross_site().into());
            }
            lease
        };
        let changes = is_unsafe && self.accepts != Accepts::Readers;
        if changes && lease.as_ref().is_some_and(|lease| !lease.who().reach.may_write()) {
            return Err(Error::Denied("This token may read, but not change anything.".into()).into());
        }
        Ok(lease)
    }

    /// Counts one more request of the caller, or of a stranger's address.
    async fn count(&self, lease: Option<&Lease>) -> Result<(), Error> {
        let address = || audit::Origin::here().address.map(Key::address);
        let Some(key) = lease.map(|lease| Key::User(lease.who().id)).or_else(address) else { return Ok(()) };
        self.state.core.limits().count(Limit::Requests, key).await
    }

    async fn authorized(&self, headers: &HeaderMap) -> Result<Lease, ApiError> {
        let accounts = self.state.core.accounts();
        if let Some(Authorization(bearer)) = headers.typed_get::<Authorization<Bearer>>() {
            return Ok(accounts.bearer(bearer.token()).await?);
        }
        if self.accepts == Accepts::PeopleAndBasic
            && let Some(Authorization(basic)) = headers.typed_get::<Authorization<Basic>>()
        {
            let password = SecretString::from(basic.password().to_owned());
            return Ok(accounts.basic(basic.username(), password).await?);
        }
        Err(Problem::new(StatusCode::UNAUTHORIZED, "This kind of Authorization header is not understood here.").into())
    }

    /// What a 401 asks for. A page's script is not asked for a password: its browser would open a dialog for it.
    fn challenge(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
        let by_script = headers.get(MODE).is_some_and(|mode| mode != "navigate");
        match self.accepts {
            Accepts::Anyone | Accepts::Browsers => None,
            Accepts::PeopleAndBasic if !by_script => Some(HeaderValue::from_static("Basic realm=\"Folio\"")),
            Accepts::People | Accepts::Readers | Accepts::PeopleAndBasic => Some(HeaderValue::from_static("Bearer")),
        }
    }
}

fn challenged(mut response: Response, challenge: Option<HeaderValue>) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED
        && let Some(challenge) = challenge
    {
        response.headers_mut().entry(header::WWW_AUTHENTICATE).or_insert(challenge);
    }
    response
}

fn is_event_stream(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

fn until_lost(body: Body, lease: Lease) -> Body {
    Body::from_stream(body.into_data_stream().take_until(Box::pin(lease.lost())))
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

/// The defence of pages' forms against cross-site requests, those for signing in included.
pub async fn refuse_cross_site(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || state.is_same_site(request.headers()) {
        return next.run(request).await;
    }
    ApiError::from(Problem::cross_site()).into_response()
}

impl AppState {
    /// Whether the request comes from our own pages, from the configured frontend or from no page at all.
    ///
    /// A browser says where an unsafe request comes from: `Sec-Fetch-Site` decides where it is sent; older browsers'
    /// `Origin` must name this host. A client that sends neither is no browser, so no cookie was attached against its
    /// user's will.
    fn is_same_site(&self, headers: &HeaderMap) -> bool {
        let from_frontend =
            self.frontend.as_ref().is_some_and(|frontend| headers.get(header::ORIGIN) == Some(frontend));
        from_frontend || is_same_site(headers)
    }
}

fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
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
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
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
