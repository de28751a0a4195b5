//! Books on their way in.

use super::dto::Items;
use super::routes::shown;
use crate::http::access::Who;
use crate::http::arriving;
use crate::http::errors::ApiError;
use crate::http::extract::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use folio_core::library::{Library, Upload};
use folio_core::{Core, Error, Principal};
use folio_types::TopicId;
use tempfile::TempPath;
use utoipa::ToSchema;

/// One file at most.
pub const LARGEST: u64 = 512 * 1024 * 1024;
const MOST_FILES: usize = 100;

#[derive(Default)]
struct Arrived {
    /// Whatever is not shelved is not kept: a path removes its file when it is dropped.
    files: Vec<(TempPath, String)>,
    title: Option<String>,
    shared: bool,
    topic: Option<TopicId>,
}

/// What a form for books has; files are streamed to disk, so this is never built.
#[derive(ToSchema)]
#[schema(as = BookForm, rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes the form")]
pub struct Form {
    /// One or more files: PDF, EPUB, DOCX, HTML, Markdown or plain text.
    #[schema(value_type = Vec<String>, content_media_type = "application/octet-stream")]
    file: Vec<Vec<u8>>,
    /// For a single file; else the title is taken from the file.
    title: Option<String>,
    /// Whether everyone may ask it; for librarians and administrators.
    shared: Option<bool>,
    /// The topic that they are added to.
    topic_id: Option<String>,
}

/// Add books
///
/// They are read in the background.
#[utoipa::path(
    post,
    path = "/api/v1/books",
    request_body(content = Form, content_type = "multipart/form-data"),
    responses((status = 202, body = Items, description = "They have arrived.")),
)]
pub async fn upload(
    State(core): State<Core>,
    Who(who): Who,
    form: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<Items>), ApiError> {
    let form = form.map_err(arriving::no_form)?;
    let mut arrived = Arrived::default();
    receive(&core, form, &mut arrived).await?;
    let items = shelve(&core, &who, arrived).await?;
    Ok((StatusCode::ACCEPTED, Json(items)))
}

async fn receive(core: &Core, mut form: Multipart, arrived: &mut Arrived) -> Result<(), ApiError> {
    while let Some(field) = form.next_field().await.map_err(arriving::broken)? {
        match field.name().unwrap_or_default() {
            "file" => {
                let name = field.file_name().unwrap_or_default().to_owned();
                Library::format_of(&name)?;
                if arrived.files.len() == MOST_FILES {
                    return Err(Error::invalid("file", "Send at most 100 files at once.").into());
                }
                let path = core.library().upload_path();
                let path = TempPath::try_from_path(path).map_err(Error::from)?;
                arriving::save(field, &path, LARGEST, "A file may have at most 512 MiB.").await?;
                arrived.files.push((path, name));
            }
            "title" => arrived.title = Some(arriving::text(field).await?),
            "shared" => arrived.shared = truth(&arriving::text(field).await?)?,
            "topicId" => arrived.topic = Some(TopicId::from(arriving::text(field).await?)),
            _ => {}
        }
    }
    if arrived.files.is_empty() {
        return Err(Error::invalid("file", "Choose at least one file.").into());
    }
    Ok(())
}

async fn shelve(core: &Core, who: &Principal, mut arrived: Arrived) -> Result<Items, ApiError> {
    let title = arrived.title.take().filter(|_| arrived.files.len() == 1);
    let mut books = Vec::new();
    for (path, file_name) in arrived.files {
        let upload = Upload {
            path: path.to_path_buf(),
            file_name,
            title: title.clone(),
            shared: arrived.shared,
            topic: arrived.topic.clone(),
        };
        books.push(core.library().add(who, upload).await?);
    }
    Ok(Items { items: shown(core, who, books).await? })
}

fn truth(text: &str) -> Result<bool, Error> {
    text.parse().map_err(|_| Error::invalid("shared", "Give true or false as “shared”."))
}
