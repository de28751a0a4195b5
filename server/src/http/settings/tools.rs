//! `/admin/tools`: servers whose tools others made, and what an administrator lets people do with them.

mod view;

use super::page as settings_page;
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::document::failure;
use crate::http::errors::ApiError;
use crate::http::extract::Path;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use folio_core::tools::{NewServer, Server, Tool, risk_named};
use folio_core::{Error, Principal, Result};
use folio_types::{Role, ToolId, ToolServerId};
use serde::Deserialize;

const PAGE: &str = "/admin/tools";

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(PAGE, get(show))
        .route("/admin/tools/add", post(add))
        .route("/admin/tools/servers/{id}/refresh", post(refresh))
        .route("/admin/tools/servers/{id}/enable", post(enable))
        .route("/admin/tools/servers/{id}/disable", post(disable))
        .route("/admin/tools/servers/{id}/remove", post(remove))
        .route("/admin/tools/{id}/approve", post(approve))
        .route("/admin/tools/{id}/rule", post(rule))
}

/// What the form for a new server holds.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    url: String,
    token: String,
}

#[derive(Deserialize)]
struct Approval {
    digest: String,
}

#[derive(Deserialize)]
struct Rule {
    risk: String,
    role: Role,
}

/// All that the page shows.
struct Shown {
    servers: Vec<(Server, Vec<Tool>)>,
    refused: Option<String>,
    typed: Typed,
}

async fn show(State(state): State<AppState>, Who(who): Who) -> Response {
    page(&state, &who, None, Typed::default()).await
}

async fn add(State(state): State<AppState>, Who(who): Who, Form(typed): Form<Typed>) -> Response {
    let token = Some(typed.token.trim()).filter(|token| !token.is_empty()).map(|token| token.to_owned().into());
    let new = NewServer { name: typed.name.clone(), url: typed.url.clone(), token };
    match state.core.tools().add(&who, new).await {
        Ok(server) => there(Some(server.id)),
        Err(fault) => page(&state, &who, Some(fault), typed).await,
    }
}

async fn refresh(State(state): State<AppState>, Who(who): Who, Path(id): Path<ToolServerId>) -> Response {
    let refreshed = state.core.tools().refresh(&who, id).await;
    back(&state, &who, Some(id), refreshed.map(drop)).await
}

async fn enable(State(state): State<AppState>, Who(who): Who, Path(id): Path<ToolServerId>) -> Response {
    let switched = state.core.tools().switch(&who, id, true).await;
    back(&state, &who, Some(id), switched).await
}

async fn disable(State(state): State<AppState>, Who(who): Who, Path(id): Path<ToolServerId>) -> Response {
    let switched = state.core.tools().switch(&who, id, false).await;
    back(&state, &who, Some(id), switched).await
}

async fn remove(State(state): State<AppState>, Who(who): Who, Path(id): Path<ToolServerId>) -> Response {
    let removed = state.core.tools().remove(&who, id).await;
    back(&state, &who, None, removed).await
}

async fn approve(
    State(state): State<AppState>,
    Who(who): Who,
    Path(id): Path<ToolId>,
    Form(form): Form<Approval>,
) -> Response {
    let approved = state.core.tools().approve(&who, id, &form.digest).await;
    at_tool(&state, &who, id, approved).await
}

async fn rule(
    State(state): State<AppState>,
    Who(who): Who,
    Path(id): Path<ToolId>,
    Form(form): Form<Rule>,
) -> Response {
    let ruled = async {
        let risk =
            risk_named(&form.risk).ok_or_else(|| Error::invalid("risk", "A tool is safe, guarded or dangerous."))?;
        state.core.tools().rule(&who, id, risk, form.role).await
    };
    at_tool(&state, &who, id, ruled.await).await
}

async fn at_tool(state: &AppState, who: &Principal, id: ToolId, outcome: Result<()>) -> Response {
    match outcome {
        Ok(()) => Redirect::to(&format!("{PAGE}#tool-{id}")).into_response(),
        Err(fault) => page(state, who, Some(fault), Typed::default()).await,
    }
}

/// To the page again, or the page with what was wrong.
async fn back(state: &AppState, who: &Principal, at: Option<ToolServerId>, outcome: Result<()>) -> Response {
    match outcome {
        Ok(()) => there(at),
        Err(fault) => page(state, who, Some(fault), Typed::default()).await,
    }
}

fn there(at: Option<ToolServerId>) -> Response {
    Redirect::to(&at.map_or_else(|| PAGE.to_owned(), |id| format!("{PAGE}#server-{id}"))).into_response()
}

async fn page(state: &AppState, who: &Principal, refused: Option<Error>, typed: Typed) -> Response {
    let status = refused.as_ref().map_or(StatusCode::OK, app::status_of);
    if let Some(fault @ Error::Internal(_)) = refused {
        return ApiError::from(fault).into_response();
    }
    match state.core.tools().servers(who).await {
        Ok(servers) => {
            let shown = Shown { servers, refused: refused.map(|fault| fault.to_string()), typed };
            settings_page(state, who, PAGE, status, move || view::content(shown))
        }
        Err(fault) => failure(state, fault),
    }
}
