//! `/settings/account`: name, password, where one is signed in, personal access tokens.

use super::fields::{Field, Kind, button};
use super::page as settings_page;
use super::times::time;
use crate::http::AppState;
use crate::http::access::Signed;
use crate::http::document::failure;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use folio_core::accounts::{Lease, PersonalToken, Reach, SignIn, SignInKind};
use folio_core::{Error, Result};
use leptos::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::{SystemTime, UNIX_EPOCH};

const HERE: &str = "/settings/account";
const DAY: i64 = 24 * 60 * 60 * 1000;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(show))
        .route("/settings/account/name", post(rename))
        .route("/settings/account/password", post(change_password))
        .route("/settings/account/sessions/end", post(end_session))
        .route("/settings/account/sign-out-everywhere", post(sign_out_everywhere))
        .route("/settings/account/tokens", post(make_token))
        .route("/settings/account/tokens/{id}/revoke", post(revoke_token))
}

/// What was just done, told at the top of the page.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: String,
}

/// What the page says besides the account itself.
#[derive(Default)]
struct News {
    done: Option<&'static str>,
    refused: Option<Error>,
    token: Option<SecretString>,
}

#[derive(Deserialize)]
struct NameForm {
    name: String,
}

#[derive(Deserialize)]
struct PasswordForm {
    current_password: SecretString,
    new_password: SecretString,
}

#[derive(Deserialize)]
struct SessionForm {
    id: String,
}

#[derive(Deserialize)]
struct TokenForm {
    name: String,
    scope: String,
    /// Days, or nothing for a token that does not expire.
    days: String,
}

async fn show(State(state): State<AppState>, Signed(lease): Signed, Query(asked): Query<Asked>) -> Response {
    let done = match asked.done.as_str() {
        "name" => Some("Your name was changed."),
        "password" => Some("Your password was changed. You were signed out everywhere else."),
        "session" => Some("You were signed out there."),
        "token" => Some("The token was revoked."),
        _ => None,
    };
    page(&state, &lease, News { done, ..News::default() }).await
}

async fn rename(State(state): State<AppState>, Signed(lease): Signed, Form(form): Form<NameForm>) -> Response {
    let outcome = state.core.accounts().rename(&lease, &form.name).await.map(drop);
    finish(&state, &lease, "name", outcome).await
}

async fn change_password(
    State(state): State<AppState>,
    Signed(lease): Signed,
    Form(form): Form<PasswordForm>,
) -> Response {
    let outcome = state.core.accounts().change_password(&lease, form.current_password, form.new_password).await;
    finish(&state, &lease, "password", outcome).await
}

async fn end_session(State(state): State<AppState>, Signed(lease): Signed, Form(form): Form<SessionForm>) -> Response {
    let outcome = state.core.accounts().end_sign_in(&lease, &form.id).await;
    finish(&state, &lease, "session", outcome).await
}

async fn sign_out_everywhere(State(state): State<AppState>, Signed(lease): Signed) -> Response {
    match state.core.accounts().sign_out_everywhere(&lease).await {
        Ok(()) => Redirect::to("/login").into_response(),
        Err(fault) => failure(&state, fault),
    }
}

async fn make_token(State(state): State<AppState>, Signed(lease): Signed, Form(form): Form<TokenForm>) -> Response {
    let outcome = async {
        let expires_at = match form.days.as_str() {
            "" => None,
            days => {
                let days: u32 = days.parse().map_err(|_| Error::invalid("days", "Choose when the token expires."))?;
                Some(now() + i64::from(days) * DAY)
            }
        };
        state.core.accounts().make_token(lease.who(), &form.name, form.scope.parse()?, expires_at).await
    };
    match outcome.await {
        Ok((_, token)) => page(&state, &lease, News { token: Some(token), ..News::default() }).await,
        Err(fault) => page(&state, &lease, News { refused: Some(fault), ..News::default() }).await,
    }
}

async fn revoke_token(State(state): State<AppState>, Signed(lease): Signed, Path(id): Path<String>) -> Response {
    let outcome = match id.parse() {
        Ok(id) => state.core.accounts().revoke_token(lease.who(), id).await,
        Err(_) => Err(Error::NotFound("Token")),
    };
    finish(&state, &lease, "token", outcome).await
}

/// Back to the page, or the page with what was wrong.
async fn finish(state: &AppState, lease: &Lease, done: &'static str, outcome: Result<()>) -> Response {
    match outcome {
        Ok(()) => Redirect::to(&format!("{HERE}?done={done}")).into_response(),
        Err(fault) => page(state, lease, News { refused: Some(fault), ..News::default() }).await,
    }
}

