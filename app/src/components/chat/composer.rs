use super::scope::ScopeFields;
use crate::{
    api::{self, Choices, Stop},
    components::{
        library::{UploadRows, dropped_to},
        ui::Problem,
    },
    desk::Desk,
    uploads::{ATTACHMENTS, Uploads},
};
use folio_types::{Asked, ConversationId, MessageId, Model};
use leptos::{ev, html, prelude::*, server_fn::ServerFn};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

/// Where questions are written. A plain form to `/ask`, so that it works before, and without, JavaScript.
#[component]
pub fn Composer(
    conversation: Option<ConversationId>,
    #[prop(optional_no_strip)] model: Option<String>,
    choices: Choices,
    /// The question on its way to the server, for the page to show.
    pending: RwSignal<Option<String>>,
    /// The answer that is being written now.
    #[prop(optional, into)]
    writing: Signal<Option<MessageId>>,
    /// A question of the conversation in other words.
    #[prop(optional, into)]
    edited: Signal<Option<(MessageId, String)>>,
    /// What was refused, here or beside a message.
    #[prop(default = RwSignal::new(None))]
    problem: RwSignal<Option<String>>,
    on_asked: Callback<Asked>,
) -> impl IntoView {
    let typed = use_query_map().with_untracked(|query| query.get("question").unwrap_or_default());
    let form = NodeRef::<html::Form>::new();
    let text = NodeRef::<html::Textarea>::new();
    let Choices { models, books } = choices;
    let files = Uploads::new(ATTACHMENTS);
    let over = dropped_to(files);
    let paste = move |event: ev::ClipboardEvent| {
        if let Some(pasted) = event.clipboard_data().and_then(|data| data.files()).filter(|files| files.length() > 0) {
            event.prevent_default();
            files.add(&pasted);
        }
    };

    #[cfg(feature = "hydrate")]
    let asking = super::asking::Asking::new(form, text, files, pending, problem, on_asked);
    #[cfg(feature = "hydrate")]
    {
        asking.take_focus();
        Effect::new(move || {
            if let Some((other, words)) = edited.get() {
                asking.send(conversation, words, Some(other));
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (on_asked, edited);
    let on_submit = move |event: ev::SubmitEvent| {
        #[cfg(feature = "hydrate")]
        if writing.get_untracked().is_none() && asking.is_command() {
            // the browser itself sends it, and comes back to the conversation with the reply
            return;
        }
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        match writing.get_untracked() {
            Some(answer) => asking.stop(answer),
            None => asking.ask(conversation),
        }
    };
    let send_by_enter = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            if let (Some(form), None) = (form.get(), writing.get_untracked()) {
                // an empty question is refused by the form itself
                let _ = form.request_submit();
            }
        }
    };
    view! {
        <form
            class="composer"
            class:dropping=move || over.get()
            aria-label="Ask"
            method="post"
            action="/ask"
            enctype="multipart/form-data"
            autocomplete="off"
            node_ref=form
            on:submit=on_submit
        >
            <Problem message=problem />
            {conversation.map(|id| view! { <input type="hidden" name="conversation" value=id.to_string() /> })}
            <label class="visually-hidden" for="question">"Your question"</label>
            <textarea
                id="question"
                name="content"
                rows="2"
                maxlength="32000"
                placeholder="Ask a question, or type / and a command"
                enterkeyhint="send"
                required
                node_ref=text
                readonly=move || pending.get().is_some()
                on:keydown=send_by_enter
                on:paste=paste
            >
                {typed.clone()}
            </textarea>
            // what came from a card to be asked is no command
            {(!typed.is_empty()).then(|| view! { <input type="hidden" name="as_question" value=typed /> })}
            <UploadRows uploads=files label="Files to send along" />
            <p class="without-script">
                <input type="file" name="file" multiple aria-label="Files to send along" />
            </p>
            <div class="composer-row">
                <label class="button file needs-script">
                    "Attach"
                    <input type="file" class="visually-hidden" multiple on:change=move |event| files.add_chosen(&event) />
                </label>
                <ScopeFields books />
                <ModelField models last=model />
                {move || match writing.get() {
                    None => view! { <button type="submit" class="primary" disabled=move || pending.get().is_some()>"Send"</button> }.into_any(),
                    Some(answer) => view! {
                        <input type="hidden" name="message" value=answer.to_string() />
                        <button type="submit" class="primary" formaction=Stop::PATH formenctype="application/x-www-form-urlencoded" formnovalidate>"Stop"</button>
                    }.into_any(),
                }}
            </div>
        </form>
    }
}

/// With nothing to ask, it says so and what can be done.
#[component]
pub fn NoBooks() -> impl IntoView {
    let add = ServerAction::<api::AddHandbook>::new();
    let navigate = use_navigate();
    let problem = Signal::derive(move || add.value().get().and_then(Result::err).map(|error| error.message));
    Effect::new(move || {
        if let Some(Ok(_)) = add.value().get() {
            navigate("/library", NavigateOptions::default());
        }
    });
    view! {
        <p>"Folio answers from books that you give it, and shows the page behind every sentence. There is none yet."</p>
        <div class="row center">
            <a class="button primary" href="/library">"Add books in the library"</a>
            <ActionForm action=add><button type="submit">"Add the Folio handbook"</button></ActionForm>
        </div>
        <Problem message=problem />
        <p class="hint">"Or just chat: until a book is ready, answers come from the model alone."</p>
    }
}

#[component]
fn ModelField(models: Vec<Model>, last: Option<String>) -> impl IntoView {
    let chosen = Desk::here().choice.model;
    let wanted = chosen.get_untracked().or(last).filter(|tag| models.iter().any(|model| model.tag == *tag));
    let wanted = wanted.or_else(|| models.iter().find(|model| model.is_default).map(|model| model.tag.clone()));
    let entry = |model: Model| {
        let selected = wanted.as_ref() == Some(&model.tag);
        let name = model.tag.clone();
        view! { <option value=model.tag selected=selected>{name}</option> }
    };
    let none = models.is_empty();
    let entries = models.into_iter().map(entry).collect_view();
    view! {
        <label class="model">
            <span class="visually-hidden">"Model"</span>
            <select name="model" on:change=move |event| chosen.set(Some(event_target_value(&event)))>
                {none.then(|| view! { <option value="">"Default model"</option> })}
                {entries}
            </select>
        </label>
    }
}
