//! Readers that are cut off, at any byte and in any way.

use folio_testbed::Layout;
use folio_testbed::soak::Cuts;

const CUTS: usize = 25;

#[tokio::test]
async fn a_reader_who_is_cut_off_loses_nothing_on_sqlite() {
    cut(Layout::OneOnSqlite).await;
}

#[tokio::test]
async fn a_reader_who_is_cut_off_loses_nothing_on_postgresql() {
    cut(Layout::OneOnPostgres).await;
}

#[tokio::test]
async fn a_reader_who_is_cut_off_loses_nothing_on_two_nodes() {
    cut(Layout::TwoNodes).await;
}

async fn cut(layout: Layout) {
    let seed = rand::random();
    let mut soak = Cuts::start(layout, seed).await;
    while soak.cut < CUTS {
        soak.round(CUTS - soak.cut).await;
    }
    let found: Vec<String> = soak.found.lines().collect();
    assert!(soak.found.is_clean(), "seed {seed}: {found:#?}");
}
