use leptos::prelude::*;
use std::ops::Range;

/// The text of a book's page, with one passage marked.
#[component]
pub fn PageText(text: String, marked: Option<Range<usize>>) -> impl IntoView {
    let Some(marked) = marked else {
        return view! { <div class="page-text">{text}</div> }.into_any();
    };
    let (before, after) = (text[..marked.start].to_owned(), text[marked.end..].to_owned());
    let passage = text[marked].to_owned();
    view! { <div class="page-text">{before}<mark>{passage}</mark>{after}</div> }.into_any()
}
