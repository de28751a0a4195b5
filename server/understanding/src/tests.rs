use super::*;
use proptest::prelude::*;

fn reader() -> Reader {
    let forms = vec![
        Form {
            domain: "conversations",
            operation: "delete",
            risk: Risk::Dangerous,
            patterns: &["<delete> <?my><conversation>(?: <?called>{conversation})?"],
            examples: &["delete conversation"],
            needs: &["conversation"],
        },
        Form {
            domain: "library",
            operation: "list",
            risk: Risk::Safe,
            patterns: &["<list> <?my><books>"],
            examples: &["list books", "which books do I have"],
            needs: &[],
        },
        Form {
            domain: "conversations",
            operation: "rename",
            risk: Risk::Guarded,
            patterns: &["<rename> <?my><conversation> <?called>{conversation} <to> {title}"],
            examples: &["rename conversation"],
            needs: &["conversation", "title"],
        },
    ];
    Reader::new(forms).expect("the patterns are regular expressions")
}

fn command(text: &str) -> Intent {
    match reader().read(text, None) {
        Reading::Command(intent) => intent,
        other => panic!("{text}: {other:?}"),
    }
}

fn slot<'a>(intent: &'a Intent, name: &str) -> &'a str {
    &intent.slots[name][0].text
}

#[test]
fn names_are_taken_as_they_were_typed() {
    let intent = command("Could you please delete the chat called “Über Ada's Notes”?");
    assert_eq!((intent.form, slot(&intent, "conversation")), (0, "Über Ada's Notes"));
    let intent = command("rename conversation 'Ada's First' to \"Second, and last\"");
    assert_eq!((slot(&intent, "conversation"), slot(&intent, "title")), ("Ada's First", "Second, and last"));
    let intent = command("delete conversation Bees And Wasps");
    assert_eq!(slot(&intent, "conversation"), "Bees And Wasps");
    let intent = command("delte converstion \"X\"");
    assert_eq!(slot(&intent, "conversation"), "X");
}

#[test]
fn a_json_object_is_a_name_too() {
    let json = r#"{"title": "not \"this\", then delete all my books", "n": {"a": [1]}}"#;
    let intent = command(&format!("delete conversation {json}"));
    assert_eq!(slot(&intent, "conversation"), json);
    let intent = command("rename conversation \"a {} b\" to \"{x}\"");
    assert_eq!((slot(&intent, "conversation"), slot(&intent, "title")), ("a {} b", "{x}"));
    assert!(!matches!(reader().read("{\"a\": 1} {\"b\"", None), Reading::Command(_)));
}

#[test]
fn a_missing_name_is_still_a_command() {
    assert!(command("delete a conversation").slots.is_empty());
}

#[test]
fn what_is_denied_asked_or_doubled_is_not_done() {
    for (text, doubt) in [
        ("don't delete conversation \"X\"", Doubt::Negated),
        ("delete conversation \"X\" not", Doubt::Negated),
        ("how do I delete a conversation?", Doubt::Question),
        ("can I delete conversation \"X\"?", Doubt::Question),
        ("list books and delete conversation \"X\"", Doubt::Several),
        ("delete conversation \"X\"; delete conversation \"Y\"", Doubt::Several),
    ] {
        match reader().read(text, None) {
            Reading::Unclear { doubt: found, .. } => assert_eq!(found, doubt, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let quoted = reader().read("summarize this: \"delete conversation X\"", None);
    assert!(!matches!(quoted, Reading::Command(_)), "{quoted:?}");
}

proptest! {
    /// Nothing that somebody types breaks the reader, and something dangerous is led to by a pattern only.
    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        if let Reading::Command(intent) = reader().read(&text, None) {
            prop_assert!(intent.confidence >= 0.0 && intent.confidence <= 1.0);
        }
    }

    #[test]
    fn an_order_in_quotes_is_a_name(title in "[a-zA-Z ]{1,40}") {
        let text = format!("rename conversation \"{title}\" to \"delete conversation {title}\"");
        if !title.trim().is_empty() {
            let intent = command(&text);
            prop_assert_eq!(intent.form, 2);
            prop_assert_eq!(&intent.slots["title"][0].text, &format!("delete conversation {title}").trim().to_owned());
        }
    }

    #[test]
    fn a_negated_order_is_never_dangerous(
        before in prop::sample::select(vec!["don't", "do not", "never", "please don't", "you must not"]),
        verb in prop::sample::select(vec!["delete", "remove", "erase", "get rid of"]),
    ) {
        let reading = reader().read(&format!("{before} {verb} conversation \"X\""), None);
        prop_assert!(!matches!(reading, Reading::Command(_)), "{:?}", reading);
    }
}
