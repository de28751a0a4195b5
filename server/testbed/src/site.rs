//! A Folio as people reach it: one process, or two behind a load balancer that share PostgreSQL and Redis.

use crate::{Client, Database, Folio, Launch, Postgres, Proxy, Redis, Refused, Store};
use std::net::SocketAddr;
use tokio::time::Instant;

/// What a site consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    OneOnSqlite,
    OneOnPostgres,
    TwoNodes,
}

/// Processes are first, as they end before what they need.
pub struct Site {
    pub nodes: Vec<Folio>,
    /// In front of several nodes; each connection reaches the next one.
    front: Option<Proxy>,
    pub redis: Option<Redis>,
    pub postgres: Option<Postgres>,
}

impl Site {
    /// Starts it with everything that it needs.
    pub async fn start(layout: Layout, launch: Launch) -> Self {
        let postgres = (layout != Layout::OneOnSqlite).then(Postgres::start);
        let redis = if layout == Layout::TwoNodes { Some(Redis::start().await) } else { None };
        let launch = postgres.iter().fold(launch, |launch, server| launch.on(Database::Postgres(server.url())));
        let launch = redis.iter().fold(launch, |launch, server| launch.set("REDIS_URL", &server.url()));
        let mut nodes = vec![Folio::start(launch.clone()).await];
        if layout == Layout::TwoNodes {
            nodes.push(Folio::start(launch).await);
        }
        let front =
            if nodes.len() > 1 { Some(Proxy::start(nodes.iter().map(Folio::address).collect()).await) } else { None };
        Self { nodes, front, redis, postgres }
    }

    /// Where its processes listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(Folio::address).collect()
    }

    /// Ada, who reaches it as people do; where there are several nodes, each of her requests goes to the next one.
    ///
    /// # Errors
    /// When her client cannot be made.
    pub async fn ada(&self) -> Result<Client, Refused> {
        let ada = self.nodes[0].ada().await;
        match &self.front {
            Some(front) => ada.at(&front.url()).restless(),
            None => Ok(ada),
        }
    }

    /// `kill -9` for one process, which then starts again. Answers since when it is ready.
    pub async fn kill9(&mut self, node: usize) -> Instant {
        let node = &mut self.nodes[node];
        node.kill9().await;
        node.restart().await;
        node.ready_at()
    }

    /// Its database.
    pub async fn store(&self) -> Store {
        self.nodes[0].store().await
    }
}
