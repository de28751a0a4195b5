//! From the parser's events to safe HTML, block by block, with marks woven in.

use super::{Piece, escaped};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Tag, TagEnd, html};
use std::{collections::VecDeque, ops::Range};

/// HTML to insert behind byte `at` of the source.
pub(super) struct Pin {
    pub at: usize,
    pub html: String,
}

pub(super) struct Weaver<'a> {
    pieces: Vec<Piece>,
    pins: VecDeque<Pin>,
    /// The events of the block under way, and where it began.
    block: Vec<Event<'a>>,
    start: usize,
    depth: usize,
    /// For every open link or picture whether an `<a>` was written for it.
    links: Vec<bool>,
    /// Inside a code block a mark would read as code.
    in_code: bool,
}

impl<'a> Weaver<'a> {
    pub fn new(pins: Vec<Pin>) -> Self {
        Self { pieces: vec![], pins: pins.into(), block: vec![], start: 0, depth: 0, links: vec![], in_code: false }
    }

    pub fn take(&mut self, event: Event<'a>, range: Range<usize>) {
        if self.depth == 0 {
            self.start = range.start;
        }
        let end = range.end;
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.open(tag, range);
            }
            Event::End(tag) => {
                self.depth -= 1;
                self.close(tag, range);
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.text(text, range);
            }
            Event::TaskListMarker(done) => {
                let (label, sign) = if done { ("done", '☑') } else { ("to do", '☐') };
                self.raw(format!(r#"<span role="img" aria-label="{label}">{sign}</span> "#));
            }
            Event::Rule => self.block.push(Event::Rule),
            other => {
                self.mark_up_to(range.start);
                self.block.push(other);
            }
        }
        if self.depth == 0 {
            self.end_block(end);
        }
    }

    pub fn finish(mut self) -> Vec<Piece> {
        if !self.pins.is_empty() {
            self.start = self.pieces.last().map_or(0, |piece| piece.source.end);
            self.end_block(usize::MAX);
        }
        self.pieces
    }

    fn open(&mut self, tag: Tag<'a>, range: Range<usize>) {
        match tag {
            Tag::Link { link_type, dest_url, .. } => {
                self.mark_up_to(range.start);
                self.open_link(link_type, &dest_url);
            }
            Tag::Image { link_type, dest_url, .. } => {
                self.mark_up_to(range.start);
                self.open_link(link_type, &dest_url);
                if self.links.last() == Some(&true) {
                    self.block.push(Event::Text("Picture: ".into()));
                }
            }
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough => {
                self.mark_up_to(range.start);
                self.block.push(Event::Start(tag));
            }
            Tag::CodeBlock(kind) => {
                self.in_code = true;
                // a scrollable box must be reachable by keyboard
                self.raw(format!(r#"<pre tabindex="0"><code{}>"#, language_class(&kind)));
            }
            Tag::Table(_) => {
                self.raw(r#"<div class="scroll" role="region" aria-label="Table" tabindex="0">"#.into());
                self.block.push(Event::Start(tag));
            }
            Tag::Heading { level, .. } => self.block.push(Event::Start(Tag::Heading {
                level: lowered(level),
                id: None,
                classes: vec![],
                attrs: vec![],
            })),
            Tag::HtmlBlock => self.block.push(Event::Start(Tag::Paragraph)),
            other => self.block.push(Event::Start(other)),
        }
    }

    fn close(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Link | TagEnd::Image => {
                if self.links.pop() == Some(true) {
                    self.raw("</a>".into());
                }
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.raw("</code></pre>\n".into());
            }
            TagEnd::Table => {
                self.block.push(Event::End(tag));
                self.raw("</div>\n".into());
            }
            TagEnd::Heading(level) => self.close_text(TagEnd::Heading(lowered(level)), range.end),
            TagEnd::HtmlBlock => self.close_text(TagEnd::Paragraph, range.end),
            TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell => self.close_text(tag, range.end),
            other => self.block.push(Event::End(other)),
        }
    }

    /// The last place inside a paragraph, a cell or an item where marks may stand.
    fn close_text(&mut self, tag: TagEnd, end: usize) {
        self.mark_up_to(end);
        self.block.push(Event::End(tag));
    }

    /// Text is split where marks stand in it. What differs from its source (entities) is not.
    fn text(&mut self, text: CowStr<'a>, range: Range<usize>) {
        self.mark_up_to(range.start);
        let (mut text, mut start) = (text, range.start);
        while self.may_mark() && text.len() == range.end - start {
            let Some(pin) = self.pins.front().filter(|pin| pin.at <= range.end) else {
                break;
            };
            let (before, after) = text.split_at(pin.at - start);
            let (before, after) = (before.to_owned(), after.to_owned());
            start = pin.at;
            self.block.push(Event::Text(before.into()));
            self.mark_up_to(start);
            text = after.into();
        }
        if !text.is_empty() {
            self.block.push(Event::Text(text));
        }
    }

    fn open_link(&mut self, kind: LinkType, url: &str) {
        let url = if kind == LinkType::Email { format!("mailto:{url}") } else { url.to_owned() };
        let opens = leads_outside(&url) && !self.links.contains(&true);
        if opens {
            let mut href = String::new();
            // writing to a string does not fail
            let _ = pulldown_cmark_escape::escape_href(&mut href, &url);
            self.raw(format!(r#"<a href="{href}" target="_blank" rel="noopener noreferrer nofollow">"#));
        }
        self.links.push(opens);
    }

    fn may_mark(&self) -> bool {
        !self.in_code && !self.links.contains(&true)
    }

    fn mark_up_to(&mut self, at: usize) {
        if self.may_mark() {
            while let Some(pin) = self.pins.pop_front_if(|pin| pin.at <= at) {
                self.raw(pin.html);
            }
        }
    }

    /// Marks that found no place inside the block stand in a line of their own behind it.
    fn end_block(&mut self, end: usize) {
        if self.pins.front().is_some_and(|pin| pin.at <= end) {
            self.raw(r#"<p class="marks">"#.into());
            self.mark_up_to(end);
            self.raw("</p>\n".into());
        }
        let mut html = String::new();
        html::push_html(&mut html, self.block.drain(..));
        self.pieces.push(Piece { html, source: self.start..end });
    }

    fn raw(&mut self, html: String) {
        self.block.push(Event::InlineHtml(html.into()));
    }
}

/// Answers stand below the page's own headings, of which there are two levels.
fn lowered(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

fn language_class(kind: &CodeBlockKind<'_>) -> String {
    let CodeBlockKind::Fenced(info) = kind else {
        return String::new();
    };
    match info.split_whitespace().next() {
        Some(language) => format!(r#" class="language-{}""#, escaped(language)),
        None => String::new(),
    }
}

fn leads_outside(url: &str) -> bool {
    ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}
