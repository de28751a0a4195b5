//! An account of what the program promised, kept outside of it: what it has acknowledged, and every character that a
//! client has seen.

use crate::{Asking, Reader, Stored};
use folio_types::{Asked, MessageId, MessageStatus};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was sent, acknowledged and received, by the key of the question.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<HashMap<String, Entry>>);

#[derive(Debug, Default)]
struct Entry {
    content: String,
    /// The question, its answer: whatever was acknowledged for the key. More than one pair is one too many.
    acknowledged: Vec<(MessageId, MessageId)>,
    text: String,
    status: Option<MessageStatus>,
}

/// What an audit found. Each line says what is wrong with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Acknowledged or received, and not there.
    pub lost: Vec<String>,
    /// There more often than it was asked for.
    pub doubled: Vec<String>,
    /// Damage to the database itself, and answers that it holds as unfinished for ever.
    pub damaged: Vec<String>,
    /// What a client was told or shown wrongly.
    pub wrong: Vec<String>,
}

impl Ledger {
    /// Notes that a question is about to be sent, so that it is known if it arrives without an acknowledgement.
    pub fn sends(&self, asking: &Asking) {
        self.held().entry(asking.key.clone()).or_default().content.clone_from(&asking.content);
    }

    /// Notes what a question was acknowledged with.
    pub fn acknowledged(&self, asking: &Asking, asked: &Asked) {
        let pair = (asked.question.id, asked.answer.id);
        let mut entries = self.held();
        let entry = entries.entry(asking.key.clone()).or_default();
        if !entry.acknowledged.contains(&pair) {
            entry.acknowledged.push(pair);
        }
    }

    /// Notes what a client has seen of the answer.
    pub fn received(&self, asking: &Asking, reader: &Reader) {
        let mut entries = self.held();
        let entry = entries.entry(asking.key.clone()).or_default();
        entry.text.clone_from(&reader.text);
        entry.status = reader.status;
    }

    /// How many questions were acknowledged.
    pub fn len(&self) -> usize {
        self.held().values().filter(|entry| !entry.acknowledged.is_empty()).count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Compares the account with what is stored.
    pub fn audit(&self, stored: &HashMap<MessageId, Stored>) -> Verdict {
        let mut times: HashMap<&str, usize> = HashMap::new();
        for question in stored.values().filter(|message| message.is_question) {
            *times.entry(&question.content).or_default() += 1;
        }
        let mut verdict = Verdict::default();
        for (key, entry) in self.held().iter() {
            let times = times.get(entry.content.as_str()).copied().unwrap_or_default();
            if times > 1 || entry.acknowledged.len() > 1 {
                verdict.doubled.push(format!("{key}: stored {times} times, acknowledged as {:?}", entry.acknowledged));
            }
            for (question, answer) in &entry.acknowledged {
                let missing = entry.missing(stored.get(question), stored.get(answer));
                verdict.lost.extend(missing.map(|what| format!("{key}: {what}")));
            }
        }
        verdict
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn missing(&self, question: Option<&Stored>, answer: Option<&Stored>) -> Option<String> {
        let Some(question) = question else { return Some("the question is gone".into()) };
        let Some(answer) = answer else { return Some("the answer is gone".into()) };
        if question.content != self.content {
            return Some(format!("the question became {:?}", question.content));
        }
        if !answer.content.starts_with(&self.text) {
            return Some(format!("received {:?}, stored {:?}", self.text, answer.content));
        }
        let status = self.status?;
        if answer.status != status || answer.content != self.text {
            return Some(format!("it was said to be {status} with {:?}; stored is {answer:?}", self.text));
        }
        None
    }
}

impl Verdict {
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.damaged.is_empty() && self.wrong.is_empty()
    }

    /// Adds what another audit found; what both found counts once.
    pub fn add(&mut self, other: Self) {
        let sets = [
            (&mut self.lost, other.lost),
            (&mut self.doubled, other.doubled),
            (&mut self.damaged, other.damaged),
            (&mut self.wrong, other.wrong),
        ];
        for (known, found) in sets {
            let new: Vec<String> = found.into_iter().filter(|line| !known.contains(line)).collect();
            known.extend(new);
        }
    }

    /// All that was found, a line each.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let Self { lost, doubled, damaged, wrong } = self;
        let sets = [("lost", lost), ("doubled", doubled), ("damaged", damaged), ("wrong", wrong)];
        sets.into_iter().flat_map(|(kind, lines)| lines.iter().map(move |line| format!("{kind}: {line}")))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, doubled, damaged, wrong } = self;
        write!(f, "{} lost, {} doubled, ", lost.len(), doubled.len())?;
        match damaged.len() {
            0 => write!(f, "integrity ok")?,
            faults => write!(f, "integrity broken {faults} times")?,
        }
        if wrong.is_empty() { Ok(()) } else { write!(f, ", {} otherwise wrong", wrong.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use folio_types::ConversationId;
    use uuid::Uuid;

    fn stored(is_question: bool, content: &str, status: MessageStatus) -> Stored {
        Stored { conversation: ConversationId(Uuid::nil()), is_question, content: content.into(), status }
    }

    /// A ledger with one acknowledged question, of whose answer `text` was received.
    fn ledger(text: &str, status: Option<MessageStatus>) -> (Ledger, MessageId, MessageId) {
        let (question, answer) = (MessageId(Uuid::now_v7()), MessageId(Uuid::now_v7()));
        let entry = Entry { content: "Why?".into(), acknowledged: vec![(question, answer)], text: text.into(), status };
        (Ledger(Mutex::new([("key".to_owned(), entry)].into())), question, answer)
    }

    #[test]
    fn what_is_stored_as_promised_is_clean() {
        let (ledger, question, answer) = ledger("Because", None);
        let asked = stored(true, "Why?", MessageStatus::Complete);
        let written = stored(false, "Because of that", MessageStatus::Interrupted);
        assert!(ledger.audit(&[(question, asked), (answer, written)].into()).is_clean());
    }

    #[test]
    fn what_is_missing_is_lost() {
        let (ledger, question, answer) = ledger("Because of", Some(MessageStatus::Complete));
        let asked = stored(true, "Why?", MessageStatus::Complete);
        assert_eq!(ledger.audit(&HashMap::new()).lost.len(), 1);
        assert_eq!(ledger.audit(&[(question, asked.clone())].into()).lost.len(), 1);
        for written in ["Because", "Because of that"] {
            let written = stored(false, written, MessageStatus::Complete);
            assert_eq!(ledger.audit(&[(question, asked.clone()), (answer, written)].into()).lost.len(), 1);
        }
    }

    #[test]
    fn the_same_question_twice_is_doubled() {
        let (ledger, question, answer) = ledger("", None);
        let asked = stored(true, "Why?", MessageStatus::Complete);
        let written = stored(false, "", MessageStatus::Failed);
        let twice = [(question, asked.clone()), (answer, written), (MessageId(Uuid::now_v7()), asked)];
        assert_eq!(ledger.audit(&twice.into()).doubled.len(), 1);
    }
}
