//! Questions and answers have versions: whichever process is asked for another one, all of them show the same line.

use folio_testbed::{
    Asking, Behaviour, Client, Fault, Launch, Layout, MODEL, Reader, Refused, SPARE, Site, Thread, Upstream,
    on_all_sites, tokens,
};
use folio_types::{Asked, ConversationId, Message, MessageId, MessageStatus};
use futures::future::join_all;
use reqwest::StatusCode;
use std::fmt::Debug;
use std::time::Duration;
use tokio::time::timeout;

/// A connection that nobody needs any more is closed within this, and what is ended is stored.
const AT_ONCE: Duration = Duration::from_secs(1);
const SAID: usize = 3;

on_all_sites!(versions:
    an_edited_question_begins_a_line_of_its_own,
    an_answer_is_given_once_more_beside_the_first_one,
    another_model_gives_the_answer_once_more,
    the_line_that_is_shown_is_the_one_that_goes_on,
    a_fork_has_a_copy_of_its_own,
    nothing_else_begins_while_an_answer_is_written,
    a_stopped_answer_goes_on_where_it_broke_off,
    what_has_failed_goes_on_and_what_is_complete_does_not,
    an_answer_that_two_go_on_with_at_once_is_written_once,
);

/// A model server with two models, Folio, and somebody who asks, at whichever process and at each.
struct Story {
    upstream: Upstream,
    site: Site,
    ada: Client,
}

impl Story {
    async fn begins(layout: Layout) -> Self {
        let upstream = Upstream::start().await;
        upstream.lists_both();
        let site = Site::start(layout, Launch::with(&upstream.url()).set("UPSTREAM_IDLE_SECONDS", "60")).await;
        let ada = site.ada().await.expect("she reaches it");
        Self { upstream, site, ada }
    }

    fn everywhere(&self) -> Vec<Client> {
        self.site.at_each_node(&self.ada)
    }

    /// Asks and waits for the answer.
    async fn hears(&self, asking: Asking) -> Asked {
        let asked = self.ada.ask(&asking).await.expect("the question is taken");
        self.ends(&asked).await;
        asked
    }

    /// The answer is whole, for a reader who comes now.
    async fn ends(&self, asked: &Asked) {
        let followed = self.ada.follow(asked).await.expect("the answer is followed");
        assert_eq!(followed.status, MessageStatus::Complete, "{:?}", followed.error);
    }

    /// Every process shows this line at once, with the right versions, and so does the contract.
    async fn sees(&self, id: ConversationId, line: &[(&Message, &[&Message])]) {
        let line: Vec<(MessageId, Vec<MessageId>)> =
            line.iter().map(|(message, versions)| (message.id, ids(versions))).collect();
        for ada in self.everywhere() {
            let thread = ada.thread(id).await.expect("it is there");
            let seen: Vec<_> = thread.messages.into_iter().map(|message| (message.id, message.variants)).collect();
            assert_eq!(seen, line);
            let listed = ada.listed(id).await.expect("it is listed");
            assert_eq!(listed, line.iter().map(|(message, _)| *message).collect::<Vec<_>>(), "one line");
        }
    }

    /// What the model read for its last answer.
    #[track_caller]
    fn was_read(&self, said: &[&str]) {
        let call = self.upstream.calls().pop().expect("it was asked");
        assert_eq!(call.said(), said);
    }

    /// An answer that is being written, and will be for long, with what is there of it.
    async fn is_told_a_part(&self, question: &str) -> (Asked, String) {
        self.upstream.next(Behaviour::answers(SAID).then(Fault::Silence));
        let asked = self.ada.ask(&Asking::new(question)).await.expect("the question is taken");
        let part = tokens::text(question, SAID);
        self.ada.read_some(&asked, part.len()).await.expect("it begins");
        (asked, part)
    }

    /// The model server has nothing left to do, and the answer is stored with its end.
    async fn breaks_off(&self, asked: &Asked) -> Message {
        timeout(AT_ONCE, self.upstream.left()).await.expect("the connection to the model server is closed");
        self.ada.ended(asked, AT_ONCE).await.expect("the answer ends")
    }
}

