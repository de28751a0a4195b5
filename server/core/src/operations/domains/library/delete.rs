use super::BOOK_RIGHT;
use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Resolved, Risk};
use crate::operations::targets::Named;
use crate::wording::count;
use async_trait::async_trait;
use folio_types::BookId;
use folio_understanding::Form;

pub struct Delete;

static DELETE: Form = Form {
    domain: "library",
    operation: "delete",
    risk: Risk::Dangerous,
    patterns: &[
        "<delete> (?:the |my |a |an |this |that )?<book>(?: <?called>{book})?(?: from (?:my |the )?(?:library|shelf|bookshelf))?",
        "<delete> {book} from (?:my |the )?(?:library|shelf|bookshelf|books)",
    ],
    examples: &["delete book", "remove a document from the library", "throw a file away"],
    needs: &["book"],
};

#[async_trait]
impl Operation for Delete {
    fn form(&self) -> &'static Form {
        &DELETE
    }

    fn template(&self) -> &'static str {
        r#"delete book "title""#
    }

    fn summary(&self) -> &'static str {
        "Delete a book"
    }

    fn lacked(&self) -> &'static str {
        BOOK_RIGHT
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        Ok(match asked.named(Kind::Book, asked.slot("book"), |name| format!("delete book {name}")).await? {
            Named::One(book) => Resolved::Args(Args::of(vec![book])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        let Some(target) = args.targets.first() else { return Ok(Preview::default()) };
        let id: BookId = target.id()?;
        asked.core.library().may_change(asked.who, id).await?;
        let book = asked.core.library().book(asked.who, id).await?;
        let whose = if book.shared { " Everyone may read it now." } else { "" };
        let pages = count(book.page_count, "page");
        let note = format!(
            "Its file, its {pages} and the index go; answers that cite it keep their quotes.{whose} This cannot be undone."
        );
        Ok(Preview::of(format!("Delete the book “{}”", book.title), &args.targets).noting(note))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let book = args.target()?;
        asked.core.library().remove(asked.who, book.id()?).await?;
        Ok(Effect::saying(format!("The book “{}” is deleted.", book.name)).link("Library", "/library"))
    }
}
