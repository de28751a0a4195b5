use super::BOOK_RIGHT;
use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Question, Resolved, Risk, quoted};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Rename;

static RENAME: Form = Form {
    domain: "library",
    operation: "rename",
    risk: Risk::Guarded,
    patterns: &[
        "<rename> <?my><book> <?called>{book} <to> {title}",
        "<name> <?my><book> <?called>{book} <to> {title}",
        "call <?my><book> <?called>{book} {title}",
        "give <?my><book> <?called>{book} the (?:title|name) {title}",
        "<rename> <?my><book>(?: <?called>{book})?",
    ],
    examples: &["rename book", "change the title of a document", "give a book another title"],
    needs: &["book", "title"],
};

#[async_trait]
impl Operation for Rename {
    fn form(&self) -> &'static Form {
        &RENAME
    }

    fn template(&self) -> &'static str {
        r#"rename book "title" to "new title""#
    }

    fn summary(&self) -> &'static str {
        "Rename a book"
    }

    fn lacked(&self) -> &'static str {
        BOOK_RIGHT
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let title = asked.slot("title").map(|title| title.text.clone());
        let again = title.clone().unwrap_or_else(|| "…".into());
        let found = asked
            .named(Kind::Book, asked.slot("book"), |name| format!("rename book {name} to {}", quoted(&again)))
            .await?;
        Ok(match (found, title) {
            (Named::Question(question), _) => Resolved::Question(question),
            (Named::One(book), Some(title)) => Resolved::Args(Args::of(vec![book]).with("title", title)),
            (Named::One(book), None) => {
                let text =
                    format!("What should “{}” be called? Say: rename book {} to \"…\".", book.name, quoted(&book.name));
                Resolved::Question(Question::asking(text))
            }
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        asked.core.library().may_change(asked.who, args.target()?.id()?).await?;
        Ok(Preview::of(format!("Rename {} to “{}”", args.target()?.name, args.value("title")), &args.targets))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let (book, title) = (args.target()?, args.value("title"));
        let renamed = asked.core.library().rename(asked.who, book.id()?, title).await?;
        let undo = format!("rename book {} to {}", book.id, quoted(&book.name));
        Ok(Effect::saying(format!("“{}” is called “{}” now.", book.name, renamed.title))
            .undo(undo)
            .link("Library", "/library"))
    }
}
