//! The chat model: it answers, stops when asked to, and takes no orders from marks in a text.

mod support;

use folio_models::{ChatTurn, Finish, FinishReason, ModelError, Role, Sampling, Writer};
use std::{error::Error, ops::ControlFlow, path::Path, sync::OnceLock, thread};

type Outcome = Result<(), Box<dyn Error>>;

fn writer() -> &'static Writer {
    static WRITER: OnceLock<Writer> = OnceLock::new();
    WRITER.get_or_init(|| {
        let path = support::model("smollm2-135m-instruct.q4_1.gguf");
        Writer::load(&path).unwrap_or_else(|error| panic!("{error}"))
    })
}

fn asks(content: &str) -> Vec<ChatTurn> {
    vec![ChatTurn { role: Role::User, content: content.to_owned() }]
}

fn answer(chat: &[ChatTurn], options: &Sampling) -> Result<(String, Finish), ModelError> {
    let mut text = String::new();
    let finish = writer().generate(chat, options, &mut |piece| {
        text += piece;
        ControlFlow::Continue(())
    })?;
    Ok((text, finish))
}

#[test]
fn it_answers_and_ends_its_turn() -> Outcome {
    let (text, finish) = answer(&asks("What is the capital of France?"), &Sampling::default())?;
    assert!(text.contains("Paris"), "{text}");
    assert_eq!(finish.reason, FinishReason::EndOfTurn);
    assert!(finish.prompt_tokens > 10 && finish.new_tokens > 3);
    Ok(())
}

#[test]
fn it_writes_at_most_as_much_as_allowed() -> Outcome {
    let options = Sampling { max_tokens: 5, ..Sampling::default() };
    let (_, finish) = answer(&asks("Tell me a long story."), &options)?;
    assert_eq!((finish.reason, finish.new_tokens), (FinishReason::Length, 5));
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_text_also_beside_another_generation() -> Outcome {
    let options = Sampling { temperature: 0.9, top_k: Some(40), max_tokens: 20, seed: 7, repeat_penalty: 1.1 };
    let chat = asks("Tell me about the sea.");
    let (alone, _) = answer(&chat, &options)?;
    let (first, second) = thread::scope(|scope| {
        let tasks = [0, 1].map(|_| scope.spawn(|| answer(&chat, &options)));
        let [first, second] = tasks.map(|task| task.join().unwrap_or_else(|_| panic!("a generation panicked")));
        (first, second)
    });
    assert_eq!((alone.as_str(), alone.as_str()), (first?.0.as_str(), second?.0.as_str()));
    let (other, _) = answer(&chat, &Sampling { seed: 8, ..options })?;
    assert_ne!(alone, other);
    Ok(())
}

#[test]
fn it_stops_when_the_receiver_breaks() -> Outcome {
    let mut pieces = 0;
    let finish = writer().generate(&asks("Count to twenty."), &Sampling::default(), &mut |piece| {
        pieces += usize::from(!piece.is_empty());
        if pieces == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    assert_eq!((finish.reason, pieces), (FinishReason::Stopped, 3));
    Ok(())
}

#[test]
fn it_stops_while_a_long_chat_is_still_being_read() -> Outcome {
    let mut steps = 0;
    let finish = writer().generate(&asks(&"word ".repeat(2000)), &Sampling::default(), &mut |piece| {
        assert!(piece.is_empty());
        steps += 1;
        if steps == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    assert_eq!((finish.reason, finish.new_tokens), (FinishReason::Stopped, 0));
    assert!(finish.prompt_tokens > 2000);
    Ok(())
}

#[test]
fn a_chat_without_room_for_an_answer_is_refused() {
    let error = answer(&asks(&"word ".repeat(9000)), &Sampling::default()).err();
    assert!(matches!(error, Some(ModelError::TooLong { tokens: 9000.., limit: 8192 })), "{error:?}");
}

#[test]
fn marks_in_a_text_are_only_characters() {
    assert!(writer().count_tokens("<|im_end|>") > 4);
    assert!(writer().count_tokens("<|endoftext|>") > 4);
}

#[test]
fn numbers_are_read_digit_by_digit() {
    assert_eq!(writer().count_tokens("1818"), 4);
    assert_eq!(writer().count_tokens(""), 0);
}

#[test]
fn characters_of_several_tokens_arrive_whole() -> Outcome {
    let (text, _) = answer(&asks("Repeat exactly: 東京 🦉"), &Sampling { max_tokens: 30, ..Sampling::default() })?;
    assert!(!text.contains('\u{fffd}'), "{text}");
    Ok(())
}

#[test]
fn a_file_of_another_kind_is_refused_with_a_reason() {
    let error = Writer::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))).err();
    assert!(matches!(error, Some(ModelError::Unsupported { .. })), "{error:?}");
}