async fn page(state: &AppState, lease: &Lease, news: News) -> Response {
    let accounts = state.core.accounts();
    let (sign_ins, tokens) = match (accounts.sign_ins(lease).await, accounts.tokens(lease.who()).await) {
        (Ok(sign_ins), Ok(tokens)) => (sign_ins, tokens),
        (Err(fault), _) | (_, Err(fault)) => return failure(state, fault),
    };
    let (name, email) = (lease.who().name.clone(), lease.who().email.clone());
    let status = news.refused.as_ref().map_or(StatusCode::OK, app::status_of);
    settings_page(state, lease.who(), HERE, status, move || {
        view! {
            {told(news)}
            <section aria-labelledby="profile">
                <h2 id="profile">"Profile"</h2>
                <p>"You sign in as " <strong>{email}</strong> "."</p>
                <form method="post" action="/settings/account/name" class="stack">
                    {Field::new("Name", "name", Kind::Text, "name").with(name).view()}
                    <button type="submit">"Save name"</button>
                </form>
            </section>
            <section aria-labelledby="password">
                <h2 id="password">"Password"</h2>
                <form method="post" action="/settings/account/password" class="stack">
                    {Field::new("Current password", "current_password", Kind::Password, "current-password").view()}
                    {Field::new("New password", "new_password", Kind::NewPassword, "new-password").view()}
                    <button type="submit">"Change password"</button>
                </form>
            </section>
            <section aria-labelledby="sessions">
                <h2 id="sessions">"Where you are signed in"</h2>
                <ul class="entries">{sign_ins.into_iter().map(session).collect_view()}</ul>
                <form method="post" action="/settings/account/sign-out-everywhere">
                    <button type="submit" class="danger">"Sign out everywhere"</button>
                </form>
            </section>
            <section aria-labelledby="tokens">
                <h2 id="tokens">"Personal access tokens"</h2>
                <p class="hint">"For scripts and other programs that use Folio in your name. Send one as " <code>"Authorization: Bearer …"</code> ". "
                    <a href="/api/docs">"What programs can do"</a></p>
                {token_list(tokens)}
                {token_form()}
            </section>
        }
        .into_any()
    })
}

fn told(news: News) -> AnyView {
    let refused = news.refused.map(|fault| view! { <p class="problem" role="alert">{fault.to_string()}</p> });
    let done = news.done.map(|done| view! { <p class="notice" role="status">{done}</p> });
    let token = news.token.map(|token| {
        view! {
            <div class="notice" role="status">
                <p>"Copy the new token now. It is not shown again."</p>
                <p><code class="secret">{token.expose_secret().to_owned()}</code></p>
            </div>
        }
    });
    view! { {refused} {done} {token} }.into_any()
}

fn session(session: SignIn) -> AnyView {
    let SignIn { id, kind, user_agent, address, created_at, seen_at, is_current } = session;
    let unknown = match kind {
        SignInKind::Browser => "A browser",
        SignInKind::Program => "A program",
    };
    let agent = user_agent.unwrap_or_else(|| unknown.into());
    let label = format!("Sign out: {agent}");
    view! {
        <li>
            <div>
                <p class="entry-name">{agent} {is_current.then(|| view! { " " <span class="tag">"here"</span> })}</p>
                <p class="hint">{address} " · since " {time(created_at)} " · last seen " {time(seen_at)}</p>
            </div>
            <form method="post" action="/settings/account/sessions/end">
                <input type="hidden" name="id" value=id />
                <button type="submit" class="quiet" aria-label=label>"Sign out"</button>
            </form>
        </li>
    }
    .into_any()
}

fn token_list(tokens: Vec<PersonalToken>) -> AnyView {
    if tokens.is_empty() {
        return view! { <p class="hint">"You have none."</p> }.into_any();
    }
    let entry = |token: PersonalToken| {
        let used = match token.used_at {
            Some(at) => view! { "last used " {time(at)} }.into_any(),
            None => "never used".into_any(),
        };
        let expires = match token.expires_at {
            Some(at) => view! { "expires " {time(at)} }.into_any(),
            None => "does not expire".into_any(),
        };
        let revoke = button(format!("/settings/account/tokens/{}/revoke", token.id), "Revoke", &token.name, "quiet");
        view! {
            <li>
                <div>
                    <p class="entry-name">{token.name} " " <span class="tag">{token.reach.as_str()}</span></p>
                    <p class="hint">{used} " · " {expires}</p>
                </div>
                {revoke}
            </li>
        }
    };
    view! { <ul class="entries">{tokens.into_iter().map(entry).collect_view()}</ul> }.into_any()
}

fn token_form() -> AnyView {
    let scopes =
        [(Reach::Read, "Read only"), (Reach::Write, "Read and write"), (Reach::Full, "Everything that you may do")];
    let scopes = scopes.map(|(reach, label)| view! { <option value=reach.as_str()>{label}</option> });
    let days = [("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"), ("", "Never")];
    let days = days.map(|(days, label)| view! { <option value=days>{label}</option> });
    view! {
        <form method="post" action="/settings/account/tokens" class="stack">
            <h3>"New token"</h3>
            <p class="field">
                <label for="token-name">"What it is for"</label>
                <input id="token-name" name="name" type="text" maxlength="100" autocomplete="off" required />
            </p>
            <p class="field"><label for="token-scope">"What it may do"</label> <select id="token-scope" name="scope">{scopes.collect_view()}</select></p>
            <p class="field"><label for="token-days">"Expires"</label> <select id="token-days" name="days">{days.collect_view()}</select></p>
            <button type="submit">"Make token"</button>
        </form>
    }
    .into_any()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
