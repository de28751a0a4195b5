//! What the page looks like. Everything that a server says is shown as text.

use super::{Shown, Typed};
use crate::http::settings::fields::button;
use crate::http::settings::times::time;
use folio_core::tools::{Approved, Kind, Server, Tool};
use folio_types::{Role, ToolId};
use leptos::prelude::*;
use similar::{ChangeTag, TextDiff};

const RISKS: [(&str, &str); 3] = [
    ("safe", "safe: used at once"),
    ("guarded", "guarded: used at once, changes something"),
    ("dangerous", "dangerous: asks first"),
];
const ROLES: [(Role, &str); 3] =
    [(Role::User, "everyone"), (Role::Librarian, "librarians"), (Role::Admin, "administrators")];

pub fn content(shown: Shown) -> AnyView {
    let Shown { servers, refused, typed } = shown;
    let none = servers.is_empty().then(|| view! { <p class="hint">"There is none yet."</p> });
    view! {
        {refused.map(|message| view! { <p class="problem" role="alert">{message}</p> })}
        <p class="hint">
            "Tools of servers that speak the Model Context Protocol. A tool can be used by saying so, for example: use tool \"name\" with {\"argument\": 1}. It can be used once you approved it; when its server describes it differently, it waits for your approval again."
        </p>
        <section aria-labelledby="servers">
            <h2 id="servers">"Servers"</h2>
            {none}
            {servers.into_iter().map(|(one, tools)| server(one, tools)).collect_view()}
        </section>
        {add_form(typed)}
    }
    .into_any()
}

fn server(server: Server, tools: Vec<Tool>) -> AnyView {
    let Server { id, name, kind, url, enabled, last_error, listed_at, .. } = server;
    let at = |what: &str| format!("/admin/tools/servers/{id}/{what}");
    let place = match kind {
        Kind::Http => view! { <code>{url.unwrap_or_default()}</code> }.into_any(),
        Kind::Stdio => view! { "a command of TOOLS_FILE" }.into_any(),
    };
    let listed = listed_at.map(|at| view! { " · listed " {time(at)} });
    let off = (!enabled).then(|| view! { " " <span class="tag">"switched off"</span> });
    let wrong = last_error.map(|fault| view! { <p class="notice failed">{fault}</p> });
    let switch = if enabled {
        button(at("disable"), "Switch off", &name, "quiet")
    } else {
        button(at("enable"), "Switch on", &name, "quiet")
    };
    let (list, remove) =
        (button(at("refresh"), "List tools again", &name, "quiet"), button(at("remove"), "Remove", &name, "quiet"));
    view! {
        <article id=format!("server-{id}") class="server">
            <h3>{name} {off}</h3>
            <p>{place} {listed}</p>
            {wrong}
            <div class="row">{list} {switch} {remove}</div>
            {tools.into_iter().map(tool).collect_view()}
        </article>
    }
    .into_any()
}

fn tool(tool: Tool) -> AnyView {
    let id = tool.id;
    let (state, waits) = match (&tool.approved, tool.gone, tool.is_approved()) {
        (_, true, _) => ("gone", false),
        (_, _, true) => ("approved", false),
        (None, ..) => ("new, waits for approval", true),
        (Some(_), ..) => ("changed, waits for approval", true),
    };
    let changed = tool.approved.as_ref().filter(|_| waits).map(|before| changes(before, &tool));
    let approval = waits.then(|| approval(id, &tool.name, &tool.digest));
    let rule = (!tool.gone).then(|| rule(&tool));
    let schema = tool.schema();
    view! {
        <section id=format!("tool-{id}") class="tool" aria-labelledby=format!("name-{id}")>
            <h4 id=format!("name-{id}")>{tool.name.clone()} " " <span class="tag">{state}</span></h4>
            {changed}
            <p class="said">{tool.description}</p>
            <details>
                <summary>"Its arguments, as a JSON schema"</summary>
                <pre class="said" tabindex="0">{schema}</pre>
            </details>
            {rule}
            {approval}
        </section>
    }
    .into_any()
}

