//! What tasks do. Each kind is one file.

mod backup;
mod delete;
mod export;
mod read;
mod reindex;
mod restore;

pub(crate) use export::{export_file, sweep_exports};

use super::job::{Done, Halt, Job};
use crate::accounts::Principal;
use crate::error::Error;
use crate::operations::check_right;
use folio_types::{BookId, ConversationId, TaskKind};
use serde::{Deserialize, Serialize};

/// Exactly what is to be done: stored when it is asked for, and never interpreted anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Work {
    Read { book: Named<BookId> },
    Reindex { books: Vec<Named<BookId>> },
    Export { conversations: Vec<Named<ConversationId>> },
    DeleteBooks { books: Vec<Named<BookId>> },
    DeleteConversations { conversations: Vec<Named<ConversationId>> },
    Backup,
    Restore { backup: String },
}

/// Something with the name that it had when it was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named<Id> {
    pub id: Id,
    pub name: String,
}

impl Work {
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Read { .. } => TaskKind::Ingestion,
            Self::Reindex { .. } => TaskKind::Reindex,
            Self::Export { .. } => TaskKind::Export,
            Self::DeleteBooks { .. } | Self::DeleteConversations { .. } => TaskKind::BulkDelete,
            Self::Backup => TaskKind::Backup,
            Self::Restore { .. } => TaskKind::Restore,
        }
    }

    /// What it does, for people.
    pub fn title(&self) -> String {
        match self {
            Self::Read { book } => format!("Read “{}”", book.name),
            Self::Reindex { books } => format!("Read {} again", several(books, "book", "books")),
            Self::Export { conversations } => {
                format!("Export {}", several(conversations, "conversation", "conversations"))
            }
            Self::DeleteBooks { books } => format!("Delete {}", several(books, "book", "books")),
            Self::DeleteConversations { conversations } => {
                format!("Delete {}", several(conversations, "conversation", "conversations"))
            }
            Self::Backup => "Create a backup".into(),
            Self::Restore { backup } => format!("Prepare to restore the backup “{backup}”"),
        }
    }

    /// Refuses whoever may not have it done any more. Whoever may add a book has it read.
    pub(super) fn check_right(&self, who: &Principal, action: &str) -> Result<(), Error> {
        match self {
            Self::Read { .. } => Ok(()),
            _ => check_right(who, action),
        }
    }

    /// Whether beginning again after a crash comes to the same as having done it once.
    pub fn can_be_repeated(&self) -> bool {
        match self {
            Self::Read { .. }
            | Self::Reindex { .. }
            | Self::Export { .. }
            | Self::DeleteBooks { .. }
            | Self::DeleteConversations { .. }
            | Self::Backup => true,
            Self::Restore { .. } => false,
        }
    }

    pub(super) async fn run(&self, job: &Job) -> Result<Done, Halt> {
        match self {
            Self::Read { book } => read::run(job, book).await,
            Self::Reindex { books } => reindex::run(job, books).await,
            Self::Export { conversations } => export::run(job, conversations).await,
            Self::DeleteBooks { books } => delete::books(job, books).await,
            Self::DeleteConversations { conversations } => delete::conversations(job, conversations).await,
            Self::Backup => backup::run(job).await,
            Self::Restore { backup } => restore::run(job, backup).await,
        }
    }
}

fn several<Id>(things: &[Named<Id>], one: &str, many: &str) -> String {
    match things {
        [only] => format!("the {one} “{}”", only.name),
        _ => format!("{} {many}", things.len()),
    }
}
