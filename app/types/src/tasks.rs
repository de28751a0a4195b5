//! Work that takes longer than a request.

use crate::books::stored_by_name;
use crate::{Millis, TaskId, UserId};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A piece of work in the background, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub owner_id: UserId,
    pub kind: TaskKind,
    /// What is done, for people.
    pub title: String,
    pub state: TaskState,
    pub done: u32,
    /// 0 while it is not known.
    pub total: u32,
    /// What `done` and `total` count.
    pub unit: String,
    /// The newest lines, oldest first.
    pub log: Vec<LogLine>,
    /// What came of it, once it has ended.
    pub outcome: Option<String>,
    pub links: Vec<Link>,
    /// Rises with every change.
    pub seq: u64,
    pub created_at: Millis,
    pub updated_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at: Millis,
    pub text: String,
}

/// Where something can be looked at or fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub label: String,
    pub href: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TaskKind {
    Ingestion,
    Reindex,
    Export,
    Backup,
    BulkDelete,
    Restore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TaskState {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl TaskKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingestion => "ingestion",
            Self::Reindex => "reindex",
            Self::Export => "export",
            Self::Backup => "backup",
            Self::BulkDelete => "bulk_delete",
            Self::Restore => "restore",
        }
    }
}

impl TaskState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing will change any more.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

stored_by_name!(TaskKind: Ingestion, Reindex, Export, Backup, BulkDelete, Restore);
stored_by_name!(TaskState: Queued, Running, Succeeded, Failed, Cancelled);
