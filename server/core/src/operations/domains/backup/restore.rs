use crate::db::Db;
use crate::error::{Error, Result};
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Resolved, Right, Risk};
use crate::operations::targets::Named;
use crate::tasks::Work;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Restore;

static RESTORE: Form = Form {
    domain: "backup",
    operation: "restore",
    risk: Risk::Dangerous,
    patterns: &[
        "<restore> (?:the |a |from the |from )?(?:last |latest |newest )?<backup>(?: <?called>{backup})?",
        "<restore> (?:everything|folio|the database|all data|the data) from (?:the |a )?<backup>(?: <?called>{backup})?",
    ],
    examples: &["restore backup", "go back to a snapshot", "recover from a backup"],
    needs: &["backup"],
};

#[async_trait]
impl Operation for Restore {
    fn form(&self) -> &'static Form {
        &RESTORE
    }

    fn template(&self) -> &'static str {
        r#"restore backup "name""#
    }

    fn summary(&self) -> &'static str {
        "Restore a backup"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let command = |name: &str| format!("restore backup {name}");
        Ok(match asked.named(Kind::Backup, asked.slot("backup"), command).await? {
            Named::One(backup) => Resolved::Args(Args::of(vec![backup])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        let Some(backup) = args.targets.first() else { return Ok(Preview::default()) };
        let before = match asked.core.db() {
            Db::Sqlite { .. } => {
                "The database and the files that are there now are kept beside it, under before-restore-…, until whoever runs Folio removes them."
            }
            Db::Postgres(_) => {
                "PostgreSQL keeps nothing of what is there now: the schema that Folio uses is dropped with all its tables, also those of other programs. Only files that are replaced are kept, under before-restore-…. Create a backup first if you may want to come back."
            }
        };
        let note = format!(
            "It was made {}. Everything of everyone that came after is lost when Folio starts next. {before} This cannot be undone.",
            backup.version
        );
        Ok(Preview::of(format!("Restore the backup “{}”", backup.name), &args.targets)
            .noting(note)
            .typing(&*backup.name))
    }

    fn work(&self, args: &Args) -> Result<Option<Work>> {
        Ok(Some(Work::Restore { backup: args.target()?.name.clone() }))
    }

    async fn execute(&self, _: &Asked<'_>, _: &Args) -> Result<Effect> {
        Err(Error::internal("restoring is prepared by a task"))
    }
}
