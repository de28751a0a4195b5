//! What the person who runs Folio decided, already parsed.

use crate::limits::Quotas;
use crate::llm::{AllowList, Takes};
use crate::tools::StdioServer;
use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;

/// Who may make an account without an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Open,
    Invite,
    Closed,
}

impl Registration {
    pub const ALL: [Self; 3] = [Self::Open, Self::Invite, Self::Closed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }

    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// A model server.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where its API begins: an OpenAI-compatible one's includes `/v1`. No slash at the end.
    pub base_url: String,
    pub api_key: Option<SecretString>,
    pub patience: Patience,
}

/// How long a model server may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub connect: Duration,
    pub first_byte: Duration,
    /// Between two bytes of an answer.
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), first_byte: Duration::from_mins(1), idle: Duration::from_secs(30) }
    }
}

/// A service that says whose a token is.
#[derive(Clone, Debug)]
pub struct AuthService {
    /// No slash at the end.
    pub url: String,
    pub key: Option<SecretString>,
}

/// An OpenID provider where people may sign in.
#[derive(Clone, Debug)]
pub struct OpenId {
    /// Exactly as the provider itself writes it.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    /// What the button for it says.
    pub name: String,
    pub admin: Option<AdminClaim>,
}

/// Who has this value in this claim is an administrator, and nobody else who comes by the provider.
#[derive(Clone, Debug)]
pub struct AdminClaim {
    pub claim: String,
    pub value: String,
}

/// A name and a password that everyone may use who knows them; they act as one account.
#[derive(Clone, Debug)]
pub struct SharedCredential {
    pub user: String,
    pub password: SecretString,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub database_url: String,
    pub data_dir: PathBuf,
    /// Where the embedded models' files lie.
    pub models_dir: PathBuf,
    /// The chat model in GGUF form that answers by default.
    pub model_path: PathBuf,
    pub pdfium_library: PathBuf,
    /// The program whose `extract` subcommand reads books; normally this one.
    pub program: PathBuf,
    /// What every key derives from; made once in the data folder when it is absent.
    pub secret_key: Option<SecretString>,
    /// Where people reach Folio; no slash at the end.
    pub public_url: String,
    /// Unless an administrator chose another one.
    pub registration: Registration,
    pub auth_service: Option<AuthService>,
    pub open_id: Option<OpenId>,
    pub shared_credential: Option<SharedCredential>,
    /// What other services show when they ask whose a token is.
    pub internal_api_key: Option<SecretString>,
    /// An OpenAI-compatible server for everyone.
    pub endpoint: Option<Endpoint>,
    /// An inference service for everyone; its key is the one that internal services share.
    pub inference: Option<Endpoint>,
    /// How long model servers that are added in Folio may take.
    pub patience: Patience,
    /// Where those may be beside the public internet.
    pub allow_private: AllowList,
    /// What the models of `endpoint` take beside text.
    pub endpoint_takes: Takes,
    /// Bytes that an attachment has at most.
    pub attachment_bytes: u64,
    /// Attachments that a message has at most.
    pub attachments: usize,
    /// Bytes that the attachments of one person take at most.
    pub attachment_quota: u64,
    /// A Redis that carries live answers between several processes, and counts for all of them.
    pub redis_url: Option<SecretString>,
    /// How often in a minute each may do what.
    pub quotas: Quotas,
    /// Tool servers that Folio starts itself.
    pub tool_commands: Vec<StdioServer>,
    /// How long one use of a tool may take, connecting included.
    pub tool_patience: Duration,
    /// What was configured, as it may be shown: each setting's name and value.
    pub shown: Vec<(&'static str, String)>,
    /// How long something dangerous waits to be confirmed.
    pub confirmation_ttl: Duration,
    /// Messages of a conversation that are sent to the model at most.
    pub max_history: usize,
    /// Tokens of a conversation that are sent to the model at most.
    pub max_tokens: usize,
}

impl Settings {
    /// The defaults for everything that follows from the data folder.
    pub fn in_folder(data_dir: PathBuf) -> Self {
        let models_dir = data_dir.join("models");
        Self {
            database_url: format!("sqlite://{}", data_dir.join("folio.db").display()),
            model_path: models_dir.join("smollm2-135m-instruct.q4_1.gguf"),
            pdfium_library: data_dir.join("lib").join("libpdfium.so"),
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("folio")),
            models_dir,
            data_dir,
            secret_key: None,
            public_url: "http://127.0.0.1:8002".into(),
            registration: Registration::Invite,
            auth_service: None,
            open_id: None,
            shared_credential: None,
            internal_api_key: None,
            endpoint: None,
            inference: None,
            patience: Patience::default(),
            allow_private: AllowList::default(),
            endpoint_takes: Takes::default(),
            attachment_bytes: 20_000_000,
            attachments: 10,
            attachment_quota: 1_000_000_000,
            redis_url: None,
            quotas: Quotas::default(),
            tool_commands: Vec::new(),
            tool_patience: Duration::from_secs(30),
            shown: Vec::new(),
            confirmation_ttl: Duration::from_mins(15),
            max_history: 50,
            max_tokens: 6000,
        }
    }
}
