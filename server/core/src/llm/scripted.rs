//! A provider for tests: says what it is told to, and waits where it is told to.

use super::{Offer, Piece, Provider, Queue, Reading, Request, Takes, Want};
use crate::error::{Error, Result};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

#[derive(Clone)]
pub enum Step {
    Say(String),
    /// The last words of an answer that has reached its length.
    Cut(String),
    /// Asks for a function, with a JSON object.
    Want(&'static str, String),
    /// Waits until the test calls [`Scripted::go_on`].
    Wait,
    Fail(Error),
}

/// Each reply that is being written holds one more of the `Arc` within.
#[derive(Default)]
struct Open(Arc<()>);

#[derive(Clone)]
pub struct Scripted {
    script: Arc<Mutex<Vec<Step>>>,
    gate: Arc<Semaphore>,
    asked: Arc<Mutex<Vec<Request>>>,
    open: Arc<Open>,
    queue: Option<Queue>,
    takes: Takes,
    /// What it says in its next replies, before it says the script.
    first: Arc<Mutex<VecDeque<Vec<Step>>>>,
}

impl Scripted {
    pub fn saying(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            script: Arc::new(Mutex::new(steps.into_iter().collect())),
            gate: Arc::new(Semaphore::new(0)),
            asked: Arc::default(),
            open: Arc::default(),
            queue: None,
            takes: Takes::default(),
            first: Arc::default(),
        }
    }

    /// Writes one answer at a time.
    #[must_use]
    pub fn one_at_a_time(self) -> Self {
        Self { queue: Some(Queue::new(1)), ..self }
    }

    /// Takes pictures.
    #[must_use]
    pub fn seeing(self) -> Self {
        Self { takes: Takes { images: true, ..self.takes }, ..self }
    }

    /// Can ask for functions.
    #[must_use]
    pub fn with_tools(self) -> Self {
        Self { takes: Takes { tools: true, ..self.takes }, ..self }
    }

    /// Says this in its next reply only, after what was lined up before.
    pub fn says_once(&self, steps: impl IntoIterator<Item = Step>) {
        self.first.lock().expect("no test panics while holding it").push_back(steps.into_iter().collect());
    }

    /// Says something else from now on.
    pub fn now_says(&self, steps: impl IntoIterator<Item = Step>) {
        *self.script.lock().expect("no test panics while holding it") = steps.into_iter().collect();
    }

    pub fn go_on(&self) {
        self.gate.add_permits(1);
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("no test panics while holding it").clone()
    }

    /// How many replies are being written.
    pub fn running(&self) -> usize {
        Arc::strong_count(&self.open.0) - 1
    }
}

#[async_trait]
impl Provider for Scripted {
    fn source(&self) -> &'static str {
        "scripted"
    }

    async fn models(&self) -> Result<Vec<Offer>> {
        Ok(vec![Offer::new("scripted", true, Reading::Many).taking(self.takes)])
    }

    fn queue(&self) -> Option<&Queue> {
        self.queue.as_ref()
    }

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<Piece>>> {
        self.asked.lock().expect("no test panics while holding it").push(request);
        let first = self.first.lock().expect("no test panics while holding it").pop_front();
        let script = first.unwrap_or_else(|| self.script.lock().expect("no test panics while holding it").clone());
        // the reply holds one clone of `open` for as long as it runs
        let (gate, open) = (Arc::clone(&self.gate), Arc::clone(&self.open.0));
        Ok(futures::stream::iter(script)
            .filter_map(move |step| {
                let _held = &open;
                let gate = Arc::clone(&gate);
                async move {
                    match step {
                        Step::Say(text) => Some(Ok(text.into())),
                        Step::Cut(text) => Some(Ok(Piece { text, is_cut: true, ..Piece::default() })),
                        Step::Want(name, arguments) => {
                            let want = Want { id: format!("want-{name}"), name: name.to_owned(), arguments };
                            Some(Ok(Piece { wants: vec![want], ..Piece::default() }))
                        }
                        Step::Fail(error) => Some(Err(error)),
                        Step::Wait => {
                            gate.acquire().await.expect("the gate is never closed").forget();
                            None
                        }
                    }
                }
            })
            .boxed())
    }
}
