use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Resolved, Risk, quoted};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::{BookId, TopicId};
use folio_understanding::Form;

pub struct Add;

static ADD: Form = Form {
    domain: "topics",
    operation: "add",
    risk: Risk::Guarded,
    patterns: &[
        "(?:add|put|file|assign|sort) (?:the |my |a )?<book> (?:to|into|in|under) (?:the |my |a )?<topic>",
        "(?:add|put|file|assign|sort) (?:the |my |a )?<book> <?called>{book} (?:to|into|in|under|on) (?:the |my |a )?<topic>(?: <?called>{topic})?",
        "(?:add|put|file|assign) {book} (?:to|into|in|under|on) (?:the |my |a )?<topic> <?called>{topic}",
    ],
    examples: &["add book to topic", "file a document under a collection", "put a book into a category"],
    needs: &["book", "topic"],
};

#[async_trait]
impl Operation for Add {
    fn form(&self) -> &'static Form {
        &ADD
    }

    fn template(&self) -> &'static str {
        r#"add book "title" to topic "topic""#
    }

    fn summary(&self) -> &'static str {
        "Put a book into a topic"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        both(asked, "add book", "to").await
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let (book, topic) = pair(args)?;
        if !asked.core.topics().add(asked.who, &topic, book).await? {
            return Ok(Effect::saying(format!("It is in that topic already: {}.", args.names())));
        }
        Ok(Effect::saying(format!("Done: {}.", args.names())).undo(format!("remove book {book} from topic {topic}")))
    }
}

/// The book and the topic, or a question about the one that is not clear.
pub(super) async fn both(asked: &Asked<'_>, verb: &str, joint: &str) -> Result<Resolved> {
    let topic = asked.slot("topic").map_or_else(|| "…".to_owned(), |slot| quoted(&slot.text));
    let book =
        match asked.named(Kind::Book, asked.slot("book"), |name| format!("{verb} {name} {joint} topic {topic}")).await?
        {
            Named::One(book) => book,
            Named::Question(question) => return Ok(Resolved::Question(question)),
        };
    Ok(
        match asked
            .named(Kind::Topic, asked.slot("topic"), |name| {
                format!("{verb} {} {joint} topic {name}", quoted(&book.name))
            })
            .await?
        {
            Named::One(topic) => Resolved::Args(Args::of(vec![book, topic])),
            Named::Question(question) => Resolved::Question(question),
        },
    )
}

pub(super) fn pair(args: &Args) -> Result<(BookId, TopicId)> {
    let [book, topic] = args.targets.as_slice() else {
        return Err(crate::Error::internal("a book or a topic is missing"));
    };
    Ok((book.id()?, TopicId::from(topic.id.clone())))
}
