//! A model server's own explanations, made fit to be shown.

use futures::StreamExt;
use reqwest::header::CONTENT_TYPE;

const LONGEST_EXPLANATION: usize = 300;

/// What an error's body says, in a line.
pub async fn explanation(response: reqwest::Response) -> String {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/html") {
        return "a web page instead of an explanation".into();
    }
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(Ok(bytes)) = stream.next().await {
        body.extend_from_slice(&bytes);
        if body.len() > 16 * 1024 {
            break;
        }
    }
    let text = String::from_utf8_lossy(&body);
    let json = serde_json::from_str::<serde_json::Value>(&text).ok();
    let words = json.as_ref().and_then(|json| said(json.get("error").or_else(|| json.get("detail"))?));
    words.unwrap_or_else(|| shorten(&text))
}

/// The words in an error object.
pub fn said(error: &serde_json::Value) -> Option<String> {
    error.get("message").unwrap_or(error).as_str().map(shorten)
}

pub fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_EXPLANATION).collect()
}
