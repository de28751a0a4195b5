//! What an operation is.

use crate::Core;
use crate::accounts::Principal;
use crate::error::{Error, Result};
use crate::tasks::Work;
use async_trait::async_trait;
use folio_types::{Link, Role};
use folio_understanding::{Form, Slot};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use folio_understanding::Risk;

/// Something that people can have done by saying so. One file each; see `CONTRIBUTING.md`.
#[async_trait]
pub trait Operation: Send + Sync {
    /// How it is asked for, and how risky it is.
    fn form(&self) -> &'static Form;

    /// What it does, as the list of operations says it.
    fn summary(&self) -> &'static str;

    /// A command for it with a quoted name in place of each argument; one that needs none is asked for as its example.
    fn template(&self) -> &'static str {
        self.form().examples.first().copied().unwrap_or_default()
    }

    /// What the caller must be to do it to anything at all.
    fn right(&self) -> Right {
        Right::Anyone
    }

    /// What somebody lacks who is denied it, in a few words.
    fn lacked(&self) -> &'static str {
        self.right().as_str()
    }

    /// How risky exactly this is, where that follows from what it is done to.
    fn risk(&self, _args: &Args) -> Risk {
        self.form().risk
    }

    /// What exactly is meant, or a question back.
    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved>;

    /// Whether the caller may still do it, when it is about to be done: what was lost since it was asked about.
    async fn permit(&self, _asked: &Asked<'_>, _args: &Args) -> Result<()> {
        Ok(())
    }

    /// What would happen, without doing it. It refuses what executing would refuse.
    async fn preview(&self, _asked: &Asked<'_>, _args: &Args) -> Result<Preview> {
        Ok(Preview::default())
    }

    /// The work, where it takes long and is done by a task.
    fn work(&self, _args: &Args) -> Result<Option<Work>> {
        Ok(None)
    }

    /// Does it. Everything that it may and may not do is decided by the use cases that it calls.
    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect>;
}

/// Who asks, and with what words.
pub struct Asked<'a> {
    pub core: &'a Core,
    pub who: &'a Principal,
    pub slots: &'a BTreeMap<String, Vec<Slot>>,
    /// The conversation in which it is asked for.
    pub conversation: Option<folio_types::ConversationId>,
    pub risk: Risk,
}

/// What somebody must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Anyone,
    Admin,
}

/// Exactly what is to be done. Once it was shown it is not interpreted anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Args {
    pub targets: Vec<Target>,
    pub values: BTreeMap<String, String>,
}

/// One thing that something is done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub kind: Kind,
    pub id: String,
    pub name: String,
    /// What it is called besides.
    #[serde(default)]
    pub alias: String,
    /// What must still be the same when it is done.
    pub version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Book,
    Conversation,
    Model,
    Task,
    Backup,
    User,
    Topic,
    Tool,
}

pub enum Resolved {
    Args(Args),
    /// What is missing, with concrete choices.
    Question(Question),
}

/// A question back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub text: String,
    pub choices: Vec<Choice>,
}

/// A command that can be given by choosing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub label: String,
    pub command: String,
}

/// What would happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// In one sentence, without a full stop: `Delete 12 conversations`.
    pub summary: String,
    pub count: usize,
    /// Some of what is affected, by name.
    pub examples: Vec<String>,
    /// With what exactly, one line each; all of it is shown.
    #[serde(default)]
    pub details: Vec<String>,
    /// What cannot be undone, or how it can.
    pub note: String,
    /// What the page asks to be typed before it confirms.
    pub phrase: Option<String>,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    pub text: String,
    pub rows: Vec<String>,
    pub links: Vec<Link>,
    /// The command that takes it back.
    pub undo: Option<String>,
    /// Whether the reports page shows more.
    pub reports: bool,
    /// Whether it came to nothing, as `text` says.
    pub failed: bool,
}

