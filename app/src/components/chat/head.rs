use crate::{api, components::ui::Confirm, components::ui::Problem, desk::Desk};
use folio_types::ConversationId;
use leptos::{ev, html, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// The conversation's title, which can be changed, and its end.
#[component]
pub fn Head(id: ConversationId, title: RwSignal<String>) -> impl IntoView {
    let desk = Desk::here();
    let navigate = use_navigate();
    let renaming = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let shown = move || title.with(|title| if title.is_empty() { "Untitled".to_owned() } else { title.clone() });

    let on_delete = Callback::new(move |()| {
        let navigate = navigate.clone();
        spawn_local(async move {
            match api::delete_conversation(id).await {
                Ok(()) => {
                    desk.forget(id);
                    desk.announce("Conversation deleted.");
                    navigate("/", NavigateOptions::default());
                }
                Err(error) => problem.set(Some(error.message)),
            }
        });
    });
    view! {
        <header class="thread-head">
            <Show when=move || !renaming.get() fallback=move || view! { <Rename id title renaming problem /> }>
                <h1>{shown}</h1>
                <div class="row">
                <button type="button" class="quiet needs-script" on:click=move |_| renaming.set(true)>"Rename"</button>
                <Confirm
                    label="Delete"
                    heading="Delete this conversation?"
                    warning=Signal::derive(move || format!("“{}” and all its messages will be gone for good.", shown()))
                    on_confirm=on_delete
                />
                </div>
            </Show>
            <Problem message=problem />
        </header>
    }
}

#[component]
fn Rename(
    id: ConversationId,
    title: RwSignal<String>,
    renaming: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
) -> impl IntoView {
    let desk = Desk::here();
    let input = NodeRef::<html::Input>::new();
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(new) = input.get().map(|input| input.value()) else {
            return;
        };
        spawn_local(async move {
            match api::rename_conversation(id, new).await {
                Ok(conversation) => {
                    title.set(conversation.title.clone());
                    desk.note(conversation);
                    problem.set(None);
                    renaming.set(false);
                }
                Err(error) => problem.set(Some(error.message)),
            }
        });
    };
    let leave_on_escape = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            renaming.set(false);
        }
    };
    Effect::new(move || {
        if let Some(input) = input.get() {
            // without focus the name can still be typed after a click
            let _ = input.focus();
            input.select();
        }
    });
    view! {
        <form class="rename" on:submit=save on:keydown=leave_on_escape>
            <input node_ref=input name="title" aria-label="Title" maxlength="200" required value=title.get_untracked() />
            <button type="submit">"Save"</button>
            <button type="button" class="quiet" on:click=move |_| renaming.set(false)>"Cancel"</button>
        </form>
    }
}
