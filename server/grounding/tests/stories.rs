//! What a reader expects of attribution, case by case.

use folio_grounding::{Candidate, Support, attribute, best_quote, claims, slice, strip_markers};

const TOWER: &str = "The Eiffel Tower was built between 1887 and 1889 by the company of Gustave Eiffel. It is 330 metres \
    tall and weighs about 10,100 tonnes. Critics did not like it at first. Nearly seven million people visited it in \
    2019; about 75% of them came from abroad.";
const WHALES: &str = "Blue whales feed almost only on krill. An adult eats up to four tonnes a day in summer, but little in \
    winter. Unlike toothed whales, they have no teeth. Hunting them has been forbidden since 1966, and their number has \
    slowly increased.";
const CURIE: &str = "Marie Curie was born in Warsaw in 1867. She received the Nobel Prize in Physics in 1903 together with \
    her husband Pierre, and the Nobel Prize in Chemistry in 1911 alone. The World Health Organization did not exist in \
    her time. She never patented radium.";
const POLICY: &str = "Visitors must sign in at the desk, e.g. with Mr. Okoro or Dr. Lund. Dogs may enter only on a lead. \
    Bags larger than 40 cm are not allowed in Room 3. Fees rose from €5 to €7 in March 2021. All exits close at 6 p.m. \
    except Exit B.";

fn judge(answer: &str) -> Vec<Support> {
    let texts = [TOWER, WHALES, CURIE, POLICY];
    let candidates: Vec<Candidate> = texts
        .iter()
        .enumerate()
        .map(|(passage_index, text)| Candidate { passage_index, text: (*text).to_owned() })
        .collect();
    attribute(answer, &candidates, &|_, _| None)
}

/// The quotes that the statements of an answer rest on.
fn quotes(answer: &str) -> Vec<Option<&'static str>> {
    let texts = [TOWER, WHALES, CURIE, POLICY];
    let quote = |support: Support| support.found.map(|found| slice(texts[found.passage_index], found.span));
    judge(answer).into_iter().map(quote).collect()
}

