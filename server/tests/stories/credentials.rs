//! The credentials, as programs present them.

use crate::support::{Folio, On, PASSWORD, Visitor, on_both_databases};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

on_both_databases!(
    a_program_signs_in_and_refreshes,
    each_face_says_what_it_accepts,
    the_shared_credential_opens_the_sessions_face_alone,
    a_personal_token_does_what_its_scopes_say,
    a_header_is_judged_alone_and_a_cookie_only_from_our_pages,
    another_frontend_may_call_with_its_users_cookies,
    services_ask_whose_a_token_is,
    registration_says_who_may_come,
    an_open_stream_ends_with_the_access,
);

async fn json_of(answer: Response) -> Value {
    answer.json().await.expect("JSON")
}

async fn refused(answer: Response, status: StatusCode) {
    assert_eq!(answer.status(), status);
    let problem = json_of(answer).await;
    assert_eq!((&problem["detail"], &problem["status"]), (&problem["error"], &json!(status.as_u16())), "{problem}");
}

async fn a_program_signs_in_and_refreshes(on: On) {
    let folio = Folio::start(on).await;
    let program = folio.visitor();
    let grace = json!({ "email": "grace@example.org", "name": "Grace", "password": PASSWORD });
    let made = program.posts("/auth/register", &grace).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(made.headers()["cache-control"], "no-store");
    let made = json_of(made).await;
    assert_eq!((&made["token_type"], &made["expires_in"]), (&json!("bearer"), &json!(900)));
    assert_eq!(made["user"]["email"], "grace@example.org");
    assert_eq!(made["user"]["is_admin"], false);
    refused(program.posts("/auth/register", &grace).await, StatusCode::CONFLICT).await;

    let login = json!({ "username": "grace@example.org", "password": PASSWORD });
    let first = json_of(program.posts("/auth/token", &login).await).await;
    let books = program.bearing(first["access_token"].as_str().expect("a token")).reads("/api/v1/books").await;
    assert_eq!(books["items"], json!([]));
    let mut form = folio.visitor();
    let fields = [("grant_type", "password"), ("username", "grace@example.org"), ("password", PASSWORD)];
    assert_eq!(form.submits("/auth/token", &fields).await.status(), StatusCode::OK, "OAuth 2's form works too");
    let wrong = json!({ "email": "grace@example.org", "password": "wrong" });
    refused(program.posts("/auth/token", &wrong).await, StatusCode::UNAUTHORIZED).await;
    for malformed in [json!({}), json!({ "email": 1, "password": 2 }), json!({ "password": PASSWORD }), json!([])] {
        refused(program.posts("/auth/token", &malformed).await, StatusCode::BAD_REQUEST).await;
    }

    let refresh = json!({ "refresh_token": first["refresh_token"] });
    let second = json_of(program.posts("/auth/refresh", &refresh).await).await;
    refused(program.posts("/auth/refresh", &refresh).await, StatusCode::UNAUTHORIZED).await;
    let stolen = program.bearing(second["access_token"].as_str().expect("a token"));
    refused(stolen.gets("/api/v1/books").await, StatusCode::UNAUTHORIZED).await;

    let third = json_of(program.posts("/users/login", &login).await).await;
    assert_eq!(third["user"]["name"], "Grace");
    let signed_in = program.bearing(third["token"].as_str().expect("a token"));
    assert_eq!(signed_in.gets("/api/v1/books").await.status(), StatusCode::OK);
    let hal = json!({ "email": "hal@example.org", "name": "Hal", "password": PASSWORD });
    let hal = program.posts("/users", &hal).await;
    assert_eq!(hal.status(), StatusCode::CREATED);
    assert_eq!(json_of(hal).await["email"], "hal@example.org");
}

async fn each_face_says_what_it_accepts(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let sessions_face = "/api/v1/books";
    let tokens_face = "/api/account";
    for visitor in [&ada, &ada.with_token().await, &ada.with_personal_token(&["read"]).await, &ada.with_password()] {
        assert_eq!(visitor.gets(sessions_face).await.status(), StatusCode::OK);
    }
    assert_eq!(ada.gets(tokens_face).await.status(), StatusCode::OK);
    assert_eq!(ada.with_token().await.gets(tokens_face).await.status(), StatusCode::OK);
    let by_password = ada.with_password().gets(tokens_face).await;
    assert_eq!(by_password.headers()["www-authenticate"], "Bearer");
    refused(by_password, StatusCode::UNAUTHORIZED).await;

    let stranger = folio.visitor().gets(sessions_face).await;
    assert!(stranger.headers()["www-authenticate"].to_str().expect("text").starts_with("Basic realm=\"Folio\""));
    let script = folio.visitor().request(Method::GET, sessions_face).header("sec-fetch-mode", "cors");
    let script = script.send().await.expect("an answer");
    assert_eq!(script.headers()["www-authenticate"], "Bearer", "a page's script must not open a dialog");
    assert_eq!(folio.visitor().gets(tokens_face).await.headers()["www-authenticate"], "Bearer");
    for header in ["Bearer nonsense", "Bearer folio_pat_nonsense", "Basic !", "Digest x", "Basic YWRh", ""] {
        let request = folio.visitor().request(Method::GET, sessions_face).header("authorization", header);
        refused(request.send().await.expect("an answer"), StatusCode::UNAUTHORIZED).await;
    }
}

