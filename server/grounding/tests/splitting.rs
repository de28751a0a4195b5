//! Where sentences end and where chunks are cut.

use folio_grounding::{MAX_CHUNK, chunk_page, keywords, sentences, slice, terms};

fn split(text: &str) -> Vec<&str> {
    sentences(text).into_iter().map(|span| slice(text, span)).collect()
}

#[test]
fn sentences_end_at_full_stops_and_not_at_abbreviations() {
    let cases: [(&str, &[&str]); 16] = [
        ("One. Two! Three?", &["One.", "Two!", "Three?"]),
        ("Dr. Lund met Mr. Okoro. They spoke.", &["Dr. Lund met Mr. Okoro.", "They spoke."]),
        ("See Fig. 3 and p. 12. It is clear.", &["See Fig. 3 and p. 12.", "It is clear."]),
        ("It rose by 3.5 to 1,000.25 points. Then it fell.", &["It rose by 3.5 to 1,000.25 points.", "Then it fell."]),
        (
            "Many, e.g. Bach and J. S. Mill, agreed. Others did not.",
            &["Many, e.g. Bach and J. S. Mill, agreed.", "Others did not."],
        ),
        ("It opens at 9 a.m. The desk is closed.", &["It opens at 9 a.m.", "The desk is closed."]),
        ("He left the U.S. Army in 1950. It grieved him.", &["He left the U.S. Army in 1950.", "It grieved him."]),
        ("\"Go!\" he said. \"Now.\" She went.", &["\"Go!\" he said.", "\"Now.\"", "She went."]),
        ("Chapter 4\n\nThe pump is new. It runs.", &["Chapter 4", "The pump is new.", "It runs."]),
        (
            "It was a very long line that the paper\nbroke in two. Next.",
            &["It was a very long line that the paper\nbroke in two.", "Next."],
        ),
        (
            "Steps:\n1. Fill the tank.\n2. Press the button\n- Wait",
            &["Steps:", "Fill the tank.", "Press the button", "Wait"],
        ),
        ("The town grew.[12] It fell in 1990. [13] It rose.", &["The town grew.", "It fell in 1990.", "It rose."]),
        (
            "Am 3. Oktober 1990 war es so weit. Alle feierten.",
            &["Am 3. Oktober 1990 war es so weit.", "Alle feierten."],
        ),
        ("これは本です。とても良い。", &["これは本です。", "とても良い。"]),
        (
            "Introduction\nThe pump was installed in the year 1987 by the old team from the north.",
            &["Introduction", "The pump was installed in the year 1987 by the old team from the north."],
        ),
        ("...", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(split(text), expected);
    }
}

#[test]
fn spans_count_characters_not_bytes() {
    let text = "Größe: 5 µm. 👩‍🔬 Sie misst. Ende.";
    assert_eq!(split(text), ["Größe: 5 µm.", "👩‍🔬 Sie misst.", "Ende."]);
    let last = sentences(text)[2];
    assert_eq!(last.end as usize, text.chars().count());
}

#[test]
fn a_chunk_ends_at_a_sentence_although_lines_are_wrapped() {
    let sentence =
        "The keeper of the lighthouse wrote down the height\nof the tide each morning, and Dr. Lund read it. ";
    let page = sentence.repeat(40);
    let chunks = chunk_page(&page);
    assert!(chunks.len() >= 4);
    for chunk in &chunks {
        assert!(chunk.text.starts_with("The keeper") && chunk.text.ends_with("read it."), "{}", chunk.text);
        assert!(chunk.text.len() <= MAX_CHUNK);
        assert_eq!(slice(&page, chunk.span), chunk.text);
    }
}

#[test]
fn a_page_of_short_paragraphs_is_not_torn_apart() {
    let paragraph =
        "A paragraph of the book that has about a hundred characters, to see how several of them are put together.";
    let page = [paragraph; 12].join("\n\n");
    for chunk in chunk_page(&page) {
        assert!(chunk.text.starts_with("A paragraph") && chunk.text.ends_with("together."), "{}", chunk.text);
        assert!(chunk.text.len() > 500 || page.ends_with(&chunk.text));
    }
    assert_eq!(chunk_page(" \n\n \t"), []);
}

#[test]
fn terms_meet_whatever_the_form() {
    assert_eq!(terms("The cats’ organisation, Café"), terms("a cat organizations cafe"));
    assert_eq!(terms("infor-\nmation").last(), Some(&"inform".to_owned()));
    assert_eq!(keywords("What did the WHO say about the cats in 1998?"), ["WHO", "cats", "1998"]);
    assert_eq!(terms("Größe größe 日本"), ["große", "日", "本"].map(|term| term.replace('ö', "o")));
}
