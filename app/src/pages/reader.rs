use crate::{
    api::{self, ApiError},
    components::{
        library::PageView,
        ui::{Failure, loaded},
    },
};
use folio_types::{BookId, Page, Span};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// Any page of any book, by its address. `?mark=12-40` marks characters 12 to 40 of the text.
#[component]
pub fn ReaderPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let place = Memo::new(move |_| {
        params.with(|params| Some((params.get("id")?.parse().ok()?, params.get("number")?.parse().ok()?)))
    });
    let page = Resource::new(move || place.get(), open);
    let marked = move || query.with(|query| query.get("mark").and_then(|mark| span(&mark)));
    #[cfg(feature = "hydrate")]
    show_mark(page);
    view! {
        <Transition>
            {loaded(page, move |page| match page {
                Ok(page) => view! { <PageView page marked=marked() /> }.into_any(),
                Err(error) => view! { <Failure error /> }.into_any(),
            })}
        </Transition>
    }
}

async fn open(place: Option<(BookId, u32)>) -> api::Result<Page> {
    match place {
        Some((book, number)) => api::open_page(book, number).await,
        None => Err(ApiError::not_found("Page")),
    }
}

fn span(mark: &str) -> Option<Span> {
    let (start, end) = mark.split_once('-')?;
    Some(Span { start: start.parse().ok()?, end: end.parse().ok()? })
}

#[cfg(feature = "hydrate")]
fn show_mark(page: Resource<api::Result<Page>>) {
    Effect::new(move || {
        page.track();
        request_animation_frame(|| {
            if let Some(mark) = document().query_selector("main mark").ok().flatten() {
                let middle = web_sys::ScrollIntoViewOptions::new();
                middle.set_block(web_sys::ScrollLogicalPosition::Center);
                mark.scroll_into_view_with_scroll_into_view_options(&middle);
            }
        });
    });
}