async fn the_shared_credential_opens_the_sessions_face_alone(on: On) {
    let environment = [("BASIC_AUTH_USER", "reader"), ("BASIC_AUTH_PASSWORD", "for all of us")];
    let folio = Folio::start_with(on, environment.map(|(name, value)| (name, value.into())).into()).await;
    let shared = folio.visitor().with_basic("reader", "for all of us");
    let book = shared.shelves("bees.txt", b"Bees dance to tell where flowers are. They dance in the dark.").await;
    assert_eq!(book["status"], "READY", "{book}");
    let again = folio.visitor().with_basic("reader", "for all of us").reads("/api/v1/books").await;
    assert_eq!(again["items"][0]["id"], book["id"], "everyone with it sees the same");
    refused(shared.gets("/api/account").await, StatusCode::UNAUTHORIZED).await;
    let wrong = folio.visitor().with_basic("reader", "guess").gets("/api/v1/books").await;
    refused(wrong, StatusCode::UNAUTHORIZED).await;
}

async fn a_personal_token_does_what_its_scopes_say(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let reader = ada.with_personal_token(&["read"]).await;
    assert_eq!(reader.gets("/api/v1/books").await.status(), StatusCode::OK);
    refused(reader.uploads("a.txt", b"A text.").await, StatusCode::FORBIDDEN).await;
    assert_eq!(reader.deletes("/api/v1/books/x").await, StatusCode::FORBIDDEN);
    let writer = ada.with_personal_token(&["read", "write"]).await;
    assert_eq!(writer.uploads("a.txt", b"A text that is long enough.").await.status(), StatusCode::ACCEPTED);
    refused(writer.gets("/api/users").await, StatusCode::FORBIDDEN).await;
    refused(writer.gets("/api/account/tokens").await, StatusCode::FORBIDDEN).await;
    let admin = ada.with_personal_token(&["admin"]).await;
    assert_eq!(admin.gets("/api/users").await.status(), StatusCode::OK);

    let tokens = ada.reads("/api/account/tokens").await;
    assert_eq!(tokens["items"][0]["scopes"], json!(["read", "write", "admin"]));
    assert!(!tokens.to_string().contains("folio_pat_"), "a token is shown once: {tokens}");
    for token in tokens["items"].as_array().expect("a list") {
        let id = token["id"].as_str().expect("an id");
        assert_eq!(ada.deletes(&format!("/api/account/tokens/{id}")).await, StatusCode::NO_CONTENT);
    }
    for revoked in [reader, writer, admin] {
        refused(revoked.gets("/api/v1/books").await, StatusCode::UNAUTHORIZED).await;
    }
    for malformed in [
        json!({ "name": "x", "scopes": ["everything"] }),
        json!({ "name": "x", "scopes": [] }),
        json!({ "name": " ", "scopes": ["read"] }),
        json!({ "name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z" }),
    ] {
        refused(ada.posts("/api/account/tokens", &malformed).await, StatusCode::BAD_REQUEST).await;
    }
}

async fn a_header_is_judged_alone_and_a_cookie_only_from_our_pages(on: On) {
    let folio = Folio::start(on).await;
    let ada = folio.ada().await;
    let cross = |visitor: &Visitor<'_>| {
        visitor.request(Method::DELETE, "/api/v1/books/x").header("sec-fetch-site", "cross-site").send()
    };
    refused(cross(&ada).await.expect("an answer"), StatusCode::FORBIDDEN).await;
    refused(cross(&ada.with_token().await).await.expect("an answer"), StatusCode::NOT_FOUND).await;
    refused(cross(&ada.with_password()).await.expect("an answer"), StatusCode::NOT_FOUND).await;
    let both = ada.request(Method::GET, "/api/v1/books").header("authorization", "Bearer nonsense");
    refused(both.send().await.expect("an answer"), StatusCode::UNAUTHORIZED).await;
}

