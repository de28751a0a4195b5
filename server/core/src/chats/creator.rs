//! New conversations are stored together: while some are on their way to the disk the next ones gather, and one flush
//! serves all of them.

use crate::db::{Db, on_db};
use crate::error::{Error, Result};
use folio_types::{Conversation, TopicId};
use sqlx::QueryBuilder;
use tokio::sync::{mpsc, oneshot};

const PENDING: usize = 1024;
const BATCH: usize = 128;
const CREATE: &str = "INSERT INTO conversations (id, user_id, title, model_tag, topic_id, created_at, updated_at) ";

struct Pending {
    conversation: Conversation,
    stored: oneshot::Sender<Result<()>>,
}

#[derive(Clone)]
pub struct Creator(mpsc::Sender<Pending>);

impl Creator {
    pub fn start(db: Db) -> Self {
        let (sender, receiver) = mpsc::channel(PENDING);
        tokio::spawn(store_all(db, receiver));
        Self(sender)
    }

    /// Stores an empty conversation, and returns when it would survive `kill -9`.
    pub async fn store(&self, conversation: Conversation) -> Result<()> {
        let ending = || Error::Unavailable("Folio is being stopped. Try again in a moment.".into());
        let (stored, done) = oneshot::channel();
        self.0.send(Pending { conversation, stored }).await.map_err(|_| ending())?;
        done.await.map_err(|_| ending())?
    }
}

async fn store_all(db: Db, mut receiver: mpsc::Receiver<Pending>) {
    let mut batch = Vec::new();
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let mut outcome = insert(&db, &batch).await;
        if batch.len() > 1 && outcome.is_err() {
            // one that cannot be stored must not take the others with it
            for pending in batch.drain(..) {
                outcome = insert(&db, std::slice::from_ref(&pending)).await;
                // whoever asked may have gone
                let _ = pending.stored.send(outcome);
            }
            continue;
        }
        for pending in batch.drain(..) {
            let _ = pending.stored.send(outcome.clone());
        }
    }
}

async fn insert(db: &Db, batch: &[Pending]) -> Result<()> {
    on_db!(write db, pool => {
        let mut query = QueryBuilder::new(CREATE);
        query.push_values(batch, |mut row, Pending { conversation, .. }| {
            row.push_bind(conversation.id.0)
                .push_bind(conversation.user_id.0)
                .push_bind(&conversation.title)
                .push_bind(&conversation.model_tag)
                .push_bind(conversation.topic_id.as_ref().map(TopicId::as_str))
                .push_bind(conversation.created_at)
                .push_bind(conversation.updated_at);
        });
        query.build().execute(pool).await?;
    });
    Ok(())
}
