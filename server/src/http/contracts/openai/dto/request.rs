//! What is to be completed, and what of it cannot be done here.

use folio_core::completions::Wish;
use folio_core::llm::Turn;
use folio_core::{Error, Sampling};
use folio_types::Speaker;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[schema(
    as = OpenAiCompletionRequest,
    example = json!({ "model": "library", "messages": [{ "role": "user", "content": "How do bees tell where flowers are?" }] }),
)]
pub struct CompletionRequest {
    /// The `id` of one of `GET /v1/models`.
    pub model: String,
    /// The chat so far, oldest first. Books are asked by the last one, which must be the user's.
    messages: Vec<ChatMessage>,
    /// 0 to 2; the greater, the more surprising. Folio chooses if absent: 0 from books, else 0.6.
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f32>,
    /// The length of the answer at most; 1,024 if absent. A very small model writes 96 from books.
    #[schema(minimum = 1)]
    max_tokens: Option<u32>,
    /// The same by its newer name, which goes before.
    #[schema(minimum = 1)]
    max_completion_tokens: Option<u32>,
    /// Chooses among this many likeliest tokens only; 0 among all. Not OpenAI's.
    #[schema(minimum = 0)]
    top_k: Option<u32>,
    /// The answer ends before any of these; at most 4, of 256 characters each.
    stop: Option<Stop>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    /// 1, if given.
    #[schema(example = 1)]
    n: Option<u32>,
    /// None, if given: tools are not called.
    #[schema(value_type = Option<Vec<Value>>)]
    tools: Option<Value>,
    /// None, if given.
    #[schema(value_type = Option<Vec<Value>>)]
    functions: Option<Value>,
    /// `{"type": "text"}`, if given.
    #[schema(value_type = Option<Object>, example = json!({ "type": "text" }))]
    response_format: Option<Value>,
    /// False, if given.
    #[schema(value_type = Option<bool>, example = false)]
    logprobs: Option<Value>,
    /// Empty, if given.
    #[schema(value_type = Option<Object>, example = json!({}))]
    logit_bias: Option<Value>,
    /// `["text"]`, if given.
    #[schema(value_type = Option<Vec<String>>, example = json!(["text"]))]
    modalities: Option<Value>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = OpenAiMessage)]
struct ChatMessage {
    role: ChatRole,
    content: Option<Content>,
    /// None, if given.
    #[schema(value_type = Option<Vec<Value>>)]
    tool_calls: Option<Value>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = OpenAiRole)]
enum ChatRole {
    System,
    /// The same as `system`.
    Developer,
    User,
    Assistant,
    /// Refused: tools are not called.
    Tool,
    /// Refused: functions are not called.
    Function,
}

/// A text, or parts of one.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a text or a list of parts, each with a “type”")]
#[schema(as = OpenAiContent)]
enum Content {
    #[schema(example = "How do bees tell where flowers are?")]
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Deserialize, ToSchema)]
#[schema(as = OpenAiContentPart)]
struct ContentPart {
    /// `text`; pictures, sounds and files are refused.
    #[serde(rename = "type")]
    #[schema(example = "text")]
    kind: String,
    #[schema(example = "How do bees tell where flowers are?")]
    text: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
#[schema(as = OpenAiStop)]
enum Stop {
    #[schema(example = "END")]
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize, ToSchema)]
#[schema(as = OpenAiStreamOptions)]
struct StreamOptions {
    /// Whether the last chunk says how many tokens there were.
    include_usage: Option<bool>,
}

impl CompletionRequest {
    /// Whether the answer is told as it is written, and whether with its usage.
    pub fn streams(&self) -> (bool, bool) {
        let with_usage = self.stream_options.as_ref().and_then(|options| options.include_usage);
        (self.stream.unwrap_or(false), with_usage.unwrap_or(false))
    }

    pub fn wish(self) -> Result<Wish, Error> {
        self.check()?;
        let stops = match self.stop {
            None => Vec::new(),
            Some(Stop::One(stop)) => vec![stop],
            Some(Stop::Several(stops)) => stops,
        };
        let sampling = Sampling {
            temperature: self.temperature,
            max_tokens: self.max_completion_tokens.or(self.max_tokens),
            top_k: self.top_k,
        };
        let turns = self.messages.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Wish { model: self.model, turns, sampling, stops })
    }

    /// What would change the answer and cannot be done is refused; what would not is ignored.
    fn check(&self) -> Result<(), Error> {
        let nothing = |value: &Option<Value>| match value {
            None | Some(Value::Null | Value::Bool(false)) => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(members)) => members.is_empty(),
            Some(_) => false,
        };
        let text =
            |value: &Option<Value>| value.as_ref().is_none_or(|value| value.is_null() || value["type"] == "text");
        let texts = |value: &Option<Value>| nothing(value) || value == &Some(serde_json::json!(["text"]));
        for (is_fine, field, why) in [
            (self.n.is_none_or(|n| n == 1), "n", "There is one answer to a request; leave n out or send 1."),
            (nothing(&self.tools), "tools", "Tools are not called here; leave them out."),
            (nothing(&self.functions), "functions", "Functions are not called here; leave them out."),
            (text(&self.response_format), "response_format", "Answers are plain text; leave response_format out."),
            (nothing(&self.logprobs), "logprobs", "Probabilities of tokens are not known here; leave logprobs out."),
            (nothing(&self.logit_bias), "logit_bias", "Tokens cannot be favoured here; leave logit_bias out."),
            (texts(&self.modalities), "modalities", "Answers are text; leave modalities out."),
        ] {
            if !is_fine {
                return Err(Error::invalid(field, why));
            }
        }
        Ok(())
    }
}

impl TryFrom<ChatMessage> for Turn {
    type Error = Error;

    fn try_from(message: ChatMessage) -> Result<Self, Error> {
        let speaker = match message.role {
            ChatRole::System | ChatRole::Developer => Speaker::System,
            ChatRole::User => Speaker::User,
            ChatRole::Assistant => Speaker::Assistant,
            ChatRole::Tool | ChatRole::Function => return Err(Error::invalid("messages", NO_TOOLS)),
        };
        let calls = message.tool_calls.filter(|calls| !calls.is_null() && calls != &serde_json::json!([]));
        if calls.is_some() {
            return Err(Error::invalid("messages", NO_TOOLS));
        }
        let content = match message.content {
            Some(content) => content.text()?,
            None if speaker == Speaker::Assistant => String::new(),
            None => return Err(Error::invalid("messages", "Every message of a user or the system needs a content.")),
        };
        Ok(Self::new(speaker, content))
    }
}

const NO_TOOLS: &str = "Tools are not called here, so a chat with calls of them cannot be gone on with.";

impl Content {
    fn text(self) -> Result<String, Error> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Parts(parts) => parts.into_iter().map(ContentPart::text).collect(),
        }
    }
}

impl ContentPart {
    fn text(self) -> Result<String, Error> {
        match (self.kind.as_str(), self.text) {
            ("text", Some(text)) => Ok(text),
            ("text", None) => Err(Error::invalid("messages", "A part of the type “text” needs a text.")),
            _ => Err(Error::invalid("messages", "Only text is understood here: no pictures, sounds or files.")),
        }
    }
}
