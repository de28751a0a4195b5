use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Question, Resolved, Risk};
use async_trait::async_trait;
use folio_types::Scope;
use folio_understanding::Form;

pub struct Search;

static SEARCH: Form = Form {
    domain: "library",
    operation: "search",
    risk: Risk::Safe,
    patterns: &[
        "(?:find|search|look|look up|look through|query) (?:in |through |inside )?<?my>(?:<books>|library|bookshelf)(?: for(?: passages (?:about|on))?| about)? {query}",
        "(?:find|search for|look for|look up|locate|search) {query} in <?my>(?:<books>|library|bookshelf)",
        "(?:find|search for|look for|locate|show me|show) (?:passages|pages|places|text|mentions|something|quotes) (?:about|on|of|that mention|with|mentioning|for) {query}(?: in <?my>(?:<books>|library))?",
        "where (?:do|does) <?my><books> (?:mention|talk about|speak of|say something about) {query}",
        "search <?my>(?:<books>|library)",
    ],
    examples: &[
        "search books",
        "find passages about a word in my books",
        "look something up in the library",
        "search the library for a phrase",
    ],
    needs: &["query"],
};

#[async_trait]
impl Operation for Search {
    fn form(&self) -> &'static Form {
        &SEARCH
    }

    fn template(&self) -> &'static str {
        r#"search books for "words""#
    }

    fn summary(&self) -> &'static str {
        "Search the books"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        Ok(match asked.slot("query") {
            Some(query) => Resolved::Args(Args::default().with("query", &*query.text)),
            None => {
                Resolved::Question(Question::asking("What should I search the books for? Say: search books for \"…\"."))
            }
        })
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let books = asked.core.library().ready(asked.who, &Scope::AllBooks).await?;
        let query = args.value("query");
        let hits = asked.core.library().search(query, &books).await?;
        if hits.is_empty() {
            return Ok(Effect::saying(format!("Nothing about “{query}” was found in {} books.", books.len())));
        }
        let mut effect = Effect::saying(format!("These {} passages fit “{query}” best.", hits.len()));
        for hit in hits {
            let quote: String = hit.text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
            effect.rows.push(format!("{}, page {}: {quote}…", hit.book_title, hit.page));
            effect = effect.link(
                format!("{}, page {}", hit.book_title, hit.page),
                format!("/books/{}/pages/{}", hit.book_id, hit.page),
            );
        }
        Ok(effect)
    }
}
