//! One HTTP request, read by hand: the faults of this server lie below what a server library would let it do.

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};

const LARGEST: usize = 4 * 1024 * 1024;

/// What a client asked.
pub struct Request {
    pub path: String,
    /// The lines before the body.
    pub head: String,
    pub body: Value,
}

impl Request {
    /// None when the client went away or did not speak HTTP.
    pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            more(from, &mut bytes).await?;
        };
        let lines = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let path = lines.split(' ').nth(1)?.to_owned();
        let whole = head + length(&lines);
        while bytes.len() < whole {
            more(from, &mut bytes).await?;
        }
        let body = serde_json::from_slice(&bytes[head..whole]).unwrap_or(Value::Null);
        Some(Self { path, head: lines, body })
    }

    /// The question: the newest message of the chat.
    pub fn prompt(&self) -> &str {
        let messages = self.body["messages"].as_array();
        messages.and_then(|all| all.last()).and_then(|last| last["content"].as_str()).unwrap_or_default()
    }
}

async fn more(from: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> Option<()> {
    let read = from.read_buf(bytes).await.ok()?;
    (read > 0 && bytes.len() <= LARGEST).then_some(())
}

fn length(head: &str) -> usize {
    header(head, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// The value of the header `name`.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
