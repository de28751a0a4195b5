//! Whole sentences as regular expressions over put-right words.
//!
//! `<delete>` stands for any word of a group below, `<my>` and other groups that end in a space may be left out, and
//! `{book}` is a slot: something in quotes, or words without a mark. `{books+}` is several quotes in a row, and `{count}` a
//! number.

use crate::words::{self, QUOTE, Sentence};
use crate::{Form, Slot};
use regex::{Captures, Regex};
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

/// Words that mean the same. A group that begins with `?` may be left out, and brings its own space.
const GROUPS: &[(&str, &str)] = &[
    (
        "delete",
        "delete|remove|erase|trash|discard|destroy|purge|wipe|wipe out|drop|get rid of|throw away|throw out|clear|clear out|kill|nuke|bin|dispose of|eliminate",
    ),
    (
        "list",
        "list|show|show me|show us|display|view|see|print|give me|get|get me|tell me|enumerate|open|look at|find me",
    ),
    ("rename", "rename|retitle|relabel"),
    (
        "name",
        "change the name of|change the title of|change name of|change title of|set the title of|edit the title of|edit the name of|update the title of|update the name of",
    ),
    ("archive", "archive|put away|shelve|hide|move to the archive|file away"),
    ("unarchive", "unarchive|bring back|unhide|take out of the archive"),
    (
        "reindex",
        "reindex|re-index|index|reread|re-read|reprocess|re-process|reingest|re-ingest|rebuild|rebuild the index of|refresh|refresh the index of|process again|read again|parse again|redo the index of|renew the index of",
    ),
    ("create", "create|make|start|take|run|do|perform|produce|begin|generate|add|set up|open|build|trigger|kick off"),
    ("switch", "switch|change|swap|set|move"),
    ("find", "find|search|search for|look for|look up|locate|query"),
    ("export", "export|download|dump|extract"),
    ("disable", "disable|deactivate|block|suspend|lock|lock out|ban|turn off"),
    ("enable", "enable|reactivate|activate|unblock|unsuspend|unlock|unban|turn on|reenable|re-enable"),
    ("invite", "invite|add|create an invitation for|send an invitation to|send an invite to|make an account for"),
    ("cancel", "cancel|stop|abort|end|halt|terminate|kill"),
    ("restore", "restore|roll back to|go back to|recover|recover from|restore from|revert to"),
    ("conversation", "conversation|chat|thread|discussion|dialogue|dialog"),
    (
        "conversations",
        "conversations|chats|threads|discussions|dialogues|dialogs|conversation history|chat history|chat log|chat logs",
    ),
    ("book", "book|document|file|pdf|epub"),
    ("books", "books|documents|files|pdfs|epubs"),
    ("model", "model|language model|llm|default model|ai model"),
    ("models", "models|language models|llms|ai models"),
    ("user", "user|account|person|member|the account of|user account"),
    (
        "users",
        "users|accounts|people|members|user accounts|everyone with an account|everybody with an account|registered users",
    ),
    ("report", "report|reports|statistics|stats|figures|numbers|summary|overview|chart|charts|graph|metrics|analytics"),
    ("backup", "backup|back-up|back up|snapshot|safety copy|backup copy"),
    ("backups", "backups|back-ups|snapshots|safety copies|backup copies"),
    ("task", "task|job|background task"),
    ("tasks", "tasks|jobs|background tasks|background jobs|task queue|job queue|queue"),
    ("topic", "topic|collection|subject|category|shelf"),
    ("topics", "topics|collections|subjects|categories|shelves"),
    ("settings", "settings|configuration|config|preferences|options"),
    (
        "all",
        "all|every|each|all of|every one of|all the|all of the|everything in|each of|the whole of|every single|the entire|entire|my entire|my whole",
    ),
    (
        "?my",
        "the|my|our|a|an|this|that|these|those|your|some|any|one|all|all the|all my|all of my|all our|of my|available|existing|current|recent|new|full|entire|saved|stored|uploaded|the current|the available|my current|my own|the existing|my recent|the new|a new|a full|the full",
    ),
    (
        "?called",
        "called|named|titled|entitled|with the title|with the name|with title|with name|by the name of|known as|whose title is|whose name is|with the id|with id|id|number|of|about|for",
    ),
    (
        "ready",
        "i have|we have|do i have|do we have|there are|are there|is there|that i have|that i own|i own|i've got|have i got|you have|do you have|available|are available|in my library|in the library|on my shelf|so far|here|that are available|i uploaded|i have uploaded|have i uploaded|did i upload|we own|are installed|can i use|i can use|exist|are running|running|in there",
    ),
    ("number", "two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|hundred"),
    ("newest", "newest|latest|last|most recent|youngest"),
    ("oldest", "oldest|earliest|first"),
    ("to", "to|as|into|in|the title|so it is called|so that it is called|be called|be named"),
];

/// Words that typing errors are put right to, besides those of the groups.
const MORE: &str = "older than before last week month year yesterday today days weeks months hours unused finished failed \
    archived everything nothing about with from into their them they role admin administrator librarian usage storage \
    ingestion failures invite default using instead again please rename";

