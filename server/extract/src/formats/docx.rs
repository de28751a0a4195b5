//! DOCX: the paragraphs of a ZIP's `word/document.xml`, read as a stream.

use super::blocks::{Block, Kind};
use super::pages::Pages;
use super::unreadable;
use crate::ExtractError;
use crate::wire::Sink;
use folio_types::Format;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, escape};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

pub(crate) fn read(file: &Path, sink: &mut Sink<impl Write>) -> Result<(), ExtractError> {
    let file = BufReader::new(File::open(file).map_err(unreadable)?);
    let mut zip = ZipArchive::new(file).map_err(damaged)?;
    let (mut title, mut author) = (None, None);
    if let Some(part) = part(&mut zip, "docProps/core.xml")? {
        (title, author) = properties(part)?;
    }
    let headings = match part(&mut zip, "word/styles.xml")? {
        Some(part) => heading_styles(part)?,
        None => HashSet::new(),
    };
    let Some(document) = part(&mut zip, "word/document.xml")? else {
        return Err(ExtractError::NotA(Format::Docx));
    };
    sink.opened(None, title.as_deref(), author.as_deref())?;
    let mut pages = Pages::new(sink);
    Body::new(&headings).read(document, &mut pages)?;
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(part) = part(&mut zip, notes)? {
            pages.chapter(Some("Notes"))?;
            Body::new(&headings).read(part, &mut pages)?;
        }
    }
    pages.finish(Format::Docx)
}

fn part<'a>(zip: &'a mut ZipArchive<BufReader<File>>, name: &str) -> Result<Option<impl BufRead + 'a>, ExtractError> {
    match zip.by_name(name) {
        Ok(file) => Ok(Some(BufReader::new(file))),
        Err(ZipError::FileNotFound) => Ok(None),
        Err(error) => Err(damaged(error)),
    }
}

/// Calls `each` with every event of a part. Empty elements come as a beginning and an end.
fn walk(part: impl BufRead, mut each: impl FnMut(Event<'_>) -> Result<(), ExtractError>) -> Result<(), ExtractError> {
    let mut reader = Reader::from_reader(part);
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer).map_err(damaged)? {
            Event::Eof => return Ok(()),
            event => each(event)?,
        }
        buffer.clear();
    }
}

/// Title and author.
fn properties(part: impl BufRead) -> Result<(Option<String>, Option<String>), ExtractError> {
    let (mut title, mut author) = (String::new(), String::new());
    let mut inside = String::new();
    walk(part, |event| {
        match &event {
            Event::Start(element) => element.local_name().as_ref().clone_into(&mut inside),
            Event::End(_) => inside.clear(),
            event => match inside.as_str() {
                "title" => title.push_str(&words(event)),
                "creator" => author.push_str(&words(event)),
                _ => {}
            },
        }
        Ok(())
    })?;
    Ok((Some(title), Some(author)))
}

