//! What the page looks like.

use super::{Shown, Typed};
use folio_core::llm::providers::{Kind, Provider, UserKey};
use folio_core::llm::{Described, Diagnosis, Finding};
use leptos::prelude::*;

pub fn content(shown: Shown) -> AnyView {
    let Shown { is_admin, models, providers, keys, own, refused, typed, tested } = shown;
    let (shared, private): (Vec<_>, Vec<_>) = providers.into_iter().partition(|provider| provider.owner.is_none());
    let (mine, others): (Vec<_>, Vec<_>) = private.into_iter().partition(|provider| provider.owner == Some(own));
    let server = |provider: Provider| {
        let key = keys.iter().find(|key| key.provider == provider.id).cloned();
        let diagnosis = tested.as_ref().filter(|(id, _)| *id == provider.id).map(|(_, diagnosis)| diagnosis.clone());
        let may_remove = is_admin || provider.owner == Some(own);
        server(provider, key, diagnosis, may_remove)
    };
    let servers = |title: &'static str, id: &'static str, nothing: Option<&'static str>, list: Vec<Provider>| {
        if list.is_empty() && nothing.is_none() {
            return ().into_any();
        }
        let nothing = nothing.filter(|_| list.is_empty()).map(|words| view! { <p class="hint">{words}</p> });
        view! {
            <section aria-labelledby=id>
                <h2 id=id>{title}</h2>
                {nothing}
                {list.into_iter().map(server).collect_view()}
            </section>
        }
        .into_any()
    };
    view! {
        {refused.map(|message| view! { <p class="problem" role="alert">{message}</p> })}
        {models_table(&models)}
        {is_admin.then(|| default_form(&models))}
        {servers("Model servers for everyone", "shared-servers", None, shared)}
        {servers("Your own model servers", "own-servers", Some("You have none yet."), mine)}
        {servers("Other people's model servers", "other-servers", None, others)}
        {add_form(typed, is_admin)}
    }
    .into_any()
}

fn models_table(models: &[Described]) -> AnyView {
    let row = |described: &Described| {
        let model = &described.model;
        let state = if model.loaded { "ready" } else { "not loaded" };
        let default = model.is_default.then_some(" (default)");
        view! {
            <tr>
                <th scope="row">{model.tag.clone()}{default}</th>
                <td>{model.source.clone()}</td>
                <td>{state}</td>
            </tr>
        }
    };
    let rows = models.iter().map(row).collect_view();
    view! {
        <section aria-labelledby="models">
            <h2 id="models">"Models that you can ask"</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-labelledby="models">
                <table>
                    <thead>
                        <tr><th scope="col">"Model"</th><th scope="col">"Where it runs"</th><th scope="col">"State"</th></tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="hint">"An embedded model that is not loaded is loaded when it is asked."</p>
        </section>
    }
    .into_any()
}

/// Only what everyone may use can be everyone's default.
fn default_form(models: &[Described]) -> AnyView {
    let option = |described: &Described| {
        let (tag, shown) = (described.model.tag.clone(), described.model.tag.clone());
        view! { <option value=tag selected=described.model.is_default>{shown}</option> }
    };
    let options = models.iter().filter(|described| described.common).map(option).collect_view();
    view! {
        <section aria-labelledby="default">
            <h2 id="default">"Default model"</h2>
            <form method="post" action="/settings/models/default" class="row">
                <label for="default-model">"Answers are written by"</label>
                <select id="default-model" name="model_tag">{options}</select>
                <button type="submit">"Use as default"</button>
            </form>
        </section>
    }
    .into_any()
}

