//! The document, its routes, and what all pages share.

use crate::components::ui::House;
use crate::pages::{BookStart, ConversationPage, HomePage, LibraryPage, NotFoundPage, ReaderPage};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    #[cfg(feature = "hydrate")]
    say_when_hydrated();
    view! {
        <Title formatter=|page: String| if page.is_empty() { "Folio".into() } else { format!("{page} · Folio") } />
        <Router>
            <Routes fallback=NotFoundPage>
                <ParentRoute path=path!("") view=House ssr=SsrMode::Async>
                    <Route path=path!("/") view=HomePage ssr=SsrMode::Async />
                    <Route path=path!("/c/:id") view=ConversationPage ssr=SsrMode::Async />
                    <Route path=path!("/library") view=LibraryPage ssr=SsrMode::Async />
                    <Route path=path!("/books/:id") view=BookStart ssr=SsrMode::Async />
                    <Route path=path!("/books/:id/pages/:number") view=ReaderPage ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Tests, and anyone's style sheet, can tell a page that listens from one that does not yet.
#[cfg(feature = "hydrate")]
fn say_when_hydrated() {
    Effect::new(|| {
        request_animation_frame(|| {
            if let Some(root) = document().document_element() {
                // the name is a valid one
                let _ = root.set_attribute("data-hydrated", "");
            }
        });
    });
}

#[cfg(feature = "ssr")]
pub use document::shell;

#[cfg(feature = "ssr")]
mod document {
    use super::App;
    use axum::http::{HeaderValue, header::CONTENT_SECURITY_POLICY};
    use leptos::{config::Env, nonce::use_nonce, prelude::*};
    use leptos_axum::ResponseOptions;
    use leptos_meta::{HashedStylesheet, MetaTags};

    /// The document around the app.
    pub fn shell(options: LeptosOptions) -> impl IntoView {
        set_content_security_policy();
        let in_development = options.env == Env::DEV;
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                    <HashedStylesheet options=options.clone() />
                    {in_development.then(|| view! { <script src="/dev/reload.js" defer></script> })}
                    <HydrationScripts options />
                    <script src="/cards.js" defer></script>
                    <script src="/palette.js" defer></script>
                    <MetaTags />
                </head>
                <body>
                    <App />
                </body>
            </html>
        }
    }

    /// Scripts run only if they came with this response, and nothing is loaded from elsewhere.
    fn set_content_security_policy() {
        let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
            return;
        };
        let policy = format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
             img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
             object-src 'none'; frame-ancestors 'none'"
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    }
}
