//! Signing in at an OpenID provider.

use crate::support::{Folio, On, Visitor, on_both_databases};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use reqwest::header::LOCATION;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

on_both_databases!(
    a_person_comes_in_by_the_provider_and_is_the_same_next_time,
    a_claim_makes_an_administrator,
    what_the_provider_did_not_say_for_this_sign_in_is_refused,
);

/// An RSA key for these tests alone, as PKCS #1 in DER, and its modulus.
const KEY: &[u8] = include_bytes!("openid_key.der");
const MODULUS: &str = "p8WVV4xd8BCfrLweCGF7v36Fxp7R4U6RNP8W-BU3qg6HesGWLPfb2O0tlYjqaRsy8RPkB2rbIQVTejzsPA1sx1taEry3c7dBl4waqWoglDqSaZI041dsrGcmrFxEdd32ypD1SrILlLNe95KChcNPMcG6lMN7aLw2ljQV-ChHxwxayNuhY4j0hdEL4GiVvNvI4317jXlgczhTMa3QyB2xL5TtQFPPYafQXz6ZfITHsCxtpMIj_qKsz3eQYNNH_TovXLhbzVvCYe9Vd8eZ8-DMZQDsr68KjTe7X2dQ_9Lc-ZYw5sTKRd5mM9vffYvaM6NNy0sa4ZSlvhia-cxEOzZTxQ";
const CLIENT: (&str, &str) = ("folio", "a secret of Folio's");

/// The provider: whoever comes is who the test says.
struct Provider {
    url: String,
    desk: Arc<Desk>,
}

struct Desk {
    url: String,
    claims: Mutex<Value>,
    /// What was asked for with each code.
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let desk = Arc::new(Desk { url: url.clone(), claims: Mutex::default(), codes: Mutex::default() });
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { url, desk }
    }

    /// Who is in front of the provider, and what it says of them.
    fn sees(&self, claims: Value) {
        *self.desk.claims.lock().expect("no panic") = claims;
    }

    async fn folio(&self, on: On) -> Folio {
        let environment = vec![
            ("OIDC_ISSUER_URL", self.url.clone()),
            ("OIDC_CLIENT_ID", CLIENT.0.into()),
            ("OIDC_CLIENT_SECRET", CLIENT.1.into()),
            ("OIDC_ADMIN_CLAIM", "groups".into()),
            ("OIDC_ADMIN_VALUE", "folio-admins".into()),
        ];
        Folio::start_with(on, environment).await
    }
}

