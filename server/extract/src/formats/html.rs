//! HTML, and Markdown by way of HTML.

use super::blocks::{Document, Kind, Renderer};
use super::pages::Pages;
use crate::ExtractError;
use crate::wire::Sink;
use folio_types::Format;
use quick_xml::escape::resolve_html5_entity;
use quick_xml::events::{BytesStart, Event};
use scraper::{Html, Node};
use std::io::Write;

/// Reads a whole HTML document (also one that was made from Markdown).
pub(crate) fn read(html: &str, format: Format, sink: &mut Sink<impl Write>) -> Result<(), ExtractError> {
    let document = rendered(html);
    let heading = || document.blocks.iter().find(|block| block.kind == Kind::Heading).map(|block| &block.text);
    let title = document.title.as_ref().or_else(heading);
    sink.opened(None, title.map(String::as_str), document.author.as_deref())?;
    let mut pages = Pages::new(sink);
    for block in &document.blocks {
        pages.push(block)?;
    }
    pages.finish(format)
}

pub(crate) fn from_markdown(markdown: &str) -> String {
    use pulldown_cmark::{Options, Parser, html};
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut out = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut out, Parser::new_ext(markdown, options));
    out
}

/// HTML of the web, however broken.
pub(crate) fn rendered(html: &str) -> Document {
    use ego_tree::iter::Edge;
    let html = Html::parse_document(html);
    let mut renderer = Renderer::default();
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(element) => renderer.open(element.name(), |name| element.attr(name)),
                Node::Text(text) => renderer.text(text),
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    renderer.close(element.name());
                }
            }
        }
    }
    renderer.finished()
}

/// A chapter of an EPUB. It should be XML, where `<title/>` and `<a/>` end at once, which HTML takes for their beginning;
/// one that is not well-formed is read as HTML all the same.
pub(crate) fn rendered_xhtml(xhtml: &str) -> Document {
    from_xml(xhtml).unwrap_or_else(|_| rendered(xhtml))
}

fn from_xml(xhtml: &str) -> Result<Document, quick_xml::Error> {
    let mut reader = quick_xml::Reader::from_str(xhtml);
    reader.config_mut().expand_empty_elements = true;
    let mut renderer = Renderer::default();
    loop {
        match reader.read_event()? {
            Event::Start(element) => open(&mut renderer, &element),
            Event::End(element) => renderer.close(element.local_name().as_ref()),
            Event::Text(text) => renderer.text(&text.xml10_content()),
            Event::CData(text) => renderer.text(&text.xml10_content()),
            Event::GeneralRef(entity) => match entity.resolve_char_ref()? {
                Some(c) => renderer.text(c.encode_utf8(&mut [0; 4])),
                None => renderer.text(resolve_html5_entity(&entity).unwrap_or_default()),
            },
            Event::Eof => return Ok(renderer.finished()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn open(renderer: &mut Renderer, element: &BytesStart<'_>) {
    let attributes: Vec<(&str, String)> = element
        .html_attributes()
        .filter_map(Result::ok)
        .map(|attribute| (attribute.key.into_inner(), attribute.value.into_owned()))
        .collect();
    let find = |name: &str| attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    renderer.open(element.local_name().as_ref(), find);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(document: &Document) -> Vec<String> {
        document.blocks.iter().map(|block| format!("{:?}: {}", block.kind, block.text)).collect()
    }

    #[test]
    fn blocks_lists_tables_and_code_are_readable() {
        let document = rendered(
            "<title>A  book</title><meta name=Author content=Ada><style>p{}</style><script>x()</script>
             <h1>One <em>two</em></h1> <p>A\n paragraph<a href=x>, linked</a><a role=doc-noteref>3</a>.<br>Next line</p>
             <ul><li><p>First</p><p>more</p><li>Second<ol start=4><li>deep</ol></ul>
             <table><tr><th>Key<th>Value<tr><td>a<td><p>1</p></table><pre>fn x() {\n    1\n}</pre>tail",
        );
        assert_eq!(document.title.as_deref(), Some("A  book"));
        assert_eq!(document.author.as_deref(), Some("Ada"));
        assert_eq!(
            lines(&document),
            [
                "Heading: One two",
                "Paragraph: A paragraph, linked.\nNext line",
                "Line: • First",
                "Paragraph: more",
                "Line: • Second",
                "Line:   4. deep",
                "Line: Key | Value",
                "Line: a | 1",
                "Paragraph: fn x() {\n    1\n}",
                "Paragraph: tail",
            ]
        );
    }

    #[test]
    fn xhtml_keeps_what_html_would_swallow() {
        let document =
            rendered_xhtml("<html><head><title/></head><body><p>Fish &amp;&nbsp;chips&#8212;</p></body></html>");
        assert_eq!(lines(&document), ["Paragraph: Fish &\u{a0}chips—"]);
        let broken = rendered_xhtml("<html><body><p>Fish<br>and</body>");
        assert_eq!(lines(&broken), ["Paragraph: Fish\nand"]);
    }

    #[test]
    fn markdown_becomes_the_same_blocks() {
        let document =
            rendered(&from_markdown("---\ntitle: x\n---\n# Head\n\nSome *soft\nwrapped* text.\n\n- a\n- b\n"));
        assert_eq!(lines(&document), ["Heading: Head", "Paragraph: Some soft wrapped text.", "Line: • a", "Line: • b"]);
    }
}
