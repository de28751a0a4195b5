//! Rows as the databases give them.

use super::Topic;
use folio_types::{BookId, TopicId, UserId};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub struct TopicRow {
    id: String,
    owner_id: Uuid,
    title: String,
    description: String,
    instructions: String,
    shared: bool,
}

/// Topics and their books, as far as a caller sees both.
pub struct Visible(pub Vec<(String, Uuid)>);

impl TopicRow {
    pub fn with_books(self, visible: &Visible) -> Topic {
        let books = visible.0.iter().filter(|(topic, _)| *topic == self.id);
        Topic {
            book_ids: books.map(|(_, book)| BookId(*book)).collect(),
            id: TopicId::from(self.id),
            owner_id: UserId(self.owner_id),
            title: self.title,
            description: self.description,
            instructions: self.instructions,
            shared: self.shared,
        }
    }
}
