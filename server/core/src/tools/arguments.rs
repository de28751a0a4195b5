//! A tool's arguments: read from a command, and held against the tool's own schema.

use super::text::line;
use folio_understanding::Slot;
use jsonschema::PatternOptions;
use serde_json::{Map, Value};
use std::fmt::Write;

const MOST_FAULTS: usize = 5;
const LONGEST_FAULT: usize = 200;

/// Why arguments do not fit, in words for who gave them.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// They cannot be read.
    Unreadable,
    /// What the schema says against them.
    Unfit(Vec<String>),
    /// The schema itself cannot be used.
    Schema(String),
}

/// The arguments in a command: a JSON object, or `a = 1, b = "x"`.
pub fn read(slots: &[Slot]) -> Result<Map<String, Value>, Wrong> {
    let unreadable = |_| Wrong::Unreadable;
    match slots {
        [] => Ok(Map::new()),
        [Slot { text, .. }] if text.starts_with('{') => serde_json::from_str(text).map_err(unreadable),
        // an inline table of TOML is written like this
        slots => {
            let text = slots.iter().fold(String::new(), |mut text, slot| {
                let _ = if slot.quoted {
                    write!(text, " {}", Value::from(slot.text.as_str()))
                } else {
                    write!(text, " {}", slot.text)
                };
                text
            });
            let text = text.trim().trim_end_matches(',');
            let table: toml::Table =
                toml::from_str(&format!("arguments = {{{text}}}")).map_err(|_| Wrong::Unreadable)?;
            let json = serde_json::to_value(table).map_err(unreadable)?;
            json.get("arguments").and_then(Value::as_object).cloned().ok_or(Wrong::Unreadable)
        }
    }
}

/// Whether they fit the schema, which is hostile: nothing is fetched for it, and its patterns take linear time.
pub fn check(schema: &Value, arguments: &Map<String, Value>) -> Result<(), Wrong> {
    let validator = jsonschema::options()
        .with_pattern_options(PatternOptions::regex().size_limit(1 << 20).dfa_size_limit(1 << 20))
        .build(schema)
        .map_err(|fault| Wrong::Schema(line(&fault.to_string(), LONGEST_FAULT)))?;
    let value = Value::Object(arguments.clone());
    let told = |fault: jsonschema::ValidationError<'_>| {
        let place = fault.instance_path().to_string();
        let place = place.trim_start_matches('/');
        let words = line(&fault.to_string(), LONGEST_FAULT);
        if place.is_empty() { words } else { format!("“{}”: {words}", line(place, LONGEST_FAULT)) }
    };
    let faults: Vec<String> = validator.iter_errors(&value).take(MOST_FAULTS).map(told).collect();
    if faults.is_empty() { Ok(()) } else { Err(Wrong::Unfit(faults)) }
}

/// What a schema asks for, one line for each argument: `message (string, needed): what to say`.
pub fn expected(schema: &Value) -> Vec<String> {
    let needed: Vec<&str> =
        schema["required"].as_array().map(|names| names.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let Some(properties) = schema["properties"].as_object() else { return Vec::new() };
    let described = |(name, property): (&String, &Value)| {
        let kind = property["type"].as_str().unwrap_or("anything");
        let need = if needed.contains(&name.as_str()) { ", needed" } else { "" };
        let words = property["description"].as_str().map(|words| format!(": {words}")).unwrap_or_default();
        line(&format!("{name} ({kind}{need}){words}"), LONGEST_FAULT)
    };
    properties.iter().take(50).map(described).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bare(text: &str) -> Slot {
        Slot { text: text.into(), quoted: false }
    }

    fn quoted(text: &str) -> Slot {
        Slot { text: text.into(), quoted: true }
    }

    #[test]
    fn both_ways_to_write_them_mean_the_same() {
        let json = read(&[quoted(r#"{"a": 1, "b": "x, y"}"#)]).expect("JSON");
        let pairs = read(&[bare("a = 1 , b ="), quoted("x, y")]).expect("pairs");
        assert_eq!(json, pairs);
        assert_eq!(Value::from(read(&[bare("on = true")]).expect("one")), json!({ "on": true }));
        assert_eq!(read(&[]).expect("none"), Map::new());
        for slots in [vec![bare("a = hello")], vec![quoted("{\"a\":")], vec![bare("1, 2")], vec![quoted("words")]] {
            assert_eq!(read(&slots), Err(Wrong::Unreadable), "{slots:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let schema = json!({
            "type": "object",
            "properties": { "message": { "type": "string", "description": "What to say" }, "times": { "type": "integer" } },
            "required": ["message"],
        });
        let args = |value: Value| value.as_object().cloned().expect("an object");
        assert_eq!(check(&schema, &args(json!({ "message": "hi" }))), Ok(()));
        let Err(Wrong::Unfit(faults)) = check(&schema, &args(json!({ "times": "x" }))) else { panic!("it fits") };
        assert!(faults.iter().any(|fault| fault.contains("message")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.starts_with("“times”")), "{faults:?}");
        assert_eq!(expected(&schema), ["message (string, needed): What to say", "times (integer)"]);
    }

    #[test]
    fn a_schema_fetches_nothing_and_does_not_hang() {
        let away = json!({ "$ref": "http://127.0.0.1:9/schema.json" });
        assert!(matches!(check(&away, &Map::new()), Err(Wrong::Schema(_))));
        let slow = json!({ "properties": { "a": { "type": "string", "pattern": "^(a+)+$" } } });
        let args = json!({ "a": format!("{}b", "a".repeat(3000)) });
        assert!(matches!(check(&slow, args.as_object().expect("an object")), Err(Wrong::Unfit(_))));
    }
}
