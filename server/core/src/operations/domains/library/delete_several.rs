use super::super::several::{Deleting, all_named, counted};
use super::BOOK_RIGHT;
use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Question, Resolved, Risk, Target};
use crate::tasks::{Named, Work};
use async_trait::async_trait;
use folio_types::BookStatus;
use folio_understanding::Form;

pub struct DeleteSeveral;

/// More are deleted by a task.
const AT_ONCE: usize = 10;

static DELETE: Form = Form {
    domain: "library",
    operation: "delete_several",
    risk: Risk::Dangerous,
    patterns: &[
        "<delete> (?:the |my )?<books> {books+}",
        "<delete> (?:the |my )?<book> {books+}",
        "<delete> (?<all><all>) (?:of )?(?:my |the )?(?:<books>|<book>)(?: (?:in|from) (?:my|the) library)?",
        "<delete> (?:my|the) (?:whole |entire )?(?<all>library)",
        "<delete> (?:all |all the |all my |my |the |every )?(?<failed>failed|broken|unreadable|faulty) (?:<books>|<book>)",
        "<delete> (?:all |all the |all my |my |the )?<books> (?:that|which) (?<failed>failed|are failed|could not be read|have failed)",
        "<delete> (?:my |the |several |some )?<books>",
    ],
    examples: &["delete books", "remove all documents", "delete the books that failed"],
    needs: &[],
};

#[async_trait]
impl Operation for DeleteSeveral {
    fn form(&self) -> &'static Form {
        &DELETE
    }

    fn summary(&self) -> &'static str {
        "Delete several books"
    }

    fn lacked(&self) -> &'static str {
        BOOK_RIGHT
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let library = asked.core.library();
        let own = |book: &folio_types::Book| book.owner_id == asked.who.id;
        let books: Vec<Target> = if !asked.slots("books").is_empty() {
            match all_named(asked, Kind::Book, "books", "delete").await? {
                Ok(books) => books,
                Err(question) => return Ok(question),
            }
        } else if asked.slot("failed").is_some() {
            let failed = |book: &&folio_types::Book| own(book) && book.status == BookStatus::Failed;
            library.list(asked.who).await?.iter().filter(failed).map(Into::into).collect()
        } else if asked.slot("all").is_some() {
            // what others share is not the caller's to clear away in one go
            library.list(asked.who).await?.iter().filter(|book| own(book)).map(Into::into).collect()
        } else {
            let question = Question::asking("Which books?")
                .choice("All books of mine", "delete all my books")
                .choice("Those that failed", "delete failed books");
            return Ok(Resolved::Question(question));
        };
        Ok(if books.is_empty() {
            Resolved::Question(Question::asking("No book of yours fits that, so there is nothing to delete."))
        } else {
            Resolved::Args(Args::of(books))
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        for book in &args.targets {
            asked.core.library().may_change(asked.who, book.id()?).await?;
        }
        let note = "Their files, pages and index go; answers that cite them keep their quotes. This cannot be undone.";
        let preview = Preview::of(format!("Delete {}", counted(&args.targets)), &args.targets).noting(note);
        Ok(if args.targets.len() > 1 {
            preview.typing(format!("delete {} books", args.targets.len()))
        } else {
            preview
        })
    }

    fn work(&self, args: &Args) -> Result<Option<Work>> {
        if args.targets.len() <= AT_ONCE {
            return Ok(None);
        }
        let named = |book: &Target| Ok(Named { id: book.id()?, name: book.name.clone() });
        Ok(Some(Work::DeleteBooks { books: args.targets.iter().map(named).collect::<Result<_>>()? }))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let mut deleting = Deleting::default();
        for book in &args.targets {
            deleting.count(book, asked.core.library().delete(asked.who, book.id()?).await);
        }
        Ok(deleting.effect(&args.targets).link("Library", "/library"))
    }
}