/// What is another since the approval, line by line.
fn changes(before: &Approved, now: &Tool) -> AnyView {
    let before = format!("{}\n{}\n", before.description, before.schema());
    let after = format!("{}\n{}\n", now.description, now.schema());
    let difference = TextDiff::from_lines(&before, &after);
    let lines: Vec<_> = difference.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal).collect();
    let hidden = lines.is_empty().then_some("The difference is in characters that cannot be seen.");
    let lines = lines.into_iter().map(|change| {
        let line = change.value().to_owned();
        if change.tag() == ChangeTag::Delete {
            view! { <del>"− " {line}</del> }.into_any()
        } else {
            view! { <ins>"+ " {line}</ins> }.into_any()
        }
    });
    view! {
        <div class="notice failed">
            <p>"Its server describes it differently since it was approved (− before, + now)."</p>
            {hidden}
            <pre class="said" tabindex="0">{lines.collect_view()}</pre>
        </div>
    }
    .into_any()
}

fn approval(id: ToolId, name: &str, digest: &str) -> AnyView {
    let (digest, label) = (digest.to_owned(), format!("Approve as it is described here: {name}"));
    view! {
        <form method="post" action=format!("/admin/tools/{id}/approve")>
            <input type="hidden" name="digest" value=digest />
            <button type="submit" class="primary" aria-label=label>"Approve as it is described here"</button>
        </form>
    }
    .into_any()
}

fn rule(tool: &Tool) -> AnyView {
    let (id, name, chosen, least) = (tool.id, tool.name.clone(), tool.risk, tool.least_role);
    let (risk_id, role_id) = (format!("risk-{id}"), format!("role-{id}"));
    let risks = RISKS.map(|(value, label)| {
        let selected = folio_core::tools::risk_named(value) == Some(chosen);
        view! { <option value=value selected=selected>{label}</option> }
    });
    let roles =
        ROLES.map(|(role, label)| view! { <option value=role.as_str() selected={role == least}>{label}</option> });
    view! {
        <form method="post" action=format!("/admin/tools/{id}/rule") class="row">
            <label for=risk_id.clone()>"Risk" <span class="visually-hidden">{format!(" of {name}")}</span></label>
            <select id=risk_id name="risk">{risks.collect_view()}</select>
            <label for=role_id.clone()>"For" <span class="visually-hidden">{format!(": who may use {name}")}</span></label>
            <select id=role_id name="role">{roles.collect_view()}</select>
            <button type="submit" class="quiet" aria-label=format!("Save: {name}")>"Save"</button>
        </form>
    }
    .into_any()
}

fn add_form(typed: Typed) -> AnyView {
    view! {
        <section aria-labelledby="add">
            <h2 id="add">"Add a server"</h2>
            <form method="post" action="/admin/tools/add" class="stack">
                <p class="field">
                    <label for="name">"Name"</label>
                    <input id="name" name="name" type="text" maxlength="60" autocomplete="off" value=typed.name required />
                </p>
                <p class="field">
                    <label for="url">"Address"</label>
                    <input id="url" name="url" type="url" maxlength="2000" autocomplete="off"
                        placeholder="https://tools.example.org/mcp" aria-describedby="url-hint" value=typed.url required />
                    <small id="url-hint">
                        "It speaks “streamable HTTP”, and is on the public internet unless whoever runs Folio allowed it. Commands can only be set in TOOLS_FILE."
                    </small>
                </p>
                <p class="field">
                    <label for="token">"Token, if it wants one"</label>
                    <input id="token" name="token" type="password" autocomplete="off" aria-describedby="token-hint" />
                    <small id="token-hint">"Kept encrypted and never shown again."</small>
                </p>
                <button type="submit" class="primary">"Add"</button>
            </form>
        </section>
    }
    .into_any()
}
