use super::{
    answer::{Answer, SettledAnswer},
    composer::Composer,
    head::Head,
    panel::{CitationPanel, Cited},
    question::{AskedQuestion, Question},
    revisions,
};
#[cfg(feature = "hydrate")]
use crate::desk::Desk;
use crate::{
    api::{Choices, Revise, Thread},
    cite::{CitePlace, CiteRef},
    live::Live,
};
#[cfg(feature = "hydrate")]
use folio_types::ConversationId;
use folio_types::{Asked, Attachment, Message, MessageId, MessageStatus, Passage, Speaker};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
#[cfg(feature = "hydrate")]
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::sync::Arc;

/// One message of the conversation, as it stands now.
#[derive(Clone)]
enum Line {
    Question {
        id: MessageId,
        text: String,
        variants: Vec<MessageId>,
        attachments: Vec<Attachment>,
    },
    Answer {
        live: Live,
        model: Option<String>,
        variants: Vec<MessageId>,
    },
    /// An answer that was complete when the page was made: nothing of it will change. A reply to a command has a card.
    Settled(Arc<(Message, Option<String>)>),
}

impl Line {
    fn new(message: &Message, card: Option<&str>) -> Self {
        let Message { id, content, model_tag, variants, attachments, .. } = message.clone();
        match message.speaker {
            Speaker::Assistant if message.status == MessageStatus::Complete => {
                Self::Settled(Arc::new((message.clone(), card.map(str::to_owned))))
            }
            Speaker::Assistant => Self::Answer { live: Live::new(message, card), model: model_tag, variants },
            Speaker::User | Speaker::System => Self::Question { id, text: content, variants, attachments },
        }
    }

    fn id(&self) -> MessageId {
        match self {
            Self::Question { id, .. } => *id,
            Self::Answer { live, .. } => live.id,
            Self::Settled(reply) => reply.0.id,
        }
    }

    /// An answer that is being gone on with is followed again.
    #[cfg(feature = "hydrate")]
    fn catch_up(&self, message: &Message) {
        if let Some(live) = self.live() {
            live.renew(message);
        }
    }

    fn live(&self) -> Option<Live> {
        match self {
            Self::Question { .. } | Self::Settled(_) => None,
            Self::Answer { live, .. } => Some(*live),
        }
    }

    fn is_answer(&self) -> bool {
        !matches!(self, Self::Question { .. })
    }

    /// The first message that the model got word for word, if it did not get all of them.
    fn window(&self) -> Option<MessageId> {
        match self {
            Self::Question { .. } => None,
            Self::Answer { live, .. } => live.window.get(),
            Self::Settled(reply) => reply.0.window_from,
        }
    }

    /// The passage that a link to this line means.
    fn passage(&self, place: CitePlace) -> Option<Passage> {
        match self {
            Self::Question { .. } => None,
            Self::Answer { live, .. } => live.passage(place),
            Self::Settled(reply) => place.of(&reply.0.sources, &reply.0.citations),
        }
    }
}

