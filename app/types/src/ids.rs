//! Ids are types: a book's id cannot be passed where a message's is wanted.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

/// A topic, by the words that name it in addresses: small letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicId(String);

impl TopicId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for TopicId {
    fn from(slug: String) -> Self {
        Self(slug)
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

id!(/// A person with an account.
    UserId);
id!(/// A conversation, or, on the sessions face, a session.
    ConversationId);
id!(/// One message. An assistant message's id also names the run that writes it.
    MessageId);
id!(/// An uploaded book.
    BookId);
id!(/// A file that is sent with a message.
    AttachmentId);
id!(/// A model server that somebody added.
    ProviderId);
id!(/// A piece of work in the background.
    TaskId);
id!(/// A question whether something dangerous is meant.
    ConfirmationId);
id!(/// A server whose tools others made.
    ToolServerId);
id!(/// One tool of such a server.
    ToolId);
id!(/// An invitation whose link was not shown yet.
    InvitationId);
