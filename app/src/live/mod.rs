//! An answer as it stands now, whether it is finished or still being written.

#[cfg(feature = "hydrate")]
mod events;
#[cfg(feature = "hydrate")]
mod follow;
#[cfg(feature = "hydrate")]
pub mod scroll;

#[cfg(feature = "hydrate")]
pub use events::{Connection, Heard, listen};

use crate::cite::{self, CitePlace};
use crate::markdown::{self, Block, Change, Stream};
use folio_types::{Citation, ConversationId, Message, MessageId, MessageStatus, Passage};
use leptos::prelude::*;

/// The signals of one answer. [`Live::follow`] feeds them from its run.
#[derive(Clone, Copy)]
pub struct Live {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub status: RwSignal<MessageStatus>,
    pub error: RwSignal<Option<String>>,
    pub sources: RwSignal<Vec<Passage>>,
    pub citations: RwSignal<Vec<Citation>>,
    pub blocks: RwSignal<Vec<Slot>>,
    /// What the answer proposes to do, as the HTML of its card.
    pub card: RwSignal<Option<String>>,
    /// How many answers the model writes first, while this one waits for its turn.
    pub ahead: RwSignal<Option<u32>>,
    /// Where the part of the conversation begins that the model got word for word.
    pub window: RwSignal<Option<MessageId>>,
    /// The connection broke and is being made again.
    pub reconnecting: RwSignal<bool>,
    progress: StoredValue<Progress>,
}

/// A top-level block of the answer. Only a block whose text changed notifies its view.
#[derive(Clone)]
pub struct Slot {
    pub index: usize,
    pub html: ArcRwSignal<String>,
}

/// What has arrived of the run.
struct Progress {
    seq: u64,
    stream: Stream,
    /// Text that waits for the next frame of the screen.
    waiting: String,
    /// Whether there is a card to show at its end.
    has_card: bool,
    /// Connections that were lost since something was heard last.
    losses: u32,
}

impl Live {
    pub fn new(message: &Message, card: Option<&str>) -> Self {
        let mut stream = Stream::default();
        let is_streaming = message.status == MessageStatus::Streaming;
        let blocks = if is_streaming { stream.push(&message.content).blocks } else { Vec::from_iter(settled(message)) };
        // before the first word, its place in the queue has only been said
        let seq = if is_streaming && message.content.is_empty() { 0 } else { message.seq };
        Self {
            id: message.id,
            conversation: message.conversation_id,
            status: RwSignal::new(message.status),
            error: RwSignal::new(message.error.clone()),
            sources: RwSignal::new(message.sources.clone()),
            citations: RwSignal::new(message.citations.clone()),
            blocks: RwSignal::new(slots(0, blocks)),
            card: RwSignal::new(card.map(str::to_owned)),
            ahead: RwSignal::new(None),
            window: RwSignal::new(message.window_from),
            reconnecting: RwSignal::new(false),
            progress: StoredValue::new(Progress {
                seq,
                stream,
                waiting: String::new(),
                has_card: card.is_some(),
                losses: 0,
            }),
        }
    }

    /// Where a run is followed, from behind event number `after`.
    #[cfg(feature = "hydrate")]
    pub fn stream_url(conversation: ConversationId, id: MessageId, after: u64) -> String {
        format!("/api/conversations/{conversation}/messages/{id}/stream?beat=1&after={after}")
    }

    pub fn is_streaming(self) -> bool {
        self.status.get() == MessageStatus::Streaming
    }

    /// The passage that a link to this message means.
    pub fn passage(self, place: CitePlace) -> Option<Passage> {
        self.sources.with(|sources| self.citations.with(|citations| place.of(sources, citations)))
    }

    /// Renders what the change touched, and nothing else.
    fn show(self, change: Change) {
        let Change { keep, blocks } = change;
        let shown = self.blocks.with_untracked(Vec::len);
        let length = keep + blocks.len();
        let mut new = vec![];
        self.blocks.with_untracked(|slots| {
            for (index, block) in (keep..).zip(blocks) {
                match slots.get(index) {
                    Some(slot) if slot.html.with_untracked(|html| *html == block.html) => {}
                    Some(slot) => slot.html.set(block.html),
                    None => new.push(block),
                }
            }
        });
        if length != shown {
            self.blocks.update(|slots| {
                slots.truncate(length);
                slots.extend(self::slots(slots.len(), new));
            });
        }
    }
}

/// The whole of an answer that ended, in one block, as none of it will change alone; none where it has no word.
pub fn settled(message: &Message) -> Option<Block> {
    let blocks = markdown::render(&message.content, &cite::marks(message.id, &message.citations));
    let html: String = blocks.into_iter().map(|block| block.html).collect();
    (!html.is_empty()).then_some(Block { html })
}

fn slots(first: usize, blocks: Vec<Block>) -> Vec<Slot> {
    (first..).zip(blocks).map(|(index, block)| Slot { index, html: ArcRwSignal::new(block.html) }).collect()
}
