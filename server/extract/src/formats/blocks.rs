//! Marked-up text → blocks of plain text.

/// A paragraph, a heading, or one line of a list or table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub kind: Kind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Heading,
    Paragraph,
    /// Stands close to other lines.
    Line,
}

/// What a document says of itself, and its text.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub title: Option<String>,
    pub author: Option<String>,
    pub blocks: Vec<Block>,
}

/// Stands between the cells of a table's row.
const CELL_MARK: &str = " | ";

/// Turns a walk through HTML's elements, in document order, into blocks.
#[derive(Default)]
pub(crate) struct Renderer {
    document: Document,
    text: String,
    /// Elements are skipped while this many of them are open.
    skipped: u32,
    preformatted: u32,
    cells: u32,
    heading: bool,
    in_title: bool,
    /// For each open list the number of its next item; `None` for bullets.
    lists: Vec<Option<u32>>,
    /// The bullet or number of an item whose text has not begun.
    marker: Option<String>,
}

impl Renderer {
    /// An element begins. `attribute` looks up one of its attributes.
    pub fn open<'a>(&mut self, name: &str, attribute: impl Fn(&str) -> Option<&'a str>) {
        if self.skipped > 0 || is_skipped(name, &attribute) {
            self.skipped += 1;
            return;
        }
        match name {
            "title" => self.in_title = true,
            "meta" if attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("author")) => {
                self.document.author = attribute("content").map(str::to_owned);
            }
            "br" => self.text.push('\n'),
            "td" | "th" => {
                if !self.at_line_start() {
                    self.text.push_str(CELL_MARK);
                }
                self.cells += 1;
            }
            name if is_block(name) => self.boundary(),
            _ => {}
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading = self.cells == 0,
            "pre" => self.preformatted += 1,
            "ol" => self.lists.push(attribute("start").map_or(Some(1), |start| start.parse().ok())),
            "ul" => self.lists.push(None),
            "li" => self.begin_item(),
            _ => {}
        }
    }

    pub fn close(&mut self, name: &str) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match name {
            "title" => self.in_title = false,
            "td" | "th" => self.cells = self.cells.saturating_sub(1),
            "tr" if self.cells == 0 => self.finish(Kind::Line),
            name if is_block(name) => self.boundary(),
            _ => {}
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading = false,
            "pre" => self.preformatted = self.preformatted.saturating_sub(1),
            "ol" | "ul" => drop(self.lists.pop()),
            _ => {}
        }
    }

    pub fn text(&mut self, text: &str) {
        if self.skipped > 0 {
            return;
        }
        if self.in_title {
            self.document.title.get_or_insert_default().push_str(text);
        } else if self.preformatted > 0 {
            self.text.push_str(text);
        } else {
            for c in text.chars() {
                let c = if c.is_ascii_whitespace() { ' ' } else { c };
                if c != ' ' || !(self.at_line_start() || self.text.ends_with(' ')) {
                    self.text.push(c);
                }
            }
        }
    }

    pub fn finished(mut self) -> Document {
        self.cells = 0;
        self.boundary();
        self.document
    }

    /// Between two blocks. In a table's cell it is only a line end: a row is one block.
    fn boundary(&mut self) {
        if self.cells > 0 {
            if !self.at_line_start() && !self.text.ends_with(CELL_MARK) {
                self.text.push('\n');
            }
            return;
        }
        self.finish(if self.heading { Kind::Heading } else { Kind::Paragraph });
    }

    fn finish(&mut self, kind: Kind) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim_matches('\n').trim_end();
        if text.trim().is_empty() {
            return;
        }
        self.document.blocks.push(match self.marker.take() {
            Some(marker) => Block { kind: Kind::Line, text: marker + text },
            None => Block { kind, text: text.to_owned() },
        });
    }

    fn begin_item(&mut self) {
        let depth = self.lists.len().saturating_sub(1).min(8);
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{}. ", *number - 1)
            }
            _ => "• ".to_owned(),
        };
        self.marker = Some("  ".repeat(depth) + &mark);
    }

    fn at_line_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }
}

/// Elements without anything to read, and marks of footnotes, which would stick to the word before them.
fn is_skipped<'a>(name: &str, attribute: impl Fn(&str) -> Option<&'a str>) -> bool {
    const UNREADABLE: [&str; 13] = [
        "audio", "button", "canvas", "iframe", "noscript", "object", "rp", "rt", "script", "select", "style", "svg",
        "template",
    ];
    UNREADABLE.contains(&name)
        || attribute("hidden").is_some()
        || attribute("epub:type").is_some_and(|kind| kind.split_whitespace().any(|word| word == "noteref"))
        || attribute("role") == Some("doc-noteref")
}

fn is_block(name: &str) -> bool {
    const BLOCKS: [&str; 37] = [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tr",
        "ul",
    ];
    BLOCKS.binary_search(&name).is_ok()
}
