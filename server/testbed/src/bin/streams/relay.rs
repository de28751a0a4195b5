//! What the libraries alone cost: a program with the HTTP server and the HTTP client that Folio has, which passes each stream
//! on as it comes. It stores, counts, checks and understands nothing.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{BoxError, Router};
use futures::{StreamExt, TryStreamExt, stream};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;

#[derive(Clone)]
struct Relay {
    model: SocketAddr,
    http: reqwest::Client,
}

/// Says where it listens, and passes questions on to the model server until it is killed.
pub async fn serve(model: SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    println!("{}", listener.local_addr().expect("a bound address"));
    let relay = Relay { model, http: reqwest::Client::new() };
    let app = Router::new().route("/v1/chat/completions", post(pass)).with_state(relay);
    loop {
        let (connection, _) = listener.accept().await.expect("files enough");
        connection.set_nodelay(true).expect("it is connected");
        let app = TowerToHyperService::new(app.clone());
        // a reader who leaves is no fault
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), app));
    }
}

/// Like Folio it begins its answer before the model has begun.
async fn pass(State(Relay { model, http }): State<Relay>, question: Bytes) -> Response {
    let begun = Bytes::from_static(b"data: {\"message_id\":null}\n\n");
    let asked = async move {
        let url = format!("http://{model}/v1/chat/completions");
        let asked = http.post(url).header(CONTENT_TYPE, "application/json").body(question).send().await?;
        Ok::<_, BoxError>(asked.bytes_stream().map_err(BoxError::from))
    };
    let answer = stream::iter([Ok(begun)]).chain(stream::once(asked).try_flatten());
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(answer)).into_response()
}
