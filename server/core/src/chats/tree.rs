//! The messages of a conversation with all their versions: a tree, of which people see one line.
//!
//! Editing a question or regenerating an answer adds a sibling. The line leads from the first question to a leaf.

use folio_types::{Message, MessageId};
use std::collections::HashMap;

#[derive(Clone)]
pub struct Tree {
    /// Oldest first.
    messages: Vec<Message>,
    children: HashMap<Option<MessageId>, Vec<MessageId>>,
}

impl Tree {
    /// Of all messages of a conversation, oldest first.
    pub fn of(messages: Vec<Message>) -> Self {
        let mut children: HashMap<Option<MessageId>, Vec<MessageId>> = HashMap::new();
        for message in &messages {
            children.entry(message.parent_id).or_default().push(message.id);
        }
        Self { messages, children }
    }

    pub fn find(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(self.place(id)?)
    }

    fn place(&self, id: MessageId) -> Option<usize> {
        self.messages.binary_search_by_key(&id, |message| message.id).ok()
    }

    /// From the first message to `leaf`, or to the newest message; each says which versions there are of it.
    pub fn line(&self, leaf: Option<MessageId>) -> Vec<Message> {
        let leaf = leaf.and_then(|leaf| self.find(leaf)).or(self.messages.last());
        let mut line: Vec<Message> = std::iter::successors(leaf, |message| self.find(message.parent_id?))
            .map(|at| self.with_variants(at))
            .collect();
        line.reverse();
        line
    }

    /// As [`Tree::line`], for a tree that is not needed any more: nothing is copied.
    pub fn into_line(mut self, leaf: Option<MessageId>) -> Vec<Message> {
        let mut at = leaf.and_then(|leaf| self.place(leaf)).or(self.messages.len().checked_sub(1));
        let mut places = Vec::with_capacity(self.messages.len());
        while let Some(place) = at {
            places.push(place);
            at = self.messages[place].parent_id.and_then(|parent| self.place(parent));
        }
        for place in &places {
            let versions = self.versions(self.messages[*place].parent_id);
            self.messages[*place].variants = if versions.len() > 1 { versions.to_vec() } else { Vec::new() };
        }
        let mut messages: Vec<Option<Message>> = self.messages.into_iter().map(Some).collect();
        places.into_iter().rev().filter_map(|place| messages[place].take()).collect()
    }

    /// The line up to a message's parent.
    pub fn before(&self, message: &Message) -> Vec<Message> {
        message.parent_id.map(|parent| self.line(Some(parent))).unwrap_or_default()
    }

    /// Where the conversation goes on from a message: its newest child, that one's newest child, and so on.
    pub fn leaf_below(&self, id: MessageId) -> MessageId {
        std::iter::successors(Some(id), |at| self.children.get(&Some(*at))?.last().copied()).last().unwrap_or(id)
    }

    /// The versions of a message that has this parent, oldest first.
    pub fn versions(&self, parent: Option<MessageId>) -> &[MessageId] {
        self.children.get(&parent).map_or(&[], Vec::as_slice)
    }

    fn with_variants(&self, message: &Message) -> Message {
        let versions = self.versions(message.parent_id);
        let variants = if versions.len() > 1 { versions.to_vec() } else { Vec::new() };
        Message { variants, ..message.clone() }
    }
}

#[cfg(test)]
#[path = "tree_laws.rs"]
mod laws;
