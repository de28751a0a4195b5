//! A model server that goes wrong, in every way that it can: the answer ends, says why, and keeps what was written.

use folio_testbed::{
    Asking, Behaviour, Client, Fault, Folio, Followed, Launch, Layout, Page, Site, Upstream, on_all_sites, tokens,
};
use folio_types::{Asked, Message, MessageStatus};
use std::time::Duration;
use tokio::time::timeout;

/// The limits of silence are set to two seconds; whatever ends by itself ends well within this.
const SOON: Duration = Duration::from_secs(15);
/// A connection that nobody needs any more is closed at once.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A model server, Folio, and somebody who asks.
struct Story {
    upstream: Upstream,
    site: Site,
    ada: Client,
}

/// One question and how it ended, as the stream said it and as it is stored.
struct Outcome {
    told: Followed,
    stored: Message,
}

impl Story {
    async fn begins(layout: Layout) -> Self {
        let upstream = Upstream::start().await;
        let site = Site::start(layout, Launch::with(&upstream.url())).await;
        let ada = site.ada().await.expect("she reaches it");
        Self { upstream, site, ada }
    }

    async fn asks(&self, behaviour: Behaviour) -> Asked {
        self.upstream.next(behaviour);
        self.ada.ask(&Asking::new("What now?")).await.expect("the question is taken")
    }

    /// Asks a server that does the same however often it is asked, as one that refuses may be asked again.
    async fn hears_always(&self, behaviour: Behaviour) -> Outcome {
        self.upstream.usually(behaviour.clone());
        let outcome = self.hears(behaviour).await;
        self.upstream.usually(Behaviour::answers(20));
        outcome
    }

    /// Follows the answer to its end, which must come soon, leave nothing streaming and nothing open.
    async fn ends(&self, asked: &Asked) -> Outcome {
        let told = timeout(SOON, self.ada.follow(asked)).await;
        let told = told.unwrap_or_else(|_| panic!("the answer does not end; {}", self.last_words()));
        let told = told.expect("the answer is followed");
        let stored = self.ada.answer(asked).await.expect("the answer is stored");
        assert_eq!((stored.status, &stored.content), (told.status, &told.text), "what was said is what is stored");
        timeout(AT_ONCE, self.upstream.left()).await.expect("the connection to the model server is closed");
        Outcome { told, stored }
    }

    async fn hears(&self, behaviour: Behaviour) -> Outcome {
        let asked = self.asks(behaviour).await;
        self.ends(&asked).await
    }

    fn last_words(&self) -> String {
        self.site.nodes.iter().map(Folio::last_words).collect()
    }

    /// What all its processes use.
    fn memory(&self) -> u64 {
        self.site.nodes.iter().map(|node| node.usage().memory).sum()
    }
}

impl Outcome {
    /// It failed with one of these status codes, in words that name the cause with one of `naming`, after `tokens`.
    #[track_caller]
    fn failed(&self, codes: &[u16], naming: &[&str], tokens: usize) {
        let (words, code) = self.told.error.clone().unwrap_or_else(|| panic!("no reason in {:?}", self.told));
        assert_eq!(self.told.status, MessageStatus::Failed, "{words}");
        assert!(codes.contains(&code), "{code} is none of {codes:?}: {words}");
        let lower = words.to_lowercase();
        assert!(naming.iter().any(|cause| lower.contains(cause)), "none of {naming:?} in: {words}");
        assert!(!words.contains(['<', '{']), "these are no words for people: {words}");
        assert_eq!(self.stored.error.as_deref(), Some(words.as_str()), "the reason stays");
        assert_eq!(self.stored.content, tokens::text("What now?", tokens), "what was written stays");
    }
}

on_all_sites!(silences_and_refusals:
    a_whole_answer_is_whole,
    a_server_that_is_gone_is_named_and_asked_again_later,
    silence_before_the_first_byte_has_a_limit,
    silence_after_the_headers_has_a_limit,
    silence_in_the_middle_has_a_limit,
    comments_extend_a_silence,
    a_refusal_is_repeated_in_its_own_words,
    a_refusal_as_a_web_page_is_named_without_its_tags,
    too_many_requests_are_named,
    a_refusal_in_passing_is_told_or_overcome,
    comments_alone_have_a_limit,
);

