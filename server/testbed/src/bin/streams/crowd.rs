//! The readers: each opens one stream and notes when each token comes. Sockets and a search for one byte, no more.

use crate::metronome::now;
use crate::report::{Report, Times, sustained};
use clap::{Args, ValueEnum};
use folio_testbed::MODEL;
use folio_types::Asked;
use futures::future::join_all;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};

/// Where the streams come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    Straight,
    Relay,
    Folio,
}

/// A crowd's orders.
#[derive(Args)]
pub struct Crowd {
    target: Target,
    address: SocketAddr,
    streams: u32,
    /// None means that the model is silent, and a stream has begun with its first event.
    tokens: usize,
    /// Streams that begin in a second.
    opening: u32,
    #[arg(long, default_value = "")]
    cookie: String,
}

/// What one reader saw.
#[derive(Default)]
struct Seen {
    has_begun: bool,
    has_ended: bool,
    failure: Option<String>,
    /// Microseconds from the question to the first token.
    first: Option<u32>,
    /// Microseconds that each other token took.
    each: Vec<u32>,
}

/// Every load is cut off after this.
const LIMIT: Duration = Duration::from_secs(25);
/// Tenths of a second, with some to spare.
const TENTHS: usize = 300;

impl Target {
    pub fn name(self) -> &'static str {
        match self {
            Self::Straight => "straight",
            Self::Relay => "relay",
            Self::Folio => "folio",
        }
    }
}

impl Crowd {
    /// Opens every stream, says in a line what was seen, and keeps silent streams open until it is killed.
    pub async fn run(self) {
        let crowd = Arc::new(self);
        let counts: Arc<Vec<AtomicU32>> = Arc::new((0..TENTHS).map(|_| AtomicU32::new(0)).collect());
        let (began, limit) = (Instant::now(), Instant::now() + LIMIT);
        let mut readers = Vec::new();
        for number in 0..crowd.streams {
            sleep_until(began + Duration::from_secs(1) * number / crowd.opening).await;
            let (crowd, counts) = (Arc::clone(&crowd), Arc::clone(&counts));
            readers.push(tokio::spawn(async move {
                let mut seen = Seen::default();
                let count = |tokens: u32| {
                    let tenth = usize::try_from(began.elapsed().as_millis() / 100).unwrap_or(TENTHS);
                    counts[tenth.min(TENTHS - 1)].fetch_add(tokens, Ordering::Relaxed);
                };
                // what came until the limit counts
                let open = timeout_at(limit, crowd.read(&mut seen, count)).await;
                let open = match open {
                    Ok(Ok(connection)) => Some(connection),
                    Ok(Err(fault)) => {
                        seen.failure = Some(fault.to_string());
                        None
                    }
                    Err(_) => None,
                };
                (seen, open)
            }));
        }
        let (seen, _open): (Vec<_>, Vec<_>) = join_all(readers).await.into_iter().flatten().unzip();
        let counts: Vec<u32> = counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        println!("{}", serde_json::to_string(&report(seen, &counts)).expect("numbers and words"));
        std::future::pending::<()>().await;
    }

    /// One stream. A silent one is left open.
    async fn read(&self, seen: &mut Seen, count: impl Fn(u32)) -> std::io::Result<TcpStream> {
        let mut connection = TcpStream::connect(self.address).await?;
        connection.set_nodelay(true)?;
        let asked_at = now();
        self.ask(&mut connection).await?;
        let mut buffer = Vec::with_capacity(16 * 1024);
        loop {
            if connection.read_buf(&mut buffer).await? == 0 {
                return Err(std::io::Error::other("the stream ended early"));
            }
            let at = now();
            seen.has_begun |= buffer.windows(12).any(|bytes| bytes == b"\"message_id\"");
            if self.tokens == 0 && seen.has_begun {
                return Ok(connection);
            }
            count(seen.take(&mut buffer, asked_at, at));
            if seen.has_ended {
                return Ok(connection);
            }
        }
    }

