//! Texts, and their vectors.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use folio_core::Error;
use folio_core::completions::Embeddings;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The length of every vector.
const DIMENSIONS: u32 = 384;

#[derive(Deserialize, ToSchema)]
#[schema(as = OpenAiEmbeddingRequest)]
pub struct EmbeddingRequest {
    #[schema(example = "all-minilm-l6-v2")]
    model: String,
    input: Input,
    /// How the vectors are written; as numbers if absent.
    encoding_format: Option<Encoding>,
    /// Only 384, if given.
    #[schema(example = 384)]
    dimensions: Option<u32>,
}

/// One text or several, 2,048 at most.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a text or a list of texts; tokens are not taken")]
#[schema(as = OpenAiEmbeddingInput)]
enum Input {
    #[schema(example = "Bees dance.")]
    One(String),
    Several(Vec<String>),
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = OpenAiEncodingFormat)]
pub enum Encoding {
    /// A list of numbers.
    Float,
    /// The numbers as little-endian 32-bit floats, in base64.
    Base64,
}

/// What is asked for, understood.
pub struct Asked {
    pub model: String,
    pub texts: Vec<String>,
    pub encoding: Encoding,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiEmbeddings)]
pub struct EmbeddingList {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<Embedding>,
    #[schema(example = "all-minilm-l6-v2")]
    model: &'static str,
    usage: EmbeddingUsage,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiEmbedding)]
#[expect(clippy::struct_field_names, reason = "OpenAI's names")]
struct Embedding {
    #[schema(example = "embedding")]
    object: &'static str,
    /// The place of its text in `input`.
    index: usize,
    embedding: Vector,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = OpenAiVector)]
enum Vector {
    Numbers(Vec<f32>),
    Base64(String),
}

#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiEmbeddingUsage)]
struct EmbeddingUsage {
    prompt_tokens: usize,
    total_tokens: usize,
}

impl EmbeddingRequest {
    pub fn checked(self) -> Result<Asked, Error> {
        if self.dimensions.is_some_and(|wanted| wanted != DIMENSIONS) {
            let words = format!("This model's vectors have {DIMENSIONS} dimensions, and cannot be shortened.");
            return Err(Error::invalid("dimensions", words));
        }
        let texts = match self.input {
            Input::One(text) => vec![text],
            Input::Several(texts) => texts,
        };
        Ok(Asked { model: self.model, texts, encoding: self.encoding_format.unwrap_or(Encoding::Float) })
    }
}

impl EmbeddingList {
    pub fn of(made: Embeddings, encoding: Encoding) -> Self {
        let data = made.vectors.into_iter().enumerate().map(|(index, vector)| Embedding {
            object: "embedding",
            index,
            embedding: Vector::of(vector, encoding),
        });
        Self {
            object: "list",
            data: data.collect(),
            model: made.model,
            usage: EmbeddingUsage { prompt_tokens: made.tokens, total_tokens: made.tokens },
        }
    }
}

impl Vector {
    fn of(vector: Vec<f32>, encoding: Encoding) -> Self {
        match encoding {
            Encoding::Float => Self::Numbers(vector),
            Encoding::Base64 => {
                let bytes: Vec<u8> = vector.into_iter().flat_map(f32::to_le_bytes).collect();
                Self::Base64(STANDARD.encode(bytes))
            }
        }
    }
}
