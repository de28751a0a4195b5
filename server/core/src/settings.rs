//! What the person who runs Folio decided, already parsed.

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

/// An OpenAI-compatible endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Includes `/v1`; no slash at the end.
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
    pub registration: Registration,
    pub endpoint: Option<Endpoint>,
    /// A Redis that carries live answers between several processes.
    pub redis_url: Option<SecretString>,
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
            registration: Registration::Invite,
            endpoint: None,
            redis_url: None,
            confirmation_ttl: Duration::from_mins(15),
            max_history: 50,
            max_tokens: 6000,
        }
    }
}