/// The ids of the styles that make a paragraph a heading. Ids are translated in other languages' Word, names are not.
fn heading_styles(part: impl BufRead) -> Result<HashSet<String>, ExtractError> {
    let mut headings = HashSet::new();
    let mut style = String::new();
    walk(part, |event| {
        if let Event::Start(element) = event {
            let value = attribute(&element, "val").unwrap_or_default();
            match element.local_name().as_ref() {
                "style" => style = attribute(&element, "styleId").unwrap_or_default(),
                "name" if is_heading_name(&value) => drop(headings.insert(style.clone())),
                "outlineLvl" if is_outline_level(&value) => drop(headings.insert(style.clone())),
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(headings)
}

fn is_heading_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "title" || name.starts_with("heading ")
}

/// 0 to 8 are headings, 9 is body text.
fn is_outline_level(value: &str) -> bool {
    value.parse::<u8>().is_ok_and(|level| level < 9)
}

/// A walk through a document's body.
struct Body<'a> {
    headings: &'a HashSet<String>,
    /// Open paragraphs; a text box stands inside another paragraph.
    open: Vec<Block>,
    /// The text of the table row that is open, and how deep its table is nested.
    row: String,
    tables: u32,
    runs: u32,
    in_text: bool,
    /// How many elements are open within one that is not read.
    skipped: u32,
}

impl<'a> Body<'a> {
    fn new(headings: &'a HashSet<String>) -> Self {
        Self { headings, open: Vec::new(), row: String::new(), tables: 0, runs: 0, in_text: false, skipped: 0 }
    }

    fn read(mut self, part: impl BufRead, pages: &mut Pages<'_, impl Write>) -> Result<(), ExtractError> {
        walk(part, |event| match &event {
            // a second version of the same content for older programs, and text that was moved away
            Event::Start(element)
                if self.skipped > 0 || matches!(element.local_name().as_ref(), "Fallback" | "moveFrom") =>
            {
                self.skipped += 1;
                Ok(())
            }
            Event::End(_) if self.skipped > 0 => {
                self.skipped -= 1;
                Ok(())
            }
            Event::Start(element) => {
                self.begin(element);
                Ok(())
            }
            Event::End(element) => self.end(element.local_name().as_ref(), pages),
            event if self.in_text && self.skipped == 0 => {
                self.write(&words(event));
                Ok(())
            }
            _ => Ok(()),
        })
    }

    fn begin(&mut self, element: &BytesStart<'_>) {
        let value = || attribute(element, "val").unwrap_or_default();
        match element.local_name().as_ref() {
            "p" => self.open.push(Block { kind: Kind::Paragraph, text: String::new() }),
            "pStyle" if self.headings.contains(&value()) => self.set_kind(Kind::Heading),
            "outlineLvl" if is_outline_level(&value()) => self.set_kind(Kind::Heading),
            "numPr" => self.set_kind(Kind::Line),
            "r" => self.runs += 1,
            "t" => self.in_text = true,
            // outside of a run these define tab stops
            "tab" if self.runs > 0 => self.write("\t"),
            "br" | "cr" if self.runs > 0 => self.write("\n"),
            "noBreakHyphen" => self.write("-"),
            "tbl" => self.tables += 1,
            "tc" if !self.row.is_empty() && !self.row.ends_with('\n') => self.row.push_str(" | "),
            _ => {}
        }
    }

    fn end(&mut self, name: &str, pages: &mut Pages<'_, impl Write>) -> Result<(), ExtractError> {
        match name {
            "r" => self.runs = self.runs.saturating_sub(1),
            "t" => self.in_text = false,
            "tbl" => self.tables = self.tables.saturating_sub(1),
            "tr" if self.tables == 1 => pages.push(&Block { kind: Kind::Line, text: std::mem::take(&mut self.row) })?,
            "p" => {
                let Some(mut paragraph) = self.open.pop() else {
                    return Ok(());
                };
                if self.tables > 0 {
                    let separator = if self.row.is_empty() || self.row.ends_with(" | ") { "" } else { " " };
                    self.row.push_str(separator);
                    self.row.push_str(paragraph.text.trim());
                } else {
                    if paragraph.kind == Kind::Line && !paragraph.text.trim().is_empty() {
                        paragraph.text.insert_str(0, "• ");
                    }
                    pages.push(&paragraph)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn set_kind(&mut self, kind: Kind) {
        // a numbered heading is a heading
        if let Some(paragraph) = self.open.last_mut().filter(|paragraph| paragraph.kind != Kind::Heading) {
            paragraph.kind = kind;
        }
    }

    fn write(&mut self, text: &str) {
        if let Some(paragraph) = self.open.last_mut() {
            paragraph.text.push_str(text);
        }
    }
}

fn words(event: &Event<'_>) -> String {
    match event {
        Event::Text(text) => text.xml10_content().into_owned(),
        Event::CData(text) => text.xml10_content().into_owned(),
        Event::GeneralRef(entity) => match entity.resolve_char_ref() {
            Ok(Some(c)) => c.to_string(),
            _ => escape::resolve_xml_entity(entity).unwrap_or_default().to_owned(),
        },
        _ => String::new(),
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes().filter_map(Result::ok);
    attributes.find(|attribute| attribute.key.local_name().as_ref() == name).map(|found| found.value.into_owned())
}

fn damaged(error: impl std::error::Error) -> ExtractError {
    ExtractError::Damaged(error.to_string())
}
