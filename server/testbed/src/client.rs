//! Somebody with a browser: signs in, asks, follows an answer over broken connections, stops it.

use crate::{Followed, MODEL, Reader};
use eventsource_stream::Eventsource;
use folio_types::{Asked, Conversation, ConversationId, Frame, Message, MessageId, MessageStatus};
use futures::StreamExt;
use reqwest::header::{ACCEPT, COOKIE, SET_COOKIE};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A signed-in person.
#[derive(Clone)]
pub struct Client {
    url: String,
    http: reqwest::Client,
    cookie: String,
    patience: Duration,
}

/// One question; without `conversation` it opens a new one.
#[derive(Clone, Debug)]
pub struct Asking {
    pub content: String,
    pub key: String,
    pub conversation: Option<ConversationId>,
    /// The question that it is another version of.
    pub instead_of: Option<MessageId>,
}

/// A conversation with its messages, oldest first.
#[derive(Clone, Debug, Deserialize)]
pub struct Thread {
    pub conversation: Conversation,
    pub messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Listed {
    id: MessageId,
}

/// Why something was not done.
#[derive(Clone, Debug)]
pub enum Refused {
    /// The server said no, with this status and these words.
    Answered(StatusCode, String),
    /// No whole answer came, so that nobody knows whether it was done.
    Unheard(String),
}

/// A connection without an event for this long is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts to connect.
const AGAIN: Duration = Duration::from_millis(20);
/// An answer that does not end within this time never will.
const ANSWER: Duration = Duration::from_secs(20);

impl Asking {
    /// A question in a new conversation, with a key of its own.
    pub fn new(content: impl Into<String>) -> Self {
        let key = uuid::Uuid::now_v7().to_string();
        Self { content: content.into(), key, conversation: None, instead_of: None }
    }

    /// The same, in a conversation that there is already.
    #[must_use]
    pub fn within(self, conversation: ConversationId) -> Self {
        Self { conversation: Some(conversation), ..self }
    }

    /// The same, as another version of a question.
    #[must_use]
    pub fn instead_of(self, question: &Message) -> Self {
        Self { instead_of: Some(question.id), ..self.within(question.conversation_id) }
    }
}

impl Thread {
    /// Its last question and the answer to that.
    pub fn asked(&self) -> Option<Asked> {
        let [.., question, answer] = self.messages.as_slice() else { return None };
        let (conversation, question, answer) = (self.conversation.clone(), question.clone(), answer.clone());
        Some(Asked { conversation, question, answer })
    }

    /// What is said in it, oldest first.
    pub fn said(&self) -> Vec<&str> {
        self.messages.iter().map(|message| message.content.as_str()).collect()
    }
}

impl Client {
    /// Signs in by the form of the page.
    pub async fn sign_in(url: &str, email: &str, password: &str) -> Result<Self, Refused> {
        let http = browser().build()?;
        let sent = http.post(format!("{url}/login")).form(&[("email", email), ("password", password)]).send().await?;
        let cookie = sent.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()).map(str::to_owned);
        match cookie.as_deref().and_then(|cookie| cookie.split(';').next()) {
            Some(cookie) if sent.status() == StatusCode::SEE_OTHER => {
                Ok(Self { url: url.to_owned(), http, cookie: cookie.to_owned(), patience: PATIENCE })
            }
            _ => Err(refused(sent).await),
        }
    }

