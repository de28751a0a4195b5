//! `kill -9` while questions arrive and answers are written.

use crate::{Asking, Behaviour, Client, Launch, Layout, Ledger, Reader, Refused, Site, Upstream, Verdict, tokens};
use folio_types::{ConversationId, MessageStatus};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// A program that is killed again and again, and its readers.
pub struct Kills {
    site: Site,
    upstream: Upstream,
    ada: Client,
    ledger: Ledger,
    random: StdRng,
    /// Where each reader's last question stands.
    conversations: Vec<Option<ConversationId>>,
    /// How many times it was killed.
    pub killed: usize,
    pub found: Verdict,
}

/// What one reader does in a round.
struct Errand {
    asking: Asking,
    wait: Duration,
    /// Whether the question is sent twice at once, as by an impatient finger.
    twice: bool,
}

const READERS: usize = 6;
const TOKENS: usize = 30;
const PER_SECOND: u32 = 300;
/// After a start no answer of an earlier process may be said to be streaming any more.
const SETTLED: Duration = Duration::from_secs(5);

impl Kills {
    /// # Panics
    /// When the site cannot be reached.
    pub async fn start(layout: Layout, seed: u64) -> Self {
        let upstream = Upstream::start().await;
        upstream.usually(Behaviour::answers(TOKENS).at(PER_SECOND));
        let site = Site::start(layout, Launch::with(&upstream.url())).await;
        let ada = site.ada().await.expect("she reaches it");
        Self {
            site,
            upstream,
            ada,
            ledger: Ledger::default(),
            random: StdRng::seed_from_u64(seed),
            conversations: vec![None; READERS],
            killed: 0,
            found: Verdict::default(),
        }
    }

    /// How many questions were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.ledger.len()
    }

    /// Readers ask; the program is killed at some moment meanwhile and started again; then everything is audited.
    pub async fn round(&mut self) {
        let errands: Vec<Errand> = (0..READERS).map(|reader| self.errand(reader)).collect();
        let moment = Duration::from_millis(self.random.random_range(5..260));
        let node = self.random.random_range(0..self.site.nodes.len());
        let (ada, ledger) = (self.ada.clone(), &self.ledger);
        let readers = join_all(errands.into_iter().map(|errand| run(&ada, ledger, errand)));
        let killer = async {
            sleep(moment).await;
            self.site.kill9(node).await
        };
        let (outcomes, ready_at) = tokio::join!(readers, killer);
        self.killed += 1;
        for (place, outcome) in self.conversations.iter_mut().zip(outcomes) {
            match outcome {
                Ok(conversation) => *place = Some(conversation),
                Err(complaint) => self.found.wrong.push(complaint),
            }
        }
        self.audit(ready_at).await;
    }

    fn errand(&mut self, reader: usize) -> Errand {
        let asking = Asking::new(format!("Round {}, reader {reader}?", self.killed));
        // half of the questions go on where the reader is
        let known = self.conversations[reader].filter(|_| self.random.random_bool(0.5));
        let asking = known.map_or(asking.clone(), |conversation| asking.within(conversation));
        let wait = Duration::from_millis(self.random.random_range(0..180));
        Errand { asking, wait, twice: self.random.random_bool(0.25) }
    }

    async fn audit(&mut self, ready_at: Instant) {
        let store = self.site.store().await;
        let settled = ready_at + SETTLED;
        let messages = loop {
            let messages = store.messages().await;
            let streaming = messages.values().filter(|message| message.status == MessageStatus::Streaming).count();
            if streaming == 0 {
                break messages;
            }
            if Instant::now() > settled {
                self.found.damaged.push(format!("{streaming} answers still streaming after round {}", self.killed));
                break messages;
            }
            sleep_until(Instant::now() + Duration::from_millis(50)).await;
        };
        let mut found = self.ledger.audit(&messages);
        found.damaged.extend(store.damage().await);
        for call in self.upstream.calls() {
            if self.upstream.calls_for(&call.prompt) > 1 {
                found.doubled.push(format!("the model was asked twice: {}", call.prompt));
            }
        }
        self.found.add(found);
        store.close().await;
    }
}

/// Asks until it is acknowledged and follows the answer to its end. Answers the conversation, or what was wrong.
async fn run(ada: &Client, ledger: &Ledger, errand: Errand) -> Result<ConversationId, String> {
    let Errand { asking, wait, twice } = errand;
    sleep(wait).await;
    ledger.sends(&asking);
    let complaint = |refused: Refused| format!("{}: {refused}", asking.content);
    if twice {
        let (one, other) = tokio::join!(ada.insist(&asking), ada.insist(&asking));
        ledger.acknowledged(&asking, &other.map_err(complaint)?);
        ledger.acknowledged(&asking, &one.map_err(complaint)?);
    }
    let asked = ada.insist(&asking).await.map_err(complaint)?;
    ledger.acknowledged(&asking, &asked);
    let mut reader = Reader::default();
    let followed = ada.follow_on(&asked, &mut reader, |reader| ledger.received(&asking, reader)).await;
    let followed = followed.map_err(complaint)?;
    let whole = tokens::text(&asking.content, TOKENS);
    let as_it_should_be = match followed.status {
        MessageStatus::Complete => followed.text == whole,
        MessageStatus::Interrupted => whole.starts_with(&followed.text),
        MessageStatus::Streaming | MessageStatus::Failed => false,
    };
    if as_it_should_be && followed.is_seamless() {
        Ok(asked.conversation.id)
    } else {
        Err(format!("{}: {followed:?}", asking.content))
    }
}
