//! `/tasks` and `/tasks/{id}`: work in the background. Up to date by reloading, and by itself where scripts run.

use super::{AppState, Page, Who, moment, see_other};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use folio_core::{Error, Principal, Result};
use folio_types::{Role, Task, TaskId};
use leptos::prelude::*;
use serde::Deserialize;

const ON_A_PAGE: u32 = 30;
const SCRIPT: &str = "/tasks.js";

pub fn routes() -> Router<AppState> {
    Router::new().route("/tasks", get(list)).route("/tasks/{id}", get(one)).route("/tasks/{id}/cancel", post(cancel))
}

#[derive(Deserialize)]
struct Listed {
    page: Option<u32>,
    all: Option<String>,
}

async fn list(State(state): State<AppState>, Who(who): Who, Query(listed): Query<Listed>) -> Response {
    let page = listed.page.unwrap_or(1).clamp(1, 100_000);
    let everyone = listed.all.is_some() && who.role >= Role::Admin;
    let found = match state.core.tasks().list(&who, everyone, (page - 1) * ON_A_PAGE, ON_A_PAGE).await {
        Ok(found) => found,
        Err(fault) => return Page::at("/tasks", "Tasks").fail(&state.leptos, &who, &fault),
    };
    let more = u64::from(page) * u64::from(ON_A_PAGE) < found.total;
    let all = if everyone { "&all=1" } else { "" };
    let (empty, is_live) = (found.items.is_empty(), page == 1);
    let whose = if everyone { "everyone" } else { "own" };
    let row = |task: Task| {
        let progress = progress_words(&task);
        view! {
            <tr id=format!("task-{}", task.id)>
                <td><a href=format!("/tasks/{}", task.id)>{task.title}</a></td>
                <td>{task.state.as_str()}</td>
                <td>{progress}</td>
                <td>{moment(task.created_at)}</td>
            </tr>
        }
    };
    let content = view! {
        {(who.role >= Role::Admin).then(|| view! {
            <p class="row">
                <a href="/tasks" aria-current=(!everyone).then_some("true")>"Own"</a>
                <a href="/tasks?all=1" aria-current=everyone.then_some("true")>"Everyone's"</a>
            </p>
        })}
        <p id="none" hidden=!empty>"There is no task here. A book that is read, or a long command such as a backup, becomes one."</p>
        <div class="scroll" tabindex="0" role="region" aria-label="Tasks" data-tasks=is_live.then_some(whose) hidden=empty>
            <table class="plain">
                <thead><tr><th scope="col">"Task"</th><th scope="col">"State"</th><th scope="col">"Progress"</th><th scope="col">"Asked for"</th></tr></thead>
                <tbody>{found.items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
        {more.then(|| view! { <p><a href=format!("/tasks?page={}{all}", page + 1)>"Older"</a></p> })}
    };
    let page = Page { script: is_live.then_some(SCRIPT), ..Page::at("/tasks", "Tasks") };
    page.show(&state.leptos, &who, content)
}

async fn one(State(state): State<AppState>, Who(who): Who, Path(id): Path<String>) -> Response {
    match found(&state, &who, &id).await {
        Ok(task) => show(&state, &who, task, None),
        Err(fault) => Page::at("/tasks", "Task").fail(&state.leptos, &who, &fault),
    }
}

async fn cancel(State(state): State<AppState>, Who(who): Who, Path(id): Path<String>) -> Response {
    let cancelled = async { state.core.tasks().cancel(&who, id.parse().map_err(|_| Error::NotFound("Task"))?).await };
    let fault = match cancelled.await {
        Ok(task) => return see_other(&format!("/tasks/{}", task.id)),
        Err(fault) => fault,
    };
    match found(&state, &who, &id).await {
        Ok(task) => {
            let mut response = show(&state, &who, task, Some(fault.to_string()));
            *response.status_mut() = app::status_of(&fault);
            response
        }
        Err(fault) => Page::at("/tasks", "Task").fail(&state.leptos, &who, &fault),
    }
}

async fn found(state: &AppState, who: &Principal, id: &str) -> Result<Task> {
    let id: TaskId = id.parse().map_err(|_| Error::NotFound("Task"))?;
    state.core.tasks().task(who, id).await
}

fn show(state: &AppState, who: &Principal, task: Task, problem: Option<String>) -> Response {
    let title = task.title.clone();
    let running = !task.state.is_ended();
    let (progress, id) = (progress_words(&task), task.id.to_string());
    let cancelling = format!("/tasks/{id}/cancel");
    let lines = task.log.into_iter().map(|line| view! { <li>{moment(line.at)} " " {line.text}</li> }).collect_view();
    let links = task.links.into_iter().map(|link| view! { <li><a href=link.href>{link.label}</a></li> }).collect_view();
    let bar = (running && task.total > 0)
        .then(|| view! { <progress id="bar" aria-label="Progress" max=task.total.to_string() value=task.done.to_string()></progress> });
    let content = view! {
        {problem.map(|problem| view! { <p class="problem" role="alert">{problem}</p> })}
        <p data-task=running.then_some(id)>"State: " <strong id="state" role="status">{task.state.as_str()}</strong> " " <span id="progress">{progress}</span></p>
        {bar}
        {task.outcome.map(|outcome| view! { <p class="notice">{outcome}</p> })}
        <ul class="links">{links}</ul>
        <p class="hint">"Asked for " {moment(task.created_at)} ", last changed " {moment(task.updated_at)}</p>
        {running.then(|| view! {
            <form method="post" action=cancelling><button type="submit" class="danger">"Cancel this task"</button></form>
            <p class="hint without-script">"Reload the page to see how far it is."</p>
        })}
        <h2>"Log"</h2>
        <ol id="log" class="rows">{lines}</ol>
    };
    let page = Page { script: running.then_some(SCRIPT), ..Page::at("/tasks", &title) };
    page.show(&state.leptos, who, content)
}

fn progress_words(task: &Task) -> String {
    if task.total == 0 { String::new() } else { format!("{} of {} {}", task.done, task.total, task.unit) }
}
