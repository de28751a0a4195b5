#![expect(clippy::too_many_arguments, reason = "each is a field of the composer")]

use super::{ApiError, Result};
use folio_types::{Asked, AttachmentId, BookId, Conversation, ConversationId, Message, MessageId};
use leptos::prelude::server;
use serde::{Deserialize, Serialize};

/// A conversation and the messages of its active line, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    pub conversation: Conversation,
    pub messages: Vec<Message>,
    /// Beside each message what it looks like as HTML, where it is the reply to a command.
    pub cards: Vec<Option<String>>,
}

/// The caller's conversations, newest first.
#[server(prefix = "/ui", endpoint = "conversations")]
pub async fn list_conversations() -> Result<Vec<Conversation>, ApiError> {
    Ok(super::core().chats().list(&super::who()?, plain::sidebar()).await?)
}

#[server(prefix = "/ui", endpoint = "thread")]
pub async fn open_thread(id: ConversationId) -> Result<Thread, ApiError> {
    let (core, who) = (super::core(), super::who()?);
    Ok(plain::thread(&core, &who, core.chats().open(&who, id).await?).await?)
}

/// What stands beside the text of this message, as HTML: the card of a reply to a command, or what a model asked for.
#[server(prefix = "/ui", endpoint = "card")]
pub async fn card(message: MessageId) -> Result<Option<String>, ApiError> {
    let (core, who) = (super::core(), super::who()?);
    let message = core.chats().message(&who, message).await?;
    let reply = match core.operations().card_of(&who, message.id).await {
        Ok(reply) => Some(reply),
        Err(folio_core::Error::NotFound(_)) => None,
        Err(fault) => return Err(fault.into()),
    };
    Ok(plain::beside(&message, reply))
}

/// Stores a question and begins its answer; without `conversation` it opens a new one.
///
/// `scope` is `all`, `chosen` (then `books` says which) or `none`. Asking again with the same `key` gives back what
/// the first call made. What is surely a command is not asked and gives nothing, unless it is `as_question` too: it belongs
/// to `/ask`.
#[server(prefix = "/ui", endpoint = "ask")]
pub async fn ask(
    conversation: Option<ConversationId>,
    content: String,
    #[server(default)] model: String,
    #[server(default)] scope: String,
    #[server(default)] books: Vec<BookId>,
    #[server(default)] key: String,
    #[server(default)] instead_of: Option<MessageId>,
    #[server(default)] attachments: Vec<AttachmentId>,
    #[server(default)] as_question: String,
) -> Result<Option<Asked>, ApiError> {
    let core = super::core();
    let may_be_command = instead_of.is_none() && attachments.is_empty() && as_question.trim() != content.trim();
    if may_be_command && core.operations().is_command(&content).await {
        return Ok(None);
    }
    let question = folio_core::Question {
        conversation,
        instead_of,
        content,
        model: plain::given(model),
        scope: plain::scope(&scope, books)?,
        attachments,
        key: plain::given(key),
        ..folio_core::Question::default()
    };
    Ok(Some(core.chats().ask(&super::who()?, question).await?))
}

/// Does what a button of a message says, as `how` and the message's id: `show` it as the version that is seen, answer
/// it `again` by `model` or by the same, `continue` an answer that broke off, or `fork` a conversation of its own from
/// what was said up to it. Gives the conversation as it is seen then; a fork gives the new one.
#[server(prefix = "/ui", endpoint = "revise")]
pub async fn revise(
    how: String,
    #[server(default)] model: String,
    #[server(default)] key: String,
) -> Result<Thread, ApiError> {
    let (core, who) = (super::core(), super::who()?);
    let chats = core.chats();
    let (how, message) = plain::revision(&how)?;
    let (conversation, messages) = match how {
        plain::Revision::Show => chats.switch(&who, message).await?,
        plain::Revision::Again => {
            let again = folio_core::chats::Again {
                model: plain::given(model),
                key: plain::given(key),
                ..folio_core::chats::Again::default()
            };
            let asked = chats.regenerate(&who, message, again).await?;
            chats.open(&who, asked.conversation.id).await?
        }
        plain::Revision::Continue => {
            let answer = chats.resume(&who, message).await?;
            chats.open(&who, answer.conversation_id).await?
        }
        plain::Revision::Fork => {
            let fork = chats.fork(&who, message).await?;
            chats.open(&who, fork.id).await?
        }
    };
    if super::asked_by_plain_form() {
        leptos_axum::redirect(&format!("/c/{}", conversation.id));
    }
    Ok(plain::thread(&core, &who, (conversation, messages)).await?)
}

