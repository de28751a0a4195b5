//! The private places that model servers may be at, because whoever runs Folio said so.

use super::public::carried;
use ipnet::IpNet;
use std::net::IpAddr;
use std::str::FromStr;

/// Hosts, addresses and networks, each with a port or for every port: `ollama:11434, 10.0.0.0/8, [::1]:8000`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    place: Place,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Host(String),
    Net(IpNet),
}

impl AllowList {
    pub fn names(&self, host: &str, port: u16) -> bool {
        let host = plain(host);
        self.at(port).any(|place| matches!(place, Place::Host(name) if *name == host))
    }

    pub fn holds(&self, ip: IpAddr, port: u16) -> bool {
        let within = match ip {
            IpAddr::V6(ip) => carried(ip).map(IpAddr::V4),
            IpAddr::V4(_) => None,
        };
        let ip = within.unwrap_or(ip);
        self.at(port).any(|place| matches!(place, Place::Net(net) if net.contains(&ip)))
    }

    fn at(&self, port: u16) -> impl Iterator<Item = &Place> {
        self.0.iter().filter(move |entry| entry.port.is_none_or(|only| only == port)).map(|entry| &entry.place)
    }
}

impl FromStr for AllowList {
    type Err = String;

    /// Fails with the entry that is not understood.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(|entry| entry.parse().map_err(|()| entry.to_owned())).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Entry {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(net) = net(text) {
            return Ok(Self { place: Place::Net(net), port: None });
        }
        let (place, port) = match text.rsplit_once(':') {
            Some((place, port)) => (place, Some(port.parse().map_err(|_| ())?)),
            None => (text, None),
        };
        if let Some(net) = net(place.trim_start_matches('[').trim_end_matches(']')) {
            return Ok(Self { place: Place::Net(net), port });
        }
        match url::Host::parse(place) {
            Ok(url::Host::Domain(name)) => Ok(Self { place: Place::Host(plain(&name)), port }),
            _ => Err(()),
        }
    }
}

fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}
