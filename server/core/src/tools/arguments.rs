//! A tool's arguments: read from a command, and held against the tool's own schema.

use super::text::line;
use boon::{CompileError, Compiler, Schemas, UrlLoader, ValidationError};
use folio_understanding::Slot;
use serde_json::{Map, Value};

/// Where a schema stands for the validator; nobody asks there.
const HERE: &str = "https://tool.invalid/schema.json";
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

/// The arguments in a command: a JSON object, or `a = 1, b = "x"`, which is made one.
pub fn read(slots: &[Slot]) -> Result<Map<String, Value>, Wrong> {
    let json = match slots {
        [Slot { text, .. }] if text.starts_with('{') => text.clone(),
        slots => {
            let members: Option<String> = slots.iter().map(member).collect();
            format!("{{{}}}", members.ok_or(Wrong::Unreadable)?.trim_end_matches(','))
        }
    };
    serde_json::from_str(&json).map_err(|_| Wrong::Unreadable)
}

/// Text in quotes as JSON writes it, and of all else `name =` as JSON writes names.
fn member(slot: &Slot) -> Option<String> {
    if slot.quoted {
        return Some(Value::from(slot.text.as_str()).to_string());
    }
    let pair = |part: &str| match part.split_once('=') {
        Some((name, value)) => Some(format!("{}:{value}", Value::from(name.trim()))),
        None => part.trim().is_empty().then(String::new),
    };
    Some(slot.text.split(',').map(pair).collect::<Option<Vec<_>>>()?.join(","))
}

/// Whether they fit the schema, which is hostile: nothing is fetched for it, and its patterns take linear time.
pub fn check(schema: &Value, arguments: &Map<String, Value>) -> Result<(), Wrong> {
    let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
    compiler.use_loader(Box::new(Nothing));
    let unusable = |fault: CompileError| Wrong::Schema(line(&fault.to_string(), LONGEST_FAULT));
    compiler.add_resource(HERE, schema.clone()).map_err(unusable)?;
    let compiled = compiler.compile(HERE, &mut schemas).map_err(unusable)?;
    let value = Value::Object(arguments.clone());
    schemas.validate(&value, compiled).map_err(|fault| {
        let mut faults = Vec::new();
        gather(&fault, &mut faults);
        faults.truncate(MOST_FAULTS);
        Wrong::Unfit(faults)
    })
}

/// What is wrong with which argument, from a tree of causes.
fn gather(fault: &ValidationError<'_, '_>, faults: &mut Vec<String>) {
    if !fault.causes.is_empty() {
        fault.causes.iter().for_each(|cause| gather(cause, faults));
        return;
    }
    let place = fault.instance_location.to_string();
    let (place, words) = (place.trim_start_matches('/'), line(&fault.kind.to_string(), LONGEST_FAULT));
    faults.push(if place.is_empty() { words } else { format!("“{}”: {words}", line(place, LONGEST_FAULT)) });
}

/// What a schema refers to, beside itself and the standard ones.
struct Nothing;

impl UrlLoader for Nothing {
    fn load(&self, _: &str) -> Result<Value, Box<dyn std::error::Error>> {
        Err("a schema may not refer to another one".into())
    }
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
        let file = json!({ "$ref": "file:///etc/hostname" });
        assert!(matches!(check(&file, &Map::new()), Err(Wrong::Schema(_))));
        let older = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object" });
        assert_eq!(check(&older, &Map::new()), Ok(()));
        let itself = json!({ "$ref": "#" });
        let _ = check(&itself, &Map::new());
        let slow = json!({ "properties": { "a": { "type": "string", "pattern": "^(a+)+$" } } });
        let args = json!({ "a": format!("{}b", "a".repeat(3000)) });
        assert!(matches!(check(&slow, args.as_object().expect("an object")), Err(Wrong::Unfit(_))));
    }
}