    /// The same person through another address: a proxy, or another node.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// The same person, who gives up a silent connection sooner.
    #[must_use]
    pub fn impatient(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// The same person, with a new connection for every request.
    pub fn restless(&self) -> Result<Self, Refused> {
        Ok(Self { http: browser().pool_max_idle_per_host(0).build()?, ..self.clone() })
    }

    /// The session's cookie, as it is sent.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Sends a question once.
    pub async fn ask(&self, asking: &Asking) -> Result<Asked, Refused> {
        let conversation = asking.conversation.map(|id| id.to_string());
        let instead_of = asking.instead_of.map(|id| id.to_string());
        let mut form =
            vec![("content", asking.content.as_str()), ("scope", "none"), ("model", MODEL), ("key", &asking.key)];
        form.extend(conversation.as_deref().map(|id| ("conversation", id)));
        form.extend(instead_of.as_deref().map(|id| ("instead_of", id)));
        self.call("ask", &form).await
    }

    /// Sends a question until the server has answered it, as the page does after a lost connection.
    pub async fn insist(&self, asking: &Asking) -> Result<Asked, Refused> {
        let deadline = Instant::now() + ANSWER;
        loop {
            match self.ask(asking).await {
                Err(Refused::Unheard(_)) if Instant::now() < deadline => sleep(AGAIN).await,
                Err(Refused::Answered(status, _)) if status.is_server_error() && Instant::now() < deadline => {
                    sleep(AGAIN).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Follows an answer to its end.
    pub async fn follow(&self, asked: &Asked) -> Result<Followed, Refused> {
        let mut reader = Reader::default();
        self.follow_on(asked, &mut reader, |_| {}).await
    }

    /// Follows an answer to its end from where `reader` is, over as many connections as that takes, and says after
    /// each event what is known.
    pub async fn follow_on(
        &self,
        asked: &Asked,
        reader: &mut Reader,
        mut heard: impl FnMut(&Reader),
    ) -> Result<Followed, Refused> {
        let deadline = Instant::now() + ANSWER;
        let mut connections = 0;
        loop {
            connections += 1;
            match self.listen(asked, reader, &mut heard).await {
                Ok(Some(status)) => return Ok(reader.clone().followed(status, connections)),
                Err(refused @ Refused::Answered(status, _)) if !status.is_server_error() => return Err(refused),
                _ if Instant::now() > deadline => {
                    return Err(Refused::Unheard(format!("the answer did not end; so far: {reader:?}")));
                }
                _ => sleep(AGAIN).await,
            }
        }
    }

    /// Reads until `reader` has at least so many bytes of text, on one connection, and leaves.
    pub async fn read_some(&self, asked: &Asked, bytes: usize) -> Result<Reader, Refused> {
        let mut reader = Reader::default();
        let mut events = Box::pin(self.open_stream(asked, 0).await?.bytes_stream().eventsource());
        while reader.text.len() < bytes {
            match timeout(self.patience, events.next()).await {
                Ok(Some(Ok(event))) => take(&mut reader, &event)?,
                other => return Err(Refused::Unheard(format!("the stream ended early: {other:?}; {reader:?}"))),
            }
        }
        Ok(reader)
    }

    /// Ends an answer where it is.
    pub async fn stop(&self, asked: &Asked) -> Result<(), Refused> {
        let path = format!("{}/stop", message_path(asked));
        let sent = self.request(self.http.post(format!("{}{path}", self.url))).send().await?;
        if sent.status().is_success() { Ok(()) } else { Err(refused(sent).await) }
    }

    /// Has an answer given once more, by this model; none is the same one.
    pub async fn again(&self, answer: &Message, model: Option<&str>, key: &str) -> Result<Asked, Refused> {
        let how = format!("again {}", answer.id);
        let form = [("how", how.as_str()), ("model", model.unwrap_or_default()), ("key", key)];
        let thread: Thread = self.call("revise", &form).await?;
        thread.asked().ok_or_else(|| Refused::Unheard("a conversation without an answer".into()))
    }

    /// Presses the button of a message that shows it, goes on with it (`continue`) or begins a conversation with it
    /// (`fork`).
    pub async fn revise(&self, how: &str, message: &Message) -> Result<Thread, Refused> {
        self.call("revise", &[("how", format!("{how} {}", message.id).as_str())]).await
    }

    /// Deletes a conversation.
    pub async fn delete(&self, id: ConversationId) -> Result<(), Refused> {
        self.call("delete_conversation", &[("id", id.to_string().as_str())]).await
    }

    /// The messages of a conversation as its contract lists them.
    pub async fn listed(&self, id: ConversationId) -> Result<Vec<MessageId>, Refused> {
        let sent = self.request(self.http.get(format!("{}/conversations/{id}/messages", self.url))).send().await?;
        if sent.status() != StatusCode::OK {
            return Err(refused(sent).await);
        }
        Ok(sent.json::<Vec<Listed>>().await?.into_iter().map(|message| message.id).collect())
    }

    /// A conversation as it is stored.
    pub async fn thread(&self, id: ConversationId) -> Result<Thread, Refused> {
        self.call("thread", &[("id", id.to_string().as_str())]).await
    }

    /// One message as it is stored.
    pub async fn message(&self, conversation: ConversationId, id: MessageId) -> Result<Message, Refused> {
        let thread = self.thread(conversation).await?;
        let found = thread.messages.into_iter().find(|message| message.id == id);
        found.ok_or_else(|| Refused::Answered(StatusCode::NOT_FOUND, format!("{id} is not in {conversation}")))
    }

    /// The answer as it is stored.
    pub async fn answer(&self, asked: &Asked) -> Result<Message, Refused> {
        self.message(asked.conversation.id, asked.answer.id).await
    }

    /// Waits until the stored answer has ended, and answers it; an error when that takes longer than `limit`.
    pub async fn ended(&self, asked: &Asked, limit: Duration) -> Result<Message, Refused> {
        let deadline = Instant::now() + limit;
        loop {
            let answer = self.answer(asked).await?;
            if answer.status != MessageStatus::Streaming {
                return Ok(answer);
            }
            if Instant::now() > deadline {
                return Err(Refused::Unheard(format!("{} is still streaming after {limit:?}", answer.id)));
            }
            sleep(AGAIN).await;
        }
    }

    /// One connection; the status when it brought the end.
    async fn listen(
        &self,
        asked: &Asked,
        reader: &mut Reader,
        heard: &mut impl FnMut(&Reader),
    ) -> Result<Option<MessageStatus>, Refused> {
        let opened = timeout(self.patience, self.open_stream(asked, reader.seq)).await;
        let stream = opened.map_err(|_| Refused::Unheard("no response".into()))??;
        let mut events = Box::pin(stream.bytes_stream().eventsource());
        while let Ok(Some(event)) = timeout(self.patience, events.next()).await {
            take(reader, &event?)?;
            heard(reader);
            if reader.status.is_some() {
                break;
            }
        }
        Ok(reader.status)
    }

    async fn open_stream(&self, asked: &Asked, after: u64) -> Result<Response, Refused> {
        let url = format!("{}{}/stream?after={after}", self.url, message_path(asked));
        let sent = self.request(self.http.get(url)).send().await?;
        if sent.status() == StatusCode::OK { Ok(sent) } else { Err(refused(sent).await) }
    }

    async fn call<T: DeserializeOwned>(&self, function: &str, form: &[(&str, &str)]) -> Result<T, Refused> {
        let request = self.http.post(format!("{}/ui/{function}", self.url)).form(form).timeout(PATIENCE);
        let sent = self.request(request).header(ACCEPT, "application/json").send().await?;
        if sent.status() != StatusCode::OK {
            return Err(refused(sent).await);
        }
        Ok(sent.json().await?)
    }

    fn request(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(COOKIE, &self.cookie).header("sec-fetch-site", "same-origin")
    }
}

fn browser() -> reqwest::ClientBuilder {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy()
}

fn message_path(asked: &Asked) -> String {
    format!("/api/conversations/{}/messages/{}", asked.conversation.id, asked.answer.id)
}

fn take(reader: &mut Reader, event: &eventsource_stream::Event) -> Result<(), Refused> {
    let frame: Frame = serde_json::from_str(&event.data)
        .map_err(|fault| Refused::Unheard(format!("not a frame: {fault}: {}", event.data)))?;
    let seq = event.id.parse().map_err(|_| Refused::Unheard(format!("not a number: {}", event.id)))?;
    reader.take(seq, frame);
    Ok(())
}

async fn refused(response: Response) -> Refused {
    let status = response.status();
    Refused::Answered(status, response.text().await.unwrap_or_default())
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status, words) => write!(f, "{status}: {words}"),
            Self::Unheard(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Refused {}

impl From<reqwest::Error> for Refused {
    fn from(fault: reqwest::Error) -> Self {
        Self::Unheard(format!("{fault:?}"))
    }
}

impl<E: fmt::Debug> From<eventsource_stream::EventStreamError<E>> for Refused {
    fn from(fault: eventsource_stream::EventStreamError<E>) -> Self {
        Self::Unheard(format!("{fault:?}"))
    }
}
