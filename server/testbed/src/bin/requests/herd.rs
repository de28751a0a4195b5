//! Sixteen clients that each ask, wait for the answer, and ask again over the same connection.
//!
//! They write and read HTTP by hand: a client library would take most of the processor from what is measured.

use clap::Args;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CLIENTS: usize = 16;

#[derive(Args)]
pub struct Herd {
    address: String,
    method: String,
    path: String,
    #[arg(long)]
    cookie: String,
    #[arg(long)]
    body: String,
    #[arg(long)]
    seconds: u64,
}

/// What they saw; times are in milliseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Report {
    pub requests: usize,
    pub failed: usize,
    pub seconds: f64,
    pub p50: f64,
    pub p99: f64,
    /// Of one answer's body.
    pub bytes: usize,
}

#[derive(Default)]
struct Seen {
    micros: Vec<u32>,
    failed: usize,
    bytes: usize,
}

impl Herd {
    /// Asks for some seconds, and prints the report.
    pub async fn run(self) {
        let begun = Instant::now();
        let until = begun + Duration::from_secs(self.seconds);
        let request = self.request();
        let clients = (0..CLIENTS).map(|_| client(&self.address, &request, until));
        let seen = futures::future::join_all(clients).await;
        let mut micros: Vec<u32> = seen.iter().flat_map(|seen| seen.micros.iter().copied()).collect();
        micros.sort_unstable();
        let at = |percent: usize| micros.get(micros.len() * percent / 100).copied().map_or(0.0, f64::from) / 1000.0;
        let report = Report {
            requests: micros.len(),
            failed: seen.iter().map(|seen| seen.failed).sum(),
            seconds: begun.elapsed().as_secs_f64(),
            p50: at(50),
            p99: at(99),
            bytes: seen.iter().map(|seen| seen.bytes).max().unwrap_or_default(),
        };
        println!("{}", serde_json::to_string(&report).expect("a report is JSON"));
    }

    fn request(&self) -> Vec<u8> {
        let Self { address, method, path, cookie, body, .. } = self;
        let about = if body.is_empty() {
            String::new()
        } else {
            format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
        };
        format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n{about}\r\n{body}").into_bytes()
    }
}

async fn client(address: &str, request: &[u8], until: Instant) -> Seen {
    let mut seen = Seen::default();
    let mut connection = TcpStream::connect(address).await.expect("folio listens");
    connection.set_nodelay(true).expect("small packets go at once");
    let mut buffer = Vec::with_capacity(256 * 1024);
    while Instant::now() < until {
        let asked = Instant::now();
        connection.write_all(request).await.expect("the request is sent");
        match answer(&mut connection, &mut buffer).await {
            Some(bytes) => seen.bytes = bytes,
            None => seen.failed += 1,
        }
        seen.micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    seen
}

/// The length of an answer's body; none where the status is not a success.
async fn answer(connection: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<usize> {
    buffer.clear();
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
        assert_ne!(connection.read_buf(buffer).await.expect("an answer"), 0, "folio hung up");
    };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let length: usize = length.trim().parse().expect("a number");
    while buffer.len() < head + length {
        assert_ne!(connection.read_buf(buffer).await.expect("the body"), 0, "folio hung up");
    }
    text.starts_with("http/1.1 2").then_some(length)
}
