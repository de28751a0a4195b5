use crate::api::ApiError;
use leptos::prelude::*;
use leptos_meta::Title;

/// A page that could not be shown, in its place. On the server it also gives the response its status.
#[component]
pub fn Failure(error: ApiError) -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let (Some(response), Ok(status)) =
        (use_context::<leptos_axum::ResponseOptions>(), axum::http::StatusCode::from_u16(error.status))
    {
        response.set_status(status);
    }
    let (title, way_out) = match error.status {
        404 => ("Not found", view! { <a href="/">"Start a new chat"</a> }.into_any()),
        401 => ("Signed out", view! { <a href="/login" rel="external">"Sign in"</a> }.into_any()),
        _ => ("Something went wrong", view! { <a href="" rel="external">"Try again"</a> }.into_any()),
    };
    view! {
        <Title text=title />
        <main id="main" class="page failure" tabindex="-1">
            <h1>{title}</h1>
            <p role="alert">{error.message}</p>
            <p>{way_out} " · " <a href="/library">"Library"</a></p>
        </main>
    }
}

/// What was refused, beside the thing it was refused to.
#[component]
pub fn Problem(#[prop(into)] message: Signal<Option<String>>) -> impl IntoView {
    move || message.get().map(|message| view! { <p class="problem" role="alert">{message}</p> })
}
