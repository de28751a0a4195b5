//! Tools of others: servers that speak the Model Context Protocol, and what an administrator lets people do with them.
//!
//! What such a server says is hostile. Its tools do nothing until an administrator approved them as they are described;
//! when a description changes, they do nothing again. What they answer is text for a person and nothing else.

mod arguments;
mod call;
mod child;
mod client;
mod file;
mod listing;
mod rows;
mod text;

pub use arguments::{Wrong, expected};
pub use call::Answer;
pub use file::StdioServer;
pub(crate) use listing::begin;
pub use rows::{Approved, Kind, Server, Tool, risk_named};

use crate::Core;
use crate::accounts::Principal;
use crate::audit::{self, Chain, Deed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use crate::secrets::{Seal, Secrets};
use crate::settings::Settings;
use folio_types::{Role, ToolId, ToolServerId};
use folio_understanding::Risk;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Servers that are asked at the same time.
const MOST_AT_ONCE: usize = 8;
const MOST_SERVERS: i64 = 50;
const LONGEST_NAME: usize = 60;
const LONGEST_TOKEN: usize = 4000;

const ADD: &str = "INSERT INTO tool_servers (id, name, kind, url, token, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (name) DO NOTHING";
const COUNT: &str = "SELECT COUNT(*) FROM tool_servers";
const REMOVE: &str = "DELETE FROM tool_servers WHERE id = $1";
const SWITCH: &str = "UPDATE tool_servers SET enabled = $2, updated_at = $3 WHERE id = $1";
const RULE: &str = "UPDATE tools SET risk = $2, least_role = $3, updated_at = $4 WHERE id = $1";
/// Only what the administrator saw is approved.
const APPROVE: &str = "UPDATE tools SET approved_digest = digest, approved_description = description,
    approved_schema = input_schema, updated_at = $3 WHERE id = $1 AND digest = $2";

/// What this process knows of servers besides what is stored.
pub struct Workshop {
    seal: Seal,
    turns: Semaphore,
    commands: BTreeMap<String, StdioServer>,
    patience: Duration,
}

pub struct NewServer {
    pub name: String,
    pub url: String,
    pub token: Option<SecretString>,
}

pub struct Tools<'a>(pub(crate) &'a Core);

impl Workshop {
    pub fn new(settings: &Settings, secrets: &Secrets) -> Self {
        Self {
            seal: secrets.seal("tool server tokens v1"),
            turns: Semaphore::new(MOST_AT_ONCE),
            commands: settings.tool_commands.iter().map(|one| (one.name.clone(), one.clone())).collect(),
            patience: settings.tool_patience,
        }
    }
}