#[test]
fn supported_in_other_words() {
    let cases = [
        ("The Eiffel Tower was built from 1887 to 1889.", "The Eiffel Tower was built between 1887"),
        ("It was built by Gustave Eiffel's company.", "The Eiffel Tower was built between 1887"),
        ("The tower is 330 m tall.", "It is 330 metres"),
        ("The Eiffel Tower weighs roughly 10100 tonnes.", "It is 330 metres"),
        ("At first, critics didn't like it.", "Critics did not like it"),
        ("About 75 percent of the visitors in 2019 came from abroad.", "Nearly seven million"),
        ("Almost 7 million people visited the tower in 2019.", "Nearly seven million"),
        ("Blue whales do not have teeth.", "Unlike toothed whales"),
        ("An adult blue whale eats up to 4 tonnes per day in summer.", "An adult eats"),
        ("Marie Curie was born in 1867 in Warsaw.", "Marie Curie was born"),
        ("In 1911 Marie Curie received the Nobel Prize in Chemistry alone.", "She received"),
        ("Curie never patented radium.", "She never patented"),
        ("**Dogs** may only enter on a *lead*.", "Dogs may enter"),
        ("Bags larger than 40 cm aren't allowed in Room 3 [2].", "Bags larger"),
        ("In March 2021 fees rose from 5 euros to 7 euros (p. 4).", "Fees rose"),
        ("Visitors have to sign in at the desk.", "Visitors must sign in"),
    ];
    let missed: Vec<_> = cases
        .into_iter()
        .filter(|(answer, start)| {
            !quotes(answer).first().copied().flatten().is_some_and(|quote| quote.starts_with(start))
        })
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// True, and said in the passages, but in other words than the comparison of words can follow: these stay without a
/// citation, which is the lesser fault. Whoever teaches it one of them moves it up.
#[test]
fn out_of_reach_without_the_sentence_model() {
    let cases = [
        "Blue whales eat almost only krill.",
        "It has been forbidden to hunt blue whales since 1966.",
        "The WHO did not exist in her time.",
        "According to the text, fees rose in March 2021.",
    ];
    for answer in cases {
        assert_eq!(quotes(answer).first().copied().flatten(), None, "{answer}");
    }
}

#[test]
fn contradicted_or_only_near() {
    let cases = [
        "The Eiffel Tower was built from 1886 to 1889.",
        "The Eiffel Tower was built by the company of Gustave Flaubert.",
        "The Statue of Liberty was built between 1887 and 1889.",
        "It is 330 feet tall.",
        "It weighs about 10,100 kilograms.",
        "Critics liked it at first.",
        "Nearly seven billion people visited it in 2019.",
        "About 25% of them came from abroad.",
        "Seventy people visited it in 2019.",
        "Blue whales have teeth.",
        "Hunting them has been allowed since 1966.",
        "Hunting them has never been forbidden.",
        "Their number has slowly decreased since 1966.",
        "An adult eats up to four tonnes a day in winter.",
        "Blue whales feed almost only on squid.",
        "Grey whales feed almost only on krill.",
        "Marie Curie was born in Vienna in 1867.",
        "Pierre Curie was born in Warsaw in 1867.",
        "Marie Curie received the Nobel Prize in Physics in 1911.",
        "She patented radium.",
        "Dogs may not enter on a lead.",
        "Bags larger than 40 cm are allowed in Room 3.",
        "Bags smaller than 40 cm are not allowed in Room 3.",
        "Bags larger than 40 cm are not allowed in Room 4.",
        "Fees fell from €5 to €7 in March 2021.",
        "Fees rose from €5 to €7 in May 2021.",
        "Fees rose from $5 to $7 in March 2021.",
        "Exit B closes at 6 p.m.",
        "The tower has three restaurants.",
    ];
    let wrong: Vec<_> = cases.iter().filter(|answer| quotes(answer).first().copied().flatten().is_some()).collect();
    assert!(wrong.is_empty(), "supported: {wrong:#?}");
    let unjudged: Vec<_> = cases.iter().filter(|answer| judge(answer).is_empty()).collect();
    assert!(unjudged.is_empty(), "not judged: {unjudged:#?}");
}

/// Two sentences that speak of different things do not together support what neither says.
#[test]
fn not_joined_from_two() {
    let text = "Choose a long password for the administrator. Make backups, and keep them as safe as the data itself.";
    let passage = [Candidate { passage_index: 0, text: text.to_owned() }];
    let sentence = "The administrator is the person who makes backups and keeps them safe.";
    let supports = attribute(sentence, &passage, &|_, _| None);
    assert!(supports.iter().all(|support| support.found.is_none()), "{supports:?}");
}

#[test]
fn a_whole_answer() {
    let answer = "## Summary\n\nSure! Here is what the books say:\n\n\
        - The Eiffel Tower is **330 metres** tall [1].\n\
        - Blue whales have no teeth. They sing at night.\n\n\
        ```\nlet tower = 330;\n```\n\nWould you like to know more?";
    let supports = judge(answer);
    let sentences: Vec<&str> = supports.iter().map(|support| slice(answer, support.sentence)).collect();
    assert_eq!(
        sentences,
        ["The Eiffel Tower is **330 metres** tall [1].", "Blue whales have no teeth.", "They sing at night."]
    );
    let found: Vec<bool> = supports.iter().map(|support| support.found.is_some()).collect();
    assert_eq!(found, [true, true, false]);
}

#[test]
fn similar_meaning_makes_up_for_words_only() {
    let candidates = [Candidate { passage_index: 7, text: WHALES.to_owned() }];
    let found = |sentence: &str, cosine: f32| {
        attribute(sentence, &candidates, &|_, _| Some(cosine)).iter().any(|support| support.found.is_some())
    };
    let loose = "Whaling has been forbidden by law since 1966.";
    assert!(!found(loose, 0.2));
    assert!(found(loose, 0.8));
    assert!(!found("Whaling has been forbidden by law since 1976.", 0.99));
    assert!(!found("Whaling has not been forbidden by law since 1966.", 0.99));
    assert!(!found("Whaling has been forbidden by law in Norway since 1966.", 0.99));
}

#[test]
fn what_states_nothing_is_left_out() {
    let silent = [
        "Hello! How can I help you?",
        "I could not find anything about that in your books.",
        "I'm sorry, but the passages do not mention the height of the tower.",
        "The provided text does not say who designed it.",
        "Here are the most important points:",
        "Sure, here is a summary:",
        "# The Eiffel Tower",
        "Let me know if you have more questions.",
        "There is no information about this in the sources.",
        "Yes.",
        "```\nfn main() {}\n```",
        "[1]",
        "",
    ];
    for answer in silent {
        assert_eq!(claims(answer), [], "{answer}");
    }
    let stating = [
        "I could not find the exact date, but the tower was built in 1889.",
        "Yes, it was built in 1889.",
        "In 1889 the tower had these visitors: Edison and Bell.",
        "No locks are needed.",
    ];
    for answer in stating {
        assert_eq!(claims(answer).len(), 1, "{answer}");
    }
}

#[test]
fn markers_that_a_model_wrote_are_removed() {
    let cases = [
        ("It is tall [1].", "It is tall."),
        ("It is tall. [1][2] It is old.", "It is tall. It is old."),
        ("It is tall【3†source】 and old (p. 12).", "It is tall and old."),
        ("It is tall (Handbook, p. 3) [Source 2].", "It is tall."),
        ("[1] It is tall.", "It is tall."),
        ("One [1, 2]\ntwo [3-5]", "One\ntwo"),
        ("See [1](https://example.org) and `a[1]`.", "See [1](https://example.org) and `a[1]`."),
        ("```\na[1] = 2\n```", "```\na[1] = 2\n```"),
        ("In [2019] and [sic].", "In [2019] and [sic]."),
    ];
    for (written, kept) in cases {
        assert_eq!(strip_markers(written), kept);
    }
}

#[test]
fn the_best_sentence_answers_the_question() {
    let cases = [
        ("How tall is the Eiffel Tower?", TOWER, "It is 330 metres"),
        ("When was Marie Curie born?", CURIE, "Marie Curie was born"),
        ("What do blue whales eat?", WHALES, "Blue whales feed"),
        ("Since when is hunting whales forbidden?", WHALES, "Hunting them"),
        ("Are dogs allowed?", POLICY, "Dogs may enter"),
    ];
    for (question, passage, start) in cases {
        let quote = slice(passage, best_quote(question, passage));
        assert!(quote.starts_with(start), "{question} -> {quote}");
    }
}
