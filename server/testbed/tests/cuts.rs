//! Readers that are cut off, at any byte and in any way.

use folio_testbed::soak::Cuts;
use folio_testbed::{Layout, on_every_layout};

const CUTS: usize = 25;

on_every_layout!(a_reader_who_is_cut_off_loses_nothing);

async fn a_reader_who_is_cut_off_loses_nothing(layout: Layout) {
    let seed = rand::random();
    let mut soak = Cuts::start(layout, seed).await;
    while soak.cut < CUTS {
        soak.round(CUTS - soak.cut).await;
    }
    let found: Vec<String> = soak.found.lines().collect();
    assert!(soak.found.is_clean(), "seed {seed}: {found:#?}");
}
