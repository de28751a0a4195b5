use crate::uploads::Uploads;
use leptos::{ev, prelude::*};

/// The page around the library: files may be dropped anywhere on it.
#[component]
pub fn DropZone(uploads: Uploads, children: Children) -> impl IntoView {
    let over = dropped_to(uploads);
    view! {
        <main id="main" class="page library" tabindex="-1" data-testid="drop" class:dropping=move || over.get()>
            {children()}
        </main>
    }
}

/// Takes what is dropped anywhere in the window, as long as the view around it is there. Whether something is held over it.
pub fn dropped_to(uploads: Uploads) -> RwSignal<bool> {
    let over = RwSignal::new(false);
    Effect::new(move || {
        let listeners = [
            window_event_listener(ev::dragover, move |event| {
                // without this the browser opens the file instead
                if carries_files(&event) {
                    event.prevent_default();
                    over.set(true);
                }
            }),
            window_event_listener(ev::dragleave, move |event| {
                // leaving the window, not just one element for another
                if event.related_target().is_none() {
                    over.set(false);
                }
            }),
            window_event_listener(ev::drop, move |event| {
                over.set(false);
                if let Some(files) =
                    event.data_transfer().and_then(|data| data.files()).filter(|files| files.length() > 0)
                {
                    event.prevent_default();
                    uploads.add(&files);
                }
            }),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    });
    over
}

fn carries_files(event: &ev::DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().iter().any(|kind| kind == "Files"))
}
