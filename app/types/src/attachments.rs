//! Files that are sent with messages.

use crate::AttachmentId;
use crate::books::stored_by_name;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub id: AttachmentId,
    /// What it was called where it came from; a label only.
    pub name: String,
    pub kind: AttachmentKind,
    /// Bytes.
    pub size: u64,
    /// Of a document's text.
    #[serde(default)]
    pub characters: u64,
    /// How many of them a model reads: fewer where not all fit.
    #[serde(default)]
    pub read: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AttachmentKind {
    Picture,
    /// Something with text.
    Document,
    /// A record of a file that lies elsewhere.
    Reference,
}

impl AttachmentKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Document => "document",
            Self::Reference => "reference",
        }
    }
}

stored_by_name!(AttachmentKind: Picture, Document, Reference);
