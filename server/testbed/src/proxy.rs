//! A network that breaks on demand: a TCP proxy between a client and the program.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::WriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What happens to bytes on their way to the client; it holds for connections that live already, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// So many bytes, and again after each pause.
    Drip {
        bytes: usize,
        pause: Duration,
    },
    /// Passes `after` more bytes of each connection and then breaks it.
    Break {
        after: usize,
        how: Break,
    },
}

/// How a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Nothing comes any more, until the mode is another.
    Stall,
    /// The client gets a reset.
    Reset,
    /// The client reads the end, but may go on sending.
    HalfClose,
    /// Both directions end.
    Close,
}

/// A running proxy; it and its connections end with this value.
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    broken: Arc<watch::Sender<usize>>,
    accepting: JoinHandle<()>,
    /// Dropped to end the connections.
    _alive: watch::Sender<()>,
}

#[derive(Clone)]
struct Line {
    mode: watch::Receiver<Mode>,
    broken: Arc<watch::Sender<usize>>,
    alive: watch::Receiver<()>,
}

impl Proxy {
    /// Starts on a free port. With several targets each new connection goes to the next one.
    pub async fn start(targets: Vec<SocketAddr>) -> Self {
        assert!(!targets.is_empty(), "a proxy needs a target");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let mode = watch::Sender::new(Mode::Pass);
        let broken = Arc::new(watch::Sender::new(0));
        let alive = watch::Sender::new(());
        let line = Line { mode: mode.subscribe(), broken: Arc::clone(&broken), alive: alive.subscribe() };
        let accepting = tokio::spawn(accept(listener, targets, line));
        Self { address, mode, broken, accepting, _alive: alive }
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what happens, at once.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// How many connections it has broken.
    pub fn broken(&self) -> usize {
        *self.broken.borrow()
    }

    /// Waits until it has broken at least `connections` connections.
    pub async fn has_broken(&self, connections: usize) {
        // the sender is ours and alive, so this cannot fail
        let _ = self.broken.subscribe().wait_for(|broken| *broken >= connections).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, targets: Vec<SocketAddr>, line: Line) {
    let turn = AtomicUsize::new(0);
    while let Ok((client, _)) = listener.accept().await {
        let target = targets[turn.fetch_add(1, Ordering::Relaxed) % targets.len()];
        let mut line = line.clone();
        tokio::spawn(async move {
            let mut alive = line.alive.clone();
            tokio::select! {
                // connections break here by intention
                _ = line.carry(client, target) => {}
                _ = alive.changed() => {}
            }
        });
    }
}

impl Line {
    async fn carry(&mut self, mut client: TcpStream, target: SocketAddr) -> io::Result<()> {
        let mut server = TcpStream::connect(target).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let how = {
            let (mut from_client, mut to_client) = client.split();
            let (mut from_server, mut to_server) = server.split();
            let up = async {
                tokio::io::copy(&mut from_client, &mut to_server).await?;
                to_server.shutdown().await
            };
            let down = self.down(&mut from_server, &mut to_client);
            tokio::pin!(up, down);
            tokio::select! {
                how = &mut down => how?,
                sent = &mut up => {
                    sent?;
                    down.await?
                }
            }
        };
        if how == Break::Reset {
            client.set_zero_linger()?;
        }
        Ok(())
    }

    /// Carries bytes to the client until the connection ends; answers how.
    async fn down(&mut self, from: &mut (impl AsyncRead + Unpin), to: &mut WriteHalf<'_>) -> io::Result<Break> {
        let mut buffer = vec![0; 16 * 1024];
        let mut passed = 0;
        loop {
            let mode = *self.mode.borrow_and_update();
            let most = match mode {
                Mode::Pass => buffer.len(),
                Mode::Drip { bytes, .. } => bytes.clamp(1, buffer.len()),
                Mode::Break { after, how } if passed >= after => {
                    if let Some(how) = self.break_off(how, to).await? {
                        return Ok(how);
                    }
                    passed = 0;
                    continue;
                }
                Mode::Break { after, .. } => (after - passed).min(buffer.len()),
            };
            let read = tokio::select! {
                read = from.read(&mut buffer[..most]) => read?,
                _ = self.mode.changed() => {
                    passed = 0;
                    continue;
                }
            };
            if read == 0 {
                return Ok(Break::Close);
            }
            to.write_all(&buffer[..read]).await?;
            passed += read;
            if let Mode::Drip { pause, .. } = mode {
                tokio::time::sleep(pause).await;
            }
        }
    }

    /// None when the connection may go on.
    async fn break_off(&mut self, how: Break, to: &mut WriteHalf<'_>) -> io::Result<Option<Break>> {
        self.broken.send_modify(|broken| *broken += 1);
        match how {
            Break::Reset | Break::Close => Ok(Some(how)),
            Break::Stall => {
                // fails only when the proxy itself ends
                let _ = self.mode.changed().await;
                Ok(None)
            }
            Break::HalfClose => {
                to.shutdown().await?;
                std::future::pending().await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that says `0123456789` to everyone, and how many bytes of it arrive.
    async fn heard_through(mode: Mode) -> (Vec<u8>, io::Result<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let proxy = Proxy::start(vec![listener.local_addr().expect("an address")]).await;
        proxy.set(mode);
        let mut client = TcpStream::connect(proxy.address).await.expect("the proxy");
        let (mut served, _) = listener.accept().await.expect("the connection");
        served.write_all(b"0123456789").await.expect("written");
        drop(served);
        let mut heard = Vec::new();
        let ended = client.read_to_end(&mut heard).await.map(drop);
        (heard, ended)
    }

    #[tokio::test]
    async fn bytes_pass_and_drip_unchanged() {
        let (heard, ended) = heard_through(Mode::Pass).await;
        assert_eq!((heard.as_slice(), ended.is_ok()), (b"0123456789".as_slice(), true));
        let (heard, _) = heard_through(Mode::Drip { bytes: 3, pause: Duration::from_millis(1) }).await;
        assert_eq!(heard, b"0123456789");
    }

    #[tokio::test]
    async fn a_broken_connection_carries_so_many_bytes() {
        for how in [Break::Close, Break::HalfClose] {
            let (heard, ended) = heard_through(Mode::Break { after: 4, how }).await;
            assert_eq!((heard.as_slice(), ended.is_ok()), (b"0123".as_slice(), true));
        }
        let (_, ended) = heard_through(Mode::Break { after: 4, how: Break::Reset }).await;
        assert_eq!(ended.expect_err("a reset").kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn a_stalled_connection_goes_on_when_the_mode_changes() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let proxy = Proxy::start(vec![listener.local_addr().expect("an address")]).await;
        proxy.set(Mode::Break { after: 1, how: Break::Stall });
        let mut client = TcpStream::connect(proxy.address).await.expect("the proxy");
        let (mut served, _) = listener.accept().await.expect("the connection");
        served.write_all(b"01").await.expect("written");
        proxy.has_broken(1).await;
        let mut heard = [0; 2];
        assert_eq!(client.read(&mut heard).await.expect("a byte"), 1);
        proxy.set(Mode::Pass);
        assert_eq!(client.read(&mut heard[1..]).await.expect("a byte"), 1);
        assert_eq!(&heard, b"01");
    }

    #[tokio::test]
    async fn connections_go_round() {
        let one = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let targets = [&one, &other].map(|listener| listener.local_addr().expect("an address"));
        let proxy = Proxy::start(targets.to_vec()).await;
        for listener in [&one, &other, &one] {
            let _client = TcpStream::connect(proxy.address).await.expect("the proxy");
            listener.accept().await.expect("its turn");
        }
    }
}
