//! Laws that hold for any text.

use folio_grounding::{
    Candidate, MAX_CHUNK, Span, Support, attribute, best_quote, chunk_page, claims, keywords, sentences, slice,
    strip_markers, terms,
};
use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Text with the characters that have ever broken a splitter.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z]{1,9}",
        "[0-9]{1,4}",
        Just("Dr. ".to_owned()),
        Just(". ".to_owned()),
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("-\n".to_owned()),
        Just(" ".to_owned()),
        Just("[1]".to_owned()),
        Just("(p. 12)".to_owned()),
        Just("**".to_owned()),
        Just("```".to_owned()),
        Just("`".to_owned()),
        Just("| a | b |\n|---|---|\n".to_owned()),
        Just("- ".to_owned()),
        Just("не ".to_owned()),
        Just("日本語。".to_owned()),
        Just("👩‍👩‍👧".to_owned()),
        Just("e\u{301}".to_owned()),
        Just("ﬁ".to_owned()),
        Just("İ".to_owned()),
        Just("1.000,5 %".to_owned()),
        "\\PC{1,4}",
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.join(""))
}

/// A page of prose: paragraphs of wrapped lines.
fn page() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::collection::vec("[A-ZÀ-Ý][a-zà-ý ]{20,160}[.!?]", 1..12), 1..8).prop_map(|paragraphs| {
        let paragraphs: Vec<String> = paragraphs.iter().map(|sentences| sentences.join(" ")).collect();
        paragraphs.join("\n\n")
    })
}

fn check_spans(text: &str, spans: &[Span]) -> Result<(), TestCaseError> {
    let length = u32::try_from(text.chars().count()).expect("a short text");
    let mut end = 0;
    for span in spans {
        prop_assert!(span.start >= end && span.start < span.end && span.end <= length, "{span:?} in {spans:?}");
        end = span.end;
        let sliced: String = text.chars().skip(span.start as usize).take((span.end - span.start) as usize).collect();
        prop_assert_eq!(slice(text, *span), sliced);
    }
    Ok(())
}

fn check_chunks(text: &str) -> Result<(), TestCaseError> {
    let chunks = chunk_page(text);
    let spans: Vec<Span> = chunks.iter().map(|chunk| chunk.span).collect();
    check_spans(text, &spans)?;
    let mut blank: Vec<char> = text.chars().collect();
    for chunk in &chunks {
        prop_assert_eq!(slice(text, chunk.span), &chunk.text);
        prop_assert!(chunk.text.chars().count() <= MAX_CHUNK);
        blank[chunk.span.start as usize..chunk.span.end as usize].fill(' ');
    }
    prop_assert!(blank.iter().all(|c| c.is_whitespace()), "left out: {:?}", blank.iter().collect::<String>().trim());
    Ok(())
}

/// No similarity: words alone decide.
fn judge(answer: &str, passages: &[&str]) -> Vec<Support> {
    let candidates: Vec<Candidate> = passages
        .iter()
        .enumerate()
        .map(|(passage_index, text)| Candidate { passage_index, text: (*text).to_owned() })
        .collect();
    attribute(answer, &candidates, &|_, _| None)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn chunks_cover_the_page_in_order(text in any_text()) {
        check_chunks(&text)?;
    }

    #[test]
    fn chunks_of_prose_end_with_sentences(text in page()) {
        check_chunks(&text)?;
        for chunk in chunk_page(&text) {
            prop_assert!(chunk.text.ends_with(['.', '!', '?']), "{:?}", chunk.text);
        }
    }

    #[test]
    fn sentences_are_ordered_ranges_of_the_text(text in any_text()) {
        let found = sentences(&text);
        check_spans(&text, &found)?;
        for span in found {
            let sentence = slice(&text, span);
            prop_assert_eq!(sentence.trim(), sentence);
            prop_assert!(sentence.contains(char::is_alphanumeric));
        }
    }

    #[test]
    fn claims_are_ordered_ranges_of_the_answer(text in any_text()) {
        check_spans(&text, &claims(&text))?;
    }

    #[test]
    fn nothing_panics(answer in any_text(), passage in any_text()) {
        for support in judge(&answer, &[&passage, &answer]) {
            if let Some(found) = support.found {
                let text = if found.passage_index == 0 { &passage } else { &answer };
                check_spans(text, &[found.span])?;
                prop_assert!((0.0..=1.0 + f32::EPSILON * 8.0).contains(&found.score), "{}", found.score);
            }
        }
        let quote = best_quote(&answer, &passage);
        prop_assert!(quote.start <= quote.end && quote.end as usize <= passage.chars().count());
        let _ = (terms(&answer), keywords(&answer));
        prop_assert!(strip_markers(&answer).len() <= answer.len());
    }

    #[test]
    fn similarity_is_never_enough_alone(answer in page(), passage in page()) {
        let candidates = [Candidate { passage_index: 0, text: passage.clone() }];
        for support in attribute(&answer, &candidates, &|_, _| Some(1.0)) {
            if let Some(found) = support.found {
                let own = terms(slice(&answer, support.sentence));
                let theirs = terms(&passage);
                prop_assert!(own.iter().any(|term| theirs.contains(term)), "{found:?}");
            }
        }
    }
}

