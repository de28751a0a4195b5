use std::{
    fmt::Display,
    io,
    path::{Path, PathBuf},
};

/// Why a model could not be loaded or used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file was never fetched: set-up does that.
    #[error("there is no model file {}", .0.display())]
    Missing(PathBuf),
    #[error("the model file {} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// The file is damaged, or holds a kind of model that is not known here.
    #[error("{} is not a model that can be used here: {reason}", path.display())]
    Unsupported { path: PathBuf, reason: String },
    /// The chat leaves no room for an answer; fewer or shorter turns may fit.
    #[error("the text has {tokens} tokens, and the model reads at most {limit}")]
    TooLong { tokens: usize, limit: usize },
    #[error("the model failed: {0}")]
    Failed(String),
}

impl ModelError {
    pub(crate) fn opening(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing(path),
            _ => Self::Unreadable { path, source },
        }
    }

    pub(crate) fn unsupported(path: &Path, reason: impl Display) -> Self {
        Self::Unsupported { path: path.to_owned(), reason: reason.to_string() }
    }
}

impl From<candle_core::Error> for ModelError {
    fn from(error: candle_core::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<tokenizers::Error> for ModelError {
    fn from(error: tokenizers::Error) -> Self {
        Self::Failed(error.to_string())
    }
}
