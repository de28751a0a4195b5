//! Which tools a server has: asked at the start, when an administrator wants to know, and before each use.

use super::client::Client;
use super::rows::{self, Kind, Server};
use super::text::{bounded, cleaned};
use super::{StdioServer, Tools};
use crate::Core;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::ToolServerId;
use rmcp::model::Tool as Offered;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use uuid::Uuid;

const MOST_TOOLS: usize = 200;
const LONGEST_NAME: usize = 128;
const LONGEST_DESCRIPTION: usize = 16 * 1024;
const LONGEST_SCHEMA: usize = 64 * 1024;
const LONGEST_FAULT: usize = 1000;

/// A description that is the same touches nothing; another one waits for approval by its other digest.
const KEEP: &str = "INSERT INTO tools (id, server_id, name, description, input_schema, digest, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (server_id, name) DO UPDATE SET description = $4, input_schema = $5, digest = $6, gone = FALSE,
        updated_at = $7 WHERE tools.digest <> $6 OR tools.gone";
const GONE: &str = "UPDATE tools SET gone = TRUE, updated_at = $2 WHERE id = $1 AND NOT gone";
const LISTED: &str = "UPDATE tool_servers SET last_error = $2, listed_at = $3 WHERE id = $1";
const FAILED: &str = "UPDATE tool_servers SET last_error = $2 WHERE id = $1";
const ENABLE: &str = "UPDATE tool_servers SET enabled = TRUE, updated_at = $2 WHERE id = $1";
const TAKEN_OUT: &str = "UPDATE tool_servers SET enabled = FALSE, last_error = $2, updated_at = $3 WHERE id = $1";
const NOT_THERE: &str = "It is not in TOOLS_FILE any more.";

/// A tool as it is stored.
struct Described {
    name: String,
    description: String,
    input_schema: String,
    digest: String,
}

/// Takes over what `TOOLS_FILE` says, then asks every server for its tools.
pub async fn begin(core: Core) {
    let tools = Tools(&core);
    let outcome = async {
        tools.take_over_file().await?;
        for server in rows::servers(core.db()).await?.into_iter().filter(|server| server.enabled) {
            tools.ask(&server).await?;
        }
        Ok::<_, Error>(())
    };
    if let Err(fault) = outcome.await {
        tracing::warn!(fault = fault.diagnosis(), "tool servers could not be asked");
    }
}