on_all_sites!(broken_streams:
    an_event_that_breaks_off_is_named,
    bytes_that_are_no_text_are_named,
    json_of_another_shape_is_named,
    a_web_page_in_place_of_a_stream_is_named,
    a_whole_json_answer_in_place_of_a_stream_is_named_or_taken,
    a_connection_that_is_reset_in_a_chunk_is_named,
    an_answer_without_an_end_has_a_limit,
    a_line_without_an_end_has_a_limit,
    an_error_in_the_stream_is_repeated_in_its_own_words,
    an_empty_answer_is_a_failure,
    an_answer_without_its_last_line_is_a_failure,
);

const SAID: usize = 3;

fn says_three_and_then(fault: Fault) -> Behaviour {
    Behaviour::answers(SAID).then(fault)
}

async fn a_whole_answer_is_whole(story: &Story) {
    let outcome = story.hears(Behaviour::answers(40)).await;
    assert_eq!(outcome.told.status, MessageStatus::Complete);
    assert_eq!(outcome.told.text, tokens::text("What now?", 40));
    assert!(outcome.told.is_seamless());
}

async fn a_server_that_is_gone_is_named_and_asked_again_later(story: &Story) {
    // the list of models is known by now wherever she asks, and the server goes away after it
    for ada in story.site.at_each_node(&story.ada) {
        let asked = ada.ask(&Asking::new("Who is there?")).await.expect("the question is taken");
        ada.follow(&asked).await.expect("the answer is followed");
    }
    story.upstream.refuse().await;
    let asked = story.ada.ask(&Asking::new("What now?")).await.expect("the question is taken");
    story.ends(&asked).await.failed(&[503], &["cannot be reached"], 0);
    story.upstream.accept().await;
    assert_eq!(story.hears(Behaviour::answers(1)).await.told.status, MessageStatus::Complete);
}

async fn silence_before_the_first_byte_has_a_limit(story: &Story) {
    let outcome = story.hears(Behaviour::only(Fault::NoFirstByte)).await;
    outcome.failed(&[502, 504], &["within 2 seconds"], 0);
}

async fn silence_after_the_headers_has_a_limit(story: &Story) {
    let outcome = story.hears(Behaviour::only(Fault::Silence)).await;
    outcome.failed(&[502, 504], &["silent for 2 seconds", "within 2 seconds"], 0);
}

async fn silence_in_the_middle_has_a_limit(story: &Story) {
    let outcome = story.hears(says_three_and_then(Fault::Silence)).await;
    outcome.failed(&[502, 504], &["silent for 2 seconds"], SAID);
}

async fn comments_extend_a_silence(story: &Story) {
    let outcome = story.hears(Behaviour::answers(SAID).thinking(Duration::from_secs(3))).await;
    assert_eq!(outcome.told.status, MessageStatus::Complete, "{:?}", outcome.told.error);
    assert_eq!(outcome.told.text, tokens::text("What now?", SAID));
}

async fn comments_alone_have_a_limit(story: &Story) {
    for tokens in [0, SAID] {
        let outcome = story.hears(Behaviour::answers(tokens).then(Fault::OnlyComments)).await;
        outcome.failed(&[502, 504], &["comments", "wrote nothing"], tokens);
    }
}

async fn a_refusal_is_repeated_in_its_own_words(story: &Story) {
    for code in [400, 401, 404, 500, 503] {
        let outcome = story.hears_always(Behaviour::only(Fault::Status(code, Page::Json))).await;
        outcome.failed(&[502, 503], &["the scripted model refuses"], 0);
        outcome.failed(&[502, 503], &[code.to_string().as_str()], 0);
    }
}

async fn a_refusal_as_a_web_page_is_named_without_its_tags(story: &Story) {
    for code in [403, 502] {
        let outcome = story.hears_always(Behaviour::only(Fault::Status(code, Page::Html))).await;
        outcome.failed(&[502, 503], &[code.to_string().as_str()], 0);
    }
}

