use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Resolved, Risk};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::TopicId;
use folio_understanding::Form;

pub struct Delete;

static DELETE: Form = Form {
    domain: "topics",
    operation: "delete",
    risk: Risk::Dangerous,
    patterns: &["<delete> (?:the |my |a |an |this |that )?<topic>(?: <?called>{topic})?"],
    examples: &["delete topic", "remove a collection", "get rid of a category"],
    needs: &["topic"],
};

#[async_trait]
impl Operation for Delete {
    fn form(&self) -> &'static Form {
        &DELETE
    }

    fn template(&self) -> &'static str {
        r#"delete topic "title""#
    }

    fn summary(&self) -> &'static str {
        "Delete a topic"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        Ok(match asked.named(Kind::Topic, asked.slot("topic"), |name| format!("delete topic {name}")).await? {
            Named::One(topic) => Resolved::Args(Args::of(vec![topic])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        let Some(target) = args.targets.first() else { return Ok(Preview::default()) };
        let topic = asked.core.topics().changeable(asked.who, &TopicId::from(target.id.clone())).await?;
        let note = format!(
            "Its {} books stay in the library. Its instructions go. This cannot be undone.",
            topic.book_ids.len()
        );
        Ok(Preview::of(format!("Delete the topic “{}”", topic.title), &args.targets).noting(note))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let topic = args.target()?;
        asked.core.topics().delete(asked.who, &TopicId::from(topic.id.clone())).await?;
        Ok(Effect::saying(format!("The topic “{}” is deleted.", topic.name)))
    }
}
