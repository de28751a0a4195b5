//! `/admin/users`: who has an account, what it may do, invitations and links for new passwords.

use super::fields::button;
use super::page as settings_page;
use super::times::time;
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::document::failure;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use folio_core::accounts::{Account, AccountLink, AccountPage, Invitation};
use folio_core::{Error, Principal, Result};
use folio_types::{InvitationId, Role, UserId};
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde::Deserialize;

const HERE: &str = "/admin/users";
const PAGE_SIZE: u32 = 50;
const ROLES: [(Role, &str); 3] = [(Role::User, "User"), (Role::Librarian, "Librarian"), (Role::Admin, "Administrator")];

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(show))
        .route("/admin/users/invite", post(invite))
        .route("/admin/users/invitations/{id}", post(reveal))
        .route("/admin/users/{id}/role", post(set_role))
        .route("/admin/users/{id}/disable", post(disable))
        .route("/admin/users/{id}/enable", post(enable))
        .route("/admin/users/{id}/sign-out", post(sign_out))
        .route("/admin/users/{id}/reset-link", post(reset_link))
}

#[derive(Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    page: u32,
    done: String,
    /// An invitation made by a command, whose link is still to be shown.
    invitation: String,
}

impl Default for Asked {
    fn default() -> Self {
        Self { q: String::new(), page: 1, done: String::new(), invitation: String::new() }
    }
}