async fn too_many_requests_are_named(story: &Story) {
    let outcome = story.hears_always(Behaviour::only(Fault::TooMany { retry_after: 7 })).await;
    outcome.failed(&[429, 502, 503], &["429", "too many", "too often"], 0);
}

async fn a_refusal_in_passing_is_told_or_overcome(story: &Story) {
    for fault in [Fault::TooMany { retry_after: 1 }, Fault::Status(503, Page::Json)] {
        let outcome = story.hears(Behaviour::only(fault)).await;
        match outcome.told.status {
            MessageStatus::Complete => assert_eq!(outcome.told.text, tokens::text("What now?", 20)),
            _ => outcome.failed(&[429, 502, 503], &["429", "503"], 0),
        }
    }
}

async fn an_event_that_breaks_off_is_named(story: &Story) {
    let outcome = story.hears(says_three_and_then(Fault::BrokenEvent)).await;
    outcome.failed(&[502], &["not openai's event stream"], SAID);
}

async fn bytes_that_are_no_text_are_named(story: &Story) {
    let outcome = story.hears(says_three_and_then(Fault::NotText)).await;
    outcome.failed(&[502], &["utf-8", "utf8", "not an event stream", "not openai's event stream"], SAID);
}

async fn json_of_another_shape_is_named(story: &Story) {
    let outcome = story.hears(says_three_and_then(Fault::NotAChunk)).await;
    outcome.failed(&[502], &["not openai's event stream"], SAID);
}

async fn a_web_page_in_place_of_a_stream_is_named(story: &Story) {
    let outcome = story.hears(Behaviour::only(Fault::WebPage)).await;
    outcome.failed(&[502], &["event stream", "text/html", "web page"], 0);
}

async fn a_whole_json_answer_in_place_of_a_stream_is_named_or_taken(story: &Story) {
    let outcome = story.hears(Behaviour::only(Fault::WholeJson)).await;
    if outcome.told.status == MessageStatus::Complete {
        assert_eq!(outcome.told.text, tokens::text("What now?", 5));
    } else {
        outcome.failed(&[502], &["event stream", "application/json"], 0);
    }
}

async fn a_connection_that_is_reset_in_a_chunk_is_named(story: &Story) {
    let outcome = story.hears(says_three_and_then(Fault::DropMidChunk)).await;
    outcome.failed(&[502], &["connection"], SAID);
}

async fn an_answer_without_an_end_has_a_limit(story: &Story) {
    let asked = story.asks(Behaviour::only(Fault::Endless)).await;
    let outcome = timeout(SOON * 4, story.ada.follow(&asked)).await.expect("it ends").expect("the answer is followed");
    let (words, code) = outcome.error.expect("a reason");
    assert_eq!((outcome.status, code), (MessageStatus::Failed, 502), "{words}");
    assert!(words.contains("longer than"), "{words}");
    let whole = tokens::text("What now?", outcome.text.len());
    assert!(outcome.text.len() > 100_000 && whole.starts_with(&outcome.text), "what was written stays");
    timeout(AT_ONCE, story.upstream.left()).await.expect("the connection to the model server is closed");
}

async fn a_line_without_an_end_has_a_limit(story: &Story) {
    let before = story.memory();
    let outcome = story.hears(says_three_and_then(Fault::LongLine(64 * 1024 * 1024))).await;
    outcome.failed(&[502], &["a line of more than"], SAID);
    let grown = story.memory().saturating_sub(before);
    assert!(grown < 32 * 1024 * 1024, "it grew by {grown} bytes");
}

async fn an_error_in_the_stream_is_repeated_in_its_own_words(story: &Story) {
    let outcome = story.hears(says_three_and_then(Fault::ErrorEvent("The model ran out of memory."))).await;
    outcome.failed(&[502], &["the model ran out of memory."], SAID);
}

async fn an_empty_answer_is_a_failure(story: &Story) {
    story.hears(Behaviour::answers(0)).await.failed(&[502], &["without writing anything"], 0);
}

async fn an_answer_without_its_last_line_is_a_failure(story: &Story) {
    let outcome = story.hears(says_three_and_then(Fault::NoDone)).await;
    outcome.failed(&[502], &["ended before the answer did"], SAID);
}