impl Tools<'_> {
    /// Every server with its tools, for administrators.
    pub async fn servers(&self, who: &Principal) -> Result<Vec<(Server, Vec<Tool>)>> {
        who.as_admin()?;
        let servers = rows::servers(self.0.db()).await?;
        let mut tools = rows::tools(self.0.db()).await?;
        let with_tools = |server: Server| {
            let own = tools.extract_if(.., |tool| tool.server == server.id).collect();
            (server, own)
        };
        Ok(servers.into_iter().map(with_tools).collect())
    }

    /// What the caller may use; an administrator also sees what waits for approval.
    pub async fn list(&self, who: &Principal) -> Result<Vec<Tool>> {
        let tools = rows::tools(self.0.db()).await?;
        let shown = |tool: &Tool| {
            let there = tool.enabled && !tool.gone && who.role >= tool.least_role;
            there && (tool.is_approved() || who.is_admin())
        };
        Ok(tools.into_iter().filter(shown).collect())
    }

    /// A tool that the caller may use, in whatever state it is.
    pub async fn tool(&self, who: &Principal, id: ToolId) -> Result<Tool> {
        let tool = rows::tool(self.0.db(), id).await?;
        tool.filter(|tool| who.role >= tool.least_role).ok_or(Error::NotFound("Tool"))
    }

    /// Fails for a tool that is there and is not the caller's to use.
    pub async fn permit(&self, who: &Principal, id: ToolId) -> Result<()> {
        match rows::tool(self.0.db(), id).await? {
            Some(tool) if who.role < tool.least_role => {
                let right = tool.least_role;
                Err(Error::Denied(format!("You may not do this: it needs the right “{right}”.")))
            }
            _ => Ok(()),
        }
    }

    /// Adds an HTTP server and asks for its tools. What it answers, or why it does not, is in what is returned.
    pub async fn add(&self, who: &Principal, new: NewServer) -> Result<Server> {
        who.as_admin()?;
        let name = checked_name(&new.name)?;
        let url = self.checked_url(&new.url)?;
        let token = new.token.map(checked_token).transpose()?;
        let id = ToolServerId(Uuid::now_v7());
        let sealed = token.map(|token| self.0.workshop().seal.close(id.0.as_bytes(), &token)).transpose()?;
        let count: i64 = on_db!(read self.0.db(), pool => sqlx::query_scalar(COUNT).fetch_one(pool).await?);
        if count >= MOST_SERVERS {
            return Err(Error::Conflict(format!("There are {MOST_SERVERS} tool servers already. Remove one first.")));
        }
        let record = audit::draft(who, Deed::ran("tools.add_server", &name).saying(&url));
        on_db!(change self.0.db(), tx => {
            let added = sqlx::query(ADD).bind(id.0).bind(&name).bind(Kind::Http.as_str()).bind(&url).bind(sealed)
                .bind(now()).execute(&mut *tx).await?;
            if added.rows_affected() == 0 {
                return Err(Error::Conflict(format!("There is a tool server called “{name}” already.")));
            }
            tx.append(&record).await?;
            tx.commit().await?;
        });
        self.refresh(who, id).await
    }

    /// Forgets a server and what was decided about its tools. One of `TOOLS_FILE` is taken out there.
    pub async fn remove(&self, who: &Principal, id: ToolServerId) -> Result<()> {
        let server = self.server(who, id).await?;
        if self.0.workshop().commands.contains_key(&server.name) && server.kind == Kind::Stdio {
            let message = "This server comes from TOOLS_FILE. Whoever runs Folio can take it out there.";
            return Err(Error::Conflict(message.into()));
        }
        let record = audit::draft(who, Deed::ran("tools.remove_server", server.name));
        on_db!(change self.0.db(), tx => {
            sqlx::query(REMOVE).bind(id.0).execute(&mut *tx).await?;
            tx.append(&record).await?;
            tx.commit().await?;
        });
        Ok(())
    }

    /// Switches a server off, so that none of its tools can be used, or on again.
    pub async fn switch(&self, who: &Principal, id: ToolServerId, enabled: bool) -> Result<()> {
        let server = self.server(who, id).await?;
        let action = if enabled { "tools.enable_server" } else { "tools.disable_server" };
        let record = audit::draft(who, Deed::ran(action, server.name));
        on_db!(change self.0.db(), tx => {
            sqlx::query(SWITCH).bind(id.0).bind(enabled).bind(now()).execute(&mut *tx).await?;
            tx.append(&record).await?;
            tx.commit().await?;
        });
        Ok(())
    }

    /// Asks a server for its tools. When it does not answer, its state says why.
    pub async fn refresh(&self, who: &Principal, id: ToolServerId) -> Result<Server> {
        let server = self.server(who, id).await?;
        self.ask(&server).await?;
        self.server(who, id).await
    }

    /// Lets a tool be used as it is described now. `digest` is of what the administrator saw.
    pub async fn approve(&self, who: &Principal, id: ToolId, digest: &str) -> Result<()> {
        who.as_admin()?;
        let tool = self.tool(who, id).await?;
        let record = audit::draft(who, Deed::ran("tools.approve", tool.full_name()).saying(digest));
        on_db!(change self.0.db(), tx => {
            let approved = sqlx::query(APPROVE).bind(id.0).bind(digest).bind(now()).execute(&mut *tx).await?;
            if approved.rows_affected() == 0 {
                let message = "This tool's description has changed since this page was made. Look at it again.";
                return Err(Error::Conflict(message.into()));
            }
            tx.append(&record).await?;
            tx.commit().await?;
        });
        Ok(())
    }

    /// Decides how dangerous a tool is and who may use it.
    pub async fn rule(&self, who: &Principal, id: ToolId, risk: Risk, least_role: Role) -> Result<()> {
        who.as_admin()?;
        let tool = self.tool(who, id).await?;
        let words = format!("{}, for {least_role} and above", rows::risk_name(risk));
        let record = audit::draft(who, Deed::ran("tools.rule", tool.full_name()).saying(words));
        on_db!(change self.0.db(), tx => {
            sqlx::query(RULE).bind(id.0).bind(rows::risk_name(risk)).bind(least_role.as_str()).bind(now())
                .execute(&mut *tx).await?;
            tx.append(&record).await?;
            tx.commit().await?;
        });
        Ok(())
    }

    async fn server(&self, who: &Principal, id: ToolServerId) -> Result<Server> {
        who.as_admin()?;
        rows::server(self.0.db(), id).await?.ok_or(Error::NotFound("Tool server"))
    }

    fn checked_url(&self, url: &str) -> Result<String> {
        let checked = self.0.catalog().guard.check(url).map_err(|fault| match fault {
            Error::Invalid { message, .. } => Error::invalid("url", message),
            other => other,
        })?;
        Ok(checked.to_string())
    }
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    let is_sound = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(is_sound) {
        let message = "Give a name of 1 to 60 letters, digits, spaces, dots, hyphens or underscores.";
        return Err(Error::invalid("name", message));
    }
    Ok(name.to_owned())
}

/// A token that can stand in a header.
fn checked_token(token: SecretString) -> Result<SecretString> {
    let text = token.expose_secret().trim();
    let is_sound = !text.is_empty() && text.len() <= LONGEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic());
    let wrong = || Error::invalid("token", "This does not look like a token.");
    if is_sound { Ok(text.to_owned().into()) } else { Err(wrong()) }
}
