use super::super::several::{all_named, counted};
use super::BOOK_RIGHT;
use crate::error::{Error, Result};
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Question, Resolved, Risk};
use crate::operations::targets::Named as Found;
use crate::tasks::{Named, Work};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Reindex;

static REINDEX: Form = Form {
    domain: "library",
    operation: "reindex",
    risk: Risk::Guarded,
    patterns: &[
        "<reindex>(?: (?:index of|search index of|index for))? <?my><book>(?: <?called>{book})?(?: again)?",
        "(?:read|process|parse|index|ingest) <?my><book> <?called>{book} again",
        "<reindex> <?my><books> {books+}",
        "<reindex>(?: (?:index of|search index of))? (?<all><all>) (?:my |the |of my |of the )?<books>(?: again)?",
        "<reindex> (?<all>everything|the (?:whole |entire )?library|my (?:whole |entire )?library)(?: again)?",
        "(?:re-index|reindex|reread) {book}",
    ],
    examples: &[
        "reindex book",
        "read a book again",
        "rebuild the index of a document",
        "process the file again",
        "refresh a book",
    ],
    needs: &["book"],
};

#[async_trait]
impl Operation for Reindex {
    fn form(&self) -> &'static Form {
        &REINDEX
    }

    fn template(&self) -> &'static str {
        r#"reindex book "title""#
    }

    fn summary(&self) -> &'static str {
        "Read a book again"
    }

    fn lacked(&self) -> &'static str {
        BOOK_RIGHT
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        if !asked.slots("books").is_empty() {
            return Ok(match all_named(asked, Kind::Book, "books", "reindex").await? {
                Ok(books) => Resolved::Args(Args::of(books)),
                Err(question) => question,
            });
        }
        if !asked.slots("all").is_empty() {
            let books = asked.all(Kind::Book).await?;
            return Ok(if books.is_empty() {
                Resolved::Question(Question::asking("There is no book yet."))
            } else {
                Resolved::Args(Args::of(books))
            });
        }
        Ok(match asked.named(Kind::Book, asked.slot("book"), |name| format!("reindex book {name}")).await? {
            Found::One(book) => Resolved::Args(Args::of(vec![book])),
            Found::Question(question) => Resolved::Question(question),
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        for book in &args.targets {
            asked.core.library().may_change(asked.who, book.id()?).await?;
        }
        let note = "It cannot be asked until it was read again. Nothing is lost.";
        Ok(Preview::of(format!("Read {} again", counted(&args.targets)), &args.targets).noting(note))
    }

    fn work(&self, args: &Args) -> Result<Option<Work>> {
        let named = |book: &crate::operations::spec::Target| Ok(Named { id: book.id()?, name: book.name.clone() });
        Ok(Some(Work::Reindex { books: args.targets.iter().map(named).collect::<Result<_>>()? }))
    }

    async fn execute(&self, _: &Asked<'_>, _: &Args) -> Result<Effect> {
        Err(Error::internal("reading again is done by a task"))
    }
}
