//! The registry as a model sees it: functions that it may ask for while it writes an answer.
//!
//! A function's arguments become the same slots that a sentence would fill, so that whatever decides what is meant, allowed
//! and asked about is the same for both.

use super::understanding::READER;
use super::{Operations, domains};
use crate::accounts::Principal;
use crate::error::Result;
use crate::llm::{CHARACTERS_PER_TOKEN, Function};
use crate::operations::spec::Operation;
use crate::tools::Tool;
use folio_understanding::{Risk, Slot};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Tools of others that a model is told of.
const MOST_TOOLS: usize = 64;
/// Characters of what a tool's server says of it.
const LONGEST_DESCRIPTION: usize = 1_000;
const LONGEST_NAME: usize = 64;
/// Characters of all arguments of a call.
const LONGEST_ARGUMENTS: usize = 16_000;

/// A model has the list already, and each tool is a function of its own.
const NOT_OFFERED: [&str; 3] = ["assistant.help", "tools.list", "tools.use"];
const TOOL: &str = "tool";
const ARGUMENTS: &str = "arguments";

/// What a model may ask for in somebody's name.
#[derive(Default)]
pub struct Functions {
    pub offered: Arc<[Function]>,
    meant: HashMap<String, Meant>,
}

/// What a function's name stands for.
enum Meant {
    Operation { operation: &'static dyn Operation, slots: BTreeSet<String> },
    Tool { id: String },
}

/// An operation with what fills its slots.
pub(super) struct Order {
    pub operation: &'static dyn Operation,
    pub slots: BTreeMap<String, Vec<Slot>>,
}

impl Operations<'_> {
    /// Every operation that the caller may ask for, and the approved tools of others.
    pub(crate) async fn functions(&self, who: &Principal) -> Result<Functions> {
        let mut functions: Vec<(Function, Meant)> = Vec::new();
        for (place, operation) in domains::ALL.iter().enumerate() {
            let is_offered = !NOT_OFFERED.contains(&domains::name(*operation).as_str());
            if is_offered && operation.right().is_held_by(who) {
                functions.push(of_operation(place, *operation));
            }
        }
        let mut names: BTreeSet<String> = functions.iter().map(|(function, _)| function.name.clone()).collect();
        let tools = self.0.tools().list(who).await?;
        let usable = tools.iter().filter(|tool| tool.is_approved() && tool.input_schema.is_object());
        functions.extend(usable.take(MOST_TOOLS).map(|tool| of_tool(tool, &mut names)));
        let (offered, meant): (Vec<Function>, Vec<Meant>) = functions.into_iter().unzip();
        let meant = offered.iter().map(|function| function.name.clone()).zip(meant).collect();
        Ok(Functions { offered: offered.into(), meant })
    }
}

impl Functions {
    /// About how many tokens a model reads of them.
    pub fn tokens(&self) -> usize {
        let length = |function: &Function| {
            function.name.len() + function.description.len() + function.parameters.to_string().len()
        };
        self.offered.iter().map(length).sum::<usize>() / CHARACTERS_PER_TOKEN
    }

    /// What is asked for by `name` with a JSON object, or what is wrong with that, in words for the model.
    pub(super) fn read(&self, name: &str, arguments: &str) -> std::result::Result<Order, String> {
        let meant = self.meant.get(name).ok_or_else(|| "There is no such function.".to_owned())?;
        if arguments.len() > LONGEST_ARGUMENTS {
            return Err("These arguments are too long.".into());
        }
        let text = if arguments.trim().is_empty() { "{}" } else { arguments };
        let given: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| "The arguments are not a JSON object.".to_owned())?;
        Ok(match meant {
            Meant::Operation { operation, slots } => Order { operation: *operation, slots: filled(slots, given)? },
            Meant::Tool { id } => {
                let slots = BTreeMap::from([
                    (TOOL.to_owned(), vec![quoted(id)]),
                    (ARGUMENTS.to_owned(), vec![quoted(&Value::Object(given).to_string())]),
                ]);
                Order { operation: domains::USE_TOOL, slots }
            }
        })
    }
}

fn of_operation(place: usize, operation: &'static dyn Operation) -> (Function, Meant) {
    let form = operation.form();
    let slots: BTreeSet<String> = READER.as_ref().map(|reader| reader.slots(place)).unwrap_or_default();
    let asks = if form.risk == Risk::Safe { "" } else { " The user is asked first." };
    let properties: Map<String, Value> = slots.iter().map(|slot| (slot.clone(), described(slot))).collect();
    let function = Function {
        name: domains::name(operation).replace('.', "_"),
        description: format!("{}.{asks}", operation.summary()),
        parameters: json!({ "type": "object", "properties": properties, "required": form.needs }),
    };
    (function, Meant::Operation { operation, slots })
}

