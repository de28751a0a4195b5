//! The sentences of an answer that state something about the books.

use crate::{markdown, markers, sentences, spans, words};
use folio_types::Span;
use regex::Regex;
use std::{ops::Range, sync::LazyLock};

/// The sentences of a Markdown answer that state something, in order.
///
/// Code, headings, questions, greetings, `I could not find…` and the `Here are the steps:` before a list do not.
pub fn claims(answer: &str) -> Vec<Span> {
    spans::spans_of(answer, &ranges(answer))
}

/// Byte ranges of [`claims`].
pub(crate) fn ranges(answer: &str) -> Vec<Range<usize>> {
    let prose = markdown::prose(answer);
    let prose = markers::mask(&prose);
    let mut sentences = sentences::split(&prose);
    sentences.retain(|range| is_claim(&prose[range.clone()]));
    with_emphasis(answer, &sentences)
}

fn is_claim(sentence: &str) -> bool {
    let folded = sentence.to_lowercase().replace('’', "'");
    let rest = INTERJECTION.replace(&folded, "");
    let rest = rest.trim();
    let content = words::words(rest).iter().filter(|word| !word.stop).count();
    let lead_in = rest.ends_with(':') && content <= 8 && !rest.contains(char::is_numeric);
    let adds = rest.contains(" but ") || rest.contains(" however") || rest.contains(" although ");
    let about_itself = !adds && (ABOUT_ITSELF.is_match(rest) || ABSTAINS.is_match(rest));
    let counted = rest.contains(char::is_numeric);
    (content > 0 || counted) && !rest.ends_with(['?', '？']) && !lead_in && !about_itself
}

static INTERJECTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:sure|certainly|of course|absolutely|yes|no|okay|ok|great question|good question|thanks?|thank you|hello|hi|hey|unfortunately|(?:i(?:'m| am) )?(?:very )?sorry|i apologi[sz]e)\b(?: there)?[\s,.!:–-]*(?:but )?",
    )
});

/// The writer speaks of the answer or to the reader.
static ABOUT_ITSELF: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:i hope|i(?:'d| would) be (?:happy|glad)|i(?:'m| am) (?:sorry|happy|glad|afraid|unable|not (?:sure|able|aware))|sorry|i apologi[sz]e|let me know|feel free|please (?:let|feel|ask|note that i|provide|check|refer)|you(?:'re| are) welcome|if you (?:have|need|want|would like)|is there anything|here(?:'s| is| are)\b[^.]*[:.]?$|below (?:is|are)\b|as an ai\b|i can (?:help|try|only))",
    )
});

/// The writer found nothing.
static ABSTAINS: LazyLock<Regex> = LazyLock::new(|| {
    let source =
        r"(?:text|passages?|contexts?|documents?|books?|sources?|excerpts?|information|pages?|material|content)";
    let lacks = r"(?:(?:do|does|did)(?: not|n't)(?: (?:explicitly|directly|specifically))? (?:mention|say|contain|provide|specify|state|include|discuss|give|answer|cover|have|appear|describe|address|offer)|(?:is|are|was|were)(?: not|n't) (?:mentioned|stated|given|specified|provided|found|available|included|discussed)|lacks?\b|contains? no\b|says? nothing)";
    pattern(&format!(
        r"^(?:unfortunately,? )?(?:i (?:could|can|did|do)(?: not|n't)\b|i cannot\b|we (?:could|can)(?: not|n't)\b|there is no (?:information|mention|answer|evidence)\b|no (?:information|answer|relevant|passages?|mention)\b|nothing (?:relevant|was found)|not (?:mentioned|found|stated|specified|enough information)|(?:(?:based on|according to|in) (?:the |this |these |your )?(?:[a-z']+ ){{0,2}}{source},? )?(?:the |this |these |your |any |none of the )?(?:[a-z']+ ){{0,3}}{source}(?: [a-z']+){{0,3}} {lacks}|it (?:is|was) not (?:mentioned|stated|given|specified|clear)|the answer (?:is|was) not\b)"
    ))
});

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// The ranges with the emphasis marks that enclose them, so that a range never begins or ends inside `**`.
fn with_emphasis(answer: &str, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let marks = ['*', '_', '~', '`'];
    let nexts = ranges.iter().skip(1).map(|range| range.start).chain([answer.len()]);
    let mut last = 0;
    let mut widen = |(range, next): (&Range<usize>, usize)| {
        let start = last + answer[last..range.start].trim_end_matches(marks).len();
        let after = answer[range.end..next].trim_start_matches(marks);
        // Marks before a letter open what follows.
        let opening = after.starts_with(char::is_alphanumeric) || (after.is_empty() && next < answer.len());
        last = if opening { range.end } else { next - after.len() };
        start..last
    };
    ranges.iter().zip(nexts).map(&mut widen).collect()
}
