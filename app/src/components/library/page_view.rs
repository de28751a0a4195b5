use crate::{components::ui::PageText, quote};
use folio_types::{Page, Span};
use leptos::{ev, html, prelude::*};
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// A page of a book, with its picture where the book has pictures.
#[component]
pub fn PageView(page: Page, marked: Option<Span>) -> impl IntoView {
    let Page { book_id, book_title, format, page_count, number, label, text } = page;
    let marked = marked.and_then(|span| quote::bytes(&text, span));
    let label = label.filter(|label| *label != number.to_string()).map(|label| format!(" ({label})"));
    let picture = format.has_pictures().then(|| format!("/api/v1/books/{book_id}/pages/{number}/image"));
    let pictured = picture.is_some();
    let blank = text.trim().is_empty();
    let turn = |page: u32| format!("/books/{book_id}/pages/{page}");
    let previous = (number > 1).then(|| turn(number - 1));
    let next = (number < page_count).then(|| turn(number + 1));
    view! {
        <Title text=format!("{book_title}, p. {number}") />
        <main id="main" class="page reader" class:pictured=pictured tabindex="-1">
            <header>
                <p><a href="/library">"Library"</a></p>
                <h1>{book_title}</h1>
            </header>
            <nav class="turn" aria-label="Turn the page">
                {previous.map(|href| view! { <a class="button" href=href rel="prev">"Previous page"</a> })}
                <span>{format!("Page {number} of {page_count}")}{label}</span>
                {next.map(|href| view! { <a class="button" href=href rel="next">"Next page"</a> })}
                <GoToPage book=book_id.to_string() page_count number />
            </nav>
            <article aria-label=format!("Page {number}")>
                {if blank {
                    view! { <p class="hint">"This page has no text."</p> }.into_any()
                } else {
                    view! { <PageText text marked /> }.into_any()
                }}
            </article>
            {picture.map(|src| view! {
                <div class="picture"><img src=src alt=format!("Picture of page {number}") loading="lazy" decoding="async" /></div>
            })}
            <p><a href=format!("/api/v1/books/{book_id}/file") rel="external" download>"Download the file"</a></p>
        </main>
    }
}

#[component]
fn GoToPage(book: String, page_count: u32, number: u32) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let navigate = use_navigate();
    let action = format!("/books/{book}");
    let go = {
        let action = action.clone();
        move |event: ev::SubmitEvent| {
            event.prevent_default();
            if let Some(page) = input.get().and_then(|input| input.value().parse::<u32>().ok()) {
                navigate(&format!("{action}/pages/{page}"), NavigateOptions::default());
            }
        }
    };
    view! {
        <form class="row" method="get" action=action aria-label="Go to page" on:submit=go>
            <label>
                "Page "
                <input node_ref=input type="number" name="page" min="1" max=page_count value=number inputmode="numeric" required />
            </label>
            <button type="submit">"Go"</button>
        </form>
    }
}
