//! What of a Markdown answer is prose.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// The answer, byte for byte as long, with only its prose left: markup, code blocks, headings, table heads, images
/// and HTML are blank. A line end that is left ends a block.
pub(crate) fn prose(markdown: &str) -> String {
    let mut prose: Vec<u8> = markdown.bytes().map(|b| if b == b'\n' { b'\n' } else { b' ' }).collect();
    let mut silent = 0_usize;
    for (event, range) in parser(markdown) {
        match event {
            Event::Start(tag) if is_silent(&tag) => silent += 1,
            Event::End(tag) if is_silent_end(tag) => silent -= 1,
            Event::Text(_) if silent == 0 => prose[range.clone()].copy_from_slice(&markdown.as_bytes()[range]),
            Event::Code(_) if silent == 0 => {
                let inside = inside_code(markdown, range);
                prose[inside.clone()].copy_from_slice(&markdown.as_bytes()[inside]);
            }
            Event::SoftBreak => prose[range].fill(b' '),
            _ => {}
        }
    }
    // Events begin and end between characters, so whole characters were copied.
    String::from_utf8(prose).unwrap_or_default()
}

/// Where code stands, inline and in blocks.
pub(crate) fn code(markdown: &str) -> Vec<Range<usize>> {
    parser(markdown)
        .filter(|(event, _)| matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_))))
        .map(|(_, range)| range)
        .collect()
}

fn parser(markdown: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).into_offset_iter()
}

fn is_silent(tag: &Tag) -> bool {
    matches!(tag, Tag::CodeBlock(_) | Tag::Heading { .. } | Tag::TableHead | Tag::Image { .. } | Tag::HtmlBlock)
}

fn is_silent_end(tag: TagEnd) -> bool {
    matches!(tag, TagEnd::CodeBlock | TagEnd::Heading(_) | TagEnd::TableHead | TagEnd::Image | TagEnd::HtmlBlock)
}

/// A code span's text between its backticks.
fn inside_code(markdown: &str, range: Range<usize>) -> Range<usize> {
    let code = &markdown[range.clone()];
    let ticks = code.len() - code.trim_start_matches('`').len();
    range.start + ticks..range.end.saturating_sub(ticks).max(range.start + ticks)
}
