//! The embedded writer: instruct models in this process, each loaded when it is first needed.

use super::loaded::Loaded;
use super::{CHARACTERS_PER_TOKEN, Offer, Piece, Provider, Queue, Reading, Request};
use crate::error::{Error, Result};
use async_trait::async_trait;
use folio_models::{ChatTurn, Finish, FinishReason, ModelError, Sampling, Writer};
use folio_types::Speaker;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;

/// Where these models run, for people.
pub const EMBEDDED: &str = "embedded";

/// Answers written at the same time; more would only slow each other down.
const AT_ONCE: usize = 1;
/// Pieces of text that may wait for the run to take them.
const AHEAD: usize = 64;

/// Models of at least this file size have more than about a billion parameters and can use several passages.
const READS_MANY: u64 = 600 * 1024 * 1024;

/// Models in memory at the same time; the one that was not used for longest makes room.
const LOADED: usize = 2;
/// A model that nobody used for so long is taken out of memory.
const IDLE: Duration = Duration::from_mins(30);

pub struct Local {
    /// The model that is used when nothing else is chosen.
    preferred: PathBuf,
    folder: PathBuf,
    /// An answer holds its model as long as it is being written, whatever is loaded or unloaded meanwhile.
    writers: Loaded,
    queue: Queue,
    /// Held by the threads that write, which end a little after those who gave up on them.
    threads: Arc<Semaphore>,
}

/// A file as it is now: one that was replaced is another model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelFile {
    tag: String,
    path: PathBuf,
    size: u64,
    modified: Option<SystemTime>,
}

impl Local {
    /// A provider for the chat model in the GGUF file `preferred` and for those in `folder`.
    pub fn new(preferred: PathBuf, folder: PathBuf) -> Self {
        Self::unloading_after(IDLE, preferred, folder)
    }

    fn unloading_after(idle: Duration, preferred: PathBuf, folder: PathBuf) -> Self {
        Self {
            preferred,
            folder,
            writers: Loaded::new(LOADED, idle),
            queue: Queue::new(AT_ONCE),
            threads: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The model files that are there now, the preferred one first.
    async fn files(&self) -> Result<Vec<ModelFile>> {
        let mut paths = Vec::new();
        if let Ok(mut entries) = tokio::fs::read_dir(&self.folder).await {
            while let Some(entry) = entries.next_entry().await? {
                paths.push(entry.path());
            }
        }
        paths.retain(|path| path.extension().is_some_and(|kind| kind == "gguf") && *path != self.preferred);
        paths.sort();
        paths.insert(0, self.preferred.clone());
        let mut files: Vec<ModelFile> = Vec::new();
        for path in paths {
            // it may be gone by now
            let Ok(about) = tokio::fs::metadata(&path).await else { continue };
            let short = tag(&path);
            let is_taken = files.iter().any(|file| file.tag == short);
            let tag = if is_taken { stem(&path) } else { short };
            files.push(ModelFile { tag, path, size: about.len(), modified: about.modified().ok() });
        }
        Ok(files)
    }

    /// The model with this tag, loaded when it is first asked for.
    async fn writer(&self, model: &str) -> Result<Arc<Writer>> {
        let file = self.files().await?.into_iter().find(|file| file.tag == model);
        let file = file.ok_or_else(|| Error::Unavailable(format!("The file of “{model}” is gone.")))?;
        self.writers.get(&file, load(&file)).await
    }
}

#[async_trait]
impl Provider for Local {
    fn source(&self) -> &'static str {
        EMBEDDED
    }

    async fn models(&self) -> Result<Vec<Offer>> {
        let offer = |file: ModelFile| {
            let reading = if file.size < READS_MANY { Reading::OnePassage } else { Reading::Many };
            let path = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let loaded = self.writers.has(&file);
            Offer { path, ..Offer::new(file.tag, loaded, reading) }
        };
        Ok(self.files().await?.into_iter().map(offer).collect())
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

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<Piece>>> {
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
    let name = stem(path);
    match name.rsplit_once('.') {
        Some((model, quantization)) if quantization.starts_with(['q', 'f', 'b', 'i']) => model.to_owned(),
        _ => name,
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase()
}

async fn load(file: &ModelFile) -> Result<Arc<Writer>> {
    let path = file.path.clone();
    let loaded = tokio::task::spawn_blocking(move || Writer::load(&path)).await.map_err(Error::internal)?;
    loaded.map(Arc::new).map_err(|fault| {
        tracing::error!(%fault, "a model file cannot be loaded");
        let why = match fault {
            ModelError::Missing(_) => "its file is gone.".to_owned(),
            ModelError::Unreadable { source, .. } => format!("its file cannot be read ({source})."),
            ModelError::Unsupported { reason, .. } => format!("its file is damaged or of an unknown kind ({reason})."),
            other => format!("{other}."),
        };
        Error::Unavailable(format!("The model “{}” cannot be loaded: {why}", file.tag))
    })
}

fn write(writer: &Writer, request: &Request, pieces: &mpsc::Sender<Result<Piece>>) {
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
        let gone = if text.is_empty() {
            pieces.is_closed()
        } else {
            pieces.blocking_send(Ok(text.to_owned().into())).is_err()
        };
        if gone { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let last = match writer.generate(&chat, &sampling, &mut pass_on) {
        Ok(Finish { reason: FinishReason::Length, .. }) => Ok(Piece { is_cut: true, ..Piece::default() }),
        Ok(_) => return,
        Err(fault) => Err(explained(&fault)),
    };
    // nobody may be listening any more
    let _ = pieces.blocking_send(last);
}

fn explained(fault: &ModelError) -> Error {
    if let ModelError::TooLong { tokens, limit } = fault {
        let words = format!("This has {tokens} tokens, and the model reads {limit} at most. Send less of it.");
        return Error::TooLarge(words);
    }
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
#[path = "local_tests.rs"]
mod tests;
