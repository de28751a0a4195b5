use crate::{
    api::{self, Choices},
    components::chat::{Composer, NoBooks},
    components::ui::{Failure, loaded},
    desk::Desk,
};
use folio_types::Asked;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::time::Duration;

/// Until then a wait is no wait.
const SOON: Duration = Duration::from_millis(100);

/// A new chat.
#[component]
pub fn HomePage() -> impl IntoView {
    let choices = Resource::new(|| (), |()| api::list_choices());
    view! {
        <Title text="New chat" />
        <Suspense>
            {loaded(choices, |choices| match choices {
                Ok(choices) => view! { <Start choices /> }.into_any(),
                Err(error) => view! { <Failure error /> }.into_any(),
            })}
        </Suspense>
    }
}

#[component]
fn Start(choices: Choices) -> impl IntoView {
    let desk = Desk::here();
    let navigate = use_navigate();
    let pending = RwSignal::new(None::<String>);
    let late = RwSignal::new(None::<String>);
    // the conversation's page mostly comes sooner than a question could be drawn here
    Effect::new(move || {
        late.set(None);
        if pending.get().is_some() {
            set_timeout(move || _ = late.try_set(pending.try_get_untracked().flatten()), SOON);
        }
    });
    let no_books = choices.books.is_empty();
    let on_asked = {
        let choices = choices.clone();
        Callback::new(move |asked: Asked| {
            let page = format!("/c/{}", asked.conversation.id);
            desk.hand_over(asked, choices.clone());
            navigate(&page, NavigateOptions::default());
        })
    };
    view! {
        <main id="main" class="chat start" tabindex="-1">
            <div class="welcome">
                <h1>"Ask your books"</h1>
                {if no_books {
                    view! { <NoBooks /> }.into_any()
                } else {
                    view! { <p>"Every answer shows the passages it rests on. A click opens the page."</p> }.into_any()
                }}
                {move || late.get().map(|question| view! { <article class="question" aria-label="You"><p>{question}</p></article> })}
            </div>
            <Composer conversation=None choices pending on_asked />
        </main>
    }
}