impl Tools<'_> {
    async fn take_over_file(&self) -> Result<()> {
        let (known, commands) = (rows::servers(self.0.db()).await?, &self.0.workshop().commands);
        for command in commands.values() {
            match known.iter().find(|server| server.name == command.name) {
                None => self.add_command(command).await?,
                Some(server) if server.kind == Kind::Http => {
                    tracing::warn!(server = command.name, "TOOLS_FILE names a server that an administrator added");
                }
                Some(server) if server.last_error.as_deref() == Some(NOT_THERE) => {
                    on_db!(write self.0.db(), pool =>
                        sqlx::query(ENABLE).bind(server.id.0).bind(now()).execute(pool).await.map(drop))?;
                }
                Some(_) => {}
            }
        }
        for server in known {
            if server.kind == Kind::Stdio && server.enabled && !commands.contains_key(&server.name) {
                on_db!(write self.0.db(), pool => sqlx::query(TAKEN_OUT).bind(server.id.0).bind(NOT_THERE).bind(now())
                    .execute(pool).await.map(drop))?;
            }
        }
        Ok(())
    }

    async fn add_command(&self, command: &StdioServer) -> Result<()> {
        on_db!(write self.0.db(), pool =>
            sqlx::query(super::ADD).bind(Uuid::now_v7()).bind(&command.name).bind(Kind::Stdio.as_str())
                .bind(None::<String>).bind(None::<Vec<u8>>).bind(now()).execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Lists a server's tools, and stores them or why they could not be listed.
    pub(super) async fn ask(&self, server: &Server) -> Result<()> {
        let listed = async {
            let client = Client::connect(self.0, server).await?;
            let listed = client.tools().await;
            client.close().await;
            listed
        };
        match self.within(server, listed, Error::Upstream).await {
            Ok(offered) => self.keep(server.id, offered).await,
            Err(Error::Internal(fault)) => Err(Error::Internal(fault)),
            Err(fault) => {
                let why = bounded(&fault.to_string(), LONGEST_FAULT);
                on_db!(write self.0.db(), pool =>
                    sqlx::query(FAILED).bind(server.id.0).bind(&why).execute(pool).await.map(drop))?;
                Ok(())
            }
        }
    }

    /// Does `work` with a server when it is its turn, and in time; `late` says what it means that it was not.
    pub(super) async fn within<T>(
        &self,
        server: &Server,
        work: impl Future<Output = Result<T>>,
        late: impl FnOnce(String) -> Error,
    ) -> Result<T> {
        let workshop = self.0.workshop();
        let _turn = workshop.turns.acquire().await.map_err(Error::internal)?;
        // the server is not slow because others are served first
        tokio::time::timeout(workshop.patience, work).await.unwrap_or_else(|_| {
            let (name, seconds) = (&server.name, workshop.patience.as_secs_f32());
            Err(late(format!("The tool server “{name}” did not answer within {seconds} seconds.")))
        })
    }

    /// Stores what a server offers. What an administrator decided stays; what is not offered any more is gone.
    pub(super) async fn keep(&self, server: ToolServerId, offered: Vec<Offered>) -> Result<()> {
        let all = offered.len();
        let mut names = BTreeSet::new();
        let tools: Vec<Described> = offered
            .into_iter()
            .filter_map(Described::of)
            .filter(|tool| names.insert(tool.name.clone()))
            .take(MOST_TOOLS)
            .collect();
        let left_out = all - tools.len();
        let note = (left_out > 0).then(|| {
            format!("{left_out} of its tools are left out: too many, too long, twice the same, or with an odd name.")
        });
        let known = rows::tools(self.0.db()).await?;
        let gone = known.into_iter().filter(|tool| tool.server == server && !names_has(&tools, &tool.name));
        let (gone, at): (Vec<_>, _) = (gone.map(|tool| tool.id).collect(), now());
        on_db!(change self.0.db(), tx => {
            let there = sqlx::query(LISTED).bind(server.0).bind(&note).bind(at).execute(&mut *tx).await?;
            if there.rows_affected() == 0 {
                return Err(Error::NotFound("Tool server"));
            }
            for tool in &tools {
                sqlx::query(KEEP).bind(Uuid::now_v7()).bind(server.0).bind(&tool.name).bind(&tool.description)
                    .bind(&tool.input_schema).bind(&tool.digest).bind(at).execute(&mut *tx).await?;
            }
            for id in &gone {
                sqlx::query(GONE).bind(id.0).bind(at).execute(&mut *tx).await?;
            }
            tx.commit().await?;
        });
        Ok(())
    }
}

impl Described {
    /// A tool whose name can be shown and said, and whose description an administrator can read.
    fn of(tool: Offered) -> Option<Self> {
        let description = tool.description.unwrap_or_default();
        let input_schema = serde_json::to_string(&*tool.input_schema).ok()?;
        let is_sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':');
        let fits = (1..=LONGEST_NAME).contains(&tool.name.len()) && tool.name.chars().all(is_sound);
        if !fits || description.len() > LONGEST_DESCRIPTION || input_schema.len() > LONGEST_SCHEMA {
            return None;
        }
        let digest = digest(&[&description, &input_schema]);
        Some(Self { name: tool.name.into_owned(), description: cleaned(&description), input_schema, digest })
    }
}

fn names_has(tools: &[Described], name: &str) -> bool {
    tools.iter().any(|tool| tool.name == name)
}

/// Each part with its length, so that nothing can move from one to the other unseen.
fn digest(parts: &[&str]) -> String {
    use std::fmt::Write;
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
