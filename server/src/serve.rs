//! Connections: each is read as HTTP/1.1, its requests go to the router, and those that were begun are waited for.
//!
//! [`axum::serve`] would do all this too, but for two things: it waits for the head of a request without end, and it first
//! looks whether a connection speaks HTTP/2, which doubles what each one keeps in memory for reading.

use axum::Router;
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

/// Longer than Google's load balancers (600 s), Caddy (120 s) and nginx (60 s) keep a connection that they do not use, so
/// that they are the ones who close it and no request meets a closed one.
pub const PATIENCE: Duration = Duration::from_secs(620);

/// Serves `app` until `stopped`, and then until the last request is answered; how long that may take is the caller's to say.
/// A connection is closed when no whole head of a request comes within `patience`, be it the first one or the next.
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
        let answer = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
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
    use axum::body::Body;
    use axum::routing::get;
    use futures::{StreamExt, stream};
    use std::convert::Infallible;
    use std::future::ready;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;
    use tokio::time::{sleep, timeout};

    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_hours(1);
    const REQUEST: &str = "GET / HTTP/1.1\r\nhost: folio\r\n\r\n";

    struct Serving {
        address: SocketAddr,
        stop: Arc<Notify>,
        server: JoinHandle<()>,
    }

    async fn serving(app: Router, patience: Duration) -> Serving {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let stop = Arc::<Notify>::default();
        let stopped = Arc::clone(&stop).notified_owned();
        Serving { address, stop, server: tokio::spawn(serve(listener, app, patience, stopped)) }
    }

    /// Answers with two words, of which the second comes after something else.
    fn answering<Before: Future<Output = ()> + Send + 'static>(
        before: impl Fn() -> Before + Clone + Send + Sync + 'static,
    ) -> Router {
        let answer = move || {
            let before = before();
            let last = stream::once(async move {
                before.await;
                Ok::<_, Infallible>("at last")
            });
            ready(Body::from_stream(stream::iter([Ok("at first, ")]).chain(last)))
        };
        Router::new().route("/", get(answer))
    }

    async fn sent(address: SocketAddr, words: &str) -> TcpStream {
        let mut connection = TcpStream::connect(address).await.expect("it listens");
        connection.write_all(words.as_bytes()).await.expect("it is sent");
        connection
    }

    async fn heard_until(connection: &mut TcpStream, words: &str) {
        let mut said = Vec::new();
        while !String::from_utf8_lossy(&said).contains(words) {
            assert_ne!(connection.read_buf(&mut said).await.expect("it is heard"), 0, "it ended before");
        }
    }

    async fn end(mut connection: TcpStream) -> String {
        let mut said = String::new();
        timeout(Duration::from_secs(30), connection.read_to_string(&mut said))
            .await
            .expect("it ends")
            .expect("it is heard");
        said
    }

    #[tokio::test]
    async fn half_a_head_is_not_waited_for_without_end() {
        let Serving { address, .. } = serving(Router::new(), SHORT).await;
        end(sent(address, "GET / HTTP/1.1\r\nhost: fo").await).await;
    }

    #[tokio::test]
    async fn an_answer_may_take_longer_than_a_head() {
        let Serving { address, .. } = serving(answering(|| sleep(SHORT * 2)), SHORT).await;
        assert!(end(sent(address, REQUEST).await).await.contains("at last"));
    }

    #[tokio::test]
    async fn an_answer_outlives_the_order_to_stop() {
        let go_on = Arc::<Notify>::default();
        let waits = Arc::clone(&go_on);
        let Serving { address, stop, mut server } =
            serving(answering(move || Arc::clone(&waits).notified_owned()), LONG).await;
        let mut connection = sent(address, REQUEST).await;
        heard_until(&mut connection, "at first").await;
        stop.notify_one();
        timeout(SHORT, &mut server).await.expect_err("somebody still hears an answer");
        TcpStream::connect(address).await.expect_err("nobody listens any more");
        go_on.notify_one();
        assert!(end(connection).await.contains("at last"), "and it is not kept for another request");
        server.await.expect("it stopped");
    }
}