fn server(provider: Provider, key: Option<UserKey>, diagnosis: Option<Diagnosis>, may_remove: bool) -> AnyView {
    let Provider { id, kind, name, api_endpoint, key_hint, models, owner, enabled, takes, .. } = provider;
    let anchor = format!("server-{id}");
    let action = |what: &str| format!("/settings/models/{id}/{what}");
    let speaks = match kind {
        Kind::OpenAi => "OpenAI's API",
        Kind::Inference => "inference service",
    };
    let only = models.map(|models| view! { <p class="hint">"Offers only: " {models.join(", ")}</p> });
    let beside = match (takes.images, takes.tools) {
        (true, true) => " · takes pictures, can ask for tools",
        (true, false) => " · takes pictures",
        (false, true) => " · can ask for tools",
        (false, false) => "",
    };
    let state = (!enabled).then(|| view! { <p class="hint">"Switched off."</p> });
    let own_key = owner.is_none().then(|| {
        let keep = action("key");
        let field = format!("key-{id}");
        let label = format!("Your own key for {name}");
        let kept = key.map(|key| {
            view! {
                <form method="post" action=action("key/remove") class="row">
                    <span>"You use your own key " <code>{key.key_hint}</code></span>
                    <button type="submit" class="quiet">"Forget it"</button>
                </form>
            }
        });
        view! {
            {kept}
            <form method="post" action=keep class="row">
                <label for=field.clone()>{label}</label>
                <input id=field name="api_key" type="password" autocomplete="off" required />
                <button type="submit">"Keep key"</button>
            </form>
        }
    });
    let remove = may_remove.then(|| {
        let label = format!("Remove {name}");
        view! {
            <form method="post" action=action("remove")>
                <button type="submit" class="quiet" aria-label=label>"Remove"</button>
            </form>
        }
    });
    let test = format!("Test {name}");
    view! {
        <article id=anchor class="server">
            <h3>{name}</h3>
            <p><code>{api_endpoint}</code> " · " {speaks} {key_hint.map(|hint| format!(" · key {hint}"))} {beside}</p>
            {only}
            {state}
            {diagnosis.map(told)}
            {own_key}
            <div class="row">
                <form method="post" action=action("test")>
                    <button type="submit" aria-label=test>"Test"</button>
                </form>
                {remove}
            </div>
        </article>
    }
    .into_any()
}

fn told(diagnosis: Diagnosis) -> AnyView {
    let Diagnosis { finding, message, models, elapsed_ms } = diagnosis;
    let class = if finding == Finding::Works { "notice" } else { "notice failed" };
    let names = (!models.is_empty()).then(|| {
        view! {
            <details>
                <summary>"Its models"</summary>
                <ul>{models.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}</ul>
            </details>
        }
    });
    view! {
        <div class=class role="status">
            <p>{message} " (" {elapsed_ms} " ms)"</p>
            {names}
        </div>
    }
    .into_any()
}

fn add_form(typed: Typed, is_admin: bool) -> AnyView {
    let shared = is_admin.then(|| {
        view! {
            <p>
                <label><input type="checkbox" name="shared" value="on" checked=typed.shared.is_some() /> " For everyone"</label>
            </p>
        }
    });
    let is_inference = typed.kind == Kind::Inference.as_str();
    view! {
        <section aria-labelledby="add">
            <h2 id="add">"Add a model server"</h2>
            <form method="post" action="/settings/models/add" class="stack">
                <p class="field">
                    <label for="name">"Name"</label>
                    <input id="name" name="name" type="text" maxlength="100" autocomplete="off" value=typed.name required />
                </p>
                <p class="field">
                    <label for="api_endpoint">"Address"</label>
                    <input id="api_endpoint" name="api_endpoint" type="url" maxlength="2000" autocomplete="off"
                        placeholder="https://api.example.org/v1" aria-describedby="address-hint" value=typed.api_endpoint required />
                    <small id="address-hint">
                        "That of an OpenAI-compatible server usually ends with /v1. It must be on the public internet, unless whoever runs Folio allowed it."
                    </small>
                </p>
                <p class="field">
                    <label for="kind">"It speaks"</label>
                    <select id="kind" name="kind">
                        <option value="openai">"OpenAI's API (Ollama, vLLM, llama.cpp, hosted ones)"</option>
                        <option value="inference" selected=is_inference>"the API of an inference service"</option>
                    </select>
                </p>
                <p class="field">
                    <label for="api_key">"Key, if it wants one"</label>
                    <input id="api_key" name="api_key" type="password" autocomplete="off" aria-describedby="key-hint" />
                    <small id="key-hint">"Kept encrypted and never shown again."</small>
                </p>
                <p class="field">
                    <label for="only">"Only these models, if not all"</label>
                    <input id="only" name="models" type="text" autocomplete="off" aria-describedby="only-hint" value=typed.models />
                    <small id="only-hint">"Names with commas between them."</small>
                </p>
                <p>
                    <label>
                        <input type="checkbox" name="takes_images" value="on" checked=typed.takes_images.is_some() />
                        " Its models take pictures"
                    </label>
                </p>
                <p>
                    <label>
                        <input type="checkbox" name="takes_tools" value="on" checked=typed.takes_tools.is_some() aria-describedby="tools-hint" />
                        " Its models can ask for tools and commands"
                    </label>
                </p>
                <p class="hint" id="tools-hint">"What only looks something up is done at once; everything else is asked about first."</p>
                {shared}
                <button type="submit" class="primary">"Add"</button>
            </form>
        </section>
    }
    .into_any()
}
