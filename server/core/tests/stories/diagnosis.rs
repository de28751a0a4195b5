//! What the button “Test” says about a model server that does not work.

use crate::support::{On, World, say};
use folio_core::llm::providers::{Kind, NewProvider};
use folio_core::llm::{Diagnosis, Finding, Takes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers every connection with the same bytes.
async fn serves(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 4096];
            // the first connection only knocks
            if connection.read(&mut request).await.is_ok_and(|read| read > 0) {
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        }
    });
    format!("http://{address}")
}

async fn examined(address: &str, key: Option<&str>, allowed: &str) -> Diagnosis {
    let world =
        World::with(On::Sqlite, [say("")], |settings| settings.allow_private = allowed.parse().expect("a list"));
    let world = world.await;
    let founder = world.founder().await;
    let new = NewProvider {
        kind: Kind::OpenAi,
        name: "hall".into(),
        api_endpoint: address.into(),
        api_key: key.map(|key| key.to_owned().into()),
        models: None,
        takes: Takes::default(),
        shared: true,
    };
    let added = world.core.model_providers().add(&founder.who, new).await.expect("added");
    world.core.model_providers().test(&founder.who, added.id).await.expect("tested")
}

macro_rules! finds {
    ($($story:ident: $answer:expr, $key:expr => $finding:ident, $words:literal;)+) => {
        $(#[tokio::test]
        async fn $story() {
            let found = examined(&serves(concat!($answer)).await, $key, "127.0.0.1").await;
            assert_eq!(found.finding, Finding::$finding, "{}", found.message);
            assert!(found.message.contains($words), "{}", found.message);
        })+
    };
}

finds! {
    a_missing_key: "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", None => Unauthorized, "wants a key";
    a_wrong_key: "HTTP/1.1 401 No\r\ncontent-length: 31\r\n\r\n{\"error\":{\"message\":\"Bad key\"}} ", Some("sk-wrong") => Unauthorized, "Bad key";
    a_forbidden_key: "HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n", Some("sk-wrong") => Unauthorized, "does not take this key";
    an_address_without_its_end: "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", None => NotFound, "/v1";
    a_web_page: "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 7\r\n\r\n<html> ", None => NotAList, "a web page";
    json_of_another_kind: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}", None => NotAList, "instead of a list";
    a_server_without_models: "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{\"data\":[]}", None => NoModels, "no models";
    a_server_that_moved: "HTTP/1.1 307 Moved\r\nlocation: https://other.example/v1\r\ncontent-length: 0\r\n\r\n", None => Redirected, "https://other.example/v1";
    a_server_in_trouble: "HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\nfire", None => Failed, "fire";
    something_else_than_http: "220 mail.example ESMTP\r\n", None => NotAList, "does not speak HTTP";
}

#[tokio::test]
async fn a_port_where_nothing_listens() {
    let free = TcpListener::bind("127.0.0.1:0").await.and_then(|free| free.local_addr()).expect("a free port");
    let found = examined(&format!("http://{free}/v1"), None, "127.0.0.1").await;
    assert_eq!(found.finding, Finding::Refused, "{}", found.message);
    assert!(found.message.contains(&free.port().to_string()), "{}", found.message);
}

#[tokio::test]
async fn encryption_where_there_is_none() {
    let address = serves("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.replace("http://", "https://");
    let found = examined(&address, None, "127.0.0.1").await;
    assert_eq!(found.finding, Finding::Tls, "{}", found.message);
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let found = examined("https://no-such-host.invalid/v1", None, "").await;
    assert_eq!(found.finding, Finding::UnknownHost, "{}", found.message);
}
