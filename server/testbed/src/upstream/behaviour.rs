//! What the scripted model does when it is asked.

use crate::tokens;
use serde_json::Value;
use std::time::Duration;

/// One reply: some tokens at some speed, and then the end or a fault.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// How many tokens come before the end, or before the fault.
    pub tokens: usize,
    /// None is as fast as the connection takes them.
    pub per_second: Option<u32>,
    /// How long it sends nothing but comments before the first token.
    pub thinks: Option<Duration>,
    pub fault: Option<Fault>,
    /// What it says instead of words that follow from the question.
    pub words: Option<String>,
    /// The function that it asks for at the end, with a JSON object.
    pub wants: Option<(&'static str, String)>,
}

/// How a model server goes wrong. Those that need no tokens before them ignore [`Behaviour::tokens`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Reads the request and never answers.
    NoFirstByte,
    /// Says nothing more, not even that it ends; with no tokens before it, headers and then silence.
    Silence,
    /// Sends comments for ever, as servers do that keep a connection open while nothing is written.
    OnlyComments,
    /// Refuses with this status.
    Status(u16, Page),
    /// 429, to be asked again after so many seconds.
    TooMany { retry_after: u32 },
    /// An event whose data breaks off in the middle of its JSON.
    BrokenEvent,
    /// Bytes that are no UTF-8.
    NotText,
    /// JSON of another shape than a chunk's.
    NotAChunk,
    /// 200 with a web page, as a captive portal does.
    WebPage,
    /// 200 with the whole answer in one piece, as if no stream had been asked for.
    WholeJson,
    /// The connection is reset in the middle of a chunk.
    DropMidChunk,
    /// Goes on for ever.
    Endless,
    /// One line of so many bytes.
    LongLine(usize),
    /// An error object as an event, with these words.
    ErrorEvent(&'static str),
    /// Ends properly, but without `[DONE]`.
    NoDone,
    /// Ends properly, because the answer is as long as it may be.
    Cut,
}

/// What an error's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// As OpenAI's API explains itself.
    Json,
    /// As a proxy before it does.
    Html,
}

impl Behaviour {
    /// A whole answer of `tokens` tokens, at once. With 0 it is an empty one.
    pub fn answers(tokens: usize) -> Self {
        Self { tokens, per_second: None, thinks: None, fault: None, words: None, wants: None }
    }

    /// These words, one token each.
    pub fn says(words: &str) -> Self {
        Self { words: Some(words.to_owned()), ..Self::answers(words.split_inclusive(' ').count()) }
    }

    /// The same, and then it asks for a function with a JSON object.
    #[must_use]
    pub fn wanting(self, function: &'static str, arguments: &Value) -> Self {
        Self { wants: Some((function, arguments.to_string())), ..self }
    }

    /// Token `n` of the answer to `prompt`.
    pub(super) fn token(&self, prompt: &str, n: usize) -> String {
        match &self.words {
            Some(words) => words.split_inclusive(' ').nth(n).unwrap_or_default().to_owned(),
            None => tokens::token(prompt, n),
        }
    }

    /// Nothing but `fault`.
    pub fn only(fault: Fault) -> Self {
        Self::answers(0).then(fault)
    }

    /// The same, with so many tokens a second.
    #[must_use]
    pub fn at(self, per_second: u32) -> Self {
        Self { per_second: Some(per_second), ..self }
    }

    /// The same, after nothing but comments for so long.
    #[must_use]
    pub fn thinking(self, thinks: Duration) -> Self {
        Self { thinks: Some(thinks), ..self }
    }

    /// The same, with `fault` where the end would be.
    #[must_use]
    pub fn then(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    /// When token `n` is due, counted from the beginning of the reply.
    pub(super) fn due(&self, n: usize) -> Option<Duration> {
        let per_second = self.per_second?;
        Some(Duration::from_secs(1) * u32::try_from(n).unwrap_or(u32::MAX) / per_second.max(1))
    }
}