fn ids(messages: &[&Message]) -> Vec<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

/// What the model says after the first tokens of an answer.
fn rest(question: &str, tokens: usize) -> String {
    (SAID..tokens).map(|n| tokens::token(question, n)).collect()
}

#[track_caller]
fn conflicts<T: Debug>(outcome: Result<T, Refused>) {
    assert!(matches!(&outcome, Err(Refused::Answered(StatusCode::CONFLICT, _))), "{outcome:?}");
}

async fn an_edited_question_begins_a_line_of_its_own(story: &Story) {
    let first = story.hears(Asking::new("Is it red?")).await;
    let red = tokens::text("Is it red?", 20);
    let id = first.conversation.id;
    let big = story.hears(Asking::new("Is it big?").within(id)).await;
    let small = story.hears(Asking::new("Is it small?").instead_of(&big.question)).await;
    story.was_read(&["Is it red?", &red, "Is it small?"]);
    let versions = [&big.question, &small.question];
    story
        .sees(id, &[(&first.question, &[]), (&first.answer, &[]), (&small.question, &versions), (&small.answer, &[])])
        .await;
    let blue = story.hears(Asking::new("Is it blue?").instead_of(&first.question)).await;
    story.was_read(&["Is it blue?"]);
    story.sees(id, &[(&blue.question, &[&first.question, &blue.question]), (&blue.answer, &[])]).await;
    let answer = Asking::new("I am no question.").instead_of(&blue.answer);
    let refused = story.ada.ask(&answer).await;
    assert!(matches!(&refused, Err(Refused::Answered(StatusCode::NOT_FOUND, _))), "{refused:?}");
}

async fn an_answer_is_given_once_more_beside_the_first_one(story: &Story) {
    let first = story.hears(Asking::new("How often?")).await;
    let before = story.upstream.calls_for("How often?");
    story.upstream.next(Behaviour::says("Twice. "));
    // an impatient finger, at every process
    let everywhere = story.everywhere();
    let sent = everywhere.iter().cycle().take(4).map(|ada| ada.again(&first.answer, None, "once more"));
    let sent: Vec<Asked> = join_all(sent).await.into_iter().map(|again| again.expect("it is begun")).collect();
    let second = &sent[0];
    assert!(sent.iter().all(|again| again.answer.id == second.answer.id && again.answer.id != first.answer.id));
    story.ends(second).await;
    assert_eq!(story.upstream.calls_for("How often?"), before + 1, "sent often, begun once");
    story.was_read(&["How often?"]);
    let versions = [&first.answer, &second.answer];
    story.sees(first.conversation.id, &[(&first.question, &[]), (&second.answer, &versions)]).await;
    assert_eq!(story.ada.answer(second).await.expect("it is stored").content, "Twice. ");
}

async fn another_model_gives_the_answer_once_more(story: &Story) {
    let first = story.hears(Asking::new("Who says so?")).await;
    let model = || story.upstream.calls().pop().map(|call| call.model().to_owned());
    assert_eq!(model().as_deref(), Some(MODEL));
    let other = story.ada.again(&first.answer, Some(SPARE), "").await.expect("it is begun");
    story.ends(&other).await;
    assert_eq!(model().as_deref(), Some(SPARE));
    let same = story.ada.again(&other.answer, None, "").await.expect("it is begun");
    story.ends(&same).await;
    assert_eq!(model().as_deref(), Some(SPARE), "the model of the answer that is given once more");
    let versions = [&first.answer, &other.answer, &same.answer];
    story.sees(first.conversation.id, &[(&first.question, &[]), (&same.answer, &versions)]).await;
    let tags = [&first, &other, &same].map(|asked| asked.answer.model_tag.as_deref());
    assert_eq!(tags, [Some(MODEL), Some(SPARE), Some(SPARE)]);
}

