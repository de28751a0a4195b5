//! `/chat/attachments`: files on messages.

use super::dto::{AttachmentDto, AttachmentForm, NewAttachmentDto};
use crate::http::AppState;
use crate::http::access::Who;
use crate::http::arriving;
use crate::http::errors::{ApiError, Problem};
use crate::http::extract::{Json, Path, is_json};
use crate::http::leaving;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use folio_core::attachments::{Record, Upload, media_type_of};
use folio_core::{Core, Error, Principal};
use folio_types::{AttachmentId, AttachmentKind, MessageId};
use tempfile::TempPath;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(show, remove))
        .routes(routes!(picture))
        .routes(routes!(thumbnail))
        .routes(routes!(list))
}

/// Attach a file to a message, or upload one that is to be sent with a question
///
/// As JSON it notes a file that lies elsewhere. As `multipart/form-data` it uploads the file itself: what it is follows
/// from its content, and what cannot be read is refused. Without `message_id` it waits for a day to be named in the
/// `attachments` of a question.
#[utoipa::path(
    post, path = "/chat/attachments",
    request_body(content((NewAttachmentDto = "application/json"), (AttachmentForm = "multipart/form-data"))),
    responses(
        (status = 201, body = AttachmentDto),
        (status = 404, body = Problem, description = "There is no such message."),
        (status = 413, body = Problem, description = "The file is too large, or the caller's attachments are too many."),
    ),
)]
async fn create(
    State(core): State<Core>,
    Who(who): Who,
    mut request: Request,
) -> Result<(StatusCode, Json<AttachmentDto>), ApiError> {
    let record = if is_json(request.headers()) {
        let Json(new) = Json::<NewAttachmentDto>::from_request(request, &()).await?;
        core.attachments().refer(&who, new.message_id, &new.file_type, &new.file_path).await?
    } else {
        // the file itself is counted while it arrives
        DefaultBodyLimit::disable().apply(&mut request);
        let form = Multipart::from_request(request, &()).await.map_err(arriving::no_form)?;
        uploaded(&core, &who, form).await?
    };
    Ok((StatusCode::CREATED, Json(record.into())))
}

/// Show the attachments of a message
#[utoipa::path(
    get, path = "/chat/messages/{id}/attachments",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = Vec<AttachmentDto>)),
)]
async fn list(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<MessageId>,
) -> Result<Json<Vec<AttachmentDto>>, ApiError> {
    let records = core.attachments().list(&who, id).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

/// Get the file as it was uploaded
///
/// Of a mere reference there is no file: it is described as JSON.
#[utoipa::path(
    get, path = "/chat/attachments/{id}",
    params(("id" = AttachmentId, Path)),
    responses((status = 200, content((Vec<u8> = "application/octet-stream"), (AttachmentDto = "application/json")))),
)]
async fn show(State(core): State<Core>, Who(who): Who, Path(id): Path<AttachmentId>) -> Result<Response, ApiError> {
    let record = core.attachments().one(&who, id).await?;
    if record.attachment.kind == AttachmentKind::Reference {
        return Ok(Json(AttachmentDto::from(record)).into_response());
    }
    let given = core.attachments().file(&who, id).await?;
    Ok(leaving::download(&given.path, &given.record.attachment.name).await?)
}

/// See a picture, made anew by Folio as PNG or JPEG
#[utoipa::path(
    get, path = "/chat/attachments/{id}/picture",
    params(("id" = AttachmentId, Path)),
    responses((status = 200, content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg")))),
)]
async fn picture(State(core): State<Core>, Who(who): Who, Path(id): Path<AttachmentId>) -> Result<Response, ApiError> {
    let given = core.attachments().picture(&who, id).await?;
    Ok(leaving::picture(&given.path, media_type_of).await?)
}

/// See a small form of a picture
#[utoipa::path(
    get, path = "/chat/attachments/{id}/thumbnail",
    params(("id" = AttachmentId, Path)),
    responses((status = 200, content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg")))),
)]
async fn thumbnail(
    State(core): State<Core>,
    Who(who): Who,
    Path(id): Path<AttachmentId>,
) -> Result<Response, ApiError> {
    let given = core.attachments().thumbnail(&who, id).await?;
    Ok(leaving::picture(&given.path, media_type_of).await?)
}

/// Remove an attachment with its files
#[utoipa::path(
    delete, path = "/chat/attachments/{id}",
    params(("id" = AttachmentId, Path)),
    responses((status = 204, description = "It is gone, from its message too.")),
)]
async fn remove(State(core): State<Core>, Who(who): Who, Path(id): Path<AttachmentId>) -> Result<StatusCode, ApiError> {
    core.attachments().remove(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn uploaded(core: &Core, who: &Principal, mut form: Multipart) -> Result<Record, ApiError> {
    core.attachments().has_room(who).await?;
    let (mut file, mut message) = (None, None);
    while let Some(field) = form.next_field().await.map_err(arriving::broken)? {
        match field.name().unwrap_or_default() {
            "file" if file.is_some() => return Err(Error::invalid("file", "Send one file at a time.").into()),
            "file" => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let path = arriving::attachment(core, field).await?;
                file = Some((path, name));
            }
            "message_id" => {
                let text = arriving::text(field).await?;
                let id = text.parse().map_err(|_| Error::invalid("message_id", "Give the id of a message."))?;
                message = Some(id);
            }
            _ => return Err(Error::invalid("file", "Send a file as “file”, and “message_id” if you like.").into()),
        }
    }
    let (path, file_name): (TempPath, String) = file.ok_or_else(|| Error::invalid("file", "Choose a file."))?;
    let upload = Upload { path: path.to_path_buf(), file_name };
    Ok(core.attachments().add(who, upload, message).await?)
}
