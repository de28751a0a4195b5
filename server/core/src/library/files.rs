//! Uploaded files, under names that the server chose, and pictures of their pages.

use super::{Library, rows::BookRow};
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::tasks::insert_task;
use folio_types::{Book, BookId, Format, TopicId};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

const INSERT: &str =
    "INSERT INTO books (id, owner_id, title, file_name, format, status, shared, created_at, updated_at, task_id)
    VALUES ($1, $2, $3, $4, $5, 'PENDING', $6, $7, $7, $8) RETURNING *";

const LONGEST_NAME: usize = 255;
/// No upload takes longer than this since its last byte.
const LONGEST_UPLOAD: Duration = Duration::from_hours(1);
/// Wide enough for a page to be read on a laptop's screen.
const PICTURE_WIDTH: u32 = 1200;
/// Pictures drawn at the same time.
static DRAWING: Semaphore = Semaphore::const_new(2);

const HANDBOOK: &[u8] = include_bytes!("../../../../docs/handbook/folio-handbook.pdf");
const HANDBOOK_TITLE: &str = "The Folio Handbook";
const HANDBOOK_FILE: &str = "folio-handbook.pdf";

/// A file that has arrived whole, in the folder for uploads.
pub struct Upload {
    pub path: PathBuf,
    /// The name it had at the sender's; a label only.
    pub file_name: String,
    pub title: Option<String>,
    pub shared: bool,
    /// The topic that it is added to.
    pub topic: Option<TopicId>,
}

impl Library<'_> {
    /// A path for a file that is just arriving.
    pub fn upload_path(&self) -> PathBuf {
        self.0.settings().data_dir.join("uploads").join(Uuid::now_v7().to_string())
    }

    /// Refuses a file of a kind that cannot be read, before it is sent whole.
    pub fn format_of(file_name: &str) -> Result<Format> {
        Format::of_file_name(file_name).ok_or_else(|| {
            Error::invalid("file", format!(
                "“{file_name}” is not a kind of file that Folio reads. Add PDF, EPUB, DOCX, HTML, Markdown or plain text."
            ))
        })
    }

    /// Puts an arrived file on the shelf; it is read in the background.
    pub async fn add(&self, who: &Principal, upload: Upload) -> Result<Book> {
        let added = self.shelve(who, &upload).await;
        if added.is_err() {
            let _ = tokio::fs::remove_file(&upload.path).await;
        }
        added
    }

    /// Adds the handbook that comes with the program.
    pub async fn add_handbook(&self, who: &Principal) -> Result<Book> {
        if let Some(book) = self.list(who).await?.into_iter().find(|book| book.file_name == HANDBOOK_FILE) {
            return Ok(book);
        }
        let path = self.upload_path();
        tokio::fs::write(&path, HANDBOOK).await?;
        let title = Some(HANDBOOK_TITLE.to_owned());
        self.add(who, Upload { path, file_name: HANDBOOK_FILE.to_owned(), title, shared: false, topic: None }).await
    }

    /// The file as it was uploaded.
    pub async fn file(&self, who: &Principal, id: BookId) -> Result<(Book, PathBuf)> {
        let book = self.book(who, id).await?;
        let path = original(&self.0.settings().data_dir, id, book.format);
        Ok((book, path))
    }

    /// A page of a PDF as a PNG, drawn once and then kept.
    pub async fn picture(&self, who: &Principal, id: BookId, page: u32) -> Result<PathBuf> {
        let (book, file) = self.file(who, id).await?;
        if !book.format.has_pictures() || page == 0 || page > book.page_count {
            return Err(Error::NotFound("Picture"));
        }
        let kept = folder(&self.0.settings().data_dir, id).join(format!("{page}.png"));
        if tokio::fs::try_exists(&kept).await? {
            return Ok(kept);
        }
        let _turn = DRAWING.acquire().await.map_err(Error::internal)?;
        let picture = self
            .0
            .extractor()
            .picture(&file, page, PICTURE_WIDTH)
            .await
            .map_err(|fault| Error::Unavailable(format!("This page cannot be drawn: {fault}")))?;
        // written beside and renamed, so that nobody is served half a picture
        let partial = kept.with_extension(Uuid::now_v7().to_string());
        tokio::fs::write(&partial, picture).await?;
        tokio::fs::rename(&partial, &kept).await?;
        Ok(kept)
    }

    async fn shelve(&self, who: &Principal, upload: &Upload) -> Result<Book> {
        if upload.shared && !who.may_manage_shared_books() {
            return Err(Error::Denied("Only librarians and administrators may share books with everyone.".into()));
        }
        if let Some(topic) = &upload.topic {
            self.0.topics().named(who, topic).await?;
            self.0.topics().changeable(who, topic).await?;
        }
        let file_name: String = base_name(&upload.file_name).chars().take(LONGEST_NAME).collect();
        let format = Self::format_of(&file_name)?;
        if tokio::fs::metadata(&upload.path).await?.len() == 0 {
            return Err(Error::invalid("file", format!("“{file_name}” is empty.")));
        }
        let title = upload.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let title = title.map_or_else(|| title_of(&file_name), |title| title.chars().take(LONGEST_NAME).collect());
        let id = BookId(Uuid::now_v7());
        let data_dir = &self.0.settings().data_dir;
        tokio::fs::create_dir_all(folder(data_dir, id)).await?;
        tokio::fs::rename(&upload.path, original(data_dir, id, format)).await?;
        let task = super::reading(who, id, &title)?;
        let row: BookRow = on_db!(change self.0.db(), tx => {
            let row = sqlx::query_as(INSERT).bind(id.0).bind(who.id.0).bind(&title).bind(&file_name)
                .bind(format.as_str()).bind(upload.shared).bind(now()).bind(task.id.0).fetch_one(&mut *tx).await?;
            insert_task!(task, &mut *tx);
            tx.commit().await?;
            row
        });
        let book: Book = row.try_into()?;
        if let Some(topic) = upload.topic.clone() {
            self.0.topics().file(who, id, &[topic]).await?;
        }
        self.0.shelf().changed(&book);
        self.0.queue().wake();
        Ok(book)
    }
}

/// Removes what uploads left behind that a crash cut off; whatever is younger may still be arriving.
pub async fn sweep_uploads(data_dir: &Path) -> Result<()> {
    let mut uploads = tokio::fs::read_dir(data_dir.join("uploads")).await?;
    while let Some(upload) = uploads.next_entry().await? {
        let age = upload.metadata().await?.modified()?.elapsed().unwrap_or_default();
        if age > LONGEST_UPLOAD {
            tokio::fs::remove_file(upload.path()).await?;
        }
    }
    Ok(())
}

/// Where the uploaded file of a book lies.
pub(super) fn original(data_dir: &Path, id: BookId, format: Format) -> PathBuf {
    folder(data_dir, id).join(format!("original.{}", format.as_str()))
}

/// Removes all files of a book; what cannot be removed is only logged, since the book is gone already.
pub(super) async fn remove(data_dir: &Path, id: BookId) {
    if let Err(fault) = tokio::fs::remove_dir_all(folder(data_dir, id)).await {
        tracing::warn!(book = %id, %fault, "a deleted book's files could not be removed");
    }
}

fn folder(data_dir: &Path, id: BookId) -> PathBuf {
    data_dir.join("books").join(id.to_string())
}

fn base_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// A title made of a file's name, until the book tells its own.
pub(super) fn title_of(file_name: &str) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let words = stem.replace(['_', '-'], " ");
    let title = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() { file_name.to_owned() } else { title }
}
