//! Bars, drawn on the server. The numbers stand in a table beside them, so a picture says nothing alone.

use folio_core::reports::Share;
use leptos::prelude::*;

const WIDTH: u64 = 720;
const HEIGHT: u64 = 160;

/// A bar for each day, what its height means, and the numbers of all days on which there was anything.
pub fn days(title: &str, shares: &[Share]) -> impl IntoView + use<> {
    let most = shares.iter().map(|share| share.answers).max().unwrap_or_default().max(1);
    let count = shares.len().max(1) as u64;
    let step = WIDTH / count;
    let bar = |(at, share): (usize, &Share)| {
        let height = share.answers * HEIGHT / most;
        let words = format!("{}: {} answers, {} tokens", share.name, share.answers, share.tokens);
        view! {
            <rect x=(at as u64 * step).to_string() y=(HEIGHT - height).to_string() width=step.saturating_sub(2).max(1).to_string() height=height.to_string()>
                <title>{words}</title>
            </rect>
        }
    };
    let bars = shares.iter().enumerate().map(bar).collect_view();
    let label = format!("{title}: at most {most} answers a day");
    let day = |share: Option<&Share>| share.map(|share| share.name.clone()).unwrap_or_default();
    let span = format!("From {} to {}; the highest bar is {most}.", day(shares.first()), day(shares.last()));
    let busy: Vec<Share> = shares.iter().filter(|share| share.answers > 0).cloned().collect();
    let table = (!busy.is_empty()).then(|| {
        view! { <details><summary>"Numbers by day"</summary>{self::shares("By day", "Day", &busy)}</details> }
    });
    view! {
        <figure>
            <svg class="chart" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label preserveAspectRatio="none">
                <line x1="0" x2=WIDTH.to_string() y1=HEIGHT.to_string() y2=HEIGHT.to_string() />
                {bars}
            </svg>
            <figcaption class="hint">{span}</figcaption>
        </figure>
        {table}
    }
}

/// A row with a bar for each share, longest first.
pub fn shares(caption: &'static str, name: &'static str, shares: &[Share]) -> impl IntoView + use<> {
    let most = shares.iter().map(|share| share.answers).max().unwrap_or_default().max(1);
    let row = |share: &Share| {
        let (label, part) = (share.name.clone(), share.answers * 100 / most);
        view! {
            <tr>
                <th scope="row">{label}</th>
                <td>{share.answers}</td>
                <td>{share.tokens}</td>
                <td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width=part.to_string() height="10" /></svg></td>
            </tr>
        }
    };
    let rows = shares.iter().map(row).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=caption>
            <table class="plain">
                <caption>{caption}</caption>
                <thead><tr><th scope="col">{name}</th><th scope="col">"Answers"</th><th scope="col">"Tokens"</th><th scope="col"><span class="visually-hidden">"Share"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
