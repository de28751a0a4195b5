//! A tool server that a story drives, and programs that are one.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use folio_core::tools::{Server, StdioServer};
use folio_core::{Core, Principal};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What it does when its tool is used.
#[derive(Clone, Default)]
pub enum Behaving {
    #[default]
    Echoes,
    Answers(String),
    Fails(String),
    Refuses(String),
    IsSilent,
}

#[derive(Default)]
struct Inside {
    tools: Vec<Tool>,
    behaving: Behaving,
    calls: usize,
}

#[derive(Clone, Default)]
struct Handler(Arc<Mutex<Inside>>);

/// It has one tool, `echo`.
pub struct ToolServer {
    handler: Handler,
    at: SocketAddr,
    serving: JoinHandle<()>,
}

impl ToolServer {
    pub async fn start() -> Self {
        Self::with(None).await
    }

    pub async fn guarded_by(token: &'static str) -> Self {
        Self::with(Some(token)).await
    }

    async fn with(token: Option<&'static str>) -> Self {
        let handler = Handler::default();
        let lent = handler.clone();
        let service = StreamableHttpService::new(
            move || Ok(lent.clone()),
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        let guard = move |request: Request, next: Next| async move {
            let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
            match token {
                Some(token) if shown != Some(format!("Bearer {token}")) => StatusCode::UNAUTHORIZED.into_response(),
                _ => next.run(request).await,
            }
        };
        let router = Router::new().nest_service("/mcp", service).layer(middleware::from_fn(guard));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        let server = Self { handler, at, serving };
        server.describes("Says it back");
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.at)
    }

    pub fn describes(&self, description: &'static str) {
        let schema = json!({
            "type": "object",
            "properties": { "message": { "type": "string", "description": "What to say" } },
            "required": ["message"],
            "additionalProperties": false,
        });
        let schema = schema.as_object().cloned().expect("an object");
        self.inside().tools = vec![Tool::new("echo", description, schema)];
    }

    pub fn offers_nothing(&self) {
        self.inside().tools.clear();
    }

    pub fn behaves(&self, behaving: Behaving) {
        self.inside().behaving = behaving;
    }

    pub fn calls(&self) -> usize {
        self.inside().calls
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.handler.0.lock().expect("nobody panicked")
    }
}

impl Drop for ToolServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("story", "1"))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.0.lock().expect("nobody panicked").tools.clone()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let behaving = {
            let mut inside = self.0.lock().expect("nobody panicked");
            inside.calls += 1;
            inside.behaving.clone()
        };
        let text = |text: String| vec![ContentBlock::text(text)];
        Ok(match behaving {
            Behaving::Echoes => {
                let said = Value::from(request.arguments.unwrap_or_default());
                CallToolResult::success(text(format!("you said {said}"))).into()
            }
            Behaving::Answers(answer) => CallToolResult::success(text(answer)).into(),
            Behaving::Fails(why) => CallToolResult::error(text(why)).into(),
            Behaving::Refuses(why) => return Err(ErrorData::internal_error(why, None)),
            Behaving::IsSilent => std::future::pending().await,
        })
    }
}

/// The reference server of the protocol's own makers, as `npm ci` in `end2end` installs it.
pub fn program() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../end2end/node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    assert!(path.exists(), "run make setup-test: {} is not there", path.display());
    format!("node {}", path.display())
}

/// A shell that writes its number down and starts the command.
pub fn as_stdio(name: &str, command: &str, marker: &Path) -> Vec<StdioServer> {
    let script = format!("echo $$ > '{}'; {command}", marker.display());
    let file = json!({ "mcpServers": { name: { "command": "sh", "args": ["-c", script] } } });
    StdioServer::all(&file.to_string()).expect("servers")
}

/// Whether the process that wrote itself down is there, or one that it started.
pub fn process_is_there(marker: &Path) -> bool {
    let group: i32 = std::fs::read_to_string(marker).expect("it was started").trim().parse().expect("a number");
    let is_of_group = |entry: std::fs::DirEntry| {
        let status = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // after the name: the state, the parent, the group
        let mut fields = status.rsplit_once(')')?.1.split_whitespace();
        let (state, group_of) = (fields.next()?, fields.nth(1)?);
        (state != "Z" && group_of == group.to_string()).then_some(())
    };
    std::fs::read_dir("/proc").expect("Linux").flatten().any(|entry| is_of_group(entry).is_some())
}

/// The server, once its tools were listed.
pub async fn listed(core: &Core, who: &Principal, name: &str) -> Server {
    wait_for(core, who, name, |server| server.listed_at.is_some() || server.last_error.is_some()).await
}

/// The server, once it is known why its tools cannot be listed.
pub async fn told(core: &Core, who: &Principal, name: &str) -> Server {
    wait_for(core, who, name, |server| server.last_error.is_some()).await
}

async fn wait_for(core: &Core, who: &Principal, name: &str, is_so: impl Fn(&Server) -> bool) -> Server {
    let begun = Instant::now();
    loop {
        let servers = core.tools().servers(who).await.expect("servers");
        if let Some((server, _)) = servers.into_iter().find(|(server, _)| server.name == name && is_so(server)) {
            return server;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{name} was not asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub async fn until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is still not so");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
