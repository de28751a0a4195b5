//! Fields of forms.

use leptos::prelude::*;

/// One line of text that a person types.
pub struct Field {
    pub label: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    /// What the browser may fill in: a token of HTML's `autocomplete`.
    pub autocomplete: &'static str,
    pub value: String,
    pub hint: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Email,
    Password,
    NewPassword,
}

impl Field {
    pub fn new(label: &'static str, name: &'static str, kind: Kind, autocomplete: &'static str) -> Self {
        let hint = (kind == Kind::NewPassword).then_some("At least 8 characters.");
        Self { label, name, kind, autocomplete, value: String::new(), hint }
    }

    pub fn with(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    pub fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    pub fn view(self) -> AnyView {
        let Self { label, name, kind, autocomplete, value, hint } = self;
        let shortest = (kind == Kind::NewPassword).then_some(8);
        let value = (!matches!(kind, Kind::Password | Kind::NewPassword)).then_some(value);
        let kind = match kind {
            Kind::Text => "text",
            Kind::Email => "email",
            Kind::Password | Kind::NewPassword => "password",
        };
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
        .into_any()
    }
}

/// A button that is a form of its own, for something that it does at once.
pub fn button(action: String, label: &str, describes: &str, class: &'static str) -> AnyView {
    let (label, name) = (label.to_owned(), format!("{label}: {describes}"));
    view! {
        <form method="post" action=action>
            <button type="submit" class=class aria-label=name>{label}</button>
        </form>
    }
    .into_any()
}