/// The groups that say what kind of thing is meant.
const KINDS: [&str; 16] = [
    "conversation",
    "conversations",
    "book",
    "books",
    "model",
    "models",
    "user",
    "users",
    "report",
    "backup",
    "backups",
    "task",
    "tasks",
    "topic",
    "topics",
    "settings",
];
/// Kinds that have no group.
const OTHER_KINDS: [&str; 9] =
    ["library", "command", "commands", "tool", "tools", "provider", "providers", "usage", "failures"];

static KIND_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let groups = GROUPS.iter().filter(|(name, _)| KINDS.contains(name));
    groups.flat_map(|(_, words)| words.split('|')).chain(OTHER_KINDS).collect()
});

/// Whether something of Folio's is named by what it is, rightly spelt: “delete book Bees”, but not “delete it”. What
/// does not is found out quickly, without a [`crate::Reader`].
pub fn names_a_kind(text: &str) -> bool {
    let words = words::split(text);
    if words.len() > words::MOST_WORDS {
        return false;
    }
    let words: Vec<&str> = words.iter().map(|word| word.plain.as_str()).collect();
    let is_kind = |words: &[&str]| KIND_WORDS.contains(words.join(" ").as_str());
    words.windows(1).chain(words.windows(2)).any(is_kind)
}

pub static KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let groups = GROUPS.iter().flat_map(|(_, words)| words.split(['|', ' ']));
    groups.chain(MORE.split_whitespace()).collect()
});

/// One way to ask for one operation.
pub struct Pattern {
    pub form: usize,
    regex: Regex,
    /// The slots' names in the regular expression.
    slots: Vec<String>,
}

pub fn compile(forms: &[Form]) -> Result<Vec<Pattern>, regex::Error> {
    let all = forms.iter().enumerate().flat_map(|(form, said)| said.patterns.iter().map(move |text| (form, *text)));
    all.map(|(form, text)| {
        let regex = Regex::new(&format!("^(?:{})$", expanded(text)))?;
        let slots = regex.capture_names().flatten().map(str::to_owned).collect();
        Ok(Pattern { form, regex, slots })
    })
    .collect()
}

/// The words of all patterns and examples.
pub fn vocabulary(forms: &[Form]) -> HashSet<String> {
    let texts = forms.iter().flat_map(|form| form.patterns.iter().chain(form.examples));
    let words = texts.flat_map(|text| text.split(|c: char| !c.is_alphabetic()));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

impl Pattern {
    /// The slots' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(String::as_str)
    }

    /// What fills the slots, if the whole sentence is this.
    pub fn slots(&self, sentence: &Sentence) -> Option<BTreeMap<String, Vec<Slot>>> {
        let found = self.regex.captures(sentence.text())?;
        let filled = self.slots.iter().filter_map(|name| {
            let range = found.name(name)?.range();
            let parts = sentence.typed(range).into_iter().filter(|(text, quoted)| *quoted || !is_joint(text));
            Some((name.clone(), parts.map(|(text, quoted)| Slot { text, quoted }).collect::<Vec<_>>()))
        });
        Some(filled.filter(|(_, parts)| !parts.is_empty()).collect())
    }

    /// How much of the sentence is said by the pattern itself and not by what fills its slots.
    pub fn said(&self, sentence: &Sentence) -> usize {
        let Some(found) = self.regex.captures(sentence.text()) else { return 0 };
        let filled: usize = self.slots.iter().filter_map(|name| found.name(name)).map(|slot| slot.len()).sum();
        sentence.text().len() - filled
    }
}

/// The words of a group, as a caller's guards need them.
pub fn group(name: &str) -> impl Iterator<Item = &'static str> {
    let found = GROUPS.iter().find(|(known, _)| *known == name).map(|(_, words)| *words);
    found.into_iter().flat_map(|words| words.split('|'))
}

fn is_joint(text: &str) -> bool {
    matches!(text, "and" | "," | ", and" | "&" | "or")
}

fn expanded(pattern: &str) -> String {
    static PARTS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\(\?<[a-z]+>|<(\??[a-z]+)>|\{([a-z_]+)(\+?)\}").ok());
    let Some(parts) = PARTS.as_ref() else { return String::new() };
    let replaced = parts.replace_all(pattern, |found: &Captures<'_>| match (found.get(1), found.get(2)) {
        (Some(group), _) => words_of(group.as_str()),
        (_, Some(slot)) => {
            let (name, quote) = (slot.as_str(), format!("\\x{{{:X}}}", u32::from(QUOTE)));
            if name == "count" {
                format!("(?<count>[0-9]{{1,4}}|{})", words_of("number"))
            } else if found.get(3).is_some_and(|several| !several.is_empty()) {
                format!("(?<{name}>{quote}(?:(?: ,| and| &| , and) {quote})*)")
            } else {
                format!("(?<{name}>{quote}|[^{quote},;]+?)")
            }
        }
        // a flag of the pattern's own
        _ => found[0].to_owned(),
    });
    replaced.into_owned()
}

fn words_of(group: &str) -> String {
    let found = GROUPS.iter().find(|(name, _)| *name == group);
    let words = found.map_or(group, |(_, words)| words);
    if group.starts_with('?') { format!("(?:(?:{words}) ){{0,3}}") } else { format!("(?:{words})") }
}