async fn the_line_that_is_shown_is_the_one_that_goes_on(story: &Story) {
    let first = story.hears(Asking::new("Which way?")).await;
    let (id, left) = (first.conversation.id, tokens::text("Which way?", 20));
    story.upstream.next(Behaviour::says("To the right."));
    let second = story.ada.again(&first.answer, None, "").await.expect("it is begun");
    story.ends(&second).await;
    let versions = [&first.answer, &second.answer];
    let shown = story.ada.revise("show", &first.answer).await.expect("it is shown");
    assert_eq!(shown.said(), ["Which way?", &left]);
    story.sees(id, &[(&first.question, &[]), (&first.answer, &versions)]).await;
    let next = story.hears(Asking::new("And then?").within(id)).await;
    story.was_read(&["Which way?", &left, "And then?"]);
    for ada in story.everywhere() {
        ada.revise("show", &second.answer).await.expect("it is shown");
        story.sees(id, &[(&first.question, &[]), (&second.answer, &versions)]).await;
        ada.revise("show", &first.answer).await.expect("it is shown, with what came after it");
        let line: [(&Message, &[&Message]); 4] =
            [(&first.question, &[]), (&first.answer, &versions), (&next.question, &[]), (&next.answer, &[])];
        story.sees(id, &line).await;
    }
}

async fn a_fork_has_a_copy_of_its_own(story: &Story) {
    let first = story.hears(Asking::new("Where from?")).await;
    let (id, home) = (first.conversation.id, tokens::text("Where from?", 20));
    let second = story.hears(Asking::new("Where to?").within(id)).await;
    let fork = story.ada.revise("fork", &first.answer).await.expect("it is forked");
    assert_eq!((fork.conversation.title.as_str(), fork.said()), ("Where from?", vec!["Where from?", home.as_str()]));
    let copied = fork.asked().expect("a question and its answer");
    assert!(copied.conversation.id != id && copied.answer.id != first.answer.id, "with ids of its own");
    let third = story.hears(Asking::new("Where now?").within(copied.conversation.id)).await;
    story.was_read(&["Where from?", &home, "Where now?"]);
    let original: [(&Message, &[&Message]); 4] =
        [(&first.question, &[]), (&first.answer, &[]), (&second.question, &[]), (&second.answer, &[])];
    story.sees(id, &original).await;
    story.ada.delete(id).await.expect("it is deleted");
    for ada in story.everywhere() {
        let followed = ada.follow(&copied).await.expect("the copied answer is followed");
        assert_eq!((followed.status, &followed.text), (MessageStatus::Complete, &home));
    }
    let forked: [(&Message, &[&Message]); 4] =
        [(&copied.question, &[]), (&copied.answer, &[]), (&third.question, &[]), (&third.answer, &[])];
    story.sees(copied.conversation.id, &forked).await;
}

async fn nothing_else_begins_while_an_answer_is_written(story: &Story) {
    let (asked, part) = story.is_told_a_part("Who is first?").await;
    let calls = story.upstream.calls().len();
    for ada in story.everywhere() {
        conflicts(ada.again(&asked.answer, None, "").await);
        conflicts(ada.ask(&Asking::new("Who is second?").instead_of(&asked.question)).await);
        conflicts(ada.ask(&Asking::new("Who is third?").within(asked.conversation.id)).await);
        conflicts(ada.revise("fork", &asked.answer).await);
        let same = ada.revise("continue", &asked.answer).await.expect("it goes on anyway");
        assert_eq!(same.asked().map(|same| same.answer.status), Some(MessageStatus::Streaming));
        story.sees(asked.conversation.id, &[(&asked.question, &[]), (&asked.answer, &[])]).await;
    }
    assert_eq!(story.upstream.calls().len(), calls, "no model was asked");
    story.ada.stop(&asked).await.expect("it is stopped");
    assert_eq!(story.breaks_off(&asked).await.content, part, "what was written stays");
    let again = story.ada.again(&asked.answer, None, "").await.expect("it is begun");
    story.ends(&again).await;
}

