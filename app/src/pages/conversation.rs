use crate::{
    api::{self, ApiError, Choices, Thread},
    components::chat::ThreadView,
    components::ui::{Failure, loaded},
    desk::Desk,
};
use folio_types::ConversationId;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn ConversationPage() -> impl IntoView {
    let desk = Desk::here();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<ConversationId>().ok()));
    let opened = Resource::new(move || id.get(), move |id| open(id, id.and_then(|id| desk.take_over(id))));
    view! {
        <Transition>
            {loaded(opened, |opened| match opened {
                Ok((thread, choices)) => view! { <ThreadView thread choices /> }.into_any(),
                Err(error) => view! { <Failure error /> }.into_any(),
            })}
        </Transition>
    }
}

async fn open(id: Option<ConversationId>, handed: Option<(Thread, Choices)>) -> api::Result<(Thread, Choices)> {
    match (id, handed) {
        (_, Some(handed)) => Ok(handed),
        (Some(id), None) => futures::try_join!(api::open_thread(id), api::list_choices()),
        (None, None) => Err(ApiError::not_found("Conversation")),
    }
}
