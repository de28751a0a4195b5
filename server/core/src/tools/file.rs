//! Tool servers that the person who runs Folio names in a file, in the form that other programs read too.

use secrecy::SecretString;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A command that speaks the protocol on its standard input and output.
#[derive(Clone, Debug)]
pub struct StdioServer {
    pub name: String,
    pub command: String,
    pub args: Vec<String>,
    /// All that it finds in its environment besides `PATH`.
    pub env: BTreeMap<String, SecretString>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Whole {
    mcp_servers: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    command: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, SecretString>,
    #[serde(default, rename = "type")]
    _kind: Option<Stdio>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stdio {
    Stdio,
}

impl StdioServer {
    /// The servers in a file's text: `{"mcpServers": {"name": {"command": "…", "args": ["…"], "env": {"A": "…"}}}}`.
    pub fn all(text: &str) -> Result<Vec<Self>, String> {
        let whole: Whole = serde_json::from_str(text).map_err(|fault| fault.to_string())?;
        let checked = |(name, Entry { command, args, env, .. }): (String, Entry)| {
            let name = super::checked_name(&name).map_err(|fault| format!("“{name}”: {fault}"))?;
            Ok(Self { name, command, args, env })
        };
        whole.mcp_servers.into_iter().map(checked).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_and_mistakes_are_named() {
        let text = r#"{"mcpServers": {"notes": {"command": "npx", "args": ["-y", "x"], "env": {"A": "secret"}}}}"#;
        let servers = StdioServer::all(text).expect("servers");
        assert_eq!((servers[0].name.as_str(), servers[0].args.len()), ("notes", 2));
        assert!(!format!("{servers:?}").contains("secret"));
        for (text, word) in [
            ("{}", "mcpServers"),
            (r#"{"mcpServers": {"a": {}}}"#, "command"),
            (r#"{"mcpServers": {"a": {"command": "x", "disabled": true}}}"#, "disabled"),
            (r#"{"mcpServers": {"a/b": {"command": "x"}}}"#, "a/b"),
            (r#"{"mcpServers": {"a": {"command": "x", "type": "http"}}}"#, "http"),
        ] {
            let fault = StdioServer::all(text).expect_err(text);
            assert!(fault.contains(word), "{fault}");
        }
    }
}