fn of_tool(tool: &Tool, names: &mut BTreeSet<String>) -> (Function, Meant) {
    let sound = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let plain: String = tool.full_name().chars().map(sound).take(LONGEST_NAME - 4).collect();
    let numbered = (2..).map(|number| format!("{plain}_{number}"));
    let free = std::iter::once(plain.clone()).chain(numbered).find(|name| names.insert(name.clone()));
    let function = Function {
        name: free.unwrap_or(plain),
        description: tool.description.chars().take(LONGEST_DESCRIPTION).collect(),
        parameters: tool.input_schema.clone(),
    };
    (function, Meant::Tool { id: tool.id.to_string() })
}

/// What goes into a slot. The names of slots mean the same in all operations.
fn described(slot: &str) -> Value {
    match slot {
        "all" | "archived" | "empty" | "failed" | "newest" | "oldest" => json!({ "type": "boolean" }),
        "count" => json!({ "type": "integer" }),
        "books" | "conversations" => json!({ "type": "array", "items": { "type": "string" } }),
        "when" => json!({ "type": "string", "description": "older than: a date, or for example “30 days”" }),
        "book" | "conversation" | "topic" | "task" | "user" => json!({ "type": "string", "description": "name or id" }),
        _ => json!({ "type": "string" }),
    }
}

fn filled(
    known: &BTreeSet<String>,
    given: Map<String, Value>,
) -> std::result::Result<BTreeMap<String, Vec<Slot>>, String> {
    let mut slots = BTreeMap::new();
    for (name, value) in given {
        if !known.contains(&name) {
            let names = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(format!("There is no argument “{name}”. There are: {names}."));
        }
        let values = match value {
            Value::Null | Value::Bool(false) => Vec::new(),
            Value::Bool(true) => vec![quoted(&name)],
            Value::Array(values) => values.iter().map(|value| quoted(&text_of(value))).collect(),
            value => vec![quoted(&text_of(&value))],
        };
        if values.iter().any(|slot| !slot.text.trim().is_empty()) {
            slots.insert(name, values);
        }
    }
    Ok(slots)
}

fn text_of(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    // PostgreSQL cannot store it as text
    text.replace('\0', "")
}

fn quoted(text: &str) -> Slot {
    Slot { text: text.to_owned(), quoted: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(Function, Meant)> {
        domains::ALL.iter().enumerate().map(|(place, operation)| of_operation(place, *operation)).collect()
    }

    fn functions() -> Functions {
        let (offered, meant): (Vec<Function>, Vec<Meant>) = all().into_iter().unzip();
        let meant = offered.iter().map(|function| function.name.clone()).zip(meant).collect();
        Functions { offered: offered.into(), meant }
    }

    #[test]
    fn every_operation_is_a_function_with_its_needs() {
        for (function, _) in all() {
            let sound = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(function.name.chars().all(sound) && function.name.len() <= LONGEST_NAME, "{}", function.name);
            let needs = function.parameters["required"].as_array().expect("a list");
            for need in needs {
                let slot = need.as_str().expect("a name");
                assert!(function.parameters["properties"][slot].is_object(), "{}: {slot}", function.name);
            }
        }
        let tokens = functions().tokens();
        assert!(tokens < 2_500, "all of them take {tokens} tokens of what a model reads");
    }

    #[test]
    fn arguments_fill_slots() {
        let functions = functions();
        let read = |name: &str, arguments: &str| functions.read(name, arguments);
        let order = read("library_rename", r#"{"book": "Bees", "title": "Wasps \u0000"}"#).expect("understood");
        assert_eq!(order.slots["title"], [quoted("Wasps ")]);
        let order = read("conversations_delete_several", r#"{"archived": true, "all": false, "text": null}"#);
        assert_eq!(order.expect("understood").slots.keys().collect::<Vec<_>>(), ["archived"]);
        let order = read("library_delete_several", r#"{"books": ["A", "B"]}"#).expect("understood");
        assert_eq!(order.slots["books"], [quoted("A"), quoted("B")]);
        for (name, arguments) in [
            ("library_burn", "{}"),
            ("library_rename", "[1]"),
            ("library_rename", "{"),
            ("library_rename", r#"{"shelf": "A"}"#),
        ] {
            assert!(read(name, arguments).is_err(), "{name} {arguments}");
        }
    }
}
