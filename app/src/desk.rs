//! What stays on the desk while the reader turns from page to page.

use crate::api::{self, Choices, Result, Thread};
#[cfg(feature = "hydrate")]
use crate::live::{Connection, Live};
use crate::uploads::{self, Uploads};
use folio_types::{Asked, BookId, Conversation, ConversationId, Me};
#[cfg(feature = "hydrate")]
use folio_types::{Message, MessageId, MessageStatus};
use leptos::prelude::*;

/// The state that pages share. Provided by the house around them, on the server once for every request.
#[derive(Clone, Copy)]
pub struct Desk {
    pub me: Resource<Result<Me>>,
    /// Newest first.
    pub conversations: Resource<Result<Vec<Conversation>>>,
    pub choice: Choice,
    pub uploads: Uploads,
    /// What assistive technology should say now.
    pub news: RwSignal<String>,
    handed: StoredValue<Option<Handed>>,
    /// The run of an answer that is not on the page yet.
    #[cfg(feature = "hydrate")]
    run: StoredValue<Option<(MessageId, Connection)>, LocalStorage>,
    /// Whether the reader was writing when one page gave way to the next.
    writing: StoredValue<bool>,
}

/// How the next question will be asked; kept from one conversation to the next.
#[derive(Clone, Copy)]
pub struct Choice {
    /// `None` until someone chose.
    pub model: RwSignal<Option<String>>,
    pub scope: RwSignal<Sources>,
    pub books: RwSignal<Vec<BookId>>,
}

/// Where an answer may come from, as the composer offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sources {
    All,
    Chosen,
    Nothing,
}

/// A new conversation on its way from the start page to its own: nothing is fetched twice.
struct Handed {
    asked: Asked,
    choices: Choices,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            me: Resource::new(|| (), |()| api::who_am_i()),
            conversations: Resource::new(|| (), |()| api::list_conversations()),
            choice: Choice {
                model: RwSignal::new(None),
                scope: RwSignal::new(Sources::All),
                books: RwSignal::new(vec![]),
            },
            uploads: Uploads::new(uploads::BOOKS),
            news: RwSignal::new(String::new()),
            handed: StoredValue::new(None),
            #[cfg(feature = "hydrate")]
            run: StoredValue::new_local(None),
            writing: StoredValue::new(false),
        }
    }

    pub fn here() -> Self {
        expect_context()
    }

    /// Puts a conversation that changed on top of the list.
    pub fn note(self, conversation: Conversation) {
        self.conversations.update(|list| {
            if let Some(Ok(list)) = list {
                list.retain(|other| other.id != conversation.id);
                list.insert(0, conversation);
            }
        });
    }

    pub fn forget(self, id: ConversationId) {
        self.conversations.update(|list| {
            if let Some(Ok(list)) = list {
                list.retain(|other| other.id != id);
            }
        });
    }

    pub fn hand_over(self, asked: Asked, choices: Choices) {
        self.handed.set_value(Some(Handed { asked, choices }));
        self.writing.set_value(true);
    }

    /// What was handed over to this conversation's page, once.
    pub fn take_over(self, id: ConversationId) -> Option<(Thread, Choices)> {
        let handed = self.handed.try_update_value(Option::take).flatten()?;
        let Asked { conversation, question, answer } = handed.asked;
        let thread = Thread { conversation, messages: vec![question, answer], cards: vec![None, None] };
        (thread.conversation.id == id).then_some((thread, handed.choices))
    }

    /// Connects to the run of a new answer, so that its first words travel while its place on the page is made.
    #[cfg(feature = "hydrate")]
    pub fn connect(self, answer: &Message) {
        let url = Live::stream_url(answer.conversation_id, answer.id, answer.seq);
        let connection = (answer.status == MessageStatus::Streaming).then(|| Connection::open(&url)).flatten();
        self.run.set_value(connection.map(|connection| (answer.id, connection)));
    }

    /// The connection to this answer's run, once, if [`Desk::connect`] made one.
    #[cfg(feature = "hydrate")]
    pub fn take_connection(self, answer: MessageId) -> Option<Connection> {
        let (id, connection) = self.run.try_update_value(Option::take).flatten()?;
        (id == answer).then_some(connection)
    }

    /// Whether the next composer should take the focus; asked once.
    #[cfg(feature = "hydrate")]
    pub fn goes_on_writing(self) -> bool {
        self.writing.try_update_value(std::mem::take) == Some(true)
    }

    pub fn announce(self, news: impl Into<String>) {
        self.news.set(news.into());
    }
}

impl Sources {
    /// The value that the form sends.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Chosen => "chosen",
            Self::Nothing => "none",
        }
    }
}
