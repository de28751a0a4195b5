use super::form::{Field, FormPage};
use crate::api;
use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Makes the first account; once there is one, it leads to the door that everyone uses.
#[component]
pub fn SetupPage() -> impl IntoView {
    let needed = Resource::new(|| (), |()| api::setup_needed());
    view! {
        <Suspense>
            {move || {
                needed
                    .get()
                    .map(|needed| match needed {
                        Ok(false) => view! { <Redirect path="/login" /> }.into_any(),
                        Ok(true) | Err(_) => view! { <Form /> }.into_any(),
                    })
            }}
        </Suspense>
    }
}

#[component]
fn Form() -> impl IntoView {
    view! {
        <FormPage title="Welcome to Folio" action="/setup" button="Create the first account">
            <p>"The first account runs this Folio: it sees to the models and to the other accounts."</p>
            <Field
                label="Set-up code"
                name="code"
                autocomplete="one-time-code"
                hint="Folio printed it when it started."
            />
            <Field label="Name" name="name" autocomplete="name" />
            <Field label="E-mail" name="email" kind="email" autocomplete="username" />
            <Field
                label="Password"
                name="password"
                kind="password"
                autocomplete="new-password"
                hint="At least 8 characters."
                shortest=8
            />
        </FormPage>
    }
}
