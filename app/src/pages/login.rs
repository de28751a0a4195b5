use super::form::{Field, FormPage};
use crate::api;
use leptos::prelude::*;

#[component]
pub fn LoginPage() -> impl IntoView {
    let open = Resource::new(|| (), |()| api::registration_open());
    view! {
        <FormPage title="Sign in" action="/login" button="Sign in">
            <Field label="E-mail" name="email" kind="email" autocomplete="username" />
            <Field label="Password" name="password" kind="password" autocomplete="current-password" />
        </FormPage>
        <Suspense>
            {move || (open.get() == Some(Ok(true))).then(|| view! {
                <p class="sign-in-more">"New here? " <a href="/register" rel="external">"Create an account"</a></p>
            })}
        </Suspense>
    }
}
