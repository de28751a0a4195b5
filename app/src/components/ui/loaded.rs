use crate::api::Result;
use leptos::prelude::*;

/// What a resource gives, as `show` draws it: the child of a `<Suspense>` or a `<Transition>`.
///
/// On the server it waits for the resource and draws once; a child that looks whether the resource is there is drawn a
/// first time only to find out what it reads. The browser looks, because waiting would cost it a turn of its event loop.
pub fn loaded<T>(
    resource: Resource<Result<T>>,
    show: impl Fn(Result<T>) -> AnyView + Clone + Send + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    #[cfg(feature = "ssr")]
    return move || {
        let show = show.clone();
        Suspend::new(async move {
            let found = resource.await;
            show(found)
        })
    };
    #[cfg(not(feature = "ssr"))]
    return move || resource.get().map(&show);
}
