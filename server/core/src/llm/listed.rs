//! A provider elsewhere, whose list of models is asked for now and then instead of at every question.

use super::{Offer, Piece, Provider, Queue, Request};
use crate::error::{Error, Result};
use async_trait::async_trait;
use futures::stream::BoxStream;
use moka::Expiry;
use moka::future::Cache;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A list is good for this long, and a failure is believed for this long.
const FRESH: Duration = Duration::from_secs(30);
const FAILED: Duration = Duration::from_secs(10);
/// A server that is away keeps its models' names for this long: nobody else's model takes them, and who asks with one is
/// told that the server is away.
const REMEMBERED: Duration = Duration::from_mins(10);
/// Who has an older list does not wait longer for a newer one.
const PATIENCE: Duration = Duration::from_millis(700);

#[derive(Clone)]
pub struct Listed(Arc<Inner>);

struct Inner {
    provider: Arc<dyn Provider>,
    newest: Cache<(), Result<Vec<Offer>>>,
    /// The newest answer, however old, and the last list.
    known: Mutex<Known>,
}

#[derive(Clone, Default)]
struct Known {
    answer: Option<Result<Vec<Offer>>>,
    list: Option<(Instant, Vec<Offer>)>,
}

struct ByOutcome;

impl Expiry<(), Result<Vec<Offer>>> for ByOutcome {
    fn expire_after_create(&self, (): &(), listed: &Result<Vec<Offer>>, _: Instant) -> Option<Duration> {
        Some(if listed.is_ok() { FRESH } else { FAILED })
    }
}

impl Listed {
    pub fn new(provider: impl Provider + 'static) -> Self {
        let newest = Cache::builder().max_capacity(1).expire_after(ByOutcome).build();
        Self(Arc::new(Inner { provider: Arc::new(provider), newest, known: Mutex::default() }))
    }

    /// The newest answer, asked for once however many want it. It goes on when those who wait give up.
    async fn ask(&self) -> Result<Vec<Offer>> {
        let inner = Arc::clone(&self.0);
        let asking = tokio::spawn(async move {
            let ask = async {
                let answer = inner.provider.models().await;
                if let Err(fault) = &answer {
                    tracing::warn!(source = inner.provider.source(), %fault, "a provider does not list its models");
                }
                inner.keep(answer.clone());
                answer
            };
            inner.newest.get_with((), ask).await
        });
        asking.await.map_err(Error::internal)?
    }
}

impl Inner {
    fn keep(&self, answer: Result<Vec<Offer>>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(list) = &answer {
            known.list = Some((Instant::now(), list.clone()));
        }
        known.answer = Some(answer);
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Provider for Listed {
    fn source(&self) -> &str {
        self.0.provider.source()
    }

    async fn models(&self) -> Result<Vec<Offer>> {
        let newest = match self.0.newest.get(&()).await {
            Some(answer) => answer,
            None => match self.0.known().answer {
                Some(older) => tokio::time::timeout(PATIENCE, self.ask()).await.unwrap_or(older),
                None => self.ask().await,
            },
        };
        newest.or_else(|fault| match self.0.known().list {
            Some((at, list)) if at.elapsed() < REMEMBERED => {
                Ok(list.into_iter().map(|offer| Offer { loaded: false, ..offer }).collect())
            }
            _ => Err(fault),
        })
    }

    async fn count_tokens(&self, model: &str, texts: &[&str]) -> Vec<usize> {
        self.0.provider.count_tokens(model, texts).await
    }

    fn queue(&self) -> Option<&Queue> {
        self.0.provider.queue()
    }

    async fn swap(&self, model: &str) -> Result<()> {
        self.0.provider.swap(model).await?;
        self.0.newest.invalidate(&()).await;
        Ok(())
    }

    async fn generate(&self, request: Request) -> Result<BoxStream<'static, Result<Piece>>> {
        self.0.provider.generate(request).await
    }
}
