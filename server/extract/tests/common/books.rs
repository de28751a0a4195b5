//! Small books, written byte by byte.

use std::fmt::Write as _;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A PDF that is described before it is written.
pub struct Pdf {
    /// The lines of each page.
    pub pages: Vec<Vec<&'static str>>,
    /// Entries of the document information dictionary.
    pub info: &'static str,
    /// Entries of the catalog.
    pub catalog: &'static str,
    /// Width and height in points.
    pub size: (f32, f32),
    pub encrypted: bool,
}

impl Pdf {
    pub fn new(pages: Vec<Vec<&'static str>>) -> Self {
        Self { pages, info: "", catalog: "", size: (612.0, 792.0), encrypted: false }
    }

    /// The file, with a correct cross-reference table.
    pub fn bytes(&self) -> Vec<u8> {
        // 1 catalog, 2 page tree, 3 font, 4 information, then each page and its content
        let page_ids: Vec<String> = (0..self.pages.len()).map(|n| format!("{} 0 R", 5 + 2 * n)).collect();
        let mut objects = vec![
            format!("<< /Type /Catalog /Pages 2 0 R {} >>", self.catalog),
            format!("<< /Type /Pages /Kids [{}] /Count {} >>", page_ids.join(" "), self.pages.len()),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
            format!("<< {} >>", self.info),
        ];
        for (n, lines) in self.pages.iter().enumerate() {
            let (width, height) = self.size;
            objects.push(format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents {} 0 R \
                 /Resources << /Font << /F1 3 0 R >> >> >>",
                6 + 2 * n
            ));
            let content = content_of(lines);
            objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
        }
        self.file_of(&objects)
    }

    fn file_of(&self, objects: &[String]) -> Vec<u8> {
        let mut file = "%PDF-1.4\n".to_owned();
        let mut xref = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
        for (n, object) in objects.iter().enumerate() {
            writeln!(xref, "{:010} 00000 n ", file.len()).unwrap();
            write!(file, "{} 0 obj\n{object}\nendobj\n", n + 1).unwrap();
        }
        // Keys that no password opens are as good as a real password that nobody knows.
        let keys = "00".repeat(32);
        let encrypt =
            format!("/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{keys}> /U <{keys}> >> /ID [<00> <00>]");
        let encrypt = if self.encrypted { encrypt } else { String::new() };
        let (start, size) = (file.len(), objects.len() + 1);
        write!(
            file,
            "{xref}trailer\n<< /Size {size} /Root 1 0 R /Info 4 0 R {encrypt} >>\nstartxref\n{start}\n%%EOF\n"
        )
        .unwrap();
        file.into_bytes()
    }
}

/// A PDF of less than 1 KiB whose page draws a form that draws itself twice, and so on.
pub fn pdf_without_end() -> Vec<u8> {
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 600 600] /Resources << /XObject << /X 6 0 R >> >>";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>".to_owned(),
        "null".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Resources << /XObject << /X 6 0 R >> >> >>".to_owned(),
        "<< /Length 5 >>\nstream\n/X Do\nendstream".to_owned(),
        format!("<< {form} /Length 11 >>\nstream\n/X Do /X Do\nendstream"),
    ];
    Pdf::new(vec![]).file_of(&objects)
}

/// Lines of 12-point text; an empty one leaves a gap.
fn content_of(lines: &[&str]) -> String {
    let mut content = "BT /F1 12 Tf 72 720 Td 14 TL\n".to_owned();
    for line in lines {
        writeln!(content, "({line}) Tj T*").unwrap();
    }
    content + "ET"
}

pub fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An EPUB 3 of these chapters: title (none: not in the table of contents) and body.
pub fn epub(title: &str, author: &str, chapters: &[(Option<&str>, &str)]) -> Vec<u8> {
    let (mut manifest, mut spine, mut toc) = (String::new(), String::new(), String::new());
    let mut files = vec![
        ("mimetype".to_owned(), "application/epub+zip".to_owned()),
        (
            "META-INF/container.xml".to_owned(),
            r#"<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
               <rootfiles><rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"#
                .to_owned(),
        ),
    ];
    for (n, (title, body)) in chapters.iter().enumerate() {
        write!(manifest, r#"<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>"#).unwrap();
        write!(spine, r#"<itemref idref="c{n}"/>"#).unwrap();
        if let Some(title) = title {
            write!(toc, r#"<li><a href="c{n}.xhtml">{title}</a></li>"#).unwrap();
        }
        files.push((format!("OPS/c{n}.xhtml"), xhtml(body)));
    }
    let opf = format!(
        r#"<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
           <metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">x</dc:identifier>
           <dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>en</dc:language></metadata>
           <manifest><item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>{manifest}</manifest>
           <spine>{spine}</spine></package>"#
    );
    files.push(("OPS/book.opf".to_owned(), opf));
    files.push(("OPS/nav.xhtml".to_owned(), xhtml(&format!(r#"<nav epub:type="toc"><ol>{toc}</ol></nav>"#))));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, content)| (name.as_str(), content.as_str())).collect();
    zip(&files)
}

fn xhtml(body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"
           xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{body}</body></html>"#
    )
}

/// A Word document with this body (`WordprocessingML`).
pub fn docx(body: &str) -> Vec<u8> {
    let w = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;
    let document = format!(r#"<?xml version="1.0"?><w:document {w}><w:body>{body}</w:body></w:document>"#);
    let styles = format!(
        r#"<w:styles {w}><w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>"#
    );
    let core = r#"<cp:coreProperties xmlns:cp="x" xmlns:dc="http://purl.org/dc/elements/1.1/">
                  <dc:title>Salt &amp; Pepper</dc:title><dc:creator>Ada</dc:creator></cp:coreProperties>"#;
    zip(&[("word/document.xml", &document), ("word/styles.xml", &styles), ("docProps/core.xml", core)])
}

/// `count` numbered paragraphs of about 200 characters, each ended by `end` and begun by `begin`.
pub fn paragraphs(count: usize, begin: &str, end: &str) -> String {
    (1..=count).fold(String::new(), |mut text, n| {
        write!(text, "{begin}Paragraph {n}. {}{end}", "The tide rises and falls twice a day. ".repeat(5).trim_end())
            .unwrap();
        text
    })
}
