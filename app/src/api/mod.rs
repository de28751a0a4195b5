//! The server functions behind the pages, one file per noun. Each only says who asks and what; the rules are the
//! domain's.

mod accounts;
mod chats;
mod library;
mod models;

pub use accounts::who_am_i;
pub use chats::{Revise, Stop, Thread, delete_conversation, list_conversations, open_thread, rename_conversation};
#[cfg(feature = "hydrate")]
pub use chats::{ask, card, revise, stop};
pub use library::{AddHandbook, RetryBook, delete_book, list_books, open_page, retry_book};
pub use models::{Choices, list_choices};

use leptos::server_fn::{codec::JsonEncoding, error::FromServerFnError, error::ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::fmt;

pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// Why something was refused, in words for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// The HTTP status; 0 where the server was not reached at all.
    pub status: u16,
    pub message: String,
    /// The field of the form that was refused, where it was one.
    pub field: Option<String>,
}

impl ApiError {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), field: None }
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(404, format!("{what} not found."))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(fault: ServerFnErrorErr) -> Self {
        match fault {
            ServerFnErrorErr::Request(_) => {
                Self::new(0, "The server cannot be reached. Check your connection and try again.")
            }
            ServerFnErrorErr::Args(what) | ServerFnErrorErr::MissingArg(what) => {
                Self::new(400, format!("The request was not understood: {what}"))
            }
            _ => Self::new(500, "Something went wrong between this page and the server. Try again."),
        }
    }
}

#[cfg(feature = "ssr")]
pub use chats::scope_of;
#[cfg(feature = "ssr")]
pub use server::status_of;
#[cfg(feature = "ssr")]
pub(crate) use server::{asked_by_plain_form, core, who};

#[cfg(feature = "ssr")]
mod server {
    use super::{ApiError, Result};
    use axum::http::{
        StatusCode,
        header::{ACCEPT, RETRY_AFTER},
        request::Parts,
    };
    use folio_core::{Core, Error, Principal};
    use leptos::prelude::{expect_context, use_context};
    use leptos_axum::ResponseOptions;

    pub(crate) fn core() -> Core {
        expect_context()
    }

    /// The signed-in caller; the session was looked up before the page or function began.
    pub(crate) fn who() -> Result<Principal> {
        use_context::<Parts>()
            .and_then(|request| request.extensions.get::<Principal>().cloned())
            .ok_or_else(|| answered(ApiError::new(401, "You are signed out. Sign in to go on.")))
    }

    /// Whether a browser without JavaScript posted a form and wants a page back.
    pub(crate) fn asked_by_plain_form() -> bool {
        use_context::<Parts>().is_some_and(|request| {
            is_function(&request)
                && request
                    .headers
                    .get(ACCEPT)
                    .and_then(|accept| accept.to_str().ok())
                    .is_some_and(|accept| accept.contains("text/html"))
        })
    }

    impl From<Error> for ApiError {
        fn from(error: Error) -> Self {
            if let Error::Internal(_) = error {
                tracing::error!(error = error.diagnosis(), "a page or one of its functions failed");
            }
            let status = status_of(&error).as_u16();
            let field = if let Error::Invalid { field, .. } = &error { Some((*field).to_owned()) } else { None };
            if let (Some(seconds), Some(response)) = (error.retry_after(), use_context::<ResponseOptions>()) {
                response.insert_header(RETRY_AFTER, seconds.into());
            }
            answered(Self { status, message: error.to_string(), field })
        }
    }

    /// The HTTP status that says the same as the domain's error, on pages and on every face.
    pub fn status_of(error: &Error) -> StatusCode {
        match error {
            Error::Invalid { .. } => StatusCode::BAD_REQUEST,
            Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Error::Denied(_) => StatusCode::FORBIDDEN,
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Error::Upstream(_) | Error::Unsure(_) | Error::Overloaded(_) => StatusCode::BAD_GATEWAY,
            Error::NoBooks | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Gives a function's response the error's status. A page decides on its status itself, and a plain form is
    /// redirected to the page with the message.
    pub(super) fn answered(error: ApiError) -> ApiError {
        let function = use_context::<Parts>().is_some_and(|request| is_function(&request));
        if function
            && !asked_by_plain_form()
            && let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(error.status))
        {
            response.set_status(status);
        }
        error
    }

    fn is_function(request: &Parts) -> bool {
        request.uri.path().starts_with("/ui/")
    }
}