/// Made-up statements of which every part can be changed.
#[derive(Clone, Debug)]
struct Fact {
    name: usize,
    verb: usize,
    thing: usize,
    place: usize,
    year: u32,
}

const NAMES: [&str; 8] = ["Anselm", "Brigida", "Corvin", "Dorothea", "Emeric", "Fiammetta", "Gudrun", "Hyacinth"];
const VERBS: [&str; 6] = ["painted", "founded", "described", "restored", "measured", "visited"];
const THINGS: [&str; 6] = ["observatory", "cathedral", "library", "orchard", "harbour", "monastery"];
const PLACES: [&str; 6] = ["Ravenna", "Toledo", "Uppsala", "Krakow", "Coimbra", "Leiden"];

fn fact() -> impl Strategy<Value = Fact> {
    (0..NAMES.len(), 0..VERBS.len(), 0..THINGS.len(), 0..PLACES.len(), 1400_u32..1900)
        .prop_map(|(name, verb, thing, place, year)| Fact { name, verb, thing, place, year })
}

impl Fact {
    fn told(&self) -> String {
        let Self { name, verb, thing, place, year } = *self;
        format!("{} {} the {} of {} in {year}.", NAMES[name], VERBS[verb], THINGS[thing], PLACES[place])
    }

    fn denied(&self) -> String {
        self.told().replacen(VERBS[self.verb], &format!("never {}", VERBS[self.verb]), 1)
    }
}

/// Facts of which no two are about the same thing or person.
fn facts() -> impl Strategy<Value = Vec<Fact>> {
    prop::collection::vec(fact(), 1..6).prop_map(|mut facts| {
        let mut seen = Vec::new();
        facts.retain(|fact| {
            let new = !seen.contains(&(fact.name + 100)) && !seen.contains(&fact.thing);
            seen.extend([fact.name + 100, fact.thing]);
            new
        });
        facts
    })
}

fn page_of(facts: &[Fact]) -> String {
    facts.iter().map(Fact::told).collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_copied_sentence_is_found_where_it_was_copied(facts in facts(), pick in any::<prop::sample::Index>()) {
        let page = page_of(&facts);
        let sentence = pick.get(&facts).told();
        let supports = judge(&sentence, &["Nothing is said here of anybody.", &page]);
        prop_assert_eq!(supports.len(), 1);
        let found = supports[0].found.as_ref().expect("a copied sentence is supported");
        prop_assert_eq!(found.passage_index, 1);
        prop_assert_eq!(slice(&page, found.span), sentence);
    }

    #[test]
    fn a_copied_answer_is_supported_throughout(facts in facts()) {
        let page = page_of(&facts);
        let supports = judge(&page, &[&page]);
        prop_assert_eq!(supports.len(), facts.len());
        for support in supports {
            let found = support.found.expect("a copied sentence is supported");
            prop_assert_eq!(found.span, support.sentence);
        }
    }

    #[test]
    fn a_changed_year_is_never_supported(
        facts in facts(), pick in any::<prop::sample::Index>(), by in 1_u32..400, similar in any::<bool>(),
    ) {
        let page = page_of(&facts);
        let mut changed = pick.get(&facts).clone();
        changed.year += by;
        let candidates = [Candidate { passage_index: 0, text: page }];
        let supports = attribute(&changed.told(), &candidates, &|_, _| similar.then_some(0.99));
        prop_assert!(supports[0].found.is_none() || facts.iter().any(|fact| fact.told() == changed.told()));
    }

    #[test]
    fn a_denial_is_never_supported(facts in facts(), pick in any::<prop::sample::Index>()) {
        let supports = judge(&pick.get(&facts).denied(), &[&page_of(&facts)]);
        prop_assert!(supports[0].found.is_none());
    }

    #[test]
    fn what_is_denied_is_never_supported(facts in facts(), pick in any::<prop::sample::Index>()) {
        let denied: Vec<String> = facts.iter().map(Fact::denied).collect();
        let supports = judge(&pick.get(&facts).told(), &[&denied.join(" ")]);
        prop_assert!(supports[0].found.is_none());
    }

    #[test]
    fn another_name_is_never_supported(facts in facts(), pick in any::<prop::sample::Index>(), by in 1..NAMES.len()) {
        let mut changed = pick.get(&facts).clone();
        changed.name = (changed.name + by) % NAMES.len();
        let supports = judge(&changed.told(), &[&page_of(&facts)]);
        prop_assert!(supports[0].found.is_none());
    }

    #[test]
    fn another_place_is_never_supported(facts in facts(), pick in any::<prop::sample::Index>(), by in 1..PLACES.len()) {
        let mut changed = pick.get(&facts).clone();
        changed.place = (changed.place + by) % PLACES.len();
        let supports = judge(&changed.told(), &[&page_of(&facts)]);
        prop_assert!(supports[0].found.is_none());
    }
}