async fn another_frontend_may_call_with_its_users_cookies(on: On) {
    let frontend = "https://app.example.org";
    let folio = Folio::start_with(on, vec![("FRONTEND_URL", frontend.into())]).await;
    let ada = folio.ada().await;
    let from = async |origin: &str| {
        let request = ada.request(Method::DELETE, "/api/v1/books/x").header("origin", origin);
        request.header("sec-fetch-site", "cross-site").send().await.expect("an answer")
    };
    let ours = from(frontend).await;
    assert_eq!(ours.headers()["access-control-allow-origin"], frontend);
    assert_eq!(ours.headers()["access-control-allow-credentials"], "true");
    assert_eq!(ours.status(), StatusCode::NOT_FOUND, "it got through to the books");
    let foreign = from("https://evil.example").await;
    assert!(!foreign.headers().contains_key("access-control-allow-origin"));
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let preflight = folio.visitor().request(Method::OPTIONS, "/api/v1/books").header("origin", frontend);
    let preflight = preflight.header("access-control-request-method", "POST").send().await.expect("an answer");
    assert_eq!(preflight.status(), StatusCode::OK);
    assert_eq!(preflight.headers()["access-control-allow-origin"], frontend);
}

async fn services_ask_whose_a_token_is(on: On) {
    let folio = Folio::start_with(on, vec![("INTERNAL_API_KEY", "between services".into())]).await;
    let ada = folio.ada().await;
    let asks = async |key: &str, token: &str| {
        let request = folio.visitor().request(Method::POST, "/auth/validate").header("x-internal-api-key", key);
        let request = request.header("content-type", "application/json").body(json!({ "token": token }).to_string());
        request.send().await.expect("an answer")
    };
    let tokens = ada.tokens().await;
    let token = tokens["access_token"].as_str().expect("a token");
    let said = json_of(asks("between services", token).await).await;
    assert_eq!(said["valid"], true, "{said}");
    assert_eq!((&said["user"]["email"], &said["user"]["is_admin"]), (&json!("ada@example.org"), &json!(true)));
    let said = json_of(asks("between services", "nonsense").await).await;
    assert_eq!(said["valid"], false);
    assert!(said["reason"].is_string() && said.get("user").is_none(), "{said}");
    refused(asks("guess", token).await, StatusCode::UNAUTHORIZED).await;

    let without = Folio::start(on).await;
    let unset = without.visitor().posts("/auth/validate", &json!({ "token": token })).await;
    refused(unset, StatusCode::SERVICE_UNAVAILABLE).await;
}

async fn registration_says_who_may_come(on: On) {
    let eve = json!({ "email": "eve@example.org", "name": "Eve", "password": PASSWORD });
    for mode in ["invite", "closed"] {
        let folio = Folio::start_with(on, vec![("REGISTRATION", mode.into())]).await;
        for path in ["/auth/register", "/users"] {
            refused(folio.visitor().posts(path, &eve).await, StatusCode::FORBIDDEN).await;
        }
        let made = folio.ada().await.posts("/api/users/invitations", &json!({ "role": "user", "days": 3 })).await;
        if mode == "closed" {
            refused(made, StatusCode::FORBIDDEN).await;
            continue;
        }
        assert_eq!(made.status(), StatusCode::CREATED);
        let link = json_of(made).await;
        let invite = link["url"].as_str().expect("a link").rsplit('=').next().expect("a code");
        let mut invited = eve.clone();
        invited["invite"] = json!(invite);
        assert_eq!(folio.visitor().posts("/auth/register", &invited).await.status(), StatusCode::CREATED);
        invited["email"] = json!("other@example.org");
        refused(folio.visitor().posts("/users", &invited).await, StatusCode::FORBIDDEN).await;
    }
}

async fn an_open_stream_ends_with_the_access(on: On) {
    let folio = Folio::start(on).await;
    let (ada, grace) = (folio.ada().await, folio.reader("grace").await);
    let users = ada.reads("/api/users?q=grace").await;
    let grace_path = format!("/api/users/{}", users["items"][0]["id"].as_str().expect("an id"));
    let tokens = grace.tokens().await;
    let program = grace.bearing(tokens["access_token"].as_str().expect("a token"));

    let mut stream = program.gets("/api/v1/books/events").await;
    let revoke = json!({ "refresh_token": tokens["refresh_token"] });
    let revoked = folio.visitor().posts("/auth/revoke", &revoke).await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    ends(&mut stream).await;
    refused(program.gets("/api/v1/books").await, StatusCode::UNAUTHORIZED).await;

    let mut streams = Vec::new();
    for visitor in
        [&grace, &grace.with_token().await, &grace.with_personal_token(&["read"]).await, &grace.with_password()]
    {
        streams.push(visitor.gets("/api/v1/books/events").await);
    }
    let disabled = ada.sends(Method::PATCH, &grace_path, &json!({ "disabled": true })).await;
    assert_eq!(json_of(disabled).await["disabled"], true);
    for stream in &mut streams {
        ends(stream).await;
    }
    refused(grace.gets("/api/v1/books").await, StatusCode::UNAUTHORIZED).await;
    refused(grace.with_password().gets("/api/v1/books").await, StatusCode::UNAUTHORIZED).await;
}

/// The stream is closed by the server within a second.
async fn ends(stream: &mut Response) {
    let end = async { while stream.chunk().await.expect("a whole stream").is_some() {} };
    tokio::time::timeout(std::time::Duration::from_secs(1), end).await.expect("it ends within a second");
}
