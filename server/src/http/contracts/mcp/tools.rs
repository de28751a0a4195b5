//! The tools themselves. Each is a use case of the domain, which decides what the caller may see.

use folio_core::audit::{Deed, Outcome};
use folio_core::{Core, Error, Principal, rfc3339};
use folio_types::{BookId, BookStatus, Scope};
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::schemars::JsonSchema;
use rmcp::{ErrorData, ServerHandler, schemars, tool, tool_handler, tool_router};
use serde::{Deserialize, Serialize};

/// Conversations that a list has at most.
const MOST: usize = 100;

#[derive(Clone)]
pub struct Tools {
    core: Core,
    who: Principal,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Search {
    /// A question or a few words, in plain language.
    query: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Passages {
    /// Best first; none when nothing in the books is about the query.
    passages: Vec<Passage>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Passage {
    book_id: String,
    book: String,
    /// Counted from 1.
    page: u32,
    text: String,
    /// Where a person sees the page.
    url: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Books {
    books: Vec<ListedBook>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct ListedBook {
    book_id: String,
    title: String,
    author: Option<String>,
    pages: u32,
    /// Whether it can be searched already.
    ready: bool,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct ReadPage {
    /// As `search_library` and `list_books` give it.
    book_id: String,
    /// Counted from 1.
    page: u32,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct PageText {
    book: String,
    page: u32,
    /// What the book itself calls the page, where it does.
    label: Option<String>,
    pages: u32,
    text: String,
    url: String,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Find {
    /// Only those whose title contains this.
    text: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Conversations {
    /// Newest first, 100 at most.
    conversations: Vec<Conversation>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Conversation {
    title: String,
    messages: u32,
    /// RFC 3339.
    updated_at: String,
    url: String,
}

#[tool_router]
impl Tools {
    pub fn new(core: Core, who: Principal) -> Self {
        Self { core, who }
    }

    /// Finds the passages of the user's books that say most about a question.
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn search_library(
        &self,
        Parameters(Search { query }): Parameters<Search>,
    ) -> Result<Json<Passages>, ErrorData> {
        let search = async {
            let library = self.core.library();
            let books = library.ready(&self.who, &Scope::AllBooks).await?;
            library.search(&query, &books).await
        };
        let hits = self.noted("library.search", &query, search).await?;
        let passages = hits.into_iter().map(|hit| Passage {
            url: self.url_of(hit.book_id, hit.page),
            book_id: hit.book_id.to_string(),
            book: hit.book_title,
            page: hit.page,
            text: hit.text,
        });
        Ok(Json(Passages { passages: passages.collect() }))
    }

    /// Lists the books that the user may read.
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn list_books(&self) -> Result<Json<Books>, ErrorData> {
        let library = self.core.library();
        let books = self.noted("library.list", "", library.list(&self.who)).await?;
        let books = books.into_iter().map(|book| ListedBook {
            book_id: book.id.to_string(),
            title: book.title,
            author: book.author,
            pages: book.page_count,
            ready: book.status == BookStatus::Ready,
        });
        Ok(Json(Books { books: books.collect() }))
    }

    /// Reads the text of one page of a book.
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn read_page(
        &self,
        Parameters(ReadPage { book_id, page }): Parameters<ReadPage>,
    ) -> Result<Json<PageText>, ErrorData> {
        let read = async {
            let book: BookId = book_id.parse().map_err(|_| Error::NotFound("Book"))?;
            self.core.library().page(&self.who, book, page).await
        };
        let found = self.noted("library.read", &format!("{book_id}, page {page}"), read).await?;
        Ok(Json(PageText {
            url: self.url_of(found.book_id, page),
            book: found.book_title,
            page,
            label: found.label,
            pages: found.page_count,
            text: found.text,
        }))
    }

    /// Lists the user's conversations, or those whose title contains a text.
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn list_conversations(
        &self,
        Parameters(Find { text }): Parameters<Find>,
    ) -> Result<Json<Conversations>, ErrorData> {
        let chats = self.core.chats();
        let titles =
            self.noted("conversations.list", text.as_deref().unwrap_or_default(), chats.titles(&self.who)).await?;
        let wanted = text.unwrap_or_default().to_lowercase();
        let found = titles.into_iter().filter(|one| one.title.to_lowercase().contains(&wanted)).take(MOST);
        let conversations = found.map(|one| Conversation {
            url: format!("{}/c/{}", self.core.settings().public_url, one.id),
            title: one.title,
            messages: one.messages,
            updated_at: rfc3339(one.updated_at),
        });
        Ok(Json(Conversations { conversations: conversations.collect() }))
    }

    /// Does it and records what came of it, as of every other operation.
    async fn noted<T>(
        &self,
        action: &'static str,
        target: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, ErrorData> {
        const HOW: &str = "A tool of the Model Context Protocol.";
        let done = work.await;
        let (outcome, detail) = match &done {
            Ok(_) => (Outcome::Ran, HOW.to_owned()),
            Err(fault @ Error::Denied(_)) => (Outcome::Denied, format!("{HOW} {fault}")),
            Err(fault) => (Outcome::Failed, format!("{HOW} {fault}")),
        };
        let deed = Deed::new(outcome, action, target).saying(detail);
        self.core.audit().record(&self.who, deed).await.map_err(refused)?;
        done.map_err(refused)
    }

    fn url_of(&self, book: BookId, page: u32) -> String {
        format!("{}/books/{book}/pages/{page}", self.core.settings().public_url)
    }
}

#[tool_handler(
    name = "folio",
    instructions = "Searches and reads the books that the user keeps in Folio. Cite the book and the page of what you use."
)]
impl ServerHandler for Tools {}

/// What a caller can act on is told; our own faults go to the log.
fn refused(fault: Error) -> ErrorData {
    match fault {
        Error::Internal(_) => {
            tracing::error!(fault = fault.diagnosis(), "a tool failed");
            ErrorData::internal_error(fault.to_string(), None)
        }
        Error::NotFound(_) => ErrorData::resource_not_found(fault.to_string(), None),
        _ => ErrorData::invalid_params(fault.to_string(), None),
    }
}