async fn configuration(State(desk): State<Arc<Desk>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", desk.url);
    Json(json!({
        "issuer": desk.url, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys() -> Json<Value> {
    Json(json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": MODULUS, "e": "AQAB" }] }))
}

async fn authorize(State(desk): State<Arc<Desk>>, Query(asked): Query<HashMap<String, String>>) -> Response {
    assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
    assert_eq!(asked["client_id"], CLIENT.0);
    assert!(asked["scope"].contains("openid") && asked["scope"].contains("email"), "{asked:?}");
    let code = uuid::Uuid::now_v7().to_string();
    let back = format!("{}?code={code}&state={}", asked["redirect_uri"], asked["state"]);
    desk.codes.lock().expect("no panic").insert(code, asked);
    Redirect::to(&back).into_response()
}

async fn token(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    assert!(headers["authorization"].to_str().expect("text").starts_with("Basic "), "the client shows its secret");
    let asked = desk.codes.lock().expect("no panic").remove(&form["code"]);
    let verifier = PkceCodeVerifier::new(form["code_verifier"].clone());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    let Some(asked) = asked.filter(|asked| asked["code_challenge"] == challenge.as_str()) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let mut claims = json!({
        "iss": desk.url, "aud": CLIENT.0, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
    });
    for (name, value) in desk.claims.lock().expect("no panic").as_object().expect("claims") {
        claims[name] = value.clone();
    }
    let header = Header { kid: Some("1".into()), ..Header::new(Algorithm::RS256) };
    let id_token = encode(&header, &claims, &EncodingKey::from_rsa_der(KEY)).expect("a token");
    Json(json!({ "access_token": "unused", "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
        .into_response()
}

impl Visitor<'_> {
    /// Presses the button of the provider; gives where the provider sends the browser then.
    async fn goes_to_the_provider(&mut self) -> String {
        let there = self.visits("/login/openid?next=%2Flibrary").await;
        assert_eq!(there.status(), StatusCode::SEE_OTHER);
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        let back = client.expect("a client").get(location(&there)).send().await.expect("an answer");
        let back = location(&back);
        let path = back.find("/login/").expect("Folio's address");
        back[path..].to_owned()
    }

    async fn comes_in_by(&mut self, provider: &Provider, claims: Value) -> Value {
        provider.sees(claims);
        let back = self.goes_to_the_provider().await;
        let inside = self.visits(&back).await;
        assert_eq!((inside.status(), location(&inside).as_str()), (StatusCode::SEE_OTHER, "/library"));
        self.reads("/api/account").await
    }
}

fn location(answer: &reqwest::Response) -> String {
    answer.headers()[LOCATION].to_str().expect("an address").to_owned()
}

async fn a_person_comes_in_by_the_provider_and_is_the_same_next_time(on: On) {
    let provider = Provider::start().await;
    let folio = provider.folio(on).await;
    let page = folio.visitor().gets("/login").await.text().await.expect("a page");
    assert!(page.contains("/login/openid"), "the door has its button: {page}");
    let grace = json!({ "sub": "g", "email": "Grace@example.org", "email_verified": true, "name": "Grace" });
    let first = folio.visitor().comes_in_by(&provider, grace.clone()).await;
    assert_eq!((&first["name"], &first["email"]), (&json!("Grace"), &json!("grace@example.org")));
    let mut renamed = grace;
    renamed["name"] = json!("Grace Hopper");
    renamed["email"] = json!("hopper@example.org");
    let second = folio.visitor().comes_in_by(&provider, renamed).await;
    assert_eq!((&second["id"], &second["name"]), (&first["id"], &json!("Grace Hopper")));

    let mut ada = folio.reader("lovelace").await;
    let id = ada.reads("/api/account").await["id"].clone();
    let lovelace = |verified| json!({ "sub": format!("l-{verified}"), "email": "lovelace@example.org", "email_verified": verified });
    let unproved = folio.visitor().comes_in_by(&provider, lovelace(false)).await;
    assert_ne!(unproved["id"], id, "an address that the provider did not check opens nothing");
    let proved = ada.comes_in_by(&provider, lovelace(true)).await;
    assert_eq!(proved["id"], id, "one that it did opens the account of before");
}

async fn a_claim_makes_an_administrator(on: On) {
    let provider = Provider::start().await;
    let folio = provider.folio(on).await;
    let boss =
        |groups: Value| json!({ "sub": "b", "email": "boss@example.org", "email_verified": true, "groups": groups });
    let mut browser = folio.visitor();
    let first = browser.comes_in_by(&provider, boss(json!(["staff", "folio-admins"]))).await;
    assert_eq!(first["role"], "admin");
    assert_eq!(browser.gets("/api/users").await.status(), StatusCode::OK);
    let later = folio.visitor().comes_in_by(&provider, boss(json!(["staff"]))).await;
    assert_eq!((&later["id"], &later["role"]), (&first["id"], &json!("user")));
    assert_eq!(browser.gets("/api/users").await.status(), StatusCode::FORBIDDEN, "the older session loses it too");
}

async fn what_the_provider_did_not_say_for_this_sign_in_is_refused(on: On) {
    let provider = Provider::start().await;
    let folio = provider.folio(on).await;
    let grace = json!({ "sub": "g", "email": "grace@example.org", "email_verified": true });
    provider.sees(grace.clone());
    let refused = async |visitor: &mut Visitor<'_>, back: &str| {
        assert_eq!(visitor.visits(back).await.status(), StatusCode::UNAUTHORIZED, "{back}");
        assert_eq!(visitor.gets("/api/account").await.status(), StatusCode::UNAUTHORIZED);
    };
    let mut browser = folio.visitor();
    let back = browser.goes_to_the_provider().await;
    refused(&mut folio.visitor(), &back).await;
    refused(&mut browser, &back.replace("state=", "state=x")).await;
    refused(&mut browser, &back).await;
    for spoilt in [
        json!({ "aud": "another" }),
        json!({ "iss": "http://elsewhere" }),
        json!({ "nonce": "other" }),
        json!({ "exp": 1 }),
    ] {
        let mut claims = grace.clone();
        claims.as_object_mut().expect("claims").extend(spoilt.as_object().expect("claims").clone());
        provider.sees(claims);
        let back = browser.goes_to_the_provider().await;
        refused(&mut browser, &back).await;
    }
}
