//! Times for people: to the minute, in UTC.

use folio_types::Millis;
use leptos::prelude::*;
use time::OffsetDateTime;
use time::macros::format_description;

pub fn time(at: Millis) -> AnyView {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(at / 1000) else { return ().into_any() };
    let shown = at.format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC")).unwrap_or_default();
    let exact = at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    view! { <time datetime=exact>{shown}</time> }.into_any()
}
