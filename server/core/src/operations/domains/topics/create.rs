use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Question, Resolved, Risk};
use crate::topics::NewTopic;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Create;

static CREATE: Form = Form {
    domain: "topics",
    operation: "create",
    risk: Risk::Guarded,
    patterns: &[
        "<create> (?:a |an |the |another )?(?:new )?<topic>(?: (?:called |named |titled |for |about |with the title )?{title})?",
    ],
    examples: &["create a topic", "make a new collection", "add a category for my books"],
    needs: &["title"],
};

#[async_trait]
impl Operation for Create {
    fn form(&self) -> &'static Form {
        &CREATE
    }

    fn template(&self) -> &'static str {
        r#"create topic "title""#
    }

    fn summary(&self) -> &'static str {
        "Create a topic"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        Ok(match asked.slot("title") {
            Some(title) => Resolved::Args(Args::default().with("title", &*title.text)),
            None => Resolved::Question(Question::asking("What should the topic be called? Say: create topic \"…\".")),
        })
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let new = NewTopic { title: args.value("title").to_owned(), ..NewTopic::default() };
        let topic = asked.core.topics().create(asked.who, new).await?;
        Ok(Effect::saying(format!(
            "The topic “{}” is there. Put books into it: add book \"…\" to topic \"{}\".",
            topic.title, topic.title
        ))
        .undo(format!("delete topic {}", topic.id)))
    }
}
