//! The embedded writer: instruct models in this process, each loaded when it is first needed.

use super::{CHARACTERS_PER_TOKEN, Offer, Provider, Queue, Reading, Request};
use crate::error::{Error, Result};
use async_trait::async_trait;
use folio_models::{ChatTurn, ModelError, Sampling, Writer};
use folio_types::Speaker;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OnceCell, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;

/// Answers written at the same time; more would only slow each other down.
const AT_ONCE: usize = 1;
/// Pieces of text that may wait for the run to take them.
const AHEAD: usize = 64;

/// Models of at least this file size have more than about a billion parameters and can use several passages.
const READS_MANY: u64 = 600 * 1024 * 1024;

pub struct Local {
    /// The model that is used when nothing else is chosen.
    preferred: PathBuf,
    folder: PathBuf,
    writers: Mutex<HashMap<PathBuf, Loaded>>,
    queue: Queue,
    /// Held by the threads that write, which end a little after those who gave up on them.
    threads: Arc<Semaphore>,
}

type Loaded = Arc<OnceCell<Arc<Writer>>>;

impl Local {
    /// A provider for the chat model in the GGUF file `preferred` and for those in `folder`.
    pub fn new(preferred: PathBuf, folder: PathBuf) -> Self {
        Self {
            preferred,
            folder,
            writers: Mutex::default(),
            queue: Queue::new(AT_ONCE),
            threads: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The model files that are there now, the preferred one first.
    async fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        if let Ok(mut entries) = tokio::fs::read_dir(&self.folder).await {
            while let Some(entry) = entries.next_entry().await? {
                files.push(entry.path());
            }
        }
        files.retain(|path| path.extension().is_some_and(|kind| kind == "gguf") && *path != self.preferred);
        files.sort();
        if tokio::fs::try_exists(&self.preferred).await? {
            files.insert(0, self.preferred.clone());
        }
        Ok(files)
    }

    /// The model with this tag, loaded when it is first asked for.
    async fn writer(&self, model: &str) -> Result<Arc<Writer>> {
        let path = self.files().await?.into_iter().find(|path| tag(path) == model);
        let path = path.ok_or_else(|| Error::Unavailable(format!("The file of “{model}” is gone.")))?;
        Ok(Arc::clone(self.place(&path).get_or_try_init(|| load(path)).await?))
    }

    fn place(&self, path: &Path) -> Loaded {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(writers.entry(path.to_owned()).or_default())
    }
}

#[async_trait]
impl Provider for Local {
    fn source(&self) -> &'static str {
        "embedded"
    }

    async fn models(&self) -> Result<Vec<Offer>> {
        let mut offers = Vec::new();
        for path in self.files().await? {
            let size = tokio::fs::metadata(&path).await?.len();
            let reading = if size < READS_MANY { Reading::OnePassage } else { Reading::Many };
            offers.push(Offer { tag: tag(&path), loaded: self.place(&path).initialized(), reading });
        }
        Ok(offers)
    }

    async fn count_tokens(&self, model: &str, texts: &[&str]) -> Vec<usize> {
        let about = texts.iter().map(|text| text.chars().count().div_ceil(CHARACTERS_PER_TOKEN)).collect();
        // a model that cannot be loaded says so when it is to write
        let Ok(writer) = self.writer(model).await else { return about };
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let count = move || texts.iter().map(|text| writer.count_tokens(text)).collect();
        tokio::task::spawn_blocking(count).await.unwrap_or(about)
    }

    fn queue(&self) -> Option<&Queue> {
        Some(&self.queue)
    }

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<String>>> {
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(Error::internal)?;
        let writer = self.writer(&request.model).await?;
        let (pieces, received) = mpsc::channel(AHEAD);
        tokio::task::spawn_blocking(move || {
            let _thread = thread;
            write(&writer, &request, &pieces);
        });
        Ok(ReceiverStream::new(received).boxed())
    }
}

/// The name of a model file without its quantization: `smollm2-135m-instruct.q4_1.gguf` is `smollm2-135m-instruct`.
fn tag(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    match name.rsplit_once('.') {
        Some((model, quantization)) if quantization.starts_with(['q', 'f', 'b', 'i']) => model.to_owned(),
        _ => name,
    }
}

async fn load(path: PathBuf) -> Result<Arc<Writer>> {
    let loaded = tokio::task::spawn_blocking(move || Writer::load(&path)).await.map_err(Error::internal)?;
    loaded.map(Arc::new).map_err(|fault| {
        tracing::error!(%fault, "the embedded model cannot be loaded");
        Error::Unavailable(format!("The embedded model cannot be loaded: {fault}"))
    })
}

fn write(writer: &Writer, request: &Request, pieces: &mpsc::Sender<Result<String>>) {
    let chat: Vec<ChatTurn> =
        request.turns.iter().map(|turn| ChatTurn { role: role(turn.speaker), content: turn.content.clone() }).collect();
    let sampling = Sampling {
        temperature: request.temperature,
        max_tokens: request.max_tokens as usize,
        top_k: request.top_k.filter(|likeliest| *likeliest > 0).map(|likeliest| likeliest as usize),
        ..Sampling::default()
    };
    // an empty piece only asks whether anybody still listens
    let mut pass_on = |text: &str| {
        let gone =
            if text.is_empty() { pieces.is_closed() } else { pieces.blocking_send(Ok(text.to_owned())).is_err() };
        if gone { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    if let Err(fault) = writer.generate(&chat, &sampling, &mut pass_on) {
        let _ = pieces.blocking_send(Err(explained(&fault)));
    }
}

fn explained(fault: &ModelError) -> Error {
    tracing::warn!(%fault, "the embedded model stopped");
    Error::Upstream(format!("The embedded model stopped: {fault}"))
}

fn role(speaker: Speaker) -> folio_models::Role {
    match speaker {
        Speaker::System => folio_models::Role::System,
        Speaker::User => folio_models::Role::User,
        Speaker::Assistant => folio_models::Role::Assistant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_models_name() {
        assert_eq!(tag(Path::new("m/SmolLM2-135M-Instruct.Q4_1.gguf")), "smollm2-135m-instruct");
        assert_eq!(tag(Path::new("m/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf")), "qwen2.5-coder-1.5b-instruct-q4_k_m");
    }
}
