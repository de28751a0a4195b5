//! Markdown that still arrives.

use super::{Block, pieces};

/// Renders a growing text without touching the blocks that are finished.
///
/// Only the last block is parsed again when text arrives, and the one before it while the last is still on its first
/// line: until that line ends it may turn out to continue its neighbour (`1. a`, blank line, `2`, then `. b`).
/// A link definition that comes after its use is honoured by the final [`render`](super::render), not here.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    content: String,
    /// How many blocks will not change, and the byte where the others start.
    settled: usize,
    open: usize,
}

/// What new text made of the blocks: the first `keep` stay, `blocks` take the place of the others.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub keep: usize,
    pub blocks: Vec<Block>,
}

impl Stream {
    pub fn push(&mut self, text: &str) -> Change {
        self.content.push_str(text);
        let tail = &self.content[self.open..];
        let pieces = pieces(tail, &[]);
        let keep = self.settled;

        let changing = match pieces.last() {
            Some(last) if tail[last.source.start..].contains('\n') => 1,
            _ => 2,
        };
        if let Some(settled) = pieces.len().checked_sub(changing).filter(|settled| *settled > 0) {
            self.settled += settled;
            self.open += pieces[settled].source.start;
        }
        Change { keep, blocks: pieces.into_iter().map(|piece| Block { html: piece.html }).collect() }
    }

    /// Everything that has arrived.
    pub fn content(&self) -> &str {
        &self.content
    }
}
