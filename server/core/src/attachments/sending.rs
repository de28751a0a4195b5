//! What goes with a question: files that wait to be sent, and those of the question that it is another version of.

use super::rows::{AttachmentRow, Record};
use super::too_many;
use crate::Core;
use crate::accounts::Principal;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::llm::CHARACTERS_PER_TOKEN;
use crate::settings::Settings;
use folio_types::{Attachment, AttachmentId, AttachmentKind};
use uuid::Uuid;

const UNSENT: &str = "SELECT * FROM attachments WHERE id = $1 AND owner_id = $2 AND message_id IS NULL";
/// Whoever is quicker has it.
pub(crate) const SEND: &str = "UPDATE attachments SET message_id = $1, position = $2, read_characters = $3
    WHERE id = $4 AND owner_id = $5 AND message_id IS NULL";
/// The same files with another message.
pub(crate) const COPY: &str =
    "INSERT INTO attachments (id, owner_id, message_id, file_id, position, kind, name, media_type, size, kept,
        characters, read_characters, created_at)
    SELECT $4, owner_id, $1, file_id, $2, kind, name, media_type, size, kept, characters, $3, created_at
    FROM attachments WHERE id = $6 AND owner_id = $5";

/// What is sent with a message.
#[derive(Default)]
pub(crate) struct Parcel {
    /// As the message will show it, and what it is a copy of.
    pub items: Vec<(Attachment, Option<AttachmentId>)>,
}

impl Parcel {
    /// Takes what waits to be sent, and copies what another version of the question has.
    pub async fn pack(core: &Core, who: &Principal, ids: &[AttachmentId], before: &[Attachment]) -> Result<Self> {
        let mut parcel = Self::copying(before);
        for (at, id) in ids.iter().enumerate() {
            if ids[..at].contains(id) {
                continue;
            }
            let row: Option<AttachmentRow> = on_db!(read core.db(), pool =>
                sqlx::query_as(UNSENT).bind(id.0).bind(who.id.0).fetch_optional(pool).await)?;
            parcel.items.push((Record::try_from(row.ok_or_else(gone)?)?.attachment, None));
        }
        if parcel.items.len() > core.settings().attachments {
            return Err(too_many(core.settings().attachments));
        }
        allot(parcel.items.iter_mut().map(|(attachment, _)| attachment), core.settings());
        Ok(parcel)
    }

    /// The same once more, for another message.
    pub fn copying(attachments: &[Attachment]) -> Self {
        let copy = |original: &Attachment| {
            let copy = Attachment { id: AttachmentId(Uuid::now_v7()), ..original.clone() };
            (copy, Some(original.id))
        };
        Self { items: attachments.iter().map(copy).collect() }
    }

    pub fn attachments(&self) -> Vec<Attachment> {
        self.items.iter().map(|(attachment, _)| attachment.clone()).collect()
    }
}

pub(crate) fn gone() -> Error {
    Error::invalid(
        "attachments",
        "One of the attachments is not there any more, or was sent already. Attach it again, or ask without it.",
    )
}

/// Characters of documents that a model reads beside a conversation; the rest of its budget is for what was said.
pub(crate) fn room(settings: &Settings) -> u64 {
    (settings.max_tokens * CHARACTERS_PER_TOKEN / 4 * 3) as u64
}

/// Gives each document of a message as much of the room as it needs, in their order.
fn allot<'a>(attachments: impl Iterator<Item = &'a mut Attachment>, settings: &Settings) {
    let mut room = room(settings);
    for document in attachments.filter(|attachment| attachment.kind == AttachmentKind::Document) {
        document.read = document.characters.min(room);
        room -= document.read;
    }
}
