//! How the forms look.

use super::Fields;
use crate::http::settings::{Field, Kind};
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// One of the pages.
pub enum View {
    /// Whether anyone may make an account, and what the button of the OpenID provider says.
    SignIn {
        open: bool,
        openid: Option<String>,
    },
    Register {
        open: bool,
    },
    SetUp,
    Reset {
        open: bool,
    },
}

impl View {
    pub fn title(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "Sign in",
            Self::Register { .. } => "Create an account",
            Self::SetUp => "Welcome to Folio",
            Self::Reset { .. } => "Set a new password",
        }
    }

    pub fn render(self, fields: &Fields, refused: Option<String>) -> AnyView {
        let title = self.title();
        let problem = refused.map(|message| view! { <p class="problem" role="alert">{message}</p> });
        let (content, below) = self.parts(fields);
        view! {
            <main class="sign-in">
                <p class="brand">"Folio"</p>
                <h1>{title}</h1>
                {problem}
                {content}
            </main>
            {below}
        }
        .into_any()
    }

    /// What is on the leaf, and what is below it.
    fn parts(self, fields: &Fields) -> (AnyView, AnyView) {
        let email = || Field::new("E-mail", "email", Kind::Email, "username").with(&fields.email).view();
        let name = || Field::new("Name", "name", Kind::Text, "name").with(&fields.name).view();
        let new_password = || Field::new("Password", "password", Kind::NewPassword, "new-password").view();
        let link = |text: &'static str, to: &'static str, label: &'static str| {
            view! { <p class="sign-in-more">{text} <a href=to>{label}</a></p> }.into_any()
        };
        match self {
            Self::SignIn { open, openid } => {
                let password = Field::new("Password", "password", Kind::Password, "current-password").view();
                let content = view! { {email()} {password} {kept("next", &fields.next)} };
                let form = form("/login", "Sign in", content.into_any());
                let form = view! { {form} {openid.map(|name| provider(&name, &fields.next))} }.into_any();
                let below = if open { link("New here? ", "/register", "Create an account") } else { ().into_any() };
                (form, below)
            }
            Self::Register { open: true } => {
                let content = view! {
                    {name()} {email()} {new_password()} {kept("invite", &fields.invite)} {kept("next", &fields.next)}
                };
                let form = form("/register", "Create account", content.into_any());
                (form, link("", "/login", "Sign in instead"))
            }
            Self::Register { open: false } => {
                let reason = if fields.invite.is_empty() {
                    "Registration is closed here. Ask the person who runs this Folio for an account."
                } else {
                    "This invitation was used already, or it is too old. Ask for a new one."
                };
                (view! { <p role="alert">{reason}</p> }.into_any(), link("", "/login", "Sign in instead"))
            }
            Self::SetUp => {
                let code = Field::new("Set-up code", "code", Kind::Text, "one-time-code")
                    .with(&fields.code)
                    .hint("Folio printed it when it started.");
                let content = view! {
                    <p>"The first account runs this Folio: it sees to the models and to the other accounts."</p>
                    {code.view()} {name()} {email()} {new_password()}
                };
                (form("/setup", "Create the first account", content.into_any()), ().into_any())
            }
            Self::Reset { open: true } => {
                let content = view! { {new_password()} {kept("code", &fields.code)} };
                (form("/reset", "Set password", content.into_any()), ().into_any())
            }
            Self::Reset { open: false } => {
                let reason = "This link was used already, or it is too old. Ask an administrator for a new one.";
                (view! { <p role="alert">{reason}</p> }.into_any(), link("", "/login", "Sign in instead"))
            }
        }
    }
}

/// The way to the OpenID provider.
fn provider(name: &str, next: &str) -> AnyView {
    let to = if next.is_empty() {
        String::from("/login/openid")
    } else {
        format!("/login/openid?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC))
    };
    view! { <p class="sign-in-more"><a class="button" href=to>{format!("Sign in with {name}")}</a></p> }.into_any()
}

fn form(action: &'static str, button: &'static str, content: AnyView) -> AnyView {
    view! {
        <form method="post" action=action>
            {content}
            <button type="submit" class="primary">{button}</button>
        </form>
    }
    .into_any()
}

/// What the form must carry along.
fn kept(name: &'static str, value: &str) -> AnyView {
    if value.is_empty() {
        return ().into_any();
    }
    view! { <input type="hidden" name=name value=value.to_owned() /> }.into_any()
}
