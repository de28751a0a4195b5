//! `/api/docs`: the OpenAPI document for people, as plain HTML. It is made once, when the program starts, as it never
//! changes while the program runs.

mod example;
mod operation;
mod schema;

use super::AppState;
use super::document::rendered;
use app::markdown;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use serde_json::Value;

const PATH: &str = "/api/docs";
/// It is another one after an update, under the same address.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// The page of the document.
pub fn route(document: &utoipa::openapi::OpenApi, options: &LeptosOptions) -> Router<AppState> {
    let document = serde_json::to_value(document).unwrap_or_else(|fault| {
        tracing::error!(%fault, "the OpenAPI document could not be written");
        Value::Null
    });
    let (html, policy) = rendered(options, "API", || page(&document));
    Router::new().route(
        PATH,
        get(async move || {
            let headers = [(header::CONTENT_SECURITY_POLICY, policy.clone()), (header::CACHE_CONTROL, ASK_FIRST)];
            (headers, Html(html.clone())).into_response()
        }),
    )
}

/// An operation with its method and path.
struct Route<'a> {
    method: String,
    path: &'a str,
    operation: &'a Value,
}

fn page(document: &Value) -> AnyView {
    let tags: Vec<&Value> = document["tags"].as_array().into_iter().flatten().collect();
    let entry = |tag: &&Value| {
        let name = text(&tag["name"]);
        view! { <li><a href=format!("#{name}")>{name.clone()}</a></li> }
    };
    let faces = tags.iter().map(entry).collect_view();
    let sections = tags.iter().map(|tag| face(tag, document)).collect_view();
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <header class="plain-bar">
            <a class="brand" href="/">"Folio"</a>
            <nav aria-label="Faces"><ul>{faces} <li><a href="#schemas">"Schemas"</a></li></ul></nav>
        </header>
        <main id="main" class="page reference" tabindex="-1">
            <h1>"Folio’s API"</h1>
            {prose(&document["info"]["description"])}
            <p>
                "Version " {text(&document["info"]["version"])} ". Programs read it as "
                <a href="/api/openapi.json">"OpenAPI document"</a> "."
            </p>
            {credentials(document)}
            {refusals(document)}
            {sections}
            {schema::all(document)}
        </main>
    }
    .into_any()
}

fn credentials(document: &Value) -> impl IntoView {
    let schemes = document["components"]["securitySchemes"].as_object().into_iter().flatten();
    let row = |(name, scheme): (&String, &Value)| {
        view! { <tr><th scope="row"><code>{name.clone()}</code></th><td>{prose(&scheme["description"])}</td></tr> }
    };
    view! {
        <section aria-labelledby="credentials">
            <h2 id="credentials">"Credentials"</h2>
            <p>"Each route says which of these it takes. A personal access token is made under "
                <a href="/settings/account">"Settings"</a>" and sent as " <code>"Authorization: Bearer …"</code> "."</p>
            <table class="plain"><tbody>{schemes.map(row).collect_view()}</tbody></table>
        </section>
    }
}

/// What every route can answer besides its own.
fn refusals(document: &Value) -> impl IntoView {
    let answers = document["components"]["responses"].as_object().into_iter().flatten();
    let row = |(name, answer): (&String, &Value)| {
        let body = schema::kind(&answer["content"]["application/json"]["schema"]);
        view! { <tr><th scope="row" id=format!("refusal-{name}")>{name.clone()}</th><td>{prose(&answer["description"])}</td><td>{body}</td></tr> }
    };
    view! {
        <section aria-labelledby="refusals">
            <h2 id="refusals">"Refusals"</h2>
            <p>"What routes answer besides what is their own; each names those that apply."</p>
            <table class="plain">
                <thead><tr><th scope="col">"Name"</th><th scope="col">"When"</th><th scope="col">"Body"</th></tr></thead>
                <tbody>{answers.map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}

fn face(tag: &Value, document: &Value) -> impl IntoView {
    let name = text(&tag["name"]);
    let is_its = |route: &Route<'_>| route.operation["tags"][0] == tag["name"];
    let shown = routes(document).filter(is_its).map(|route| operation::show(&route, document)).collect_view();
    view! {
        <section aria-labelledby=name.clone()>
            <h2 id=name.clone()>{name.clone()}</h2>
            {prose(&tag["description"])}
            {shown}
        </section>
    }
}

fn routes(document: &Value) -> impl Iterator<Item = Route<'_>> {
    document["paths"].as_object().into_iter().flatten().flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten();
        operations.map(|(method, operation)| Route { method: method.to_uppercase(), path, operation })
    })
}

/// What a reference within the document leads to, or the value itself.
fn resolved<'a>(value: &'a Value, document: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|to| document.pointer(to.strip_prefix('#')?));
    target.unwrap_or(value)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A description, which may have some Markdown.
fn prose(value: &Value) -> impl IntoView + use<> {
    let blocks = markdown::render(value.as_str().unwrap_or_default(), &[]);
    let html: String = blocks.into_iter().map(|block| block.html).collect();
    (!html.is_empty()).then(|| view! { <div class="prose" inner_html=html></div> })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::openapi_document;

    #[test]
    fn every_operation_and_every_schema_has_its_place_and_every_link_leads_to_one() {
        let document = serde_json::to_value(openapi_document()).expect("JSON");
        let html = Owner::new().with(|| page(&document).to_html());
        let names = routes(&document).map(|route| text(&route.operation["operationId"]));
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        for place in names.chain(schemas.keys().map(|name| format!("schema-{name}"))) {
            assert_eq!(html.matches(&format!("id=\"{place}\"")).count(), 1, "{place}");
        }
        for link in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(html.contains(&format!("id=\"{link}\"")), "#{link} leads nowhere");
        }
        assert!(!html.contains("<script") && !html.contains(" style="));
    }
}
