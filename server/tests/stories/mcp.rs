//! Another program's assistant searches the books by the Model Context Protocol, as its user may and no further.

use crate::support::{Folio, On, Visitor, on_both_databases};
use reqwest::StatusCode;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ServiceError, ServiceExt};
use serde_json::{Value, json};

on_both_databases!(a_program_searches_and_reads, what_is_somebodys_is_nobody_elses, what_it_did_is_recorded);

type Program = RunningService<RoleClient, ()>;

async fn connects(folio: &Folio, somebody: &Visitor<'_>) -> Program {
    let made = somebody.makes("/api/account/tokens", &json!({ "name": "agent", "scopes": ["read"] })).await;
    let token = made["token"].as_str().expect("a token");
    let config =
        StreamableHttpClientTransportConfig::with_uri(format!("{}/mcp", folio.url)).auth_header(token.to_owned());
    ().serve(StreamableHttpClientTransport::from_config(config)).await.expect("it connects")
}

async fn calls(program: &Program, tool: &'static str, arguments: Value) -> Result<Value, ServiceError> {
    let arguments = arguments.as_object().cloned().expect("an object");
    let called = program.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await?;
    let CallToolResult { structured_content, is_error, .. } = called;
    assert_ne!(is_error, Some(true));
    Ok(structured_content.expect("structured content"))
}

async fn a_program_searches_and_reads(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let book = ada.shelves("bees.md", b"# Bees\n\nBees tell each other where flowers are by dancing.\n").await;
    let program = connects(&folio, &ada).await;
    let tools = program.list_all_tools().await.expect("tools");
    let mut names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    names.sort_unstable();
    assert_eq!(names, ["list_books", "list_conversations", "read_page", "search_library"]);
    assert!(tools.iter().all(|tool| tool.annotations.as_ref().is_some_and(|hints| hints.read_only_hint == Some(true))));
    let listed = calls(&program, "list_books", json!({})).await.expect("books");
    assert_eq!((&listed["books"][0]["book_id"], &listed["books"][0]["ready"]), (&book["id"], &json!(true)));
    let query = json!({ "query": "How do bees tell each other where flowers are?" });
    let found = calls(&program, "search_library", query).await.expect("passages");
    let first = &found["passages"][0];
    assert!(first["text"].as_str().expect("text").contains("by dancing"), "{found}");
    assert_eq!(first["url"], format!("{}/books/{}/pages/1", folio.url, book["id"].as_str().expect("an id")));
    let page = calls(&program, "read_page", json!({ "book_id": first["book_id"], "page": first["page"] })).await;
    assert!(page.expect("a page")["text"].as_str().expect("text").contains("by dancing"));
    let nothing = calls(&program, "search_library", json!({ "query": "the price of helium in 1931" })).await;
    assert_eq!(nothing.expect("an answer")["passages"], json!([]));
    ada.makes("/api/conversations", &json!({ "title": "Dances of bees" })).await;
    let talks = calls(&program, "list_conversations", json!({ "text": "bees" })).await.expect("conversations");
    assert_eq!(talks["conversations"][0]["title"], "Dances of bees");
    program.cancel().await.expect("it ends");
}

async fn what_is_somebodys_is_nobody_elses(on: On) {
    let folio = Folio::start(on).await;
    let (olga, eve) = (folio.reader("olga").await, folio.reader("eve").await);
    let book = olga.shelves("bees.md", b"# Bees\n\nBees tell each other where flowers are by dancing.\n").await;
    let program = connects(&folio, &eve).await;
    let refused = calls(&program, "read_page", json!({ "book_id": book["id"], "page": 1 })).await.expect_err("absent");
    assert!(refused.to_string().contains("Book not found."), "{refused}");
    let found = calls(&program, "search_library", json!({ "query": "How do bees dance?" })).await.expect("an answer");
    assert_eq!(found["passages"], json!([]));
    let unknown = calls(&program, "delete_book", json!({ "book_id": book["id"] })).await;
    assert!(unknown.is_err(), "nothing that changes something is lent");
    let anonymous = folio.visitor().posts("/mcp", &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).await;
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    program.cancel().await.expect("it ends");
}

async fn what_it_did_is_recorded(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let program = connects(&folio, &ada).await;
    calls(&program, "search_library", json!({ "query": "bees" })).await.expect("an answer");
    let absent = json!({ "book_id": "00000000-0000-7000-8000-000000000000", "page": 1 });
    calls(&program, "read_page", absent).await.expect_err("absent");
    let activity = ada.gets("/activity").await.text().await.expect("a page");
    assert!(activity.contains("library.search") && activity.contains("Model Context Protocol"), "{activity}");
    let failed = ada.gets("/activity?outcome=failed").await.text().await.expect("a page");
    assert!(failed.contains("library.read") && failed.contains("Book not found."), "{failed}");
    program.cancel().await.expect("it ends");
}
