//! What values are, in words.

use super::{prose, text};
use leptos::prelude::*;
use serde_json::Value;

/// Every schema that has a name.
pub fn all(document: &Value) -> impl IntoView + use<> {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let one = |(name, schema): (&String, &Value)| {
        view! {
            <article class="schema">
                <h3 id=format!("schema-{name}")>{name.clone()}</h3>
                {prose(&schema["description"])}
                {schema.get("properties").is_none().then(|| view! { <p>{kind(schema)}</p> })}
                {fields(schema)}
            </article>
        }
    };
    view! {
        <section aria-labelledby="schemas">
            <h2 id="schemas">"Schemas"</h2>
            {schemas.map(one).collect_view()}
        </section>
    }
}

/// The members of an object, its parts' among them.
pub fn fields(schema: &Value) -> Option<impl IntoView + use<>> {
    let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
    let rows: Vec<_> = parts.flat_map(rows).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <table class="plain">
                <thead><tr><th scope="col">"Field"</th><th scope="col">"Kind"</th><th scope="col">"What it is"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
    })
}

fn rows(schema: &Value) -> Vec<AnyView> {
    let required = &schema["required"];
    let is_required = |name: &str| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let row = |(name, member): (&String, &Value)| {
        let needed = is_required(name).then_some(" (always)");
        view! {
            <tr>
                <th scope="row"><code>{name.clone()}</code> {needed}</th>
                <td>{kind(member)}</td>
                <td>{prose(&member["description"])}</td>
            </tr>
        }
        .into_any()
    };
    schema["properties"].as_object().into_iter().flatten().map(row).collect()
}

/// A value's kind; names lead to their schemas.
pub fn kind(schema: &Value) -> AnyView {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return view! { <a href=format!("#schema-{name}")>{name.to_owned()}</a> }.into_any();
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        return view! { <code>{values.join(" or ")}</code> }.into_any();
    }
    for (choice, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        if let Some(parts) = schema[choice].as_array() {
            return joined(parts.iter().map(kind).collect(), word);
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => {
            let parts = kinds.iter().map(|one| simple(&text(one), schema)).collect();
            joined(parts, " or ")
        }
        Value::String(one) => simple(one, schema),
        _ => view! { "anything" }.into_any(),
    }
}

fn simple(name: &str, schema: &Value) -> AnyView {
    if name == "array" {
        return view! { "list of " {kind(&schema["items"])} }.into_any();
    }
    let values = &schema["additionalProperties"];
    if name == "object" && values.is_object() {
        return view! { "object of " {kind(values)} }.into_any();
    }
    let format = schema["format"].as_str().filter(|_| name != "null");
    let format = format.map(|format| format!(" ({format})")).unwrap_or_default();
    view! { {format!("{name}{format}")} {bounds(name, schema)} }.into_any()
}

/// What a number or a text may be at least and at most.
fn bounds(name: &str, schema: &Value) -> Option<String> {
    let (least, most, unit) = match name {
        "integer" | "number" => ("minimum", "maximum", ""),
        "string" => ("minLength", "maxLength", " characters"),
        _ => return None,
    };
    let bound = |which: &str| schema.get(which).map(ToString::to_string);
    match (bound(least), bound(most)) {
        (Some(least), Some(most)) => Some(format!(", {least} to {most}{unit}")),
        (Some(least), None) => Some(format!(", {least}{unit} or more")),
        (None, Some(most)) => Some(format!(", at most {most}{unit}")),
        (None, None) => None,
    }
}

fn joined(parts: Vec<AnyView>, word: &'static str) -> AnyView {
    let joined = parts.into_iter().enumerate().map(|(at, part)| view! { {(at > 0).then_some(word)} {part} });
    joined.collect_view().into_any()
}
