//! Files that people send with their messages: pictures and documents.
//!
//! They lie under names that the server chose, in `DATA_DIR/attachments`. What a file is follows from its content, and a
//! limited child process looks into it when it arrives: what cannot be read is refused then, with the reason.

mod files;
mod kinds;
mod rows;
mod sending;

pub use files::sweep_forever;
pub(crate) use files::{forget, picture, text};
pub use rows::Record;
pub(crate) use rows::{files as files_of, of_conversation, of_message, places};
pub(crate) use sending::{COPY, Parcel, SEND, gone, room};

use crate::Core;
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::wording::bytes;
use files::Kept;
use folio_types::{AttachmentId, AttachmentKind, MessageId};
use kinds::Found;
use rows::AttachmentRow;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const LONGEST_NAME: usize = 255;
const LONGEST_TYPE: usize = 200;

const ONE: &str = "SELECT * FROM attachments WHERE id = $1 AND owner_id = $2";
const OF_MESSAGE: &str = "SELECT * FROM attachments WHERE message_id = $1 ORDER BY position";
/// Whoever adds something holds this row, so that two uploads at once are counted one after the other.
const HOLD_OWNER: &str = "UPDATE users SET name = name WHERE id = $1";
/// Copies of a message share their files.
const USED: &str = "SELECT CAST(COALESCE(SUM(kept), 0) AS BIGINT) FROM
    (SELECT DISTINCT file_id, kept FROM attachments WHERE owner_id = $1 AND file_id IS NOT NULL) AS files";
const COUNT_UP: &str = "UPDATE messages SET attached = attached + 1 WHERE id = $1 RETURNING attached";
const ADD: &str =
    "INSERT INTO attachments (id, owner_id, message_id, file_id, position, kind, name, media_type, size, kept,
    characters, read_characters, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
/// Another version of the conversation, even within the same millisecond.
const TOUCH: &str = "UPDATE conversations SET updated_at = CASE WHEN updated_at < $2 THEN $2 ELSE updated_at + 1 END
    WHERE id = (SELECT conversation_id FROM messages WHERE id = $1)";
const REMOVE: &str = "DELETE FROM attachments WHERE id = $1 AND owner_id = $2";

/// A file that has arrived whole, in the folder for uploads.
pub struct Upload {
    pub path: PathBuf,
    /// The name it had at the sender's; a label only.
    pub file_name: String,
}

/// A file as it is given back.
pub struct Given {
    pub record: Record,
    pub path: PathBuf,
}

pub struct Attachments<'a>(pub(crate) &'a Core);

