//! One route: what it is for, who may call it, what it takes and what it answers.

use super::{Route, example, prose, resolved, schema, text};
use leptos::prelude::*;
use serde_json::Value;

pub fn show(route: &Route<'_>, document: &Value) -> impl IntoView + use<> {
    let Route { method, path, operation } = route;
    view! {
        <details class="operation" id=text(&operation["operationId"])>
            <summary>
                <h3><code class="method">{method.clone()}</code> " " <code>{(*path).to_owned()}</code></h3>
                <span>{text(&operation["summary"])}</span>
            </summary>
            {prose(&operation["description"])}
            <p><strong>"Credentials: "</strong> {credentials(operation)}</p>
            {parameters(operation)}
            {body(operation, document)}
            {answers(operation, document)}
        </details>
    }
}

fn credentials(operation: &Value) -> String {
    let schemes = operation["security"].as_array().into_iter().flatten();
    let names: Vec<&str> =
        schemes.filter_map(Value::as_object).flat_map(|scheme| scheme.keys()).map(String::as_str).collect();
    if names.is_empty() { "none is needed".to_owned() } else { names.join(" or ") }
}

fn parameters(operation: &Value) -> Option<impl IntoView + use<>> {
    let all = operation["parameters"].as_array().filter(|all| !all.is_empty())?;
    let row = |parameter: &Value| {
        let required = (parameter["required"] == true).then_some(", required");
        view! {
            <tr>
                <th scope="row"><code>{text(&parameter["name"])}</code></th>
                <td>{text(&parameter["in"])} {required}</td>
                <td>{schema::kind(&parameter["schema"])}</td>
                <td>{prose(&parameter["description"])}</td>
            </tr>
        }
    };
    Some(view! {
        <h4>"Parameters"</h4>
        <table class="plain">
            <thead><tr><th scope="col">"Name"</th><th scope="col">"Place"</th><th scope="col">"Kind"</th><th scope="col">"What it is"</th></tr></thead>
            <tbody>{all.iter().map(row).collect_view()}</tbody>
        </table>
    })
}

fn body(operation: &Value, document: &Value) -> Option<impl IntoView + use<>> {
    let body = operation.get("requestBody")?;
    let optional = (body["required"] != true).then_some(", or nothing");
    Some(view! {
        <h4>"Body" {optional}</h4>
        {contents(&body["content"], document, true)}
    })
}

fn answers(operation: &Value, document: &Value) -> impl IntoView + use<> {
    let all = operation["responses"].as_object().into_iter().flatten();
    let row = |(status, answer): (&String, &Value)| {
        let name = answer["$ref"].as_str().and_then(|to| to.rsplit('/').next());
        let said = match name {
            Some(name) => view! { <a href=format!("#refusal-{name}")>{name.to_owned()}</a> }.into_any(),
            None => view! { {prose(&answer["description"])} {contents(&answer["content"], document, status.starts_with('2'))} }.into_any(),
        };
        view! { <div><dt><code>{status.clone()}</code></dt><dd>{said}</dd></div> }
    };
    view! {
        <h4>"Answers"</h4>
        <dl class="answers">{all.map(row).collect_view()}</dl>
    }
}

/// Each kind of content with what it is made of, and an example where there is one for this very use.
fn contents(contents: &Value, document: &Value, with_example: bool) -> impl IntoView + use<> {
    let kind = |(kind, content): (&String, &Value)| {
        let schema = &content["schema"];
        let whole = content.get("example").or_else(|| content["examples"].as_object()?.values().next()?.get("value"));
        let sample = whole.cloned().unwrap_or_else(|| example::of(schema, document));
        let sample = match &sample {
            Value::String(text) => text.clone(),
            other => serde_json::to_string_pretty(other).unwrap_or_default(),
        };
        // what is only referred to has its fields among the schemas
        let fields = schema.get("$ref").is_none().then(|| schema::fields(resolved(schema, document)));
        let shown = with_example && (kind.ends_with("json") || kind.ends_with("event-stream"));
        let label = format!("Example of {kind}");
        view! {
            <p><code>{kind.clone()}</code> ": " {schema::kind(schema)}</p>
            {fields}
            {(shown && !sample.is_empty()).then(|| view! { <pre tabindex="0" role="group" aria-label=label><code>{sample}</code></pre> })}
        }
    };
    contents.as_object().into_iter().flatten().map(kind).collect_view()
}
