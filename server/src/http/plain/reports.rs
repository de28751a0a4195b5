//! `/reports`: use, storage and failures, for administrators; each table is a file too.

use super::{AppState, Page, Who, chart, csv, moment};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use folio_core::reports::{All, Failure, Storage, Usage};
use leptos::prelude::*;
use serde::Deserialize;

const USUAL: u32 = 30;

pub fn routes() -> Router<AppState> {
    Router::new().route("/reports", get(page)).route("/reports/{table}", get(table))
}

#[derive(Deserialize)]
struct Span {
    days: Option<u32>,
}

async fn page(State(state): State<AppState>, Who(who): Who, Query(span): Query<Span>) -> Response {
    match state.core.reports().all(&who, span.days.unwrap_or(USUAL)).await {
        Ok(All { usage, storage, failures }) => {
            let content = view! {
                {used(&usage)}
                {stored(&storage)}
                {failed(failures)}
            };
            Page::at("/reports", "Reports").show(&state.leptos, &who, content)
        }
        Err(fault) => Page::at("/reports", "Reports").fail(&state.leptos, &who, &fault),
    }
}

async fn table(
    State(state): State<AppState>,
    Who(who): Who,
    Path(name): Path<String>,
    Query(span): Query<Span>,
) -> Response {
    match state.core.reports().file(&who, &name, span.days.unwrap_or(USUAL)).await {
        Ok(table) => csv(&name, table),
        Err(fault) => Page::at("/reports", "Reports").fail(&state.leptos, &who, &fault),
    }
}

fn used(usage: &Usage) -> impl IntoView + use<> {
    let span = |days: u32| {
        let current = (usage.days == days).then_some("true");
        view! { <a href=format!("/reports?days={days}") aria-current=current>{format!("{days} days")}</a> }
    };
    let spans = [7, 30, 90, 366].map(span).collect_view();
    let noun = if usage.answers() == 1 { "answer" } else { "answers" };
    let summary = format!("{} {noun} with {} tokens in {} days.", usage.answers(), usage.tokens(), usage.days);
    view! {
        <section aria-labelledby="usage">
            <h2 id="usage">"Usage"</h2>
            <p class="row">{spans} <a href=format!("/reports/usage.csv?days={}", usage.days)>"Download as CSV"</a></p>
            <p>{summary}</p>
            {chart::days("Answers by day", &usage.by_day)}
            {chart::shares("By user", "User", &usage.by_user)}
            {chart::shares("By model", "Model", &usage.by_model)}
        </section>
    }
}

fn stored(storage: &Storage) -> impl IntoView + use<> {
    let counts =
        storage.counts().map(|(what, number)| view! { <div><dt>{what}</dt><dd>{number}</dd></div> }).collect_view();
    let sizes = storage
        .sizes()
        .map(|(what, bytes)| view! { <div><dt>{what}</dt><dd>{kilobytes(bytes)}</dd></div> })
        .collect_view();
    view! {
        <section aria-labelledby="storage">
            <h2 id="storage">"Storage"</h2>
            <p><a href="/reports/storage.csv">"Download as CSV"</a></p>
            <dl class="intent">{counts} {sizes}</dl>
        </section>
    }
}

fn failed(failures: Vec<Failure>) -> impl IntoView {
    let empty = failures.is_empty();
    let row = |one: Failure| view! { <tr><td>{moment(one.at)}</td><td>{one.title}</td><td>{one.owner}</td><td>{one.error}</td></tr> };
    view! {
        <section aria-labelledby="failures">
            <h2 id="failures">"Books that could not be read"</h2>
            {empty.then(|| view! { <p>"There is none."</p> })}
            {(!empty).then(|| view! {
                <p><a href="/reports/failures.csv">"Download as CSV"</a></p>
                <div class="scroll" tabindex="0" role="region" aria-label="Books that could not be read">
                    <table class="plain">
                        <thead><tr><th scope="col">"Time"</th><th scope="col">"Title"</th><th scope="col">"Owner"</th><th scope="col">"Why"</th></tr></thead>
                        <tbody>{failures.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            })}
        </section>
    }
}

fn kilobytes(bytes: u64) -> String {
    format!("{} kB", bytes.div_ceil(1000))
}
