//! `snake_case` on the wire.

use folio_core::llm::Described;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = Models)]
pub struct ModelsDto {
    /// The one that writes when nothing else was chosen; null where there is none.
    #[schema(example = "llama3.2:3b")]
    pub current_model: Option<String>,
    pub models: Vec<ModelDto>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Model)]
pub struct ModelDto {
    /// What requests call it.
    #[schema(example = "llama3.2:3b")]
    model_tag: String,
    /// Where it runs: `embedded`, a host, or the name of a provider.
    #[schema(example = "embedded")]
    source: String,
    /// Where its provider has it.
    #[schema(example = "llama3.2:3b")]
    path: String,
    /// Whether it writes without being loaded first.
    loaded: bool,
}

#[derive(Deserialize, ToSchema)]
pub struct Swap {
    #[schema(example = "llama3.2:3b")]
    pub model_tag: String,
}

#[derive(Serialize, ToSchema)]
pub struct Swapped {
    #[schema(example = "ok")]
    pub status: &'static str,
    #[schema(example = "llama3.2:3b")]
    pub current_model: String,
}

impl From<Vec<Described>> for ModelsDto {
    fn from(models: Vec<Described>) -> Self {
        let current = models.iter().find(|described| described.model.is_default);
        Self {
            current_model: current.map(|described| described.model.tag.clone()),
            models: models.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Described> for ModelDto {
    fn from(described: Described) -> Self {
        let Described { model, path, .. } = described;
        Self { model_tag: model.tag, source: model.source, path, loaded: model.loaded }
    }
}