/// A conversation with its composer and, where the address asks for one, a cited page beside it.
#[component]
pub fn ThreadView(thread: Thread, choices: Choices) -> impl IntoView {
    let Thread { conversation, messages, cards } = thread;
    let (id, model) = (conversation.id, conversation.model_tag.clone());
    let lines = messages.iter().zip(&cards).map(|(message, card)| Line::new(message, card.as_deref()));
    let lines = RwSignal::new(lines.collect::<Vec<_>>());
    let title = RwSignal::new(conversation.title.clone());
    let pending = RwSignal::new(None::<String>);
    let problem = RwSignal::new(None::<String>);
    let writing = Memo::new(move |_| lines.with(|lines| lines.iter().rev().find_map(being_written)));
    let query = use_query_map();
    let cited = Memo::new(move |_| cited_passage(query.with(|query| query.get("cite")), lines));

    let window = Memo::new(move |_| lines.with(|lines| lines.iter().rev().find(|line| line.is_answer())?.window()));
    let edited = RwSignal::new(None::<(MessageId, String)>);
    let on_edit = Callback::new(move |edit| edited.set(Some(edit)));

    let owner = StoredValue::new(Owner::current());
    // the signals of new lines belong to this view, not to the click that made them
    let line_of = move |message: &Message, card: Option<&str>| {
        let new = || Line::new(message, card);
        owner.with_value(|owner| owner.as_ref().map_or_else(new, |owner| owner.with(new)))
    };
    let on_asked = Callback::new(move |asked: Asked| {
        title.set(asked.conversation.title.clone());
        let versions = &asked.question.variants;
        lines.update(|lines| {
            let kept = lines.iter().position(|line| versions.contains(&line.id())).unwrap_or(lines.len());
            lines.truncate(kept);
            lines.extend([&asked.question, &asked.answer].map(|message| line_of(message, None)));
        });
    });
    #[cfg(feature = "hydrate")]
    open_at_end();
    #[cfg(feature = "hydrate")]
    let on_revise = {
        let (desk, on_revised) = (Desk::here(), show_revised(id, lines, line_of));
        move |event: ev::SubmitEvent| super::revising::revise(&event, id, desk, on_revised, problem)
    };
    #[cfg(not(feature = "hydrate"))]
    let on_revise = |_: ev::SubmitEvent| {};
    let item = move |line: Line| {
        let id = line.id();
        let begins = move || {
            let words = "From here on the model reads word for word; what was said before is left out or in short.";
            (window.get() == Some(id)).then(|| view! { <p class="window hint">{words}</p> })
        };
        view! { <li>{begins}<LineView line on_edit /></li> }
    };

    view! {
        <Title text=move || title.get() />
        <main id="main" class="chat" tabindex="-1">
            <Head id title />
            <form id=revisions::FORM method="post" action=Revise::PATH hidden on:submit=on_revise></form>
            <ol class="messages" aria-label="Messages" role="list">
                <For each=move || lines.get() key=Line::id children=item />
                {move || pending.get().map(|text| view! { <li class="pending"><Question text /></li> })}
            </ol>
            <Composer conversation=Some(id) model choices pending writing edited problem on_asked />
        </main>
        <CitationPanel cited />
    }
}

#[component]
fn LineView(line: Line, on_edit: Callback<(MessageId, String)>) -> impl IntoView {
    match line {
        Line::Question { id, text, variants, attachments } => {
            view! { <AskedQuestion id text variants attachments on_edit /> }.into_any()
        }
        Line::Answer { live, model, variants } => view! { <Answer live model variants /> }.into_any(),
        Line::Settled(reply) => view! { <SettledAnswer reply /> }.into_any(),
    }
}

fn being_written(line: &Line) -> Option<MessageId> {
    line.live().filter(|live| live.is_streaming()).map(|live| live.id)
}

/// Takes over what became of the conversation; a fork is gone to.
#[cfg(feature = "hydrate")]
fn show_revised(
    shown: ConversationId,
    lines: RwSignal<Vec<Line>>,
    line_of: impl Fn(&Message, Option<&str>) -> Line + Send + Sync + 'static,
) -> Callback<Thread> {
    let (desk, navigate) = (Desk::here(), use_navigate());
    let owner = Owner::current();
    Callback::new(move |Thread { conversation, messages, cards }: Thread| {
        let id = conversation.id;
        desk.note(conversation);
        if id != shown {
            navigate(&format!("/c/{id}"), NavigateOptions::default());
            return;
        }
        lines.update(|lines| {
            let known = std::mem::take(lines);
            lines.extend(messages.iter().zip(&cards).map(|(message, card)| {
                let same = known.iter().find(|line| line.id() == message.id).cloned();
                let catch_up = |line: &Line| match &owner {
                    // following belongs to this view, not to the click
                    Some(owner) => owner.with(|| line.catch_up(message)),
                    None => line.catch_up(message),
                };
                same.inspect(catch_up).unwrap_or_else(|| line_of(message, card.as_deref()))
            }));
        });
    })
}

/// The passage that `cite` means: a [`CiteRef`], if anything.
fn cited_passage(cite: Option<String>, lines: RwSignal<Vec<Line>>) -> Cited {
    let Some(cite) = cite else {
        return Cited::Nothing;
    };
    let Ok(CiteRef { message, place }) = cite.parse() else {
        return Cited::Missing;
    };
    let passage = lines.with(|lines| lines.iter().find(|line| line.id() == message)?.passage(place));
    passage.map_or(Cited::Missing, Cited::Passage)
}

/// A conversation is read on from its end, unless the address or the browser knows a better place.
#[cfg(feature = "hydrate")]
fn open_at_end() {
    let elsewhere = use_query_map().with_untracked(|query| query.get("cite").is_some());
    Effect::new(move || crate::live::scroll::watch(!elsewhere));
}
