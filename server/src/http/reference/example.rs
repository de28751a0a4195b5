//! An example of a schema, made of the examples that are in it.

use super::resolved;
use serde_json::{Map, Value, json};

/// Schemas within schemas that are shown at most: some contain themselves.
const DEEPEST: usize = 6;

pub fn of(schema: &Value, document: &Value) -> Value {
    at(schema, document, 0)
}

fn at(schema: &Value, document: &Value, depth: usize) -> Value {
    let schema = resolved(schema, document);
    let given = schema.get("example").or_else(|| schema["examples"].get(0)).or_else(|| schema["enum"].get(0));
    if let Some(given) = given {
        return given.clone();
    }
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().filter_map(|part| at(part, document, depth + 1).as_object().cloned());
        return Value::Object(parts.flatten().collect());
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let first = choices.iter().find(|choice| choice["type"] != "null");
            return first.map_or(Value::Null, |first| at(first, document, depth + 1));
        }
    }
    match schema["type"].as_str().or_else(|| schema["type"][0].as_str()) {
        Some("object") => {
            let members = schema["properties"].as_object().into_iter().flatten();
            let members = members.map(|(name, member)| (name.clone(), at(member, document, depth + 1)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Some("array") => json!([at(&schema["items"], document, depth + 1)]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        Some("string") if schema["format"] == "uuid" => json!("01a21f51-8f7e-773c-ae9d-3ceb57b5f45c"),
        Some("string") if schema["format"] == "date-time" => json!("2026-03-31T10:21:04Z"),
        Some("string") => json!("…"),
        _ => Value::Null,
    }
}