/// Ends an answer where it is; what was written stays.
#[server(prefix = "/ui", endpoint = "stop")]
pub async fn stop(message: MessageId) -> Result<(), ApiError> {
    Ok(super::core().chats().stop(&super::who()?, message).await?)
}

#[server(prefix = "/ui", endpoint = "rename_conversation")]
pub async fn rename_conversation(id: ConversationId, title: String) -> Result<Conversation, ApiError> {
    Ok(super::core().chats().rename(&super::who()?, id, &title).await?)
}

#[server(prefix = "/ui", endpoint = "delete_conversation")]
pub async fn delete_conversation(id: ConversationId) -> Result<(), ApiError> {
    Ok(super::core().chats().delete(&super::who()?, id).await?)
}

#[cfg(feature = "ssr")]
pub use plain::scope as scope_of;

#[cfg(feature = "ssr")]
mod plain {
    use super::{BookId, Conversation, Message, MessageId, Thread};
    use folio_core::chats::Listing;
    use folio_core::operations::{Confirmation, Said};
    use folio_core::{Core, Principal};
    use folio_types::{Scope, Speaker};
    use std::collections::HashMap;

    /// As many conversations as may be listed at once.
    pub fn sidebar() -> Listing {
        Listing { limit: folio_core::chats::LONGEST_LIST, ..Listing::default() }
    }

    /// A conversation that was opened, with the cards of its replies.
    pub async fn thread(
        core: &Core,
        who: &Principal,
        (conversation, mut messages): (Conversation, Vec<Message>),
    ) -> folio_core::Result<Thread> {
        let replies = if messages.iter().any(may_have_card) {
            core.operations().cards_of(who, conversation.id).await?
        } else {
            Vec::new()
        };
        let mut replies: HashMap<MessageId, _> = replies.into_iter().map(|reply| (reply.0.id, reply)).collect();
        let cards = messages.iter().map(|message| beside(message, replies.remove(&message.id))).collect();
        for message in &mut messages {
            message.calls.clear();
        }
        Ok(Thread { conversation, messages, cards })
    }

    /// A reply that no model wrote, or an answer in which one asked for something. Most conversations have neither, and are
    /// shown without asking the database again.
    fn may_have_card(message: &Message) -> bool {
        message.speaker == Speaker::Assistant && (message.model_tag.is_none() || !message.calls.is_empty())
    }

    /// What stands beside a message's text: what its model asked for, and the card of what a person is asked or told.
    pub fn beside(message: &Message, reply: Option<(Said, Option<Confirmation>)>) -> Option<String> {
        let calls = (!message.calls.is_empty()).then(|| crate::card::calls(&message.calls));
        let card = reply.map(|(said, waits)| crate::card::html(said, waits));
        (calls.is_some() || card.is_some()).then(|| calls.into_iter().chain(card).collect())
    }

    /// What a button does with its message.
    #[derive(Clone, Copy)]
    pub enum Revision {
        Show,
        Again,
        Continue,
        Fork,
    }

    pub fn revision(button: &str) -> Result<(Revision, MessageId), folio_core::Error> {
        let unknown = || folio_core::Error::invalid("how", "Say show, again, continue or fork, and of which message.");
        let (how, message) = button.split_once(' ').ok_or_else(unknown)?;
        let how = match how {
            "show" => Revision::Show,
            "again" => Revision::Again,
            "continue" => Revision::Continue,
            "fork" => Revision::Fork,
            _ => return Err(unknown()),
        };
        Ok((how, message.parse().map_err(|_| unknown())?))
    }

    /// A form sends empty what was not filled in.
    pub fn given(field: String) -> Option<String> {
        Some(field).filter(|field| !field.is_empty())
    }

    /// What the composer's fields for sources say.
    pub fn scope(name: &str, books: Vec<BookId>) -> Result<Scope, folio_core::Error> {
        match name {
            "" | "all" => Ok(Scope::AllBooks),
            "none" => Ok(Scope::Nothing),
            "chosen" if books.is_empty() => {
                Err(folio_core::Error::invalid("books", "Choose at least one book, or ask all of them."))
            }
            "chosen" => Ok(Scope::Books(books)),
            _ => Err(folio_core::Error::invalid("scope", "Ask all books, chosen books or no books.")),
        }
    }
}
