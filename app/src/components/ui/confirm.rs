use leptos::{ev, html, prelude::*};

/// A button for what cannot be undone: it asks in a dialog first.
#[component]
pub fn Confirm(
    /// The button's name, in the page and in the dialog.
    label: &'static str,
    /// The dialog's heading.
    heading: &'static str,
    /// What will be lost.
    #[prop(into)]
    warning: Signal<String>,
    on_confirm: Callback<()>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let open = move |_: ev::MouseEvent| {
        if let Some(dialog) = dialog.get() {
            // it fails only when it is open already
            let _ = dialog.show_modal();
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get() {
            dialog.close();
        }
    };
    view! {
        <button type="button" class="quiet needs-script" aria-haspopup="dialog" on:click=open>{label}</button>
        <dialog node_ref=dialog aria-label=heading>
            <h2>{heading}</h2>
            <p>{move || warning.get()}</p>
            <div class="row end">
                <button type="button" autofocus on:click=move |_| close()>"Cancel"</button>
                <button type="button" class="danger" on:click=move |_| { close(); on_confirm.run(()); }>{label}</button>
            </div>
        </dialog>
    }
}
