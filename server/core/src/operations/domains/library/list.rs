use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Risk};
use crate::wording::count;
use async_trait::async_trait;
use folio_types::BookStatus;
use folio_understanding::Form;

pub struct List;

static LIST: Form = Form {
    domain: "library",
    operation: "list",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:<books>|library|bookshelf|list of <books>)(?: <ready>)?",
        "(?:what|which) <books>(?: <ready>)?",
        "(?:what|which) <books> (?:do i have|have i got|are there|are available|can i (?:ask|read|use|search)|did i upload|have i uploaded|are in (?:my|the) library)",
        "(?:what's|what is) (?:in|on) (?:my|the) (?:library|shelf|bookshelf)",
        "my <books>|<books>|my library|library",
    ],
    examples: &[
        "list books",
        "show my library",
        "which books do I have",
        "what documents have I uploaded",
        "what is in the library",
        "give me a list of all books",
    ],
    needs: &[],
};

#[async_trait]
impl Operation for List {
    fn form(&self) -> &'static Form {
        &LIST
    }

    fn summary(&self) -> &'static str {
        "List the books"
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let books = asked.core.library().list(asked.who).await?;
        let text = match books.len() {
            0 => "There is no book yet.".to_owned(),
            1 => "There is one book.".to_owned(),
            count => format!("There are {count} books."),
        };
        let row = |book: &folio_types::Book| match book.status {
            BookStatus::Ready => format!("{} ({})", book.title, count(book.page_count, "page")),
            BookStatus::Failed => format!("{} (failed: {})", book.title, book.error.as_deref().unwrap_or_default()),
            BookStatus::Pending | BookStatus::Processing => format!("{} (being read)", book.title),
        };
        Ok(Effect::saying(text).rows(books.iter().map(row).collect()).link("Library", "/library"))
    }
}
