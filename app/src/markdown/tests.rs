use super::{Block, Mark, MarkKind, Stream, render};
use proptest::prelude::*;

fn html(markdown: &str) -> String {
    joined(&render(markdown, &[]))
}

fn joined(blocks: &[Block]) -> String {
    blocks.iter().map(|block| block.html.as_str()).collect()
}

fn unsupported(at: usize) -> Mark {
    Mark { at, kind: MarkKind::Unsupported }
}

fn cite(at: usize, number: usize) -> Mark {
    let (href, label) = (format!("?cite=m.c{number}"), format!("Source {number}: A \"B\", page 3"));
    Mark { at, kind: MarkKind::Cite { number, href, label } }
}

#[test]
fn raw_html_is_shown_not_run() {
    let html = html("<script>alert(1)</script>\n\nA <img src=x onerror=alert(1)> b");
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
}

#[test]
fn links_lead_outside_or_nowhere() {
    let safe = html("[a](https://example.org/?q=\"x\") <me@example.org>");
    assert!(
        safe.contains(
            r#"<a href="https://example.org/?q=%22x%22" target="_blank" rel="noopener noreferrer nofollow">a</a>"#
        ),
        "{safe}"
    );
    assert!(safe.contains(r#"href="mailto:me@example.org""#), "{safe}");
    assert_eq!(html("[a](javascript:alert(1)) [b](/logout) [c](data:text/html,x)"), "<p>a b c</p>\n");
}

#[test]
fn pictures_are_links_that_load_nothing() {
    let html = html("![a cat](https://example.org/cat.png) [![nested](http://a.example/i)](http://b.example)");
    assert!(!html.contains("<img"), "{html}");
    assert!(html.contains(">Picture: a cat</a>"), "{html}");
    assert_eq!(html.matches("<a ").count(), 2, "{html}");
}

#[test]
fn headings_stand_below_the_pages_own() {
    assert_eq!(html("# One\n\n#### Four"), "<h3>One</h3>\n<h6>Four</h6>\n");
}

#[test]
fn code_keeps_its_language_and_is_reachable_by_keyboard() {
    assert_eq!(
        html("```rust ignore\nlet a = \"<b>\";\n```"),
        "<pre tabindex=\"0\"><code class=\"language-rust\">let a = \"&lt;b&gt;\";\n</code></pre>\n"
    );
}

#[test]
fn a_mark_stands_at_the_end_of_its_sentence() {
    let blocks = render("It rains. It *pours.* Done", &[cite(9, 1), unsupported(21)]);
    assert_eq!(
        joined(&blocks),
        "<p>It rains.<sup><a class=\"cite\" href=\"?cite=m.c1\" aria-label=\"Source 1: A &quot;B&quot;, page 3\" \
         data-noscroll>1</a></sup> It <em>pours.</em> <span class=\"unsupported\" role=\"note\">not in your \
         sources</span> Done</p>\n"
    );
}

#[test]
fn a_mark_never_enters_code_or_a_link() {
    let html = joined(&render("```\nA. B.\n```\n\n[A. B.](http://a.example)", &[unsupported(6), unsupported(19)]));
    assert!(html.contains("</code></pre>\n<p class=\"marks\"> <span"), "{html}");
    assert!(html.contains("A. B.</a> <span"), "{html}");
}

#[test]
fn marks_of_list_items_and_cells_stay_with_them() {
    let html = joined(&render(
        "- Äpfel.\n- Nüsse.\n\n| a |\n|---|\n| Öl. |",
        &[unsupported(9), unsupported(18), unsupported(38)],
    ));
    assert!(html.contains("Äpfel. <span") && html.contains("Nüsse. <span") && html.contains("Öl. <span"), "{html}");
}

#[test]
fn finished_blocks_are_not_rendered_again() {
    let mut stream = Stream::default();
    assert_eq!(stream.push("One.\n\nTwo").keep, 0);
    assert_eq!(stream.push(" more.\n\nThree\nlines").keep, 0);
    let change = stream.push(" here");
    assert_eq!(change.keep, 2);
    assert_eq!(joined(&change.blocks), "<p>Three\nlines here</p>\n");
}

#[test]
fn what_a_growing_line_seems_to_begin_finishes_nothing() {
    let mut stream = Stream::default();
    stream.push("a\n|-\n|-");
    let change = stream.push("x");
    assert_eq!((change.keep, joined(&change.blocks).as_str()), (0, "<p>a\n|-\n|-x</p>\n"));
}

const SIGNS: &str = r"[-a1. \n*#`|>_~=<&;\\\[\]()!/+:\t]{0,60}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_stream_ends_as_the_whole_renders(text in SIGNS, cuts in prop::collection::vec(1usize..9, 0..60)) {
        prop_assume!(!text.contains("]:"));
        let (mut stream, mut blocks, mut rest) = (Stream::default(), vec![], text.as_str());
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            let change = stream.push(now);
            blocks.truncate(change.keep);
            blocks.extend(change.blocks);
            rest = later;
        }
        prop_assert_eq!(stream.content(), text.as_str());
        prop_assert_eq!(blocks, render(&text, &[]));
    }

    #[test]
    fn every_mark_appears_once_and_changes_nothing_else(text in SIGNS, mut ends in prop::collection::vec(0usize..70, 0..6)) {
        ends.sort_unstable();
        let marks: Vec<Mark> = ends.iter().map(|at| unsupported(*at)).collect();
        let marked = joined(&render(&text, &marks));
        let mark = MarkKind::Unsupported.html();
        prop_assert_eq!(marked.matches(&mark).count(), marks.len());
        let bare = marked.replace(&mark, "").replace("<p class=\"marks\"></p>\n", "");
        prop_assert_eq!(bare, html(&text));
    }

    #[test]
    fn only_our_own_tags_come_out(text in r#"[<>a-c/"' =!?\n&\[\]()-]{0,60}"#) {
        let html = html(&text);
        let others = html.replace("<blockquote", "").replace("<br", "").replace("<code", "");
        for tag in ["<script", "<img", "<iframe", "<a/", "<b", "<c", "<!--", "<?"] {
            prop_assert!(!others.contains(tag), "{}", html);
        }
    }
}