#[derive(Default)]
struct News {
    done: Option<&'static str>,
    refused: Option<Error>,
    link: Option<(&'static str, AccountLink)>,
    invitation: Option<Invitation>,
}

#[derive(Deserialize)]
struct RoleForm {
    role: Role,
}

#[derive(Deserialize)]
struct InviteForm {
    role: Role,
    days: u32,
}

async fn show(State(state): State<AppState>, Who(who): Who, Query(asked): Query<Asked>) -> Response {
    let done = match asked.done.as_str() {
        "role" => Some("The role was changed."),
        "disabled" => Some("The account is disabled."),
        "enabled" => Some("The account is enabled."),
        "signed-out" => Some("The account was signed out everywhere."),
        _ => None,
    };
    let (invitation, refused) = match invited(&state, &who, &asked.invitation).await {
        Ok(invitation) => (invitation, None),
        Err(fault) => (None, Some(fault)),
    };
    page(&state, &who, &asked, News { done, refused, invitation, ..News::default() }).await
}

/// The invitation that the address names, if it names one.
async fn invited(state: &AppState, who: &Principal, id: &str) -> Result<Option<Invitation>> {
    if id.is_empty() {
        return Ok(None);
    }
    let gone =
        || Error::Conflict("The link of this invitation was shown already, or it is too old. Make another one.".into());
    let id: InvitationId = id.parse().map_err(|_| gone())?;
    match state.core.accounts().invitation(who, id).await {
        Err(Error::NotFound(_)) => Err(gone()),
        other => other.map(Some),
    }
}

async fn reveal(State(state): State<AppState>, Who(who): Who, Path(id): Path<String>) -> Response {
    let made = async {
        let id = id.parse().map_err(|_| Error::NotFound("Invitation"))?;
        state.core.accounts().reveal(&who, id).await
    };
    let words = "Give this link to the new user. It makes one account and is not shown again.";
    with_link(&state, &who, words, made.await).await
}

async fn set_role(
    State(state): State<AppState>,
    Who(who): Who,
    Path(id): Path<String>,
    Form(form): Form<RoleForm>,
) -> Response {
    let outcome = async { state.core.accounts().set_role(&who, user(&id)?, form.role).await };
    finish(&state, &who, "role", outcome.await).await
}

async fn disable(State(state): State<AppState>, Who(who): Who, Path(id): Path<String>) -> Response {
    let outcome = async { state.core.accounts().disable(&who, user(&id)?).await };
    finish(&state, &who, "disabled", outcome.await).await
}

async fn enable(State(state): State<AppState>, Who(who): Who, Path(id): Path<String>) -> Response {
    let outcome = async { state.core.accounts().enable(&who, user(&id)?).await };
    finish(&state, &who, "enabled", outcome.await).await
}

async fn sign_out(State(state): State<AppState>, Who(who): Who, Path(id): Path<String>) -> Response {
    let outcome = async { state.core.accounts().sign_out(&who, user(&id)?).await };
    finish(&state, &who, "signed-out", outcome.await).await
}

async fn invite(State(state): State<AppState>, Who(who): Who, Form(form): Form<InviteForm>) -> Response {
    let made = state.core.accounts().invite(&who, form.role, form.days).await;
    with_link(&state, &who, "Give this link to the new user. It makes one account and is not shown again.", made).await
}

async fn reset_link(State(state): State<AppState>, Who(who): Who, Path(id): Path<String>) -> Response {
    let made = async { state.core.accounts().make_reset_link(&who, user(&id)?).await };
    let words = "Give this link to the user. It sets a new password once and is not shown again.";
    with_link(&state, &who, words, made.await).await
}

async fn with_link(state: &AppState, who: &Principal, words: &'static str, made: Result<AccountLink>) -> Response {
    let news = match made {
        Ok(link) => News { link: Some((words, link)), ..News::default() },
        Err(fault) => News { refused: Some(fault), ..News::default() },
    };
    page(state, who, &Asked::default(), news).await
}

async fn finish(state: &AppState, who: &Principal, done: &'static str, outcome: Result<Account>) -> Response {
    match outcome {
        Ok(_) => Redirect::to(&format!("{HERE}?done={done}")).into_response(),
        Err(fault) => page(state, who, &Asked::default(), News { refused: Some(fault), ..News::default() }).await,
    }
}

async fn page(state: &AppState, who: &Principal, asked: &Asked, news: News) -> Response {
    let found = match state.core.accounts().list(who, &asked.q, asked.page.max(1), PAGE_SIZE).await {
        Ok(found) => found,
        Err(fault) => return failure(state, fault),
    };
    let status = news.refused.as_ref().map_or(StatusCode::OK, app::status_of);
    let (search, number) = (asked.q.clone(), asked.page.max(1));
    settings_page(state, who, HERE, status, move || {
        view! {
            {told(news)}
            <section aria-labelledby="invite">
                <h2 id="invite">"Invite somebody"</h2>
                <form method="post" action="/admin/users/invite" class="row">
                    <label for="invite-role">"Role"</label>
                    <select id="invite-role" name="role">{roles(Role::User)}</select>
                    <label for="invite-days">"Good for (days)"</label>
                    <input id="invite-days" name="days" type="number" min="1" max="90" value="7" required />
                    <button type="submit">"Make a link"</button>
                </form>
            </section>
            <section aria-labelledby="accounts">
                <h2 id="accounts">"Accounts"</h2>
                <form method="get" action=HERE role="search" class="row">
                    <label for="search">"Name or e-mail"</label>
                    <input id="search" name="q" type="search" value=search.clone() />
                    <button type="submit">"Search"</button>
                </form>
                {accounts(found, &search, number)}
            </section>
        }
        .into_any()
    })
}

fn told(news: News) -> AnyView {
    let refused = news.refused.map(|fault| view! { <p class="problem" role="alert">{fault.to_string()}</p> });
    let done = news.done.map(|done| view! { <p class="notice" role="status">{done}</p> });
    let link = news.link.map(|(words, link)| {
        view! {
            <div class="notice" role="status">
                <p>{words} " It is good until " {time(link.expires_at)} "."</p>
                <p><code class="secret">{link.url.expose_secret().to_owned()}</code></p>
            </div>
        }
    });
    let invitation = news.invitation.map(|Invitation { id, role, expires_at }| {
        view! {
            <form method="post" action=format!("/admin/users/invitations/{id}") class="notice">
                <p>"The invitation for a new " {role.as_str()} " is good until " {time(expires_at)} "."</p>
                <button type="submit" class="primary">"Show its link, once"</button>
            </form>
        }
    });
    view! { {refused} {done} {invitation} {link} }.into_any()
}

fn accounts(found: AccountPage, search: &str, number: u32) -> AnyView {
    if found.items.is_empty() {
        return view! { <p class="hint">"There is nobody like that."</p> }.into_any();
    }
    let has_next = u64::from(number) * u64::from(PAGE_SIZE) < found.total;
    let count = if found.total == 1 { "1 account".to_owned() } else { format!("{} accounts", found.total) };
    let to = |page: u32| format!("{HERE}?q={}&page={page}", utf8_percent_encode(search, NON_ALPHANUMERIC));
    let newer = (number > 1).then(|| view! { <a href=to(number - 1)>"Newer accounts"</a> });
    let older = has_next.then(|| view! { <a href=to(number + 1)>"Older accounts"</a> });
    view! {
        <p class="hint">{count}</p>
        <ul class="entries">{found.items.into_iter().map(account).collect_view()}</ul>
        <nav class="row" aria-label="Pages of accounts">{newer} {older}</nav>
    }
    .into_any()
}

fn account(account: Account) -> AnyView {
    let Account { id, email, name, role, disabled, created_at, seen_at } = account;
    let at = |what: &str| format!("/admin/users/{id}/{what}");
    let select = format!("role-{id}");
    let role_label = format!("Role of {name}");
    let switch = if disabled {
        button(at("enable"), "Enable", &name, "quiet")
    } else {
        button(at("disable"), "Disable", &name, "quiet")
    };
    let (out, link) = (
        button(at("sign-out"), "Sign out everywhere", &name, "quiet"),
        button(at("reset-link"), "Link for a new password", &name, "quiet"),
    );
    let save_label = format!("Save role: {name}");
    let seen = seen_at.map(|at| view! { " · last seen " {time(at)} });
    view! {
        <li class="account">
            <div>
                <p class="entry-name">{name} {disabled.then(|| view! { " " <span class="tag">"disabled"</span> })}</p>
                <p class="hint">{email} " · since " {time(created_at)} {seen}</p>
            </div>
            <div class="row">
                <form method="post" action=at("role") class="row">
                    <label class="visually-hidden" for=select.clone()>{role_label}</label>
                    <select id=select name="role">{roles(role)}</select>
                    <button type="submit" class="quiet" aria-label=save_label>"Save role"</button>
                </form>
                {switch} {out} {link}
            </div>
        </li>
    }
    .into_any()
}

fn roles(chosen: Role) -> AnyView {
    ROLES
        .map(|(role, label)| view! { <option value=role.as_str() selected={role == chosen}>{label}</option> })
        .collect_view()
        .into_any()
}

fn user(id: &str) -> Result<UserId> {
    id.parse().map_err(|_| Error::NotFound("User"))
}
