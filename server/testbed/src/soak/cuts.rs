//! A reader's connection that breaks in every way, at every byte.

use crate::{Asking, Behaviour, Break, Client, Launch, Layout, Mode, Proxy, Site, Upstream, Verdict, tokens};
use folio_types::MessageStatus;
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;
use tokio::time::sleep;

/// A program whose readers are cut off again and again.
pub struct Cuts {
    site: Site,
    upstream: Upstream,
    ada: Client,
    random: StdRng,
    /// How many answers were asked for.
    pub answers: usize,
    /// How many connections were broken.
    pub cut: usize,
    pub found: Verdict,
}

/// How one reader's connections go, one after the other; the last one holds.
struct Weather {
    breaks: Vec<Mode>,
    last: Mode,
    /// Whether silence lasts longer than the reader's patience.
    is_long: bool,
}

const READERS: usize = 8;
const TOKENS: usize = 40;
const PER_SECOND: u32 = 400;
/// An answer with the head of its response has about so many bytes on the wire.
const BYTES: usize = 3_600;
const PATIENCE: Duration = Duration::from_millis(300);

impl Cuts {
    /// # Panics
    /// When the site cannot be reached.
    pub async fn start(layout: Layout, seed: u64) -> Self {
        let upstream = Upstream::start().await;
        upstream.usually(Behaviour::answers(TOKENS).at(PER_SECOND));
        let site = Site::start(layout, Launch::with(&upstream.url())).await;
        let ada = site.ada().await.expect("she reaches it").impatient(PATIENCE);
        let random = StdRng::seed_from_u64(seed);
        Self { site, upstream, ada, random, answers: 0, cut: 0, found: Verdict::default() }
    }

    /// Several readers at once, each with weather of its own; `most` cuts in all.
    pub async fn round(&mut self, most: usize) {
        let mut left = most;
        let mut weathers = Vec::new();
        while weathers.len() < READERS && left > 0 {
            let cuts = self.random.random_range(1..=left.min(3));
            left -= cuts;
            weathers.push(self.weather(cuts));
        }
        let first = self.answers;
        self.answers += weathers.len();
        let readers = (first..)
            .zip(weathers)
            .map(|(number, weather)| follow(&self.site, &self.ada, format!("Answer {number}?"), weather));
        for (prompt, cut, complaint) in join_all(readers).await {
            self.cut += cut;
            self.found.lost.extend(complaint);
            let calls = self.upstream.calls_for(&prompt);
            if calls != 1 {
                self.found.doubled.push(format!("{prompt} the model was asked {calls} times"));
            }
        }
    }

    fn weather(&mut self, cuts: usize) -> Weather {
        const HOW: [Break; 4] = [Break::Stall, Break::Reset, Break::HalfClose, Break::Close];
        let random = &mut self.random;
        let breaks = (0..cuts)
            .map(|_| Mode::Break { after: random.random_range(0..BYTES / cuts), how: HOW[random.random_range(0..4)] })
            .collect();
        // a response has begun before the reader's patience ends: one who never sees that gets nowhere, whatever is sent
        let drip = Mode::Drip { bytes: random.random_range(32..200), pause: Duration::from_millis(1) };
        let last = if random.random_bool(0.3) { drip } else { Mode::Pass };
        Weather { breaks, last, is_long: random.random_bool(0.5) }
    }
}

/// Asks and follows through the weather. Answers the question, how often it was cut, and what was wrong.
async fn follow(site: &Site, ada: &Client, prompt: String, weather: Weather) -> (String, usize, Option<String>) {
    let proxy = Proxy::start(site.addresses()).await;
    let outcome = async {
        let asked = ada.insist(&Asking::new(&prompt)).await?;
        let through = ada.at(&proxy.url());
        let followed = tokio::select! {
            followed = through.follow(&asked) => followed?,
            () = blow(&proxy, &weather) => unreachable!("the weather lasts"),
        };
        Ok::<_, crate::Refused>((followed, ada.answer(&asked).await?))
    };
    let complaint = match outcome.await {
        Err(refused) => Some(refused.to_string()),
        Ok((followed, answer)) => {
            let whole = tokens::text(&prompt, TOKENS);
            let is_whole = followed.text == whole && answer.content == whole;
            let is_well = is_whole && followed.is_seamless() && followed.status == MessageStatus::Complete;
            (!is_well).then(|| format!("{followed:?}; stored is {answer:?}"))
        }
    };
    let complaint = complaint.map(|words| format!("{prompt} {words}"));
    (prompt, proxy.broken(), complaint)
}

/// Sets one break after the other, each when the one before has happened. Never ends.
async fn blow(proxy: &Proxy, weather: &Weather) {
    for mode in &weather.breaks {
        let before = proxy.broken();
        proxy.set(*mode);
        proxy.has_broken(before + 1).await;
        if weather.is_long && matches!(mode, Mode::Break { how: Break::Stall, .. }) {
            sleep(PATIENCE * 3 / 2).await;
        }
    }
    proxy.set(weather.last);
    std::future::pending::<()>().await;
}
