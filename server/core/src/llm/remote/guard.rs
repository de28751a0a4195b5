//! The guard before addresses that people type in: Folio must not be talked into asking its own network.
//!
//! A name is resolved here, every address it has is looked at, and the connection goes to one of those, so that a name
//! that changes its mind in between gains nothing. Redirects are not followed. What is not public is refused, unless
//! the person who runs Folio allowed it.

mod allowed;
mod public;

pub use allowed::AllowList;

use crate::error::{Error, Result};
use public::is_public;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use url::Host;

const LONGEST_URL: usize = 2000;

/// Why no connection was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("The name {host} is not known.")]
    Unknown { host: String },
    #[error("{host} is not a public address. Whoever runs Folio can allow it with the setting PROVIDER_ALLOW_PRIVATE.")]
    Private { host: String },
}

type Looking<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Where names come from; the system, but for tests.
pub trait Lookup: Send + Sync {
    fn look_up<'a>(&'a self, host: &'a str) -> Looking<'a>;
}

#[derive(Clone)]
pub struct Guard {
    allowed: Arc<AllowList>,
    lookup: Arc<dyn Lookup>,
    /// Whether it lets everything through, for servers that nobody typed in.
    open: bool,
}

/// A guard for one server: its port is known, which an allowance may be limited to.
pub struct Vetted {
    guard: Guard,
    port: u16,
}

impl Guard {
    pub fn new(allowed: AllowList) -> Self {
        Self::with(allowed, Arc::new(System))
    }

    /// Lets everything through.
    pub fn open() -> Self {
        Self { open: true, ..Self::new(AllowList::default()) }
    }

    fn with(allowed: AllowList, lookup: Arc<dyn Lookup>) -> Self {
        Self { allowed: Arc::new(allowed), lookup, open: false }
    }

    /// The parsed address of a model server, as far as it can be judged without asking anyone.
    pub fn check(&self, address: &str) -> Result<Url> {
        let wrong = |why: &str| Error::invalid("api_endpoint", why);
        if address.len() > LONGEST_URL {
            return Err(wrong("Give an address of at most 2,000 characters."));
        }
        let url = Url::parse(address.trim())
            .map_err(|_| wrong("Give the server's address, for example https://api.openai.com/v1."))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("The address must start with https:// or http://."));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("Leave user and password out of the address; a key has a field of its own."));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("Leave out what follows the path, from “?” or “#” on."));
        }
        let port = port(&url);
        let refused = match url.host() {
            None => return Err(wrong("The address has no host.")),
            Some(Host::Ipv4(ip)) => !self.lets(&ip.to_string(), ip.into(), port),
            Some(Host::Ipv6(ip)) => !self.lets(&ip.to_string(), ip.into(), port),
            Some(Host::Domain(name)) => is_local_name(name) && !self.allowed.names(name, port),
        };
        if refused {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(wrong(&Refusal::Private { host }.to_string()));
        }
        Ok(url)
    }

    /// What reqwest should resolve names with when it connects to `url`, which was checked.
    pub fn resolver(&self, url: &Url) -> Arc<Vetted> {
        Arc::new(Vetted { guard: self.clone(), port: port(url) })
    }

    /// The addresses of a checked URL's host, all of which may be connected to.
    pub async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, Refusal> {
        let port = port(url);
        let ips = match url.host() {
            Some(Host::Ipv4(ip)) => vec![ip.into()],
            Some(Host::Ipv6(ip)) => vec![ip.into()],
            Some(Host::Domain(name)) => self.resolve(name, port).await?,
            None => Vec::new(),
        };
        Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    async fn resolve(&self, name: &str, port: u16) -> Result<Vec<IpAddr>, Refusal> {
        let found = self.lookup.look_up(name).await.unwrap_or_default();
        if found.is_empty() {
            return Err(Refusal::Unknown { host: name.to_owned() });
        }
        // one bad address spoils the name: nobody knows which one would be taken
        if found.iter().all(|ip| self.lets(name, *ip, port)) {
            Ok(found)
        } else {
            Err(Refusal::Private { host: name.to_owned() })
        }
    }

    fn lets(&self, host: &str, ip: IpAddr, port: u16) -> bool {
        self.open || is_public(ip) || self.allowed.names(host, port) || self.allowed.holds(ip, port)
    }
}

impl Resolve for Vetted {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, port) = (self.guard.clone(), self.port);
        Box::pin(async move {
            let ips = guard.resolve(name.as_str(), port).await?;
            // the port 0 stands for the URL's own
            let addresses: Addrs = Box::new(ips.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

struct System;

impl Lookup for System {
    fn look_up<'a>(&'a self, host: &'a str) -> Looking<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(443)
}

/// Names that every system resolves to itself.
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
#[path = "guard/tests.rs"]
mod tests;
