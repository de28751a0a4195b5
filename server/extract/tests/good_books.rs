//! Good books of every format.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::books::{self, Pdf};
use common::{Shelf, read_with};
use folio_extract::ExtractError;

#[tokio::test]
async fn a_pdf_is_read_page_by_page() {
    let shelf = Shelf::new();
    let mut pdf = Pdf::new(vec![
        vec!["Tides", "", "The sea rises and falls", "twice in a day.", "", "The moon pulls it."],
        vec![],
        vec!["It ends here."],
    ]);
    pdf.info = "/Title (On \\(high\\) Tides) /Author ( Ada  Lovelace )";
    pdf.catalog = "/PageLabels << /Nums [0 << /S /r >> 2 << /S /D /St 1 >>] >>";
    let read = shelf.reads(&shelf.put("tides.pdf", pdf.bytes())).await;

    assert_eq!(read.error, None);
    assert_eq!(read.count, Some(3));
    assert_eq!(read.title.as_deref(), Some("On (high) Tides"));
    assert_eq!(read.author.as_deref(), Some("Ada Lovelace"));
    assert_eq!(read.numbers, [1, 2, 3]);
    assert_eq!(read.labels, [Some("i"), Some("ii"), Some("1")].map(|label| label.map(str::to_owned)));
    assert_eq!(
        read.texts,
        ["Tides\n\nThe sea rises and falls\ntwice in a day.\n\nThe moon pulls it.", "", "It ends here."]
    );
}

#[tokio::test]
async fn words_that_a_line_broke_are_joined() {
    let shelf = Shelf::new();
    let pdf =
        Pdf::new(vec![vec!["This line breaks the longest word of the book at its end, in the mid-", "dle of it."]]);
    let read = shelf.reads(&shelf.put("hyphen.pdf", pdf.bytes())).await;
    assert_eq!(read.texts, ["This line breaks the longest word of the book at its end, in the middle\nof it."]);
}

#[tokio::test]
async fn a_page_has_a_picture() {
    let shelf = Shelf::new();
    let file = shelf.put("tides.pdf", Pdf::new(vec![vec!["One"], vec!["Two"]]).bytes());
    let png = shelf.extractor().picture(&file, 2, 306).await.unwrap();
    let picture = image::load_from_memory(&png).unwrap().into_luma8();
    assert_eq!((picture.width(), picture.height()), (306, 396));
    assert!(picture.pixels().any(|pixel| pixel.0[0] < 128), "something is written on it");
    assert!(picture.pixels().any(|pixel| pixel.0[0] == 255), "on white paper");

    let missing = shelf.extractor().picture(&file, 3, 306).await;
    assert_eq!(missing, Err(ExtractError::NoSuchPage { page: 3, pages: 2 }));
}

#[tokio::test]
async fn an_epub_is_cut_into_pages_labelled_by_its_chapters() {
    let shelf = Shelf::new();
    let long = format!("<h2>I</h2>{}", books::paragraphs(30, "<p>", "</p>"));
    let chapters = [
        (None, "<p>A book</p>"),
        (Some("One: the Sea"), &*long),
        (None, "<p>More of one.</p>"),
        (Some("Two"), "<p>End</p>"),
    ];
    let read = shelf.reads(&shelf.put("sea.epub", books::epub("The Sea", "Ada", &chapters))).await;

    assert_eq!(read.error, None);
    assert_eq!((read.title.as_deref(), read.author.as_deref()), (Some("The Sea"), Some("Ada")));
    assert_eq!(read.numbers, [1, 2, 3, 4, 5, 6]);
    let one = Some("One: the Sea");
    assert_eq!(read.labels, [None, one, one, one, one, Some("Two")].map(|label| label.map(str::to_owned)));
    assert!(read.texts[1].starts_with("I\n\nParagraph 1. The tide"));
    assert!(read.texts[1..4].iter().all(|text| text.len() <= 2600 && text.ends_with("a day.")), "{:?}", read.texts);
    assert_eq!(read.texts[4], "More of one.");
}

