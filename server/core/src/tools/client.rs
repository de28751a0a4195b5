//! A connection to a tool server, for as long as one question to it takes.

use super::child::Running;
use super::rows::{Kind, Server};
use super::text::line;
use crate::Core;
use crate::error::{Error, Result};
use crate::llm::guarded_client;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation, PaginatedRequestParams,
    Tool as Offered,
};
use rmcp::service::{ClientInitializeError, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceError, ServiceExt};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// A message of a server.
const LARGEST_MESSAGE: usize = 4 * 1024 * 1024;
/// All that a process says while it is connected.
const LARGEST_OUTPUT: u64 = 16 * 1024 * 1024;
const MOST_PAGES: usize = 20;
const LONGEST_FAULT: usize = 300;
/// How long a connection may take to be closed.
const FAREWELL: Duration = Duration::from_secs(2);

pub struct Client {
    service: RunningService<RoleClient, ClientConfig>,
    process: Option<Running>,
    server: String,
}

impl Client {
    pub async fn connect(core: &Core, server: &Server) -> Result<Self> {
        match server.kind {
            // the protocol's handshake is a large state
            Kind::Http => Box::pin(Self::over_http(core, server)).await,
            Kind::Stdio => Box::pin(Self::over_pipes(core, server)).await,
        }
    }

    async fn over_http(core: &Core, server: &Server) -> Result<Self> {
        let guard = &core.catalog().guard;
        let url = guard.check(server.url.as_deref().unwrap_or_default())?;
        // what the guard refuses is told better than by a broken connection
        guard.addresses(&url).await.map_err(|refusal| Error::Unavailable(refusal.to_string()))?;
        let http = guarded_client(guard, &url, core.settings().patience)?;
        let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
            .max_sse_event_size(LARGEST_MESSAGE)
            .max_json_response_size(LARGEST_MESSAGE);
        if let Some(sealed) = &server.sealed {
            let token = core.workshop().seal.open(server.id.0.as_bytes(), sealed);
            let token = token.ok_or_else(|| {
                let message = "The token of this server cannot be decrypted any more. Remove it and add it again.";
                Error::Conflict(message.into())
            })?;
            config = config.auth_header(token.expose_secret());
        }
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let service = ourselves().serve(transport).await.map_err(|fault| unreachable(&server.name, &fault))?;
        Ok(Self { service, process: None, server: server.name.clone() })
    }

    async fn over_pipes(core: &Core, server: &Server) -> Result<Self> {
        let command = core.workshop().commands.get(&server.name).ok_or_else(|| {
            Error::Unavailable(format!("The tool server “{}” is not in TOOLS_FILE any more.", server.name))
        })?;
        let (process, output, input) = Running::start(command)?;
        let transport =
            AsyncRwTransport::new_client(output.take(LARGEST_OUTPUT), input).with_max_line_length(LARGEST_MESSAGE);
        let service = ourselves().serve(transport).await.map_err(|fault| unreachable(&server.name, &fault))?;
        Ok(Self { service, process: Some(process), server: server.name.clone() })
    }

    /// All tools that the server offers.
    pub async fn tools(&self) -> Result<Vec<Offered>> {
        let (mut tools, mut cursor) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page = self.service.list_tools(Some(PaginatedRequestParams::default().with_cursor(cursor))).await;
            let page = page.map_err(|fault| self.failed(fault))?;
            tools.extend(page.tools);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(tools);
            }
        }
        Err(Error::Upstream(format!("The tool server “{}” has a list of tools without an end.", self.server)))
    }

    pub async fn call(&self, tool: &str, arguments: Map<String, Value>) -> Result<CallToolResult> {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        self.service.peer().call_tool(params).await.map_err(|fault| match fault {
            refused @ ServiceError::McpError(_) => self.failed(refused),
            other => Error::Unsure(self.failed(other).to_string()),
        })
    }

    pub async fn close(self) {
        let _ = tokio::time::timeout(FAREWELL, self.service.cancel()).await;
        if let Some(process) = self.process {
            process.end().await;
        }
    }

    fn failed(&self, fault: ServiceError) -> Error {
        let server = &self.server;
        match fault {
            ServiceError::McpError(said) => Error::Upstream(format!(
                "The tool server “{server}” answered with an error: {}",
                line(&said.message, LONGEST_FAULT)
            )),
            ServiceError::UnexpectedResponse => {
                Error::Upstream(format!("The tool server “{server}” answered with something that is not understood."))
            }
            other => {
                tracing::warn!(server, fault = %other, "a tool server broke off");
                Error::Upstream(format!("The tool server “{server}” broke off before it had answered."))
            }
        }
    }
}

fn ourselves() -> ClientConfig {
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("folio", env!("CARGO_PKG_VERSION")))
}

fn unreachable(server: &str, fault: &ClientInitializeError) -> Error {
    tracing::warn!(server, %fault, "a tool server cannot be reached");
    match fault {
        ClientInitializeError::JsonRpcError(said) => Error::Upstream(format!(
            "The tool server “{server}” answered with an error: {}",
            line(&said.message, LONGEST_FAULT)
        )),
        fault if fault.is_authorization_required() => {
            Error::Upstream(format!("The tool server “{server}” wants another token."))
        }
        _ => Error::Unavailable(format!(
            "The tool server “{server}” cannot be reached, or does not speak the Model Context Protocol."
        )),
    }
}
