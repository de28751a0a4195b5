//! A model server that speaks OpenAI's API, and that of an inference service, and does exactly what a test wants, faults
//! included.
//!
//! It reads and writes HTTP by hand, one request for each connection, because the faults are below what a server
//! library would let it do, and so that an open connection is an open call.

mod behaviour;
mod reply;
mod request;

pub use behaviour::{Behaviour, Fault, Page};
pub use request::Request;

use reply::{Leaving, Protocol};
use serde_json::Value;
use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The tag of the one model.
pub const MODEL: &str = "scripted";

/// The other model: of the inference service, and of OpenAI's API where the test says so.
pub const SPARE: &str = "spare";

/// A running model server; it ends with this value.
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

/// One request for an answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// The newest message of the chat.
    pub prompt: String,
    pub body: Value,
    head: String,
}

impl Call {
    /// What was said in the chat, oldest first, without the instructions before it.
    pub fn said(&self) -> Vec<&str> {
        let messages = self.body["messages"].as_array().into_iter().flatten();
        let said = messages.filter(|message| message["role"] != "system");
        said.filter_map(|message| message["content"].as_str()).collect()
    }

    /// The model that was to answer.
    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// The value of a header that came with it.
    pub fn header(&self, name: &str) -> Option<&str> {
        request::header(&self.head, name)
    }
}

struct Shared {
    /// The model that the inference service has loaded.
    loaded: Mutex<String>,
    /// Whether OpenAI's API lists both models.
    both: AtomicBool,
    usual: Mutex<Behaviour>,
    queue: Mutex<VecDeque<Behaviour>>,
    calls: Mutex<Vec<Call>>,
    called: watch::Sender<usize>,
    open: watch::Sender<usize>,
}

impl Upstream {
    /// Starts on a free port and answers twenty tokens to everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let shared = Arc::new(Shared {
            loaded: Mutex::new(MODEL.to_owned()),
            both: AtomicBool::default(),
            usual: Mutex::new(Behaviour::answers(20)),
            queue: Mutex::default(),
            calls: Mutex::default(),
            called: watch::Sender::new(0),
            open: watch::Sender::new(0),
        });
        let address = listener.local_addr().expect("a bound address");
        let accepting = Mutex::new(Some(tokio::spawn(accept(listener, Arc::clone(&shared)))));
        Self { address, shared, accepting }
    }

    /// What `OPENAI_BASE_URL` is set to.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What `INFERENCE_SERVICE_URL` is set to: the same server, speaking that API.
    pub fn inference_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The model that the inference service has loaded.
    pub fn loaded(&self) -> String {
        held(&self.shared.loaded).clone()
    }

    /// Lists [`SPARE`] beside [`MODEL`] from now on.
    pub fn lists_both(&self) {
        self.shared.both.store(true, Ordering::Relaxed);
    }

    /// What it does from now on when nothing else was said for a call.
    pub fn usually(&self, behaviour: Behaviour) {
        *held(&self.shared.usual) = behaviour;
    }

    /// What it does at the next call; several are taken one after the other.
    pub fn next(&self, behaviour: Behaviour) {
        held(&self.shared.queue).push_back(behaviour);
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        held(&self.shared.calls).clone()
    }

    /// How often an answer to `prompt` was asked for.
    pub fn calls_for(&self, prompt: &str) -> usize {
        held(&self.shared.calls).iter().filter(|call| call.prompt == prompt).count()
    }

    /// How many connections with a call on them are open now.
    pub fn open(&self) -> usize {
        *self.shared.open.borrow()
    }

    /// Waits until there were at least `calls` calls.
    pub async fn called(&self, calls: usize) {
        wait_for(&self.shared.called, |so_far| so_far >= calls).await;
    }

    /// Waits until no call's connection is open any more.
    pub async fn left(&self) {
        wait_for(&self.shared.open, |open| open == 0).await;
    }

    /// Refuses connections from now on. Calls that are open go on.
    pub async fn refuse(&self) {
        let accepting = held(&self.accepting).take();
        if let Some(accepting) = accepting {
            accepting.abort();
            // it ends by being aborted, and then the port is closed
            let _ = accepting.await;
        }
    }

    /// Takes connections again, on the same port.
    pub async fn accept(&self) {
        let listener = TcpListener::bind(self.address).await.expect("the port is still free");
        *held(&self.accepting) = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some(accepting) = held(&self.accepting).take() {
            accepting.abort();
        }
    }
}

async fn wait_for(number: &watch::Sender<usize>, is_enough: impl Fn(usize) -> bool) {
    // the sender is ours and alive, so this cannot fail
    let _ = number.subscribe().wait_for(|now| is_enough(*now)).await;
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((connection, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            // a client that goes away in the middle is what many tests are about
            let _ = serve(connection, &shared).await;
        });
    }
}

async fn serve(mut connection: TcpStream, shared: &Shared) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let Some(request) = Request::read(&mut connection).await else { return Ok(()) };
    match request.path.as_str() {
        "/v1/models" => reply::list_models(&mut connection, shared.both.load(Ordering::Relaxed)).await,
        "/v1/chat/completions" => complete(connection, shared, request, Protocol::OpenAi).await,
        "/generate" => complete(connection, shared, request, Protocol::Inference).await,
        "/models" => {
            let loaded = held(&shared.loaded).clone();
            reply::list_inference_models(&mut connection, &loaded).await
        }
        "/models/swap" => {
            let wanted = request.body["model_tag"].as_str().unwrap_or_default().to_owned();
            if ![MODEL, SPARE].contains(&wanted.as_str()) {
                return reply::not_found(&mut connection).await;
            }
            held(&shared.loaded).clone_from(&wanted);
            reply::swapped(&mut connection, &wanted).await
        }
        _ => reply::not_found(&mut connection).await,
    }
}

async fn complete(mut connection: TcpStream, shared: &Shared, request: Request, protocol: Protocol) -> io::Result<()> {
    let behaviour = held(&shared.queue).pop_front().unwrap_or_else(|| held(&shared.usual).clone());
    let prompt = request.prompt().to_owned();
    held(&shared.calls).push(Call { prompt: prompt.clone(), body: request.body, head: request.head });
    let _open = Open::new(&shared.open);
    shared.called.send_modify(|calls| *calls += 1);
    let (mut from, mut to) = connection.split();
    let leaving = tokio::select! {
        played = reply::play(&mut to, protocol, &behaviour, &prompt) => played?,
        () = gone(&mut from) => return Ok(()),
    };
    if leaving == Leaving::Reset {
        connection.set_zero_linger()?;
    }
    Ok(())
}

/// Ends when the client closes the connection.
async fn gone(from: &mut (impl AsyncRead + Unpin)) {
    let mut ignored = [0; 256];
    while from.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}

/// Counts a connection while it is open.
struct Open<'a>(&'a watch::Sender<usize>);

impl<'a> Open<'a> {
    fn new(open: &'a watch::Sender<usize>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