#[tokio::test]
async fn a_word_document_is_read() {
    let shelf = Shelf::new();
    let body = r#"<w:p><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr><w:r><w:t>Spices</w:t></w:r></w:p>
        <w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="9"/></w:tabs></w:pPr><w:r><w:t xml:space="preserve">Salt &amp; </w:t></w:r>
        <w:del><w:r><w:delText>sugar</w:delText></w:r></w:del><w:r><w:t>pepper</w:t><w:tab/><w:t>go</w:t><w:br/><w:t>well.</w:t></w:r></w:p>
        <w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>cumin</w:t></w:r></w:p><w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>dill</w:t></w:r></w:p>
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"#;
    let read = shelf.reads(&shelf.put("spices.docx", books::docx(body))).await;
    assert_eq!(read.error, None);
    assert_eq!((read.title.as_deref(), read.author.as_deref()), (Some("Salt & Pepper"), Some("Ada")));
    assert_eq!(read.labels, [Some("Spices".to_owned())]);
    assert_eq!(read.texts, ["Spices\n\nSalt & pepper go\nwell.\n\n• cumin\n• dill\na | b"]);
}

#[tokio::test]
async fn html_markdown_and_text_are_read() {
    let shelf = Shelf::new();
    let html =
        shelf.reads(&shelf.put("a.html", "<title>T</title><h1>H</h1><p>one<p>two <a href='https://x'>link</a>")).await;
    assert_eq!((html.title.as_deref(), html.texts), (Some("T"), vec!["H\n\none\n\ntwo link".to_owned()]));

    let markdown = shelf.reads(&shelf.put("b.md", "# Head\n\nSome *text*,\n`code`.\n\n1. a\n2. b\n")).await;
    assert_eq!((markdown.title.as_deref(), &markdown.labels[0]), (Some("Head"), &Some("Head".to_owned())));
    assert_eq!(markdown.texts, ["Head\n\nSome text, code.\n\n1. a\n2. b"]);

    let text =
        shelf.reads(&shelf.put("c.txt", b"\xc9l\xe8ves fran\xe7ais,\r\n\xe0 l'\xe9cole\r\n\r\n\r\nfin\r\n")).await;
    assert_eq!((text.title, text.texts), (None, vec!["Élèves français,\nà l'école\n\nfin".to_owned()]));
}

#[tokio::test]
async fn pages_of_a_long_text_lose_nothing_and_end_well() {
    let shelf = Shelf::new();
    let markdown =
        format!("# First\n\n{}\n## Second\n\n{}", books::paragraphs(20, "", "\n\n"), books::paragraphs(40, "", "\n\n"));
    let read = shelf.reads(&shelf.put("long.md", &markdown)).await;
    assert_eq!(read.error, None);
    let wanted: Vec<&str> = markdown.split_whitespace().filter(|word| !word.starts_with('#')).collect();
    assert_eq!(read.texts.join(" ").split_whitespace().collect::<Vec<_>>(), wanted);
    assert!(read.texts.iter().all(|text| text.chars().count() <= 2600));
    assert!(
        read.texts.iter().all(|text| text.ends_with("a day.")),
        "no page ends with a heading or within a paragraph"
    );
    assert_eq!(read.labels.first().unwrap().as_deref(), Some("First"));
    assert_eq!(read.labels.last().unwrap().as_deref(), Some("Second"));

    // one paragraph that is longer than any page is cut at sentences, and one without any break somewhere
    let endless = shelf.reads(&shelf.put("endless.txt", books::paragraphs(50, "", " "))).await;
    assert!(endless.texts.iter().all(|text| text.ends_with('.')), "{:?}", endless.texts);
    let solid = shelf.reads(&shelf.put("solid.txt", "é".repeat(6000))).await;
    assert_eq!(solid.texts.concat(), "é".repeat(6000));
}

#[tokio::test]
async fn a_name_that_looks_like_an_option_is_only_a_name() {
    let shelf = Shelf::new();
    shelf.put("--help.txt", "Safe.");
    std::env::set_current_dir(shelf.path()).unwrap();
    let read = read_with(&shelf.extractor(), std::path::Path::new("--help.txt")).await;
    assert_eq!((read.error, read.texts), (None, vec!["Safe.".to_owned()]));
}
