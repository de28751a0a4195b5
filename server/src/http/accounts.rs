//! The account forms: plain HTML posts that work without JavaScript.
//!
//! A refused form is answered with the same page, what was typed (never passwords), and the reason.

use super::access::SESSION_USER;
use super::errors::{ApiError, Problem};
use super::{AppState, pages};
use app::{FormOutcome, status_of};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Router, body::Body};
use folio_core::accounts::NewAccount;
use folio_core::{Error, Principal};
use secrecy::SecretString;
use serde::Deserialize;
use std::collections::HashMap;
use tower_sessions::Session;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/login", post(sign_in))
        .route("/register", post(register))
        .route("/setup", post(set_up))
        .route("/logout", post(sign_out))
}

/// The fields of all three forms; each uses some.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    name: String,
    email: String,
    password: String,
    code: String,
    next: String,
}

async fn sign_in(State(state): State<AppState>, session: Session, Form(fields): Form<Fields>) -> Response {
    let password = SecretString::from(fields.password.clone());
    let outcome = state.core.accounts().sign_in(&fields.email, password).await;
    finish(&state, &session, "/login", fields, outcome).await
}

async fn register(State(state): State<AppState>, session: Session, Form(fields): Form<Fields>) -> Response {
    let outcome = state.core.accounts().register(fields.account()).await;
    finish(&state, &session, "/register", fields, outcome).await
}

async fn set_up(State(state): State<AppState>, session: Session, Form(fields): Form<Fields>) -> Response {
    let outcome = state.core.accounts().set_up(&fields.code, fields.account()).await;
    finish(&state, &session, "/setup", fields, outcome).await
}

async fn sign_out(session: Session) -> Response {
    match session.flush().await {
        Ok(()) => Redirect::to("/login").into_response(),
        Err(fault) => session_failed(&fault),
    }
}

/// Lets the person in, or shows the form again with what was wrong.
async fn finish(
    state: &AppState,
    session: &Session,
    page: &'static str,
    fields: Fields,
    outcome: Result<Principal, Error>,
) -> Response {
    match outcome {
        Ok(who) => match begin(session, &who).await {
            Ok(()) => Redirect::to(local(&fields.next)).into_response(),
            Err(fault) => session_failed(&fault),
        },
        Err(fault) => {
            if let Error::Internal(_) = fault {
                tracing::error!(fault = fault.diagnosis(), page, "a form failed");
            }
            show_again(state, page, fields, &fault).await
        }
    }
}

/// A new session id at sign-in, so that one planted before is worth nothing.
async fn begin(session: &Session, who: &Principal) -> Result<(), tower_sessions::session::Error> {
    session.cycle_id().await?;
    session.insert(SESSION_USER, who.id).await
}

async fn show_again(state: &AppState, page: &'static str, fields: Fields, fault: &Error) -> Response {
    let outcome = FormOutcome { message: fault.to_string(), values: fields.kept() };
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = Uri::from_static(page);
    let mut response = pages::render(state, Some(outcome), request).await;
    *response.status_mut() = status_of(fault);
    response
}

fn session_failed(fault: &tower_sessions::session::Error) -> Response {
    tracing::error!(%fault, "a session could not be stored");
    ApiError::from(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "You could not be signed in or out right now. Try again.",
    ))
    .into_response()
}

/// Only a path of our own may follow a sign-in.
fn local(next: &str) -> &str {
    let is_local = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if is_local { next } else { "/" }
}

impl Fields {
    fn account(&self) -> NewAccount {
        NewAccount {
            name: self.name.clone(),
            email: self.email.clone(),
            password: SecretString::from(self.password.clone()),
        }
    }

    fn kept(self) -> HashMap<String, String> {
        let Self { name, email, code, next, password: _ } = self;
        [("name", name), ("email", email), ("code", code), ("next", next)]
            .into_iter()
            .map(|(field, value)| (field.to_owned(), value))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn a_sign_in_never_leads_to_another_site() {
        for bad in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:1"]
        {
            assert_eq!(local(bad), "/");
        }
        assert_eq!(local("/c/1?cite=2"), "/c/1?cite=2");
    }
}
