use super::files::sent;
use super::revisions::Revisions;
use folio_types::{Attachment, MessageId};
use leptos::{ev, html, prelude::*};

/// A question that was sent.
#[component]
pub fn Question(text: String, #[prop(optional)] attachments: Vec<Attachment>) -> impl IntoView {
    view! { <article class="question" aria-label="You">{sent(attachments)}<p>{text}</p></article> }
}

/// A question of the conversation, which can be asked in other words.
#[component]
pub fn AskedQuestion(
    id: MessageId,
    text: String,
    variants: Vec<MessageId>,
    attachments: Vec<Attachment>,
    /// The other words, and what they stand for.
    on_edit: Callback<(MessageId, String)>,
) -> impl IntoView {
    let editing = RwSignal::new(false);
    let text = StoredValue::new(text);
    let attachments = StoredValue::new(attachments);
    let several = !variants.is_empty();
    let variants = StoredValue::new(variants);
    let shown = move || {
        view! {
            <Question text=text.get_value() attachments=attachments.get_value() />
            <div class="row end">
                {several.then(|| view! { <Revisions message=id variants=variants.get_value() model=None state=None /> })}
                <button type="button" class="quiet needs-script" on:click=move |_| editing.set(true)>"Edit"</button>
            </div>
        }
    };
    let done = Callback::new(move |words: Option<String>| match words {
        // it stays open until the new question takes its place, so that nothing typed is lost
        Some(words) if text.with_value(|text| *text != words) => on_edit.run((id, words)),
        _ => editing.set(false),
    });
    view! {
        <Show when=move || editing.get() fallback=shown>
            <Edit text=text.get_value() done />
        </Show>
    }
}

#[component]
fn Edit(text: String, done: Callback<Option<String>>) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        done.run(field.get().map(|field| field.value()));
    };
    let leave_on_escape = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            done.run(None);
        }
    };
    Effect::new(move || {
        if let Some(field) = field.get() {
            // without focus it can still be written in after a click
            let _ = field.focus();
        }
    });
    view! {
        <form class="edit" aria-label="Edit the question" on:submit=send on:keydown=leave_on_escape>
            <textarea node_ref=field aria-label="The question in other words" rows="3" maxlength="32000" required>{text}</textarea>
            <div class="row end">
                <button type="button" class="quiet" on:click=move |_| done.run(None)>"Cancel"</button>
                <button type="submit" class="primary">"Ask this instead"</button>
            </div>
        </form>
    }
}
