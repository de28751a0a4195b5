//! The plain forms for signing in: posted to their own address, rendered again with what was refused.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use std::collections::HashMap;

/// What became of a posted form. The server provides it as context when it renders the page again.
#[derive(Clone, Debug, Default)]
pub struct FormOutcome {
    /// Why the form was refused, for the person who filled it in.
    pub message: String,
    /// What was typed, by field; never a password.
    pub values: HashMap<String, String>,
}

/// A refused form's value of the field, else the one in the page's address.
pub fn known(field: &'static str) -> String {
    let typed = use_context::<FormOutcome>().and_then(|outcome| outcome.values.get(field).cloned());
    typed.unwrap_or_else(|| use_query_map().with_untracked(|query| query.get(field).unwrap_or_default()))
}

#[component]
pub fn FormPage(title: &'static str, action: &'static str, button: &'static str, children: Children) -> impl IntoView {
    let refused = use_context::<FormOutcome>().map(|outcome| outcome.message);
    let next = Some(known("next")).filter(|next| !next.is_empty());
    view! {
        <Title text=title />
        <main class="sign-in">
            <p class="brand">"Folio"</p>
            <h1>{title}</h1>
            {refused.map(|message| view! { <p class="problem" role="alert">{message}</p> })}
            <form method="post" action=action>
                {children()}
                {next.map(|next| view! { <input type="hidden" name="next" value=next /> })}
                <button type="submit" class="primary">{button}</button>
            </form>
        </main>
    }
}

#[component]
pub fn Field(
    label: &'static str,
    name: &'static str,
    #[prop(default = "text")] kind: &'static str,
    /// What the browser may fill in: a token of HTML's `autocomplete`.
    autocomplete: &'static str,
    #[prop(optional)] hint: Option<&'static str>,
    #[prop(optional)] shortest: Option<u32>,
) -> impl IntoView {
    let value = (kind != "password").then(|| known(name));
    let hint_id = hint.map(|_| format!("{name}-hint"));
    view! {
        <p class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                value=value
                minlength=shortest
                aria-describedby=hint_id.clone()
                required
            />
            {hint.map(|hint| view! { <small id=hint_id>{hint}</small> })}
        </p>
    }
}
