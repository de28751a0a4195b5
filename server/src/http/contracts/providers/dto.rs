//! `snake_case` on the wire. No key ever leaves.

use crate::http::contracts::timestamp::Timestamp;
use folio_core::Principal;
use folio_core::llm::providers::{Edit, Kind, NewProvider, Provider, ProviderChange, UserKey};
use folio_core::llm::{Diagnosis, Finding, Takes};
use folio_types::{ProviderId, Role, UserId};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = LlmProvider)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member of the JSON")]
pub struct ProviderDto {
    id: ProviderId,
    #[schema(example = "Our Ollama")]
    name: String,
    #[schema(example = "https://models.example.org/v1")]
    api_endpoint: String,
    kind: KindDto,
    /// The end of its key; null without one.
    #[schema(example = "sk-…4836")]
    api_key: Option<String>,
    /// The models that are offered; null is all that it lists.
    models: Option<Vec<String>>,
    /// Whether everyone may use it.
    shared: bool,
    enabled: bool,
    /// Whether pictures can be sent to its models.
    takes_images: bool,
    /// Whether its models can ask for tools and commands while they answer.
    takes_tools: bool,
    created_by: Option<UserId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What a model server speaks: OpenAI's chat completions, or the API of inference services.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = LlmProviderKind)]
pub enum KindDto {
    #[default]
    OpenAi,
    Inference,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = NewLlmProvider)]
pub struct NewProviderDto {
    /// 1 to 100 characters.
    #[schema(example = "Our Ollama")]
    name: String,
    /// An http or https address at a public host; whoever runs Folio can allow others.
    #[schema(example = "https://models.example.org/v1")]
    api_endpoint: String,
    #[serde(default)]
    kind: KindDto,
    /// Kept encrypted, never given back.
    #[schema(example = "sk-proj-0123456789abcdef")]
    api_key: Option<String>,
    /// Offer these models only.
    models: Option<Vec<String>>,
    /// Whether pictures can be sent to its models.
    #[serde(default)]
    takes_images: bool,
    /// Whether its models can ask for tools and commands while they answer.
    #[serde(default)]
    takes_tools: bool,
    /// For everyone; an administrator's to say, and what an administrator means when nothing is said.
    shared: Option<bool>,
}

/// What is absent stays as it is. With another host all keys are forgotten.
#[derive(Deserialize, ToSchema)]
#[schema(as = LlmProviderChange)]
pub struct ChangeDto {
    name: Option<String>,
    api_endpoint: Option<String>,
    /// Null forgets it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    api_key: Edit<String>,
    /// Null offers all again.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    models: Edit<Vec<String>>,
    enabled: Option<bool>,
    takes_images: Option<bool>,
    takes_tools: Option<bool>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LlmProviderDiagnosis)]
pub struct DiagnosisDto {
    finding: FindingDto,
    /// What is wrong and what can be done.
    #[schema(example = "Nothing listens at port 11434 of ollama. Is the server running?")]
    message: String,
    /// The names of the models that it lists.
    models: Vec<String>,
    elapsed_ms: u32,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LlmProviderFinding)]
pub enum FindingDto {
    Works,
    NoModels,
    UnknownHost,
    Private,
    Refused,
    Silent,
    Tls,
    Unauthorized,
    NotFound,
    Redirected,
    Failed,
    NotAList,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = NewUserLlmConfig)]
pub struct NewConfigDto {
    /// The caller; an administrator may name somebody else.
    pub user_id: Option<UserId>,
    pub provider_id: ProviderId,
    /// Kept encrypted, never given back.
    #[schema(example = "sk-proj-0123456789abcdef")]
    pub api_key: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UserLlmConfig)]
pub struct ConfigDto {
    user_id: UserId,
    provider_id: ProviderId,
    /// Its end only.
    #[schema(example = "sk-…cdef")]
    api_key: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl NewProviderDto {
    pub fn meant_by(self, who: &Principal) -> NewProvider {
        NewProvider {
            kind: self.kind.into(),
            name: self.name,
            api_endpoint: self.api_endpoint,
            api_key: self.api_key.map(SecretString::from),
            models: self.models,
            takes: Takes { images: self.takes_images, tools: self.takes_tools },
            shared: self.shared.unwrap_or(who.role >= Role::Admin),
        }
    }
}

impl From<ChangeDto> for ProviderChange {
    fn from(change: ChangeDto) -> Self {
        Self {
            name: change.name,
            api_endpoint: change.api_endpoint,
            api_key: match change.api_key {
                Edit::Keep => Edit::Keep,
                Edit::Clear => Edit::Clear,
                Edit::Set(key) => Edit::Set(key.into()),
            },
            models: change.models,
            enabled: change.enabled,
            takes_images: change.takes_images,
            takes_tools: change.takes_tools,
        }
    }
}

impl From<Provider> for ProviderDto {
    fn from(provider: Provider) -> Self {
        Self {
            id: provider.id,
            name: provider.name,
            api_endpoint: provider.api_endpoint,
            kind: provider.kind.into(),
            api_key: provider.key_hint,
            models: provider.models,
            shared: provider.owner.is_none(),
            enabled: provider.enabled,
            takes_images: provider.takes.images,
            takes_tools: provider.takes.tools,
            created_by: provider.created_by,
            created_at: Timestamp(provider.created_at),
            updated_at: Timestamp(provider.updated_at),
        }
    }
}

impl From<UserKey> for ConfigDto {
    fn from(key: UserKey) -> Self {
        Self {
            user_id: key.user,
            provider_id: key.provider,
            api_key: key.key_hint,
            created_at: Timestamp(key.created_at),
            updated_at: Timestamp(key.updated_at),
        }
    }
}

impl From<Diagnosis> for DiagnosisDto {
    fn from(diagnosis: Diagnosis) -> Self {
        let Diagnosis { finding, message, models, elapsed_ms } = diagnosis;
        Self { finding: finding.into(), message, models, elapsed_ms }
    }
}

impl From<Kind> for KindDto {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::OpenAi => Self::OpenAi,
            Kind::Inference => Self::Inference,
        }
    }
}

impl From<KindDto> for Kind {
    fn from(kind: KindDto) -> Self {
        match kind {
            KindDto::OpenAi => Self::OpenAi,
            KindDto::Inference => Self::Inference,
        }
    }
}

impl From<Finding> for FindingDto {
    fn from(finding: Finding) -> Self {
        match finding {
            Finding::Works => Self::Works,
            Finding::NoModels => Self::NoModels,
            Finding::UnknownHost => Self::UnknownHost,
            Finding::Private => Self::Private,
            Finding::Refused => Self::Refused,
            Finding::Silent => Self::Silent,
            Finding::Tls => Self::Tls,
            Finding::Unauthorized => Self::Unauthorized,
            Finding::NotFound => Self::NotFound,
            Finding::Redirected => Self::Redirected,
            Finding::Failed => Self::Failed,
            Finding::NotAList => Self::NotAList,
        }
    }
}

/// Tells a member that is null from one that is absent.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Edit<T>, D::Error> {
    Ok(Option::deserialize(from)?.map_or(Edit::Clear, Edit::Set))
}
