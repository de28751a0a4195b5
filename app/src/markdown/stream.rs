//! Markdown that still arrives.

use super::{Block, Piece, pieces};

/// Renders a growing text without touching the blocks that are finished.
///
/// A block is finished when a later one begins in lines that have ended: how a line that still grows will end decides
/// about the last of those before it (`1. a`, blank line, `2`, then `. b` goes on with the list; `a`, `|-`, then `x` is
/// no table). From the last block of the lines that have ended, all is parsed again when text arrives.
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
        let keep = self.settled;
        let mut blocks = if text.contains('\n') { self.settle() } else { vec![] };
        blocks.extend(pieces(&self.content[self.open..], &[]).into_iter().map(block));
        Change { keep, blocks }
    }

    /// The blocks that are finished now.
    fn settle(&mut self) -> Vec<Block> {
        let ended = self.content.rfind('\n').map_or(0, |at| at + 1);
        let mut finished = pieces(&self.content[self.open..ended], &[]);
        let Some(last) = finished.pop() else { return vec![] };
        self.settled += finished.len();
        self.open += last.source.start;
        finished.into_iter().map(block).collect()
    }

    /// Everything that has arrived.
    pub fn content(&self) -> &str {
        &self.content
    }
}

fn block(piece: Piece) -> Block {
    Block { html: piece.html }
}
