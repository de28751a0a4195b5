use super::add::{both, pair};
use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct TakeOut;

static TAKE_OUT: Form = Form {
    domain: "topics",
    operation: "take_out",
    risk: Risk::Guarded,
    patterns: &[
        "(?:remove|take|drop) (?:the |my |a )?<book> <?called>{book} (?:from|out of) (?:the |my |a )?<topic>(?: <?called>{topic})?",
        "(?:remove|take|drop) (?:the |my |a )?<book> (?:from|out of) (?:the |my |a )?<topic>",
    ],
    examples: &["take a book out of a topic", "remove a document from a collection"],
    needs: &["book", "topic"],
};

#[async_trait]
impl Operation for TakeOut {
    fn form(&self) -> &'static Form {
        &TAKE_OUT
    }

    fn template(&self) -> &'static str {
        r#"take book "title" out of topic "topic""#
    }

    fn summary(&self) -> &'static str {
        "Take a book out of a topic"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        both(asked, "remove book", "from").await
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let (book, topic) = pair(args)?;
        if !asked.core.topics().take_out(asked.who, &topic, book).await? {
            return Ok(Effect::saying(format!("It is not in that topic: {}.", args.names())));
        }
        Ok(Effect::saying(format!("Done: {}.", args.names())).undo(format!("add book {book} to topic {topic}")))
    }
}
