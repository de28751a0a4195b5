//! Where the tests find the models.

use std::{env, path::PathBuf};

/// A file or directory of the models that set-up fetched.
pub fn model(name: &str) -> PathBuf {
    let models = env::var_os("FOLIO_MODELS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/models")), PathBuf::from);
    let path = models.join(name);
    assert!(path.exists(), "{} is missing: run make setup", path.display());
    path
}
