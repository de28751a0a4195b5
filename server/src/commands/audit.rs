use crate::Failure;
use crate::config::Config;
use clap::Subcommand;
use folio_core::Core;
use folio_core::audit::{Head, Verdict};

#[derive(Subcommand)]
pub enum Audit {
    /// Check that no record was changed, removed or slipped in. Also while Folio is serving.
    Verify {
        /// What an earlier check printed; that record must still be there.
        #[arg(long, value_name = "NUMBER:HASH")]
        known: Option<Head>,
    },
}

impl Audit {
    pub async fn run(self, config: Config) -> Result<(), Failure> {
        let Self::Verify { known } = self;
        let core = Core::open(config.settings).await.map_err(|fault| fault.diagnosis())?;
        match core.audit().verify(known.as_ref()).await.map_err(|fault| fault.diagnosis())? {
            Verdict::Whole(head) => {
                println!("The audit log is whole: {} records. Keep this to check against later:\n{head}", head.seq);
                Ok(())
            }
            Verdict::Broken { seq, why } => Err(format!("The audit log is broken at record {seq}: {why}.").into()),
        }
    }
}