impl Right {
    pub fn is_held_by(self, who: &Principal) -> bool {
        match self {
            Self::Anyone => true,
            Self::Admin => who.role >= Role::Admin,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "signed in",
            Self::Admin => "administrator",
        }
    }
}

impl Args {
    pub fn of(targets: Vec<Target>) -> Self {
        Self { targets, values: BTreeMap::new() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// The only thing that it is done to.
    pub fn target(&self) -> Result<&Target> {
        self.targets.first().ok_or_else(|| Error::internal("an operation lost its target"))
    }

    /// What exactly it is done to and with, for the audit log.
    pub fn told(&self) -> String {
        const SHOWN: usize = 50;
        let mut told: Vec<String> =
            self.targets.iter().take(SHOWN).map(|target| format!("“{}” ({})", target.name, target.id)).collect();
        if self.targets.len() > SHOWN {
            told.push(format!("and {} more", self.targets.len() - SHOWN));
        }
        told.extend(self.values.iter().map(|(name, value)| format!("{name}: {value}")));
        told.join(", ")
    }

    /// The names of what it is done to.
    pub fn names(&self) -> String {
        const SHOWN: usize = 10;
        let mut names: Vec<String> =
            self.targets.iter().take(SHOWN).map(|target| format!("“{}”", target.name)).collect();
        if self.targets.len() > SHOWN {
            names.push(format!("and {} more", self.targets.len() - SHOWN));
        }
        if names.is_empty() {
            names.extend(self.values.values().cloned());
        }
        names.join(", ")
    }
}

impl Target {
    /// The id, as the use cases take it.
    pub fn id<Id: std::str::FromStr>(&self) -> Result<Id> {
        self.id.parse().map_err(|_| Error::internal("a target's id is damaged"))
    }
}

impl Asked<'_> {
    /// The words of a slot, where it was filled.
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.get(name).and_then(|slots| slots.first()).filter(|slot| !slot.text.trim().is_empty())
    }

    pub fn slots(&self, name: &str) -> &[Slot] {
        self.slots.get(name).map_or(&[], Vec::as_slice)
    }
}

impl Question {
    pub fn asking(text: impl Into<String>) -> Self {
        Self { text: text.into(), choices: Vec::new() }
    }

    #[must_use]
    pub fn choice(mut self, label: impl Into<String>, command: impl Into<String>) -> Self {
        self.choices.push(Choice { label: label.into(), command: command.into() });
        self
    }
}

impl Preview {
    pub fn of(summary: impl Into<String>, targets: &[Target]) -> Self {
        const SHOWN: usize = 5;
        Self {
            summary: summary.into(),
            count: targets.len(),
            examples: targets.iter().take(SHOWN).map(|target| target.name.clone()).collect(),
            details: Vec::new(),
            note: String::new(),
            phrase: None,
        }
    }

    #[must_use]
    pub fn noting(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    #[must_use]
    pub fn detailing(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }

    #[must_use]
    pub fn typing(self, phrase: impl Into<String>) -> Self {
        Self { phrase: Some(phrase.into()), ..self }
    }
}

impl Effect {
    pub fn saying(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    #[must_use]
    pub fn rows(self, rows: Vec<String>) -> Self {
        Self { rows, ..self }
    }

    #[must_use]
    pub fn link(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.links.push(Link { label: label.into(), href: href.into() });
        self
    }

    #[must_use]
    pub fn undo(self, command: impl Into<String>) -> Self {
        Self { undo: Some(command.into()), ..self }
    }

    #[must_use]
    pub fn with_reports(self) -> Self {
        Self { reports: true, ..self }
    }
}

/// A name as a command quotes it.
pub fn quoted(name: &str) -> String {
    if !name.contains('"') {
        return format!("\"{name}\"");
    }
    // the reader knows these, too
    if name.contains('»') { format!("\"{}\"", name.replace('"', "'")) } else { format!("«{name}»") }
}
