use crate::{api::ApiError, components::ui::Failure};
use leptos::prelude::*;

#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! { <Failure error=ApiError::new(404, "There is no page at this address.") /> }
}
