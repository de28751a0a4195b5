//! Reasons not to do what a sentence seems to say.

use crate::Risk;
use crate::patterns::group;
use crate::words::{QUOTE, Sentence, is_mark};

/// Why a command is not clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It says what not to do.
    Negated,
    /// It asks about doing something.
    Question,
    /// It depends on something.
    Condition,
    /// Several commands in one.
    Several,
    /// It is like a command, but not enough.
    Unsure,
    /// An order that nothing is known about.
    Unknown,
}

const NEGATIONS: &[&str] = &[
    "not",
    "never",
    "without",
    "neither",
    "nor",
    "avoid",
    "except",
    "excluding",
    "unless",
    "instead",
    "rather",
    "cannot",
    "dont",
    "nevermind",
    "keep",
    "refuse",
    "no",
    "besides",
    "spare",
    "anything",
    "hold",
    "wait",
    "undo",
    "prevent",
];
const CONDITIONS: &[&str] = &[
    "if",
    "when",
    "whenever",
    "once",
    "until",
    "suppose",
    "imagine",
    "pretend",
    "tomorrow",
    "later",
    "tonight",
    "maybe",
    "perhaps",
    "possibly",
    "might",
    "would",
    "could",
    "should",
    "hypothetically",
    "case",
    "soon",
    "eventually",
    "someday",
];
const ASKING: &[&str] = &[
    "how", "what", "why", "when", "where", "who", "whose", "which", "is", "are", "was", "were", "does", "do", "did",
    "should", "shall", "may", "might", "am", "has", "have", "had", "can", "could", "would", "will", "what's", "how's",
    "who's", "isn't", "aren't", "whether", "explain", "describe",
];
/// Between two commands. A full stop too: a title that has one stands in quotes.
const JOINTS: &[&str] = &["and", "then", "also", "plus", "but", "afterwards", "or", "before", "after"];
const VERBS: &[&str] = &[
    "delete",
    "list",
    "rename",
    "name",
    "archive",
    "unarchive",
    "reindex",
    "create",
    "switch",
    "find",
    "export",
    "disable",
    "enable",
    "invite",
    "cancel",
    "restore",
];

/// Why this must not be done as it stands.
pub fn doubt(sentence: &Sentence, parts: &[String], risk: Risk) -> Option<Doubt> {
    let words = || sentence.words().iter().map(|word| word.plain.as_str());
    if parts.len() > 1 {
        return Some(Doubt::Several);
    }
    if words().any(|word| NEGATIONS.contains(&word) || word.ends_with("n't")) {
        return (risk > Risk::Safe || words().next().is_some_and(is_negation)).then_some(Doubt::Negated);
    }
    if risk == Risk::Safe {
        return None;
    }
    if sentence.asks || words().next().is_some_and(|first| ASKING.contains(&first)) {
        return Some(Doubt::Question);
    }
    words().any(|word| CONDITIONS.contains(&word)).then_some(Doubt::Condition)
}

/// The commands that a sentence consists of, as they were typed.
pub fn parts(sentence: &Sentence) -> Vec<String> {
    let mut parts: Vec<Vec<&crate::words::Word>> = vec![Vec::new()];
    let words = sentence.words();
    for (at, word) in words.iter().enumerate() {
        let is_joint = is_mark(&word.plain) || JOINTS.contains(&word.plain.as_str());
        let rest: String = words[at + 1..].iter().map(|word| word.plain.as_str()).collect::<Vec<_>>().join(" ");
        if is_joint && begins_an_order(&rest) {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(word);
        }
    }
    let typed = |part: Vec<&crate::words::Word>| {
        let words = part
            .into_iter()
            .map(|word| if word.plain.starts_with(QUOTE) { format!("“{}”", word.typed) } else { word.typed.clone() });
        words.collect::<Vec<_>>().join(" ")
    };
    let parts: Vec<String> =
        parts.into_iter().filter(|part| part.iter().any(|word| !is_mark(&word.plain))).map(typed).collect();
    parts
}

/// Whether it begins with a verb that operations are asked for with.
pub fn order(sentence: &Sentence) -> bool {
    begins_an_order(sentence.text()) && !sentence.asks
}

/// The worst that any of its words could mean.
pub fn risk(sentence: &Sentence) -> Risk {
    let has = |verb: &str| group(verb).any(|word| padded(sentence.text()).contains(&padded(word)));
    if ["delete", "disable", "restore"].into_iter().any(has) { Risk::Dangerous } else { Risk::Safe }
}

fn begins_an_order(text: &str) -> bool {
    let text = text.trim_start_matches("please ").trim_start_matches("then ").trim_start_matches("also ");
    VERBS.iter().flat_map(|verb| group(verb)).any(|word| padded(text).starts_with(&padded(word)))
}

fn is_negation(word: &str) -> bool {
    NEGATIONS.contains(&word) || word.ends_with("n't")
}

fn padded(text: &str) -> String {
    format!(" {text} ")
}
