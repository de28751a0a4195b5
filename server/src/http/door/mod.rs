//! The pages for coming in: sign in, make an account, set Folio up, set a new password.
//!
//! A refused form is answered with the same page, what was typed (never passwords), and the reason.

mod openid;
mod views;

use crate::http::AppState;
use crate::http::came_from::CameFrom;
use crate::http::document::{document, failure};
use crate::http::errors::{ApiError, Problem};
use crate::http::web_sessions::begin;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use folio_core::accounts::{NewAccount, OPENID_CALLBACK};
use folio_core::{Error, Principal};
use secrecy::SecretString;
use serde::Deserialize;
use tower_sessions::Session;
use views::View;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/login", get(show_sign_in).post(sign_in))
        .route("/register", get(show_register).post(register))
        .route("/setup", get(show_set_up).post(set_up))
        .route("/reset", get(show_reset).post(reset))
        .route("/login/openid", get(openid::go))
        .route(OPENID_CALLBACK, get(openid::come_back))
        .route("/logout", post(sign_out))
}

/// The fields of all four forms, and the parameters of their addresses; each uses some.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    name: String,
    email: String,
    password: String,
    /// Of the printed link, or of a link for a new password.
    code: String,
    invite: String,
    next: String,
}

async fn show_sign_in(State(state): State<AppState>, Query(fields): Query<Fields>) -> Response {
    page(&state, sign_in_view(&state).await, &fields, None)
}

async fn sign_in(
    State(state): State<AppState>,
    session: Session,
    from: CameFrom,
    Form(fields): Form<Fields>,
) -> Response {
    let outcome = state.core.accounts().sign_in(&fields.email, fields.secret()).await;
    finish(&state, (session, from), sign_in_view(&state).await, &fields, outcome).await
}

async fn sign_in_view(state: &AppState) -> View {
    let accounts = state.core.accounts();
    // whoever can sign in should see the form, whatever else is the matter
    let open = accounts.registration_open().await.unwrap_or_default();
    View::SignIn { open, openid: accounts.openid_name().map(str::to_owned) }
}

async fn show_register(State(state): State<AppState>, Query(fields): Query<Fields>) -> Response {
    match may_register(&state, &fields).await {
        Ok(open) => page(&state, View::Register { open }, &fields, None),
        Err(fault) => failure(&state, fault),
    }
}

async fn register(
    State(state): State<AppState>,
    session: Session,
    from: CameFrom,
    Form(fields): Form<Fields>,
) -> Response {
    let accounts = state.core.accounts();
    let outcome = if fields.invite.is_empty() {
        accounts.register(fields.account()).await
    } else {
        accounts.accept_invitation(&fields.invite, fields.account()).await
    };
    let open = may_register(&state, &fields).await.unwrap_or_default();
    finish(&state, (session, from), View::Register { open }, &fields, outcome).await
}

async fn show_set_up(State(state): State<AppState>, Query(fields): Query<Fields>) -> Response {
    match state.core.accounts().setup_needed().await {
        Ok(true) => page(&state, View::SetUp, &fields, None),
        // once there is an administrator, everyone comes in by the same door
        Ok(false) => Redirect::to("/login").into_response(),
        Err(fault) => failure(&state, fault),
    }
}

async fn set_up(
    State(state): State<AppState>,
    session: Session,
    from: CameFrom,
    Form(fields): Form<Fields>,
) -> Response {
    let outcome = state.core.accounts().set_up(&fields.code, fields.account()).await;
    finish(&state, (session, from), View::SetUp, &fields, outcome).await
}

async fn show_reset(State(state): State<AppState>, Query(fields): Query<Fields>) -> Response {
    match state.core.accounts().reset_open(&fields.code).await {
        Ok(open) => page(&state, View::Reset { open }, &fields, None),
        Err(fault) => failure(&state, fault),
    }
}

async fn reset(
    State(state): State<AppState>,
    session: Session,
    from: CameFrom,
    Form(fields): Form<Fields>,
) -> Response {
    let outcome = state.core.accounts().reset_password(&fields.code, fields.secret()).await;
    let open = state.core.accounts().reset_open(&fields.code).await.unwrap_or_default();
    finish(&state, (session, from), View::Reset { open }, &fields, outcome).await
}

async fn sign_out(session: Session) -> Response {
    match session.flush().await {
        Ok(()) => Redirect::to("/login").into_response(),
        Err(fault) => session_failed(&fault),
    }
}

async fn may_register(state: &AppState, fields: &Fields) -> Result<bool, Error> {
    let accounts = state.core.accounts();
    if accounts.registration_open().await? {
        return Ok(true);
    }
    Ok(!fields.invite.is_empty() && accounts.invitation_open(&fields.invite).await?)
}

/// Lets the person in, or shows the form again with what was wrong.
async fn finish(
    state: &AppState,
    (session, CameFrom(origin)): (Session, CameFrom),
    view: View,
    fields: &Fields,
    outcome: Result<Principal, Error>,
) -> Response {
    match outcome {
        Ok(who) => match begin(&session, &who, origin).await {
            Ok(()) => Redirect::to(local(&fields.next)).into_response(),
            Err(fault) => session_failed(&fault),
        },
        Err(fault) => {
            if let Error::Internal(_) = fault {
                tracing::error!(fault = fault.diagnosis(), "a form failed");
            }
            page(state, view, fields, Some(&fault))
        }
    }
}

fn page(state: &AppState, view: View, fields: &Fields, refused: Option<&Error>) -> Response {
    let status = refused.map_or(StatusCode::OK, app::status_of);
    let title = view.title();
    document(state, title, status, || view.render(fields, refused.map(ToString::to_string)))
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
    fn secret(&self) -> SecretString {
        self.password.clone().into()
    }

    fn account(&self) -> NewAccount {
        NewAccount { name: self.name.clone(), email: self.email.clone(), password: self.secret() }
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
