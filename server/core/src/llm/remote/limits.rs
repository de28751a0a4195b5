//! What keeps a model server from taking the program's memory or time.

use crate::settings::Patience;
use futures::{Stream, StreamExt};

const LONGEST_LINE: usize = 256 * 1024;
const LONGEST_REPLY: usize = 8 * 1024 * 1024;

/// Passes items on as long as none lets itself be waited for too long: the first one for `first_byte`, others for `idle`.
/// `why` says what is wrong then, after so many seconds.
pub fn awaited<T>(
    items: impl Stream<Item = Result<T, String>> + Send,
    patience: Patience,
    why: fn(u64) -> String,
) -> impl Stream<Item = Result<T, String>> + Send {
    futures::stream::unfold((Box::pin(items), patience.first_byte), move |(mut items, limit)| async move {
        let next = tokio::time::timeout(limit, items.next()).await;
        let next = next.unwrap_or_else(|_| Some(Err(why(limit.as_secs()))));
        next.map(|next| (next, (items, patience.idle)))
    })
}

/// Passes bytes on until a line or the whole grows beyond its limit.
pub fn limit<B: AsRef<[u8]>>(
    bytes: impl Stream<Item = Result<B, String>> + Send,
) -> impl Stream<Item = Result<B, String>> + Send {
    let mut line = 0;
    let mut whole = 0;
    bytes.map(move |bytes| {
        let bytes = bytes?;
        for byte in bytes.as_ref() {
            line = if *byte == b'\n' { 0 } else { line + 1 };
            if line > LONGEST_LINE {
                return Err("it sent a line of more than 256 KiB.".to_owned());
            }
        }
        whole += bytes.as_ref().len();
        if whole > LONGEST_REPLY { Err("its answer is longer than 8 MiB.".to_owned()) } else { Ok(bytes) }
    })
}

/// The whole body, if it arrives and has `most` bytes at most.
pub async fn whole(response: reqwest::Response, most: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(bytes) = stream.next().await {
        body.extend_from_slice(&bytes.ok()?);
        if body.len() > most {
            return None;
        }
    }
    Some(body)
}