impl Attachments<'_> {
    /// Refuses a caller who has no room left, before a file is sent.
    pub async fn has_room(&self, who: &Principal) -> Result<()> {
        let used: i64 =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(USED).bind(who.id.0).fetch_one(pool).await)?;
        if used.unsigned_abs() >= self.0.settings().attachment_quota { Err(self.full()) } else { Ok(()) }
    }

    /// Keeps an arrived file: with a message of the caller's, or until it is sent with a question.
    pub async fn add(&self, who: &Principal, upload: Upload, message: Option<MessageId>) -> Result<Record> {
        let file = Uuid::now_v7();
        let added = self.keep(who, &upload, message, file).await;
        if added.is_err() {
            let _ = tokio::fs::remove_file(&upload.path).await;
            files::remove(&self.0.settings().data_dir, file).await;
        }
        added
    }

    /// Notes a file that lies elsewhere. Its path is a label that nobody opens.
    pub async fn refer(&self, who: &Principal, message: MessageId, kind: &str, path: &str) -> Result<Record> {
        let media_type = label("file_type", kind, LONGEST_TYPE)?;
        let name = label("file_path", path, 4 * LONGEST_NAME)?;
        self.0.chats().message(who, message).await?;
        let row = AttachmentRow::new(who.id, Some(message), AttachmentKind::Reference, name, media_type);
        self.store(who, row).await
    }

    /// What was sent with a message of the caller's.
    pub async fn list(&self, who: &Principal, message: MessageId) -> Result<Vec<Record>> {
        self.0.chats().message(who, message).await?;
        let rows: Vec<AttachmentRow> =
            on_db!(read self.0.db(), pool => sqlx::query_as(OF_MESSAGE).bind(message.0).fetch_all(pool).await)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    pub async fn one(&self, who: &Principal, id: AttachmentId) -> Result<Record> {
        self.row(who, id).await?.try_into()
    }

    /// The file as it was uploaded.
    pub async fn file(&self, who: &Principal, id: AttachmentId) -> Result<Given> {
        self.given(who, id, files::ORIGINAL).await
    }

    /// A picture as Folio made it anew: PNG or JPEG.
    pub async fn picture(&self, who: &Principal, id: AttachmentId) -> Result<Given> {
        self.given(who, id, files::PICTURE).await
    }

    /// A small form of a picture.
    pub async fn thumbnail(&self, who: &Principal, id: AttachmentId) -> Result<Given> {
        self.given(who, id, files::THUMBNAIL).await
    }

    /// Removes it, from its message too.
    pub async fn remove(&self, who: &Principal, id: AttachmentId) -> Result<()> {
        let row = self.row(who, id).await?;
        on_db!(change self.0.db(), tx => {
            sqlx::query(REMOVE).bind(id.0).bind(who.id.0).execute(&mut *tx).await?;
            if let Some(message) = row.message() {
                sqlx::query(TOUCH).bind(message.0).bind(now()).execute(&mut *tx).await?;
            }
            tx.commit().await?;
        });
        forget(self.0, row.file().into_iter().collect()).await
    }

    /// Removes what nobody sent within a day, and files that belong to nothing.
    pub async fn sweep(&self) -> Result<()> {
        files::sweep(self.0).await
    }

    async fn keep(&self, who: &Principal, upload: &Upload, message: Option<MessageId>, file: Uuid) -> Result<Record> {
        if let Some(message) = message {
            self.0.chats().message(who, message).await?;
        }
        let name: String = base_name(&upload.file_name).chars().take(LONGEST_NAME).collect();
        let name = label("file", &name, LONGEST_NAME)?;
        let size = tokio::fs::metadata(&upload.path).await?.len();
        self.fits(&name, size)?;
        let Found { kind, media_type, format } = kinds::of(&upload.path, &name).await?;
        let Kept { bytes, characters } = files::keep(self.0, &upload.path, file, format).await?;
        let mut row = AttachmentRow::new(who.id, message, kind, name, media_type.to_owned());
        row.holds(file, size, size + bytes, characters, characters.min(room(self.0.settings())));
        self.store(who, row).await
    }

    fn fits(&self, name: &str, size: u64) -> Result<()> {
        let most = self.0.settings().attachment_bytes;
        if size == 0 {
            return Err(Error::invalid("file", format!("“{name}” is empty.")));
        }
        if size > most {
            return Err(Error::TooLarge(format!("A file may have at most {}.", bytes(most))));
        }
        Ok(())
    }

    async fn store(&self, who: &Principal, mut row: AttachmentRow) -> Result<Record> {
        let settings = self.0.settings();
        on_db!(change self.0.db(), tx => {
            sqlx::query(HOLD_OWNER).bind(who.id.0).execute(&mut *tx).await?;
            let used: i64 = sqlx::query_scalar(USED).bind(who.id.0).fetch_one(&mut *tx).await?;
            if row.file().is_some() && used.saturating_add(row.kept).unsigned_abs() > settings.attachment_quota {
                return Err(self.full());
            }
            if let Some(message) = row.message() {
                let count: Option<i64> =
                    sqlx::query_scalar(COUNT_UP).bind(message.0).fetch_optional(&mut *tx).await?;
                let Some(count) = count else { return Err(Error::NotFound("Message")) };
                if count.unsigned_abs() > settings.attachments as u64 {
                    return Err(too_many(settings.attachments));
                }
                row.position = count - 1;
                sqlx::query(TOUCH).bind(message.0).bind(now()).execute(&mut *tx).await?;
            }
            sqlx::query(ADD).bind(row.id).bind(row.owner_id).bind(row.message_id).bind(row.file_id).bind(row.position)
                .bind(&row.kind).bind(&row.name).bind(&row.media_type).bind(row.size).bind(row.kept)
                .bind(row.characters).bind(row.read_characters).bind(row.created_at).execute(&mut *tx).await?;
            tx.commit().await?;
        });
        row.try_into()
    }

    async fn row(&self, who: &Principal, id: AttachmentId) -> Result<AttachmentRow> {
        let row: Option<AttachmentRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(ONE).bind(id.0).bind(who.id.0).fetch_optional(pool).await)?;
        row.ok_or(Error::NotFound("Attachment"))
    }

    async fn given(&self, who: &Principal, id: AttachmentId, form: &str) -> Result<Given> {
        let row = self.row(who, id).await?;
        let file = row.file().ok_or(Error::NotFound("File"))?;
        let path = files::place(&self.0.settings().data_dir, file, form);
        if !tokio::fs::try_exists(&path).await? {
            return Err(Error::NotFound("File"));
        }
        Ok(Given { record: row.try_into()?, path })
    }

    fn full(&self) -> Error {
        let most = bytes(self.0.settings().attachment_quota);
        Error::TooLarge(format!(
            "Your attachments may take {most} in all, and this is more. Delete conversations whose files you do not need."
        ))
    }
}

pub(crate) fn too_many(most: usize) -> Error {
    Error::invalid("attachments", format!("A message may have at most {most} attachments."))
}

/// Text for people, on one line, that says something.
fn label(field: &'static str, text: &str, longest: usize) -> Result<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    if text.is_empty() || text.chars().count() > longest {
        return Err(Error::invalid(field, format!("Give a name of 1 to {longest} characters.")));
    }
    Ok(text.to_owned())
}

fn base_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// The kind of picture that Folio made.
pub fn media_type_of(picture: &[u8]) -> &'static str {
    if picture.starts_with(b"\xff\xd8") { "image/jpeg" } else { "image/png" }
}

/// Where everyone's attachments lie.
fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("attachments")
}
