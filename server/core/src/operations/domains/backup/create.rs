use crate::error::{Error, Result};
use crate::operations::spec::{Args, Asked, Effect, Operation, Preview, Resolved, Right, Risk};
use crate::tasks::Work;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Create;

static CREATE: Form = Form {
    domain: "backup",
    operation: "create",
    risk: Risk::Guarded,
    patterns: &[
        "<create> (?:a |an |the |another |one more |me a )?(?:new |full |fresh |complete )?<backup>(?: (?:of (?:everything|folio|the database|the data|all data|all|my data|the system)|now))?",
        "<backup>|(?:back up|backup) (?:everything|folio|the database|the data|all data|the system|all|now|my data)",
        "save everything(?: to a backup)?",
    ],
    examples: &["create a backup", "back everything up", "make a snapshot of the data", "take a safety copy"],
    needs: &[],
};

#[async_trait]
impl Operation for Create {
    fn form(&self) -> &'static Form {
        &CREATE
    }

    fn summary(&self) -> &'static str {
        "Create a backup"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn preview(&self, _: &Asked<'_>, args: &Args) -> Result<Preview> {
        Ok(Preview::of("Create a backup", &args.targets).noting("It stays until somebody removes it from its folder."))
    }

    fn work(&self, _: &Args) -> Result<Option<Work>> {
        Ok(Some(Work::Backup))
    }

    async fn execute(&self, _: &Asked<'_>, _: &Args) -> Result<Effect> {
        Err(Error::internal("backups are made by a task"))
    }
}
