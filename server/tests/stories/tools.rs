//! Tools of others, an invitation and a setting, as an administrator sees to them on pages and by commands.

use crate::support::{Folio, On, Visitor, on_both_databases};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

on_both_databases!(
    a_tool_is_approved_on_a_page_and_used_by_a_command,
    an_invitation_by_command_shows_its_link_once,
    who_may_register_is_changed_by_command,
);

/// A file with the reference server of the protocol's own makers, as `npm ci` in `end2end` installs it.
fn tools_file(folder: &TempDir) -> String {
    let program = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../end2end/node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    assert!(program.exists(), "run make setup-test: {} is not there", program.display());
    let servers = json!({ "mcpServers": { "everything": { "command": "node", "args": [program] } } });
    let path = folder.path().join("tools.json");
    std::fs::write(&path, servers.to_string()).expect("a file");
    path.display().to_string()
}

async fn page(who: &Visitor<'_>, path: &str) -> String {
    let answer = who.gets(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.expect("a page")
}

async fn says(who: &Visitor<'_>, message: &str) -> Value {
    let answer = who.posts("/api/assistant/messages", &json!({ "message": message })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.expect("JSON")
}

async fn confirms(who: &Visitor<'_>, asked: &Value) -> Value {
    let id = asked["confirmation_id"].as_str().unwrap_or_else(|| panic!("{asked}"));
    who.posts(&format!("/api/assistant/confirmations/{id}/confirm"), &json!({})).await.json().await.expect("JSON")
}

/// The page's form of the tool with this name: the tool's id and the digest that is approved.
fn approval(page: &str, tool: &str) -> (String, String) {
    let form = page.split("<form").find(|form| form.contains(&format!("described here: {tool}\""))).expect("a form");
    let between = |start: &str, end: &str| {
        let from = form.find(start).expect(start) + start.len();
        form[from..].split(end).next().expect(end).to_owned()
    };
    (between("/admin/tools/", "/approve"), between("value=\"", "\""))
}

async fn a_tool_is_approved_on_a_page_and_used_by_a_command(on: On) {
    let folder = TempDir::new().expect("a folder");
    let folio = Folio::start_with(on, vec![("TOOLS_FILE", tools_file(&folder))]).await;
    let (mut ada, eve) = (folio.ada().await, folio.reader("eve").await);
    assert_eq!(eve.gets("/admin/tools").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(folio.visitor().gets("/admin/tools").await.status(), StatusCode::SEE_OTHER);
    let begun = Instant::now();
    let shown = loop {
        let shown = page(&ada, "/admin/tools").await;
        if shown.contains("described here: echo") {
            break shown;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "its tools are not listed: {shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(shown.contains("new, waits for approval") && shown.contains("a command of TOOLS_FILE"));
    let (id, digest) = approval(&shown, "echo");
    let stale = ada.submits(&format!("/admin/tools/{id}/approve"), &[("digest", "0000")]).await;
    assert_eq!(stale.status(), StatusCode::CONFLICT);
    let approved = ada.submits(&format!("/admin/tools/{id}/approve"), &[("digest", &digest)]).await;
    assert_eq!(approved.status(), StatusCode::SEE_OTHER);
    let ruled = ada.submits(&format!("/admin/tools/{id}/rule"), &[("risk", "guarded"), ("role", "admin")]).await;
    assert_eq!(ruled.status(), StatusCode::SEE_OTHER);
    let done = says(&ada, "use tool \"echo\" with {\"message\": \"bees dance\"}").await;
    assert_eq!(done["state"], "success", "{done}");
    assert!(done["rows"][0].as_str().expect("a row").contains("bees dance"), "{done}");
    let risk = ada.submits(&format!("/admin/tools/{id}/rule"), &[("risk", "harmless"), ("role", "admin")]).await;
    assert_eq!(risk.status(), StatusCode::BAD_REQUEST);
    ada.submits(&format!("/admin/tools/{id}/rule"), &[("risk", "dangerous"), ("role", "admin")]).await;
    let asked = says(&ada, "use tool \"echo\" with {\"message\": \"bees dance\"}").await;
    assert_eq!(
        (&asked["state"], &asked["preview"]["details"][0]),
        (&json!("needs_confirmation"), &json!("message: \"bees dance\""))
    );
    assert_eq!(confirms(&ada, &asked).await["state"], "success");
    for (form, status) in [
        ([("name", "lan"), ("url", "http://10.0.0.1/mcp")], StatusCode::BAD_REQUEST),
        ([("name", "everything"), ("url", "https://192.0.2.1.example.org/mcp")], StatusCode::CONFLICT),
    ] {
        let refused = ada.submits("/admin/tools/add", &form).await;
        assert_eq!(refused.status(), status, "{form:?}");
        assert!(refused.text().await.expect("a page").contains("role=\"alert\""));
    }
    let gone = ada.submits("/admin/tools/00000000-0000-7000-8000-000000000001/approve", &[("digest", "0")]).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

async fn an_invitation_by_command_shows_its_link_once(on: On) {
    let folio = Folio::start(on).await;
    let (mut ada, eve) = (folio.ada().await, folio.reader("eve").await);
    assert_eq!(says(&eve, "invite somebody").await["state"], "denied");
    let asked = says(&ada, "invite a new user as librarian").await;
    assert_eq!(asked["state"], "needs_confirmation", "{asked}");
    let done = confirms(&ada, &asked).await;
    assert_eq!(done["state"], "success", "{done}");
    let said = format!("{done} {} {}", ada.reads("/api/assistant/history").await, page(&ada, "/activity").await);
    assert!(!said.contains("register?invite="), "{said}");
    let path = done["text"].as_str().expect("text").rsplit(' ').next().expect("a page").to_owned();
    let id = path.rsplit('=').next().expect("an id").to_owned();
    assert!(page(&ada, &path).await.contains("Show its link, once"));
    let shown = ada.submits(&format!("/admin/users/invitations/{id}"), &[]).await.text().await.expect("a page");
    let link = shown.split("<code class=\"secret\">").nth(1).expect("a link").split('<').next().expect("a link");
    let link = link.split_once("/register?invite=").expect("an invitation").1.to_owned();
    let again = ada.submits(&format!("/admin/users/invitations/{id}"), &[]).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
    assert_eq!(ada.gets(&path).await.status(), StatusCode::CONFLICT);
    let form =
        [("name", "Grace"), ("email", "grace@example.org"), ("password", "correct horse battery"), ("invite", &link)];
    let mut grace = folio.visitor();
    assert_eq!(grace.submits("/register", &form).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(grace.reads("/api/account").await["role"], "librarian");
}

async fn who_may_register_is_changed_by_command(on: On) {
    let mut folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let cookie = ada.with_personal_token(&["read", "write", "admin"]).await.credential();
    let settings = says(&ada, "show settings").await;
    let rows = settings["rows"].to_string();
    assert!(rows.contains("registration: open") && rows.contains("ADMIN_PASSWORD: (set)"), "{rows}");
    assert!(!rows.contains(crate::support::PASSWORD), "{rows}");
    assert_eq!(says(&folio.reader("eve").await, "show settings").await["state"], "denied");
    let closed = says(&ada, "close registration").await;
    assert_eq!(closed["state"], "success", "{closed}");
    let late = folio
        .visitor()
        .posts(
            "/auth/register",
            &json!({ "name": "x", "email": "x@example.org", "password": crate::support::PASSWORD }),
        )
        .await;
    assert_eq!(late.status(), StatusCode::FORBIDDEN);
    folio.crash_and_start().await;
    let ada = folio.visitor().bearing(cookie.rsplit(' ').next().expect("a token"));
    assert!(says(&ada, "show settings").await["rows"].to_string().contains("registration: closed"), "it is kept");
    let asked = says(&ada, "set registration to nonsense").await;
    assert_eq!(asked["state"], "needs_clarification", "{asked}");
    assert_eq!(says(&ada, "set registration to open").await["state"], "success");
    folio.reader("grace").await;
}
