use crate::{
    api,
    components::{
        library::ShelfView,
        ui::{Failure, loaded},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn LibraryPage() -> impl IntoView {
    let books = Resource::new(|| (), |()| api::list_books());
    view! {
        <Title text="Library" />
        <Suspense>
            {loaded(books, |books| match books {
                Ok(books) => view! { <ShelfView books /> }.into_any(),
                Err(error) => view! { <Failure error /> }.into_any(),
            })}
        </Suspense>
    }
}
