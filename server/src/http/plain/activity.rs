//! `/activity`: what the audit log says, one's own, or everyone's for administrators.

use super::{AppState, Page, Who, csv, moment};
use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use folio_core::audit::{Filter, Outcome, Record};
use folio_core::{Error, Result};
use folio_types::{Millis, Role};
use futures::StreamExt;
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use time::Date;
use time::macros::format_description;

const ON_A_PAGE: u32 = 50;
const DAY: Millis = 24 * 60 * 60 * 1000;

pub fn routes() -> Router<AppState> {
    Router::new().route("/activity", get(page)).route("/activity/export.csv", get(export))
}

/// The form above the table. Empty fields look for nothing.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Sought {
    q: String,
    action: String,
    outcome: String,
    from: String,
    to: String,
    all: String,
    page: Option<u32>,
}

async fn page(State(state): State<AppState>, Who(who): Who, Query(sought): Query<Sought>) -> Response {
    let number = sought.page.unwrap_or(1).clamp(1, 100_000);
    let found = async {
        let filter = sought.filter()?;
        state.core.audit().list(&who, &filter, (number - 1) * ON_A_PAGE, ON_A_PAGE).await
    };
    let found = match found.await {
        Ok(found) => found,
        Err(fault) => return Page::at("/activity", "Activity").fail(&state.leptos, &who, &fault),
    };
    let is_admin = who.role >= Role::Admin;
    let more = u64::from(number) * u64::from(ON_A_PAGE) < found.total;
    let (query, total) = (sought.query(), found.total);
    let older = format!("/activity?page={}&{query}", number + 1);
    let content = view! {
        {form(&sought, is_admin)}
        <p class="row"><span>{format!("{total} records")}</span> <a href=format!("/activity/export.csv?{query}")>"Download as CSV"</a></p>
        <div class="scroll" tabindex="0" role="region" aria-label="Records">
            <table class="plain">
                <thead><tr>
                    <th scope="col">"Time"</th><th scope="col">"Who"</th><th scope="col">"Action"</th><th scope="col">"Target"</th>
                    <th scope="col">"Outcome"</th><th scope="col">"Detail"</th><th scope="col">"From"</th>
                </tr></thead>
                <tbody>{found.items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
        {more.then(|| view! { <p><a href=older>"Older"</a></p> })}
    };
    Page::at("/activity", "Activity").show(&state.leptos, &who, content)
}

async fn export(State(state): State<AppState>, Who(who): Who, Query(sought): Query<Sought>) -> Response {
    let pieces = async { state.core.audit().export(&who, &sought.filter()?).await };
    match pieces.await {
        Ok(pieces) => {
            csv("activity.csv", Body::from_stream(pieces.map(|piece| piece.map_err(|fault| fault.diagnosis()))))
        }
        Err(fault) => Page::at("/activity", "Activity").fail(&state.leptos, &who, &fault),
    }
}

fn row(record: Record) -> impl IntoView {
    let from = record.address.map_or_else(|| record.via.clone(), |address| format!("{}, {address}", record.via));
    view! {
        <tr>
            <td>{moment(record.at)}</td>
            <td>{record.actor}</td>
            <td>{record.action}</td>
            <td>{record.target}</td>
            <td>{record.outcome.as_str()}</td>
            <td>{record.detail}</td>
            <td>{from}</td>
        </tr>
    }
}

fn form(sought: &Sought, is_admin: bool) -> impl IntoView + use<> {
    let Sought { q, action, outcome, from, to, all, .. } = sought.clone();
    let option = move |one: Outcome| {
        let selected = one.as_str() == outcome;
        view! { <option value=one.as_str() selected=selected>{one.as_str()}</option> }
    };
    let options = Outcome::ALL.into_iter().map(option).collect_view();
    let everyone = !all.is_empty();
    view! {
        <form method="get" action="/activity" class="filter" role="search">
            <p class="field"><label for="q">"Who or what"</label><input id="q" name="q" value=q /></p>
            <p class="field"><label for="action">"Action"</label><input id="action" name="action" value=action placeholder="library.delete" /></p>
            <p class="field"><label for="outcome">"Outcome"</label><select id="outcome" name="outcome"><option value="">"any"</option>{options}</select></p>
            <p class="field"><label for="from">"From"</label><input id="from" name="from" type="date" value=from /></p>
            <p class="field"><label for="to">"To"</label><input id="to" name="to" type="date" value=to /></p>
            {is_admin.then(|| view! {
                <p class="check"><input id="all" name="all" type="checkbox" value="1" checked=everyone /><label for="all">"Everyone's"</label></p>
            })}
            <button type="submit">"Show"</button>
        </form>
    }
}

impl Sought {
    fn filter(&self) -> Result<Filter> {
        let outcome = match self.outcome.as_str() {
            "" => None,
            named => Some(named.parse().map_err(|words: String| Error::invalid("outcome", words))?),
        };
        Ok(Filter {
            everyone: !self.all.is_empty(),
            text: Some(self.q.clone()),
            action: Some(self.action.clone()),
            outcome,
            from: day("from", &self.from)?,
            // the whole day
            to: day("to", &self.to)?.map(|at| at + DAY),
        })
    }

    fn query(&self) -> String {
        let fields = [
            ("q", &self.q),
            ("action", &self.action),
            ("outcome", &self.outcome),
            ("from", &self.from),
            ("to", &self.to),
            ("all", &self.all),
        ];
        let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
        given
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect::<Vec<_>>()
            .join("&")
    }
}

/// The beginning of a day, UTC.
fn day(field: &'static str, text: &str) -> Result<Option<Millis>> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let date = parsed.map_err(|_| Error::invalid(field, "Give a day, for example 2026-11-27."))?;
    Ok(Some(date.midnight().assume_utc().unix_timestamp() * 1000))
}
