use crate::Failure;
use crate::config::Config;
use folio_core::audit::{self, Actor, Deed, Origin};
use folio_core::{Core, backup};
use std::path::Path;

/// Who runs the program is known to the machine, not to Folio.
const OPERATOR: &str = "command line";

pub async fn create(config: Config, folder: &Path) -> Result<(), Failure> {
    let core = Core::open(config.settings).await.map_err(|fault| fault.diagnosis())?;
    let made = backup::create_at(&core, folder).await.map_err(|fault| fault.diagnosis())?;
    record(&core, Deed::ran("backup.create", folder.display().to_string())).await;
    println!("The backup in {} is whole: {} files, {}.", folder.display(), made.files, made.size_in_words());
    println!("It holds everyone's data and the program's secrets; keep it where only you can read it.");
    Ok(())
}

pub async fn restore(config: Config, folder: &Path) -> Result<(), Failure> {
    let made = backup::restore(&config.settings, folder).await.map_err(|fault| fault.diagnosis())?;
    let core = Core::open(config.settings).await.map_err(|fault| fault.diagnosis())?;
    record(&core, Deed::ran("backup.restore", made.name.clone())).await;
    println!(
        "The backup of {} is restored. Files that it replaced lie in the data folder, under before-restore-….",
        made.created_at
    );
    Ok(())
}

/// Restores what somebody asked for while Folio was serving. A backup that cannot be restored leaves everything as it is.
pub async fn restore_if_asked(config: &Config) {
    match backup::restore_if_asked(&config.settings).await {
        Ok(None) => {}
        Ok(Some(name)) => tracing::warn!(backup = name, "a backup was restored, as it was asked for"),
        Err(fault) => tracing::error!(fault = fault.diagnosis(), "the backup that was asked for could not be restored"),
    }
}

async fn record(core: &Core, deed: Deed) {
    let origin = Origin { via: OPERATOR.into(), address: None };
    let recorded = audit::from(origin, core.audit().record(Actor::Program(OPERATOR), deed)).await;
    if let Err(fault) = recorded {
        tracing::error!(fault = fault.diagnosis(), "the audit log could not be written");
    }
}
