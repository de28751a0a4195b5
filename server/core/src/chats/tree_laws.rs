//! The laws of the tree.

use super::*;
use crate::chats::message;
use folio_types::{ConversationId, Speaker};
use proptest::prelude::*;
use uuid::Uuid;

/// Grows a tree: each number says which earlier message the next one answers, or that it is a first one.
fn grown(parents: &[Option<prop::sample::Index>]) -> Vec<Message> {
    let conversation = ConversationId(Uuid::nil());
    let mut messages: Vec<Message> = Vec::new();
    for parent in parents {
        let parent = parent.filter(|_| !messages.is_empty()).map(|at| messages[at.index(messages.len())].id);
        let mut next = message(conversation, parent, Speaker::User, "", None, 0);
        next.id = MessageId(Uuid::from_u128(messages.len() as u128 + 1));
        messages.push(next);
    }
    messages
}

proptest! {
    #[test]
    fn every_message_is_on_a_line_that_its_versions_share(
        parents in prop::collection::vec(prop::option::weighted(0.9, any::<prop::sample::Index>()), 1..40),
        chosen in any::<prop::sample::Index>(),
    ) {
        let messages = grown(&parents);
        let chosen = messages[chosen.index(messages.len())].clone();
        let tree = Tree::of(messages.clone());
        let leaf = tree.leaf_below(chosen.id);
        let line = tree.line(Some(leaf));

        prop_assert!(messages.iter().all(|message| message.parent_id != Some(leaf)), "nothing follows a leaf");
        prop_assert!(line.iter().any(|message| message.id == chosen.id), "switching to a message shows it");
        prop_assert_eq!(line[0].parent_id, None);
        prop_assert!(line.windows(2).all(|pair| pair[1].parent_id == Some(pair[0].id)), "a line is a path");
        prop_assert_eq!(&tree.clone().into_line(Some(leaf)), &line);
        let before: Vec<MessageId> = tree.before(&chosen).iter().map(|message| message.id).collect();
        let expected: Vec<MessageId> = line.iter().map(|message| message.id).take_while(|id| *id != chosen.id).collect();
        prop_assert_eq!(before, expected);
        for message in &line {
            let siblings = messages.iter().filter(|other| other.parent_id == message.parent_id);
            let siblings: Vec<MessageId> = siblings.map(|other| other.id).collect();
            let expected = if siblings.len() > 1 { siblings } else { Vec::new() };
            prop_assert_eq!(&message.variants, &expected);
        }
    }

    #[test]
    fn without_a_leaf_the_newest_message_ends_the_line(
        parents in prop::collection::vec(prop::option::of(any::<prop::sample::Index>()), 1..20),
    ) {
        let messages = grown(&parents);
        let newest = messages.last().map(|message| message.id);
        let tree = Tree::of(messages);
        prop_assert_eq!(tree.clone().into_line(None), tree.line(None));
        prop_assert_eq!(tree.line(None).last().map(|message| message.id), newest);
        prop_assert_eq!(tree.line(Some(MessageId(Uuid::max()))).last().map(|message| message.id), newest);
    }
}
