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

/// Tells stories on every layout. Each takes it, as it starts a site of its own.
#[macro_export]
macro_rules! on_every_layout {
    ($($story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $story() { super::$story($crate::Layout::OneOnSqlite).await; })+
        }
        mod on_postgresql {
            $(#[tokio::test] async fn $story() { super::$story($crate::Layout::OneOnPostgres).await; })+
        }
        mod on_two_nodes {
            $(#[tokio::test] async fn $story() { super::$story($crate::Layout::TwoNodes).await; })+
        }
    };
}

/// Tells stories that take a `Story` on every layout. Each has its own on SQLite; where servers have to be started those
/// of a group share one, as that takes seconds.
#[macro_export]
macro_rules! on_all_sites {
    ($group:ident: $($story:ident),+ $(,)?) => {
        mod $group {
            use super::Story;
            use $crate::Layout;

            mod on_sqlite {
                $(#[tokio::test]
                async fn $story() {
                    super::super::$story(&super::Story::begins(super::Layout::OneOnSqlite).await).await;
                })+
            }

            #[tokio::test]
            async fn all_on_postgresql() {
                one_after_the_other(Layout::OneOnPostgres).await;
            }

            #[tokio::test]
            async fn all_on_two_nodes() {
                one_after_the_other(Layout::TwoNodes).await;
            }

            /// Boxed, so that the whole is no larger than its largest part.
            async fn one_after_the_other(layout: Layout) {
                let story = Story::begins(layout).await;
                $(
                    eprintln!("{}", stringify!($story));
                    Box::pin(super::$story(&story)).await;
                )+
            }
        }
    };
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

    /// The same person at each of its nodes.
    pub fn at_each_node(&self, person: &Client) -> Vec<Client> {
        self.nodes.iter().map(|node| person.at(&node.url())).collect()
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
