//! `/settings/models`: which models there are, one's own model servers and keys, and, for administrators, everyone's.

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
use folio_core::audit::Deed;
use folio_core::llm::providers::{Kind, NewProvider, Provider, UserKey};
use folio_core::llm::{Described, Diagnosis, Takes};
use folio_core::{Core, Error, Principal, Result};
use folio_types::{ProviderId, UserId};
use secrecy::SecretString;
use serde::Deserialize;

const PAGE: &str = "/settings/models";

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(PAGE, get(show))
        .route("/settings/models/add", post(add))
        .route("/settings/models/default", post(set_default))
        .route("/settings/models/{id}/test", post(test))
        .route("/settings/models/{id}/remove", post(remove))
        .route("/settings/models/{id}/key", post(keep_key))
        .route("/settings/models/{id}/key/remove", post(remove_key))
}

/// What the form for a new server holds.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    api_endpoint: String,
    kind: String,
    api_key: String,
    models: String,
    takes_images: Option<String>,
    takes_tools: Option<String>,
    shared: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeyForm {
    api_key: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DefaultForm {
    model_tag: String,
}

/// What the page says beside what is stored.
#[derive(Default)]
struct News {
    refused: Option<Error>,
    typed: Typed,
    tested: Option<(ProviderId, Diagnosis)>,
}

/// All that the page shows.
struct Shown {
    is_admin: bool,
    models: Vec<Described>,
    providers: Vec<Provider>,
    keys: Vec<UserKey>,
    own: UserId,
    refused: Option<String>,
    typed: Typed,
    tested: Option<(ProviderId, Diagnosis)>,
}

async fn show(State(state): State<AppState>, Who(who): Who) -> Response {
    page(&state, &who, News::default()).await
}

async fn add(State(state): State<AppState>, Who(who): Who, Form(typed): Form<Typed>) -> Response {
    let added = match typed.meant() {
        Ok(new) => state.core.model_providers().add(&who, new).await,
        Err(fault) => Err(fault),
    };
    match added {
        Ok(added) => there(Some(added.id)),
        Err(fault) => page(&state, &who, News { refused: Some(fault), typed, ..News::default() }).await,
    }
}

async fn set_default(State(state): State<AppState>, Who(who): Who, Form(form): Form<DefaultForm>) -> Response {
    let swapped = async {
        let tag = state.core.models().swap(&who, &form.model_tag).await?;
        state.core.audit().record(&who, Deed::ran("models.switch", tag)).await
    };
    back(&state, &who, None, swapped.await).await
}

async fn test(State(state): State<AppState>, Who(who): Who, Path(id): Path<ProviderId>) -> Response {
    match state.core.model_providers().test(&who, id).await {
        Ok(diagnosis) => page(&state, &who, News { tested: Some((id, diagnosis)), ..News::default() }).await,
        Err(fault) => back(&state, &who, None, Err(fault)).await,
    }
}

async fn remove(State(state): State<AppState>, Who(who): Who, Path(id): Path<ProviderId>) -> Response {
    let removed = state.core.model_providers().remove(&who, id).await;
    back(&state, &who, None, removed).await
}

async fn keep_key(
    State(state): State<AppState>,
    Who(who): Who,
    Path(id): Path<ProviderId>,
    Form(form): Form<KeyForm>,
) -> Response {
    let kept = state.core.model_providers().keep_key(&who, who.id, id, SecretString::from(form.api_key)).await;
    back(&state, &who, Some(id), kept.map(drop)).await
}

async fn remove_key(State(state): State<AppState>, Who(who): Who, Path(id): Path<ProviderId>) -> Response {
    let removed = state.core.model_providers().remove_key(&who, who.id, id).await;
    back(&state, &who, Some(id), removed).await
}

/// To the page again, or the page with what was wrong.
async fn back(state: &AppState, who: &Principal, at: Option<ProviderId>, outcome: Result<()>) -> Response {
    match outcome {
        Ok(()) => there(at),
        Err(fault) => page(state, who, News { refused: Some(fault), ..News::default() }).await,
    }
}

fn there(at: Option<ProviderId>) -> Response {
    Redirect::to(&at.map_or_else(|| PAGE.to_owned(), |id| format!("{PAGE}#server-{id}"))).into_response()
}

async fn page(state: &AppState, who: &Principal, news: News) -> Response {
    let status = news.refused.as_ref().map_or(StatusCode::OK, app::status_of);
    if let Some(fault @ Error::Internal(_)) = news.refused {
        return ApiError::from(fault).into_response();
    }
    match Shown::of(&state.core, who, news).await {
        Ok(shown) => settings_page(state, who, PAGE, status, move || view::content(shown)),
        Err(fault) => failure(state, fault),
    }
}

impl Shown {
    async fn of(core: &Core, who: &Principal, news: News) -> Result<Self> {
        let providers = core.model_providers();
        Ok(Self {
            is_admin: who.is_admin(),
            models: core.models().describe(who).await?,
            providers: providers.list(who).await?,
            keys: providers.keys(who).await?,
            own: who.id,
            refused: news.refused.map(|fault| fault.to_string()),
            typed: news.typed,
            tested: news.tested,
        })
    }
}

impl Typed {
    fn meant(&self) -> Result<NewProvider> {
        let models = self.models.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(NewProvider {
            kind: if self.kind.is_empty() { Kind::OpenAi } else { self.kind.parse()? },
            name: self.name.clone(),
            api_endpoint: self.api_endpoint.clone(),
            api_key: Some(self.api_key.trim()).filter(|key| !key.is_empty()).map(|key| key.to_owned().into()),
            models: Some(models.collect()),
            takes: Takes { images: self.takes_images.is_some(), tools: self.takes_tools.is_some() },
            shared: self.shared.is_some(),
        })
    }
}
