//! Files on the questions of a conversation.

use crate::uploads::thumbnail;
use folio_types::{Attachment, AttachmentKind};
use leptos::prelude::*;

/// What was sent with a question.
pub fn sent(attachments: Vec<Attachment>) -> Option<AnyView> {
    (!attachments.is_empty()).then(|| {
        let files = attachments.into_iter().map(file).collect_view();
        view! { <ul class="files" aria-label="Files sent along" role="list">{files}</ul> }.into_any()
    })
}

fn file(file: Attachment) -> AnyView {
    let Attachment { id, name, kind, size, characters, read } = file;
    let address = format!("/chat/attachments/{id}");
    if kind == AttachmentKind::Picture {
        let address = format!("{address}/picture");
        return view! { <li><a href=address rel="external">{thumbnail(id, name)}</a></li> }.into_any();
    }
    let part =
        if read < characters { format!(", its first {}% are read", read * 100 / characters) } else { String::new() };
    let about = format!("{} kB{part}", size.div_ceil(1000));
    view! { <li><a class="title" href=address download>{name}</a> <span class="status">{about}</span></li> }.into_any()
}
