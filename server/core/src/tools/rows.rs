//! Servers and tools as the databases keep them.

use super::text::cleaned;
use crate::db::{Db, on_db};
use crate::error::{Error, Result};
use folio_types::{Millis, Role, ToolId, ToolServerId};
use folio_understanding::Risk;
use serde_json::Value;
use std::str::FromStr;
use uuid::Uuid;

const SERVERS: &str = "SELECT * FROM tool_servers ORDER BY name";
const SERVER: &str = "SELECT * FROM tool_servers WHERE id = $1";
const TOOLS: &str =
    "SELECT t.*, s.name AS server_name, s.enabled FROM tools t JOIN tool_servers s ON s.id = t.server_id
    ORDER BY s.name, t.name, t.id";
const TOOL: &str = "SELECT t.*, s.name AS server_name, s.enabled FROM tools t JOIN tool_servers s ON s.id = t.server_id
    WHERE t.id = $1";

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Http,
    /// A command of `TOOLS_FILE` that Folio starts.
    Stdio,
}

/// A server of tools. It never tells its token.
#[derive(Clone, Debug)]
pub struct Server {
    pub id: ToolServerId,
    pub name: String,
    pub kind: Kind,
    pub url: Option<String>,
    pub enabled: bool,
    /// Why its tools could not be listed, or not all of them.
    pub last_error: Option<String>,
    pub listed_at: Option<Millis>,
    pub(super) sealed: Option<Vec<u8>>,
}

/// A tool, as its server describes it.
#[derive(Clone, Debug)]
pub struct Tool {
    pub id: ToolId,
    pub server: ToolServerId,
    pub server_name: String,
    pub name: String,
    pub description: String,
    pub input_schema: Value,
    pub digest: String,
    pub approved: Option<Approved>,
    pub risk: Risk,
    pub least_role: Role,
    /// Whether the server does not offer it any more.
    pub gone: bool,
    /// Whether its server is switched on.
    pub enabled: bool,
}

/// What an administrator approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    pub digest: String,
    pub description: String,
    /// As JSON.
    pub input_schema: String,
}

#[derive(sqlx::FromRow)]
struct ServerRow {
    id: Uuid,
    name: String,
    kind: String,
    url: Option<String>,
    token: Option<Vec<u8>>,
    enabled: bool,
    last_error: Option<String>,
    listed_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct ToolRow {
    id: Uuid,
    server_id: Uuid,
    server_name: String,
    name: String,
    description: String,
    input_schema: String,
    digest: String,
    approved_digest: Option<String>,
    approved_description: Option<String>,
    approved_schema: Option<String>,
    risk: String,
    least_role: String,
    gone: bool,
    enabled: bool,
}

pub async fn servers(db: &Db) -> Result<Vec<Server>> {
    let rows: Vec<ServerRow> = on_db!(read db, pool => sqlx::query_as(SERVERS).fetch_all(pool).await?);
    rows.into_iter().map(TryInto::try_into).collect()
}

pub async fn server(db: &Db, id: ToolServerId) -> Result<Option<Server>> {
    let row: Option<ServerRow> = on_db!(read db, pool => sqlx::query_as(SERVER).bind(id.0).fetch_optional(pool).await?);
    row.map(TryInto::try_into).transpose()
}

pub async fn tools(db: &Db) -> Result<Vec<Tool>> {
    let rows: Vec<ToolRow> = on_db!(read db, pool => sqlx::query_as(TOOLS).fetch_all(pool).await?);
    rows.into_iter().map(TryInto::try_into).collect()
}

pub async fn tool(db: &Db, id: ToolId) -> Result<Option<Tool>> {
    let row: Option<ToolRow> = on_db!(read db, pool => sqlx::query_as(TOOL).bind(id.0).fetch_optional(pool).await?);
    row.map(TryInto::try_into).transpose()
}

impl Tool {
    /// Whether it is as an administrator approved it.
    pub fn is_approved(&self) -> bool {
        self.approved.as_ref().is_some_and(|approved| approved.digest == self.digest)
    }

    /// The schema on several lines, fit to be shown.
    pub fn schema(&self) -> String {
        on_lines(&self.input_schema)
    }

    /// `server/tool`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.server_name, self.name)
    }

    /// What must be the same when it is used as when it was asked about.
    pub fn version(&self) -> String {
        format!("{}|{}|{}", self.full_name(), self.digest, risk_name(self.risk))
    }

    /// Why it cannot be used now, if it cannot.
    pub fn check(&self) -> Result<()> {
        let name = &self.name;
        let why = if self.gone {
            format!("“{}” does not offer the tool “{name}” any more.", self.server_name)
        } else if !self.enabled {
            format!("The tool server “{}” is switched off.", self.server_name)
        } else if self.approved.is_none() {
            format!("An administrator has to look at the tool “{name}” and approve it first.")
        } else if !self.is_approved() {
            format!(
                "The description of the tool “{name}” has changed since it was approved. An administrator has to look at it again."
            )
        } else {
            return Ok(());
        };
        Err(Error::Conflict(why))
    }
}

impl Approved {
    /// The approved schema on several lines, fit to be shown.
    pub fn schema(&self) -> String {
        serde_json::from_str(&self.input_schema).map_or_else(|_| cleaned(&self.input_schema), |json| on_lines(&json))
    }
}

fn on_lines(json: &Value) -> String {
    cleaned(&serde_json::to_string_pretty(json).unwrap_or_default())
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Stdio => "stdio",
        }
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Self::Http, Self::Stdio]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::internal(format!("unknown kind of tool server: {text}")))
    }
}

/// The risk that is called so.
pub fn risk_named(name: &str) -> Option<Risk> {
    [Risk::Safe, Risk::Guarded, Risk::Dangerous].into_iter().find(|risk| risk_name(*risk) == name)
}

pub fn risk_name(risk: Risk) -> &'static str {
    crate::operations::risk_name(risk)
}

impl TryFrom<ServerRow> for Server {
    type Error = Error;

    fn try_from(row: ServerRow) -> Result<Self> {
        Ok(Self {
            id: ToolServerId(row.id),
            name: row.name,
            kind: row.kind.parse()?,
            url: row.url,
            enabled: row.enabled,
            last_error: row.last_error,
            listed_at: row.listed_at,
            sealed: row.token,
        })
    }
}

impl TryFrom<ToolRow> for Tool {
    type Error = Error;

    fn try_from(row: ToolRow) -> Result<Self> {
        let approved = row.approved_digest.map(|digest| Approved {
            digest,
            description: row.approved_description.unwrap_or_default(),
            input_schema: row.approved_schema.unwrap_or_default(),
        });
        Ok(Self {
            id: ToolId(row.id),
            server: ToolServerId(row.server_id),
            server_name: row.server_name,
            name: row.name,
            description: row.description,
            input_schema: serde_json::from_str(&row.input_schema)?,
            digest: row.digest,
            approved,
            // what is not known is the worst
            risk: risk_named(&row.risk).unwrap_or(Risk::Dangerous),
            least_role: row.least_role.parse().map_err(|fault: String| Error::internal(fault))?,
            gone: row.gone,
            enabled: row.enabled,
        })
    }
}
