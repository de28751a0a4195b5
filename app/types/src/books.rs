//! Books and their pages.

use crate::{BookId, Millis, UserId};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A file that someone uploaded to be asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Book {
    pub id: BookId,
    pub owner_id: UserId,
    pub title: String,
    pub author: Option<String>,
    /// The name the file had when it was uploaded; a label only.
    pub file_name: String,
    pub format: Format,
    pub status: BookStatus,
    pub progress: Progress,
    pub page_count: u32,
    /// Why the book failed, in words for its owner.
    pub error: Option<String>,
    /// Whether everyone may ask it.
    pub shared: bool,
    pub created_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", try_from = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum BookStatus {
    Pending,
    Processing,
    Ready,
    Failed,
}

/// How much of the work on a book is done. `total` is 0 while it is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    pub done: u32,
    pub total: u32,
    pub unit: Unit,
}

/// What [`Progress`] counts: pages while text is read, passages while they are indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Unit {
    Pages,
    Passages,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Format {
    Pdf,
    Epub,
    Docx,
    Html,
    Markdown,
    Text,
}

impl Format {
    /// The format that a file's name promises; the reader checks the content itself.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "pdf" => Some(Self::Pdf),
            "epub" => Some(Self::Epub),
            "docx" => Some(Self::Docx),
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "md" | "markdown" => Some(Self::Markdown),
            "txt" | "text" => Some(Self::Text),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Epub => "epub",
            Self::Docx => "docx",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Text => "text",
        }
    }

    /// Whether pages have a picture beside their text.
    pub fn has_pictures(self) -> bool {
        self == Self::Pdf
    }
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Passages => "passages",
        }
    }
}

impl BookStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Processing => "PROCESSING",
            Self::Ready => "READY",
            Self::Failed => "FAILED",
        }
    }

    /// Whether nothing will change by itself any more.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Ready | Self::Failed)
    }
}

/// One page of a book, as the reader and the citation panel show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    pub book_id: BookId,
    pub book_title: String,
    pub format: Format,
    pub page_count: u32,
    /// Counted from 1 in the order of the file.
    pub number: u32,
    /// What the book itself calls the page (`xii`, `Chapter 3`), where it does.
    pub label: Option<String>,
    pub text: String,
}

macro_rules! stored_by_name {
    ($name:ident: $($variant:ident),+) => {
        // serde's own way through the variants is several times as much code in the browser
        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                [$(Self::$variant),+]
                    .into_iter()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| format!("unknown {}: {text}", stringify!($name)))
            }
        }
    };
}
pub(crate) use stored_by_name;

stored_by_name!(Format: Pdf, Epub, Docx, Html, Markdown, Text);
stored_by_name!(BookStatus: Pending, Processing, Ready, Failed);
