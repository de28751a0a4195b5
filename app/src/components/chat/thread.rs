use super::{
    answer::Answer,
    composer::Composer,
    head::Head,
    panel::{CitationPanel, Cited},
};
use crate::{
    api::{Choices, Thread},
    cite::CiteRef,
    live::Live,
};
use folio_types::{Asked, Message, MessageId, Speaker};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// One message of the conversation, as it stands now.
#[derive(Clone)]
enum Line {
    Question { id: MessageId, text: String },
    Answer(Live),
}

impl Line {
    fn new(message: &Message) -> Self {
        match message.speaker {
            Speaker::Assistant => Self::Answer(Live::new(message)),
            Speaker::User | Speaker::System => Self::Question { id: message.id, text: message.content.clone() },
        }
    }

    fn id(&self) -> MessageId {
        match self {
            Self::Question { id, .. } => *id,
            Self::Answer(live) => live.id,
        }
    }
}

/// A conversation with its composer and, where the address asks for one, a cited page beside it.
#[component]
pub fn ThreadView(thread: Thread, choices: Choices) -> impl IntoView {
    let Thread { conversation, messages } = thread;
    let (id, model) = (conversation.id, conversation.model_tag.clone());
    let lines = RwSignal::new(messages.iter().map(Line::new).collect::<Vec<_>>());
    let title = RwSignal::new(conversation.title.clone());
    let pending = RwSignal::new(None::<String>);
    let writing = Memo::new(move |_| lines.with(|lines| lines.iter().rev().find_map(being_written)));
    let query = use_query_map();
    let cited = Memo::new(move |_| cited_passage(query.with(|query| query.get("cite")), lines));

    let owner = Owner::current();
    let on_asked = Callback::new(move |asked: Asked| {
        title.set(asked.conversation.title.clone());
        let new = || [Line::new(&asked.question), Line::new(&asked.answer)];
        // the signals of the new lines belong to this view, not to the click that made them
        let new = owner.as_ref().map_or_else(new, |owner| owner.with(new));
        lines.update(|lines| lines.extend(new));
    });
    #[cfg(feature = "hydrate")]
    open_at_end();

    view! {
        <Title text=move || title.get() />
        <main id="main" class="chat" tabindex="-1">
            <Head id title />
            <ol class="messages" aria-label="Messages" role="list">
                <For each=move || lines.get() key=Line::id children=|line| view! { <li><LineView line /></li> } />
                {move || pending.get().map(|text| view! { <li class="pending"><Question text /></li> })}
            </ol>
            <Composer conversation=Some(id) model choices pending writing on_asked />
        </main>
        <CitationPanel cited />
    }
}

#[component]
fn LineView(line: Line) -> impl IntoView {
    match line {
        Line::Question { text, .. } => view! { <Question text /> }.into_any(),
        Line::Answer(live) => view! { <Answer live /> }.into_any(),
    }
}

#[component]
fn Question(text: String) -> impl IntoView {
    view! { <article class="question" aria-label="You"><p>{text}</p></article> }
}

fn being_written(line: &Line) -> Option<MessageId> {
    match line {
        Line::Answer(answer) if answer.is_streaming() => Some(answer.id),
        _ => None,
    }
}

/// The passage that `cite` means: a [`CiteRef`], if anything.
fn cited_passage(cite: Option<String>, lines: RwSignal<Vec<Line>>) -> Cited {
    let Some(cite) = cite else {
        return Cited::Nothing;
    };
    let Ok(CiteRef { message, place }) = cite.parse() else {
        return Cited::Missing;
    };
    let answer = lines.with(|lines| {
        lines.iter().find_map(|line| match line {
            Line::Answer(live) if live.id == message => Some(*live),
            _ => None,
        })
    });
    answer.and_then(|live| live.passage(place)).map_or(Cited::Missing, Cited::Passage)
}

/// A conversation is read on from its end, unless the address or the browser knows a better place.
#[cfg(feature = "hydrate")]
fn open_at_end() {
    use crate::live::scroll;
    let elsewhere = use_query_map().with_untracked(|query| query.get("cite").is_some());
    Effect::new(move || {
        if !elsewhere {
            request_animation_frame(|| {
                if scroll::is_untouched() {
                    scroll::to_end();
                }
            });
        }
    });
}
