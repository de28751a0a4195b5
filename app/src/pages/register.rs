use super::form::{Field, FormPage};
use crate::api;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn RegisterPage() -> impl IntoView {
    let open = Resource::new(|| (), |()| api::registration_open());
    view! {
        <Suspense>
            {move || open.get().map(|open| match open {
                Ok(true) => view! { <Form /> }.into_any(),
                Ok(false) => view! { <Closed reason="Registration is closed here. Ask the person who runs this Folio for an account." /> }.into_any(),
                Err(error) => view! { <Closed reason=error.message /> }.into_any(),
            })}
        </Suspense>
        <p class="sign-in-more"><a href="/login" rel="external">"Sign in instead"</a></p>
    }
}

#[component]
fn Form() -> impl IntoView {
    view! {
        <FormPage title="Create an account" action="/register" button="Create account">
            <Field label="Name" name="name" autocomplete="name" />
            <Field label="E-mail" name="email" kind="email" autocomplete="username" />
            <Field label="Password" name="password" kind="password" autocomplete="new-password" hint="At least 8 characters." shortest=8 />
        </FormPage>
    }
}

#[component]
fn Closed(#[prop(into)] reason: String) -> impl IntoView {
    view! {
        <Title text="Create an account" />
        <main class="sign-in">
            <p class="brand">"Folio"</p>
            <h1>"Create an account"</h1>
            <p role="alert">{reason}</p>
        </main>
    }
}
