//! One use of a tool.

use super::client::Client;
use super::text::bounded;
use super::{Tool, Tools, arguments, rows};
use crate::accounts::Principal;
use crate::error::{Error, Result};
use folio_types::ToolId;
use folio_understanding::Slot;
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicBool, Ordering};

/// All that is shown of an answer.
const LONGEST_ANSWER: usize = 32 * 1024;

/// What a tool answered: text for a person, cleaned and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub text: String,
    /// Whether the tool says that it failed.
    pub failed: bool,
}

impl Tools<'_> {
    /// The arguments in a command, if the tool takes them.
    pub fn arguments(&self, tool: &Tool, slots: &[Slot]) -> Result<Map<String, Value>, arguments::Wrong> {
        let arguments = arguments::read(slots)?;
        arguments::check(&tool.input_schema, &arguments)?;
        Ok(arguments)
    }

    /// Uses a tool once, if the caller may and it is still described as it was approved; its server is asked for that.
    pub async fn call(&self, who: &Principal, id: ToolId, arguments: Map<String, Value>) -> Result<Answer> {
        let tool = self.tool(who, id).await?;
        tool.check()?;
        let server = rows::server(self.0.db(), tool.server).await?.ok_or(Error::NotFound("Tool server"))?;
        let sent = AtomicBool::new(false);
        let used = async {
            let client = Client::connect(self.0, &server).await?;
            let answered = Box::pin(self.checked_call(&client, who, &tool, arguments, &sent)).await;
            Ok((client, answered))
        };
        let is_sent = || sent.load(Ordering::Relaxed);
        let late = |words| if is_sent() { Error::Unsure(words) } else { Error::Upstream(words) };
        let answered = match self.within(&server, used, late).await {
            Ok((client, answered)) => {
                client.close().await;
                answered
            }
            Err(fault) => Err(fault),
        };
        answered.map(told).map_err(|fault| if is_sent() { fault } else { unused(fault) })
    }

    async fn checked_call(
        &self,
        client: &Client,
        who: &Principal,
        tool: &Tool,
        arguments: Map<String, Value>,
        sent: &AtomicBool,
    ) -> Result<CallToolResult> {
        self.keep(tool.server, client.tools().await?).await?;
        let now = self.tool(who, tool.id).await?;
        now.check()?;
        if now.digest != tool.digest {
            return Err(Error::Conflict(format!("The tool “{}” was changed just now. Ask for it again.", tool.name)));
        }
        sent.store(true, Ordering::Relaxed);
        client.call(&tool.name, arguments).await
    }
}

/// What went wrong before the tool was asked for anything.
fn unused(fault: Error) -> Error {
    match fault {
        Error::Upstream(words) => Error::Upstream(format!("{words} The tool was not used.")),
        Error::Unavailable(words) => Error::Unavailable(format!("{words} The tool was not used.")),
        other => other,
    }
}

fn told(result: CallToolResult) -> Answer {
    let mut pieces: Vec<String> = result.content.into_iter().map(words).collect();
    if pieces.is_empty() {
        pieces.extend(result.structured_content.map(|value| value.to_string()));
    }
    let text = bounded(&pieces.join("\n"), LONGEST_ANSWER);
    Answer { text, failed: result.is_error == Some(true) }
}

/// What is not text is only named.
fn words(block: ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text,
        ContentBlock::Image(image) => format!("(a picture, {})", image.mime_type),
        ContentBlock::Audio(audio) => format!("(a sound, {})", audio.mime_type),
        ContentBlock::Resource(embedded) => match embedded.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => format!("{uri}:\n{text}"),
            _ => "(a file)".to_owned(),
        },
        ContentBlock::ResourceLink(link) => format!("{}: {}", link.name, link.uri),
        _ => "(something that cannot be shown)".to_owned(),
    }
}
