//! What stands around every page of a signed-in reader.

use super::loaded;
use crate::desk::Desk;
use folio_types::Conversation;
use leptos::{ev, html, prelude::*};
use leptos_router::{components::A, components::Outlet, hooks::use_location};

#[component]
pub fn House() -> impl IntoView {
    let desk = Desk::new();
    provide_context(desk);
    Effect::new(move || {
        let listener = window_event_listener(ev::beforeunload, move |event| {
            if desk.uploads.is_busy() {
                // the browser asks whether to leave
                event.prevent_default();
            }
        });
        on_cleanup(move || listener.remove());
    });
    view! {
        // the browser itself moves the focus
        <a class="skip" href="#main" rel="external">"Skip to content"</a>
        <div class="house">
            <header class="bar">
                <button type="button" popovertarget="conversations">"Conversations"</button>
                <a class="brand" href="/">"Folio"</a>
            </header>
            <Sidebar />
            <Outlet />
        </div>
        <div class="visually-hidden" role="status" aria-live="polite">{move || desk.news.get()}</div>
    }
}

/// Beside the page, or, on narrow screens, behind the button "Conversations", which needs no script.
#[component]
fn Sidebar() -> impl IntoView {
    let desk = Desk::here();
    let nav = NodeRef::<html::Nav>::new();
    close_after_navigation(nav);
    view! {
        <nav id="conversations" class="sidebar" aria-label="Conversations" popover="auto" node_ref=nav>
            <a class="brand" href="/">"Folio"</a>
            <ul class="places">
                <li><A href="/" exact=true>"New chat"</A></li>
                <li><A href="/library">"Library"</A></li>
                <li><a href="/act" rel="external">"Commands"</a></li>
            </ul>
            <Suspense>
                {loaded(desk.conversations, |list| match list {
                    Ok(list) => view! { <Conversations list /> }.into_any(),
                    Err(error) => view! { <p class="hint">{error.message}</p> }.into_any(),
                })}
            </Suspense>
            <form class="me" method="post" action="/logout">
                <Suspense>
                    {move || desk.me.get().and_then(Result::ok).map(|me| view! { <a href="/settings/account" rel="external" title=me.email>{me.name}</a> })}
                </Suspense>
                <button type="submit" class="quiet">"Sign out"</button>
            </form>
        </nav>
    }
}

#[component]
fn Conversations(list: Vec<Conversation>) -> impl IntoView {
    if list.is_empty() {
        return view! { <p class="hint">"Your conversations will be kept here."</p> }.into_any();
    }
    let entry = |conversation: Conversation| {
        view! { <li><A href=format!("/c/{}", conversation.id)>{titled(&conversation)}</A></li> }
    };
    view! { <ul class="conversations">{list.into_iter().map(entry).collect_view()}</ul> }.into_any()
}

/// The conversation's title, or a name for one that has none yet.
pub fn titled(conversation: &Conversation) -> String {
    if conversation.title.is_empty() { "Untitled".into() } else { conversation.title.clone() }
}

fn close_after_navigation(nav: NodeRef<html::Nav>) {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now)
            && let Some(nav) = nav.get_untracked()
        {
            // on a wide screen it is no popover that could be hidden
            let _ = nav.hide_popover();
        }
        now
    });
}
