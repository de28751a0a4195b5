use super::add::both;
use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Resolved, Risk, quoted};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::{BookId, TopicId};
use folio_understanding::Form;

pub struct Move;

static MOVE: Form = Form {
    domain: "topics",
    operation: "move",
    risk: Risk::Guarded,
    patterns: &[
        "move (?:the |my |a )?<book> (?:to|into|in|under) (?:the |my |a )?<topic>",
        "move (?:the |my |a )?<book> <?called>{book} (?:to|into|in|under) (?:the |my |a )?<topic>(?: <?called>{topic})?",
        "move (?:the |my |a )?<book> <?called>{book} (?:to|into|in|under) (?:the |my )?<topics> {topics+}",
        "move {book} (?:to|into|in|under) (?:the |my |a )?<topic> <?called>{topic}",
    ],
    examples: &["move a document to a collection", "move book to topic"],
    needs: &["book", "topic"],
};

/// Out of all other topics: what only adds is `add.rs`.
#[async_trait]
impl Operation for Move {
    fn form(&self) -> &'static Form {
        &MOVE
    }

    fn summary(&self) -> &'static str {
        "Move a book to another topic"
    }

    fn template(&self) -> &'static str {
        r#"move book "title" to topic "topic""#
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        if asked.slots("topics").is_empty() {
            return both(asked, "move book", "to").await;
        }
        let names: Vec<String> = asked.slots("topics").iter().map(|slot| quoted(&slot.text)).collect();
        let command = |name: &str| format!("move book {name} to topics {}", names.join(", "));
        let book = match asked.named(Kind::Book, asked.slot("book"), command).await? {
            Named::One(book) => book,
            Named::Question(question) => return Ok(Resolved::Question(question)),
        };
        let mut targets = vec![book];
        for slot in asked.slots("topics") {
            let command = |name: &str| format!("move book {} to topic {name}", quoted(&targets[0].name));
            match asked.named(Kind::Topic, Some(slot), command).await? {
                Named::One(topic) if targets.contains(&topic) => {}
                Named::One(topic) => targets.push(topic),
                Named::Question(question) => return Ok(Resolved::Question(question)),
            }
        }
        Ok(Resolved::Args(Args::of(targets)))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let book: BookId = args.target()?.id()?;
        let topics: Vec<TopicId> = args.targets[1..].iter().map(|topic| TopicId::from(topic.id.clone())).collect();
        let before = asked.core.topics().by_book(asked.who).await?.remove(&book).unwrap_or_default();
        if before.len() == topics.len() && topics.iter().all(|topic| before.contains(topic)) {
            return Ok(Effect::saying(format!("It is there already, and nowhere else: {}.", args.names())));
        }
        asked.core.topics().file(asked.who, book, &topics).await?;
        let effect = Effect::saying(format!("Done, and it is in no other topic: {}.", args.names()));
        Ok(match undo(book, &before, &topics) {
            Some(undo) => effect.undo(undo),
            None => effect,
        })
    }
}

/// The command that puts a book back where it was.
fn undo(book: BookId, before: &[TopicId], now: &[TopicId]) -> Option<String> {
    match (before, now) {
        ([], [only]) => Some(format!("remove book {book} from topic {only}")),
        // one command does not take it out of several
        ([], _) => None,
        ([only], _) => Some(format!("move book {book} to topic {only}")),
        (several, _) => {
            let names: Vec<String> = several.iter().map(|topic| quoted(topic.as_str())).collect();
            Some(format!("move book {book} to topics {}", names.join(", ")))
        }
    }
}
