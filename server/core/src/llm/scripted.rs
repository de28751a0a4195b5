//! A provider for tests: says what it is told to, and waits where it is told to.

use super::{Offer, Piece, Provider, Queue, Reading, Request};
use crate::error::{Error, Result};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

#[derive(Clone)]
pub enum Step {
    Say(String),
    /// The last words of an answer that has reached its length.
    Cut(String),
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
    takes_images: bool,
}

impl Scripted {
    pub fn saying(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            script: Arc::new(Mutex::new(steps.into_iter().collect())),
            gate: Arc::new(Semaphore::new(0)),
            asked: Arc::default(),
            open: Arc::default(),
            queue: None,
            takes_images: false,
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
        Self { takes_images: true, ..self }
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
        Ok(vec![Offer { takes_images: self.takes_images, ..Offer::new("scripted", true, Reading::Many) }])
    }

    fn queue(&self) -> Option<&Queue> {
        self.queue.as_ref()
    }

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<Piece>>> {
        self.asked.lock().expect("no test panics while holding it").push(request);
        let script = self.script.lock().expect("no test panics while holding it").clone();
        // the reply holds one clone of `open` for as long as it runs
        let (gate, open) = (Arc::clone(&self.gate), Arc::clone(&self.open.0));
        Ok(futures::stream::iter(script)
            .filter_map(move |step| {
                let _held = &open;
                let gate = Arc::clone(&gate);
                async move {
                    match step {
                        Step::Say(text) => Some(Ok(text.into())),
                        Step::Cut(text) => Some(Ok(Piece { text, is_cut: true })),
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
