//! How passages are named, numbered and linked.

use crate::markdown::{Mark, MarkKind};
use folio_types::{Citation, MessageId, Passage};
use std::{fmt, str::FromStr};

/// Which passage of which message a link opens: `{message}.s3` is its fourth source, `{message}.c0` what its first
/// sentence rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CiteRef {
    pub message: MessageId,
    pub place: CitePlace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CitePlace {
    Source(usize),
    Citation(usize),
}

impl CitePlace {
    /// The passage there.
    pub fn of(self, sources: &[Passage], citations: &[Citation]) -> Option<Passage> {
        match self {
            Self::Source(index) => sources.get(index).cloned(),
            Self::Citation(index) => citations.get(index)?.passage.clone(),
        }
    }
}

impl CiteRef {
    pub fn source(message: MessageId, index: usize) -> Self {
        Self { message, place: CitePlace::Source(index) }
    }

    pub fn citation(message: MessageId, index: usize) -> Self {
        Self { message, place: CitePlace::Citation(index) }
    }

    /// The link that opens the passage beside the conversation.
    pub fn href(self) -> String {
        format!("?cite={self}")
    }
}

impl fmt::Display for CiteRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, index) = match self.place {
            CitePlace::Source(index) => ('s', index),
            CitePlace::Citation(index) => ('c', index),
        };
        write!(f, "{}.{kind}{index}", self.message)
    }
}

impl FromStr for CiteRef {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (message, place) = text.split_once('.').ok_or(())?;
        let message = message.parse().map_err(|_| ())?;
        match (place.get(..1), place.get(1..).and_then(|index| index.parse().ok())) {
            (Some("s"), Some(index)) => Ok(Self::source(message, index)),
            (Some("c"), Some(index)) => Ok(Self::citation(message, index)),
            _ => Err(()),
        }
    }
}

/// What to show behind each sentence. Passages are numbered in the order of their first use.
pub fn marks(message: MessageId, citations: &[Citation]) -> Vec<Mark> {
    let mut numbered: Vec<&Passage> = vec![];
    citations
        .iter()
        .enumerate()
        .map(|(index, citation)| {
            let kind = match (&citation.passage, &citation.file) {
                (None, None) => MarkKind::Unsupported,
                (None, Some(name)) => MarkKind::Sent { name: name.clone() },
                (Some(passage), _) => {
                    let known = numbered.iter().position(|other| is_same_place(other, passage));
                    let number = known.unwrap_or(numbered.len()) + 1;
                    if known.is_none() {
                        numbered.push(passage);
                    }
                    let label = format!("Source {number}: {}, {}", passage.book_title, place(passage, "page"));
                    MarkKind::Cite { number, href: CiteRef::citation(message, index).href(), label }
                }
            };
            Mark { at: citation.sentence.end as usize, kind }
        })
        .collect()
}

/// The passage's page in words: `p. 7` and `p. xii` with `p.` for `word`, or what the book calls it: `Chapter 3`.
pub fn place(passage: &Passage, word: &str) -> String {
    match &passage.label {
        None => format!("{word} {}", passage.page),
        // a page named like its book tells nothing
        Some(label) if *label == passage.book_title => format!("{word} {}", passage.page),
        Some(label) if label.len() <= 6 && !label.contains(char::is_whitespace) => {
            format!("{word} {label}")
        }
        Some(label) => label.clone(),
    }
}

fn is_same_place(one: &Passage, other: &Passage) -> bool {
    (one.book_id, one.page, one.span) == (other.book_id, other.page, other.span)
}

#[cfg(test)]
mod tests {
    use super::{CiteRef, marks};
    use crate::markdown::MarkKind;
    use folio_types::{Citation, Passage, Span};

    const ID: &str = "0191b3a0-0000-7000-8000-000000000001";

    fn citation(sentence_end: u32, page: Option<u32>) -> Citation {
        let id: folio_types::MessageId = ID.parse().expect("an id");
        let passage = page.map(|page| Passage {
            book_id: id.0.into(),
            book_title: "Whales".into(),
            page,
            label: None,
            span: Span { start: 0, end: 4 },
            quote: "Text".into(),
        });
        Citation { sentence: Span { start: 0, end: sentence_end }, passage, file: None }
    }

    #[test]
    fn the_same_passage_keeps_its_number() {
        let sent = Citation { file: Some("notes.txt".into()), ..citation(30, None) };
        let citations = [citation(5, Some(7)), citation(9, None), citation(12, Some(3)), citation(20, Some(7)), sent];
        let marks = marks(ID.parse().expect("an id"), &citations);
        let numbers: Vec<_> = marks
            .iter()
            .map(|mark| match &mark.kind {
                MarkKind::Cite { number, label, .. } => format!("{number} {label}"),
                MarkKind::Sent { name } => name.clone(),
                MarkKind::Unsupported => "unsupported".into(),
            })
            .collect();
        let (seven, three) = ("1 Source 1: Whales, page 7", "2 Source 2: Whales, page 3");
        assert_eq!(numbers, [seven, "unsupported", three, seven, "notes.txt"]);
        assert_eq!(marks[3].at, 20);
    }

    #[test]
    fn a_reference_reads_back() {
        for place in ["s0", "c12"] {
            let text = format!("{ID}.{place}");
            assert_eq!(text.parse::<CiteRef>().map(|cite| cite.to_string()), Ok(text));
        }
        for wrong in ["", "x.s0", &format!("{ID}.é"), &format!("{ID}.s"), &format!("{ID}.s-1")] {
            assert_eq!(wrong.parse::<CiteRef>(), Err(()), "{wrong}");
        }
    }
}
