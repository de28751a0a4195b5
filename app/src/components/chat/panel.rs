use crate::{
    api,
    components::ui::{PageText, loaded},
    quote,
};
use folio_types::{Page, Passage};
use leptos::{html, prelude::*};
use leptos_router::hooks::{use_location, use_query_map};

/// What the address asks to see beside the conversation.
#[derive(Clone, PartialEq)]
pub enum Cited {
    Nothing,
    Passage(Passage),
    /// A passage that is not there, or not there yet.
    Missing,
}

/// The page that a citation opens, beside the conversation: the passage marked where it stands.
#[component]
pub fn CitationPanel(#[prop(into)] cited: Signal<Cited>) -> impl IntoView {
    let heading = NodeRef::<html::H2>::new();
    #[cfg(feature = "hydrate")]
    super::panel_focus::keep(heading);
    let path = use_location().pathname;
    let close = move || view! { <a class="button quiet" href=path.get() data-noscroll>"Close"</a> };
    view! {
        {move || {
            let (title, content) = match cited.get() {
                Cited::Nothing => return None,
                Cited::Missing => {
                    ("Source not found".into(), view! { <p class="notice">"This source is no longer there."</p> }.into_any())
                }
                Cited::Passage(passage) => (passage.book_title.clone(), view! { <CitedPage passage /> }.into_any()),
            };
            Some(view! {
                <aside class="panel" aria-label="Cited page">
                    <header class="panel-head">
                        <h2 node_ref=heading tabindex="-1">{title}</h2>
                        {close}
                    </header>
                    {content}
                </aside>
            })
        }}
    }
}

#[component]
fn CitedPage(passage: Passage) -> impl IntoView {
    let query = use_query_map();
    let turned_to = move || query.with(|query| query.get("page")?.parse::<u32>().ok());
    let (book, cited_page) = (passage.book_id, passage.page);
    let number = Memo::new(move |_| turned_to().unwrap_or(cited_page));
    let page = Resource::new(move || number.get(), move |number| api::open_page(book, number));
    view! {
        <Transition fallback=|| view! { <p class="wait">"Opening the page…"</p> }>
            {loaded(page, move |page| match page {
                Ok(page) => view! { <PageView page passage=passage.clone() /> }.into_any(),
                Err(error) => view! { <p class="problem" role="alert">{error.message}</p> }.into_any(),
            })}
        </Transition>
    }
}

#[component]
fn PageView(page: Page, passage: Passage) -> impl IntoView {
    let is_cited = page.number == passage.page;
    let marked = is_cited.then(|| quote::locate(&page.text, passage.span, &passage.quote)).flatten();
    let lost = is_cited && marked.is_none();
    let body = NodeRef::<html::Div>::new();
    #[cfg(feature = "hydrate")]
    super::panel_focus::show_mark(body);

    let cite = use_query_map().with_untracked(|query| query.get("cite").unwrap_or_default());
    let turn = move |number: u32| format!("?cite={cite}&page={number}");
    let previous = (page.number > 1).then(|| turn(page.number - 1));
    let next = (page.number < page.page_count).then(|| turn(page.number + 1));
    let mark = if is_cited { format!("?mark={}-{}", passage.span.start, passage.span.end) } else { String::new() };
    let reader = format!("/books/{}/pages/{}{mark}", page.book_id, page.number);
    let label = page.label.clone().filter(|label| *label != page.number.to_string());
    view! {
        <nav class="turn" aria-label="Turn the page">
            {previous.map(|href| view! { <a href=href data-noscroll rel="prev">"Previous page"</a> })}
            <span>{format!("Page {} of {}", page.number, page.page_count)}{label.map(|label| format!(" ({label})"))}</span>
            {next.map(|href| view! { <a href=href data-noscroll rel="next">"Next page"</a> })}
        </nav>
        {lost.then(|| view! { <p class="notice">"The quoted words are not on this page as it reads now, so nothing is marked."</p> })}
        <div class="panel-body" node_ref=body tabindex="0" role="region" aria-label="Text of the page">
            <PageText text=page.text marked />
        </div>
        <p class="panel-foot"><a href=reader>"Open in reader"</a></p>
    }
}
