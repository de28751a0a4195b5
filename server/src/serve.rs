//! Connections: each is read as HTTP/1.1, its requests go to the router, and the program ends after those that were begun.
//!
//! [`axum::serve`] would do all this too, but for two things: it waits for the head of a request without end, and it first
//! looks whether a connection speaks HTTP/2, which doubles what each one keeps in memory for reading.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::{Listener, ListenerExt};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::pin::pin;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// Longer than proxies keep a connection that they do not use, so that they are the ones who close it.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Serves `app` until `stopped`, and then until the last request is answered. A connection is closed when no whole head of a
/// request comes within `patience`.
pub async fn serve(listener: TcpListener, app: Router, patience: Duration, stopped: impl Future<Output = ()>) {
    // without this a token waits until the one before it was acknowledged
    let mut listener = listener.tap_io(|connection| {
        if let Err(fault) = connection.set_nodelay(true) {
            tracing::debug!(%fault, "a connection may delay small packets");
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    let served = GracefulShutdown::new();
    let mut stopped = pin!(stopped);
    loop {
        let (connection, from) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopped => break,
        };
        let app = app.clone();
        let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(from));
            app.clone().oneshot(request)
        });
        let serving = served.watch(http.serve_connection(TokioIo::new(connection), answer));
        tokio::spawn(async move {
            if let Err(fault) = serving.await {
                tracing::trace!(%fault, %from, "a connection broke");
            }
        });
    }
    drop(listener);
    served.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use futures::StreamExt;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    const SHORT: Duration = Duration::from_millis(50);

    async fn serving(app: Router, stop: &Arc<Notify>) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let stop = Arc::clone(stop);
        (address, tokio::spawn(async move { serve(listener, app, SHORT, stop.notified()).await }))
    }

    async fn sent(address: SocketAddr, words: &str) -> TcpStream {
        let mut connection = TcpStream::connect(address).await.expect("it listens");
        connection.write_all(words.as_bytes()).await.expect("it is sent");
        connection
    }

    async fn heard(mut connection: TcpStream) -> String {
        let mut said = String::new();
        connection.read_to_string(&mut said).await.expect("it ends");
        said
    }

    #[tokio::test]
    async fn half_a_head_is_not_waited_for_without_end() {
        let (address, _) = serving(Router::new(), &Arc::default()).await;
        heard(sent(address, "GET / HTTP/1.1\r\nhost: fo").await).await;
    }

    #[tokio::test]
    async fn an_answer_may_take_longer_than_a_head_and_outlives_the_order_to_stop() {
        let stop = Arc::<Notify>::default();
        let told = Arc::clone(&stop);
        let slow = move || {
            let words = futures::stream::iter(["now", ", later"]).then(move |word| {
                let told = Arc::clone(&told);
                async move {
                    if word != "now" {
                        tokio::time::sleep(SHORT * 2).await;
                        told.notify_one();
                    }
                    Ok::<_, std::convert::Infallible>(word)
                }
            });
            std::future::ready(Body::from_stream(words.chain(futures::stream::once(async {
                tokio::time::sleep(SHORT).await;
                Ok(", at last")
            }))))
        };
        let (address, server) = serving(Router::new().route("/", get(slow)), &stop).await;
        let said = heard(sent(address, "GET / HTTP/1.1\r\nhost: folio\r\n\r\n").await).await;
        assert!(said.contains("now") && said.contains(", at last"), "{said}");
        server.await.expect("it stopped");
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    }
}