/// Stopped at one process and gone on with at the next one, whichever wrote it first.
async fn a_stopped_answer_goes_on_where_it_broke_off(story: &Story) {
    let everywhere = story.everywhere();
    for (stops, goes_on) in everywhere.iter().zip(everywhere.iter().cycle().skip(1)) {
        let (asked, part) = story.is_told_a_part("How does it go on?").await;
        let mut page = story.ada.read_some(&asked, part.len()).await.expect("it is read");
        stops.stop(&asked).await.expect("it is stopped");
        let broken = story.breaks_off(&asked).await;
        assert_eq!((broken.status, &broken.content), (MessageStatus::Interrupted, &part));
        story.upstream.next(Behaviour::says(&rest("How does it go on?", 10)).at(50));
        let shown = goes_on.revise("continue", &asked.answer).await.expect("it goes on");
        let whole = tokens::text("How does it go on?", 10);
        let readers = everywhere.iter().map(|ada| reads_on(ada, &shown));
        let (readers, old) = tokio::join!(join_all(readers), story.ada.follow_on(&asked, &mut page, |_| {}));
        assert_eq!(old.expect("the answer is followed").text, whole, "who has read the first part gets the rest");
        assert!(readers.iter().all(|text| *text == whole), "each word once: {readers:?}");
        for ada in &everywhere {
            let stored = ada.answer(&asked).await.expect("it is stored");
            assert_eq!((stored.id, stored.status, &stored.content), (asked.answer.id, MessageStatus::Complete, &whole));
        }
        let call = story.upstream.calls().pop().expect("it was asked");
        assert_eq!(call.said()[..2], ["How does it go on?", &part], "the model knows what is there");
        story.sees(asked.conversation.id, &[(&asked.question, &[]), (&asked.answer, &[])]).await;
    }
}

/// What somebody reads whose page showed this conversation.
async fn reads_on(ada: &Client, shown: &Thread) -> String {
    let asked = shown.asked().expect("a question and its answer");
    let mut page = Reader { seq: asked.answer.seq, text: asked.answer.content.clone(), ..Reader::default() };
    ada.follow_on(&asked, &mut page, |_| {}).await.expect("the answer is followed").text
}

async fn an_answer_that_two_go_on_with_at_once_is_written_once(story: &Story) {
    let (asked, _) = story.is_told_a_part("Who goes on?").await;
    story.ada.stop(&asked).await.expect("it is stopped");
    story.breaks_off(&asked).await;
    let calls = story.upstream.calls().len();
    story.upstream.next(Behaviour::says(&rest("Who goes on?", 10)).at(20));
    let everywhere = story.everywhere();
    let sent = everywhere.iter().cycle().take(4).map(|ada| ada.revise("continue", &asked.answer));
    for shown in join_all(sent).await {
        let shown = shown.expect("it goes on, whoever was first");
        assert_eq!(shown.asked().map(|shown| shown.answer.status), Some(MessageStatus::Streaming));
    }
    story.ends(&asked).await;
    assert_eq!(story.ada.answer(&asked).await.expect("it is stored").content, tokens::text("Who goes on?", 10));
    assert_eq!(story.upstream.calls().len(), calls + 1, "the model is asked once");
}

async fn what_has_failed_goes_on_and_what_is_complete_does_not(story: &Story) {
    story.upstream.next(Behaviour::answers(SAID).then(Fault::DropMidChunk));
    let asked = story.ada.ask(&Asking::new("What broke?")).await.expect("the question is taken");
    let told = story.ada.follow(&asked).await.expect("the answer is followed");
    assert_eq!(told.status, MessageStatus::Failed);
    story.upstream.next(Behaviour::says(&rest("What broke?", 10)));
    let shown = story.ada.revise("continue", &asked.answer).await.expect("it goes on");
    assert_eq!(reads_on(&story.ada, &shown).await, tokens::text("What broke?", 10));
    for ada in story.everywhere() {
        let stored = ada.answer(&asked).await.expect("it is stored");
        assert_eq!((stored.status, stored.error), (MessageStatus::Complete, None));
        conflicts(ada.revise("continue", &asked.answer).await);
    }
}
