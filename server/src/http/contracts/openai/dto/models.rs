//! What can be asked.

use folio_core::completions::Named;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiModels)]
pub struct ModelList {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<ModelObject>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiModel)]
pub struct ModelObject {
    /// What a request calls it.
    #[schema(example = "library")]
    id: String,
    #[schema(example = "model")]
    object: &'static str,
    /// In seconds since 1970; 0 where that is not known.
    #[schema(example = 1_795_824_000)]
    created: i64,
    /// `folio` for what books are asked, else where the model runs.
    #[schema(example = "folio")]
    owned_by: String,
    /// What it is, for people.
    #[schema(example = "Answers from all of your books, with the pages.")]
    description: String,
}

impl From<Vec<Named>> for ModelList {
    fn from(all: Vec<Named>) -> Self {
        Self { object: "list", data: all.into_iter().map(Into::into).collect() }
    }
}

impl From<Named> for ModelObject {
    fn from(named: Named) -> Self {
        Self {
            id: named.name,
            object: "model",
            created: named.since.unwrap_or_default() / 1000,
            owned_by: named.owner,
            description: named.description,
        }
    }
}