    /// Sends what makes the connection a stream.
    async fn ask(&self, connection: &mut TcpStream) -> std::io::Result<()> {
        let tokens = self.tokens;
        if self.target != Target::Folio {
            let body = format!(
                "{{\"model\":\"{MODEL}\",\"stream\":true,\
                 \"messages\":[{{\"role\":\"user\",\"content\":\"paced {tokens}\"}}]}}"
            );
            return self.send(connection, "POST /v1/chat/completions", "application/json", &body).await;
        }
        let key = uuid::Uuid::now_v7();
        let form = format!("content=paced+{tokens}&scope=none&model={MODEL}&key={key}");
        self.send(connection, "POST /ui/ask", "application/x-www-form-urlencoded", &form).await?;
        let asked: Asked = serde_json::from_slice(&body(connection).await?)?;
        let (conversation, answer) = (asked.conversation.id, asked.answer.id);
        let path = format!("GET /api/conversations/{conversation}/messages/{answer}/stream?after=0");
        self.send(connection, &path, "text/plain", "").await
    }

    async fn send(&self, to: &mut TcpStream, what: &str, kind: &str, body: &str) -> std::io::Result<()> {
        let (host, cookie, length) = (self.address, &self.cookie, body.len());
        let request = format!(
            "{what} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nsec-fetch-site: same-origin\r\n\
             accept: application/json\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        to.write_all(request.as_bytes()).await
    }
}

impl Seen {
    /// Takes the tokens out of the buffer and leaves what may be the beginning of one. Answers how many there were.
    fn take(&mut self, buffer: &mut Vec<u8>, asked_at: u64, at: u64) -> u32 {
        const DIGITS: usize = 16;
        const LONGEST_END: usize = 11;
        let (mut tokens, mut done) = (0, 0);
        while let Some(mark) = buffer[done..].iter().position(|byte| *byte == b'~').map(|mark| done + mark) {
            let Some(digits) = buffer.get(mark + 1..mark + 1 + DIGITS) else {
                buffer.drain(..mark);
                return tokens;
            };
            let written = digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit.wrapping_sub(b'0')));
            self.note(written, asked_at, at);
            tokens += 1;
            done = mark + 1 + DIGITS;
        }
        let rest = &buffer[done..];
        let says = |end: &[u8]| rest.windows(end.len()).any(|bytes| bytes == end);
        self.has_ended |= says(b"\"done\":true") || says(b"[DONE]");
        let kept = rest.len().min(LONGEST_END - 1);
        buffer.drain(..buffer.len() - kept);
        tokens
    }

    fn note(&mut self, written: u64, asked_at: u64, at: u64) {
        self.has_begun = true;
        let took = |since: u64| u32::try_from(at.saturating_sub(since)).unwrap_or(u32::MAX);
        if self.first.is_none() {
            self.first = Some(took(asked_at));
        } else {
            self.each.push(took(written));
        }
    }
}

/// The body of a response that says its length.
async fn body(from: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if from.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::Error::other("no whole response"));
        }
        let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let lines = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
        if !lines.starts_with("http/1.1 200") {
            return Err(std::io::Error::other(String::from_utf8_lossy(&bytes).into_owned()));
        }
        let length = lines.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
        if bytes.len() >= head + 4 + length {
            return Ok(bytes.split_off(head + 4));
        }
    }
}

fn report(seen: Vec<Seen>, counts: &[u32]) -> Report {
    let number = |is: fn(&Seen) -> bool| seen.iter().filter(|seen| is(seen)).count();
    let first: Vec<u32> = seen.iter().filter_map(|seen| seen.first).collect();
    let each: Vec<u32> = seen.iter().flat_map(|seen| seen.each.iter().copied()).collect();
    Report {
        begun: number(|seen| seen.has_begun),
        ended: number(|seen| seen.has_ended),
        failed: number(|seen| seen.failure.is_some()),
        tokens: first.len() + each.len(),
        first: Times::of(first),
        each: Times::of(each),
        per_second: sustained(counts),
        failure: seen.iter().find_map(|seen| seen.failure.clone()),
    }
}
