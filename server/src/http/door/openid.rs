//! Signing in at the OpenID provider: there, and back again.

use super::{local, session_failed};
use crate::http::AppState;
use crate::http::came_from::CameFrom;
use crate::http::document::failure;
use crate::http::web_sessions::begin;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use folio_core::Error;
use folio_core::accounts::PendingSignIn;
use serde::{Deserialize, Serialize};
use time::Duration;
use tower_sessions::{Expiry, Session};

/// Where a session keeps a sign-in that was begun.
const PENDING: &str = "openid";
/// So long a person may take at the provider.
const PATIENCE: Duration = Duration::minutes(15);

#[derive(Serialize, Deserialize)]
struct Begun {
    pending: PendingSignIn,
    next: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wish {
    next: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    state: String,
    code: String,
}

pub async fn go(State(state): State<AppState>, session: Session, Query(wish): Query<Wish>) -> Response {
    let (url, pending) = match state.core.accounts().begin_openid().await {
        Ok(begun) => begun,
        Err(fault) => return failure(&state, fault),
    };
    session.set_expiry(Some(Expiry::OnInactivity(PATIENCE)));
    match session.insert(PENDING, Begun { pending, next: wish.next }).await {
        Ok(()) => Redirect::to(&url).into_response(),
        Err(fault) => session_failed(&fault),
    }
}

pub async fn come_back(
    State(state): State<AppState>,
    session: Session,
    CameFrom(origin): CameFrom,
    Query(answer): Query<Answer>,
) -> Response {
    let begun: Option<Begun> = match session.remove(PENDING).await {
        Ok(begun) => begun,
        Err(fault) => return session_failed(&fault),
    };
    let Some(Begun { pending, next }) = begun else {
        let message = "This sign-in was not begun in this browser, or it took too long. Try again.";
        return failure(&state, Error::Unauthenticated(message.into()));
    };
    let who = match state.core.accounts().finish_openid(pending, &answer.state, answer.code).await {
        Ok(who) => who,
        Err(fault) => return failure(&state, fault),
    };
    match begin(&session, &who, origin).await {
        Ok(()) => Redirect::to(local(&next)).into_response(),
        Err(fault) => session_failed(&fault),
    }
}
