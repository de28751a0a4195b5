//! A model server that costs next to nothing: one task writes every stream's next token when its time comes.

use folio_testbed::{MODEL, Request};
use std::io::{self, ErrorKind, Write};
use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A stream gets a token in one of so many ticks: 50 a second.
const PHASES: usize = 20;
const TICK: Duration = Duration::from_millis(1);
/// Beats that are late by no more than this are made up for, so that timers' small delays do not add up.
const CATCH_UP: Duration = Duration::from_millis(20);

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const DONE: &[u8] = b"data: [DONE]\n\n";

/// A connection that gets its tokens by and by.
struct Paced {
    connection: TcpStream,
    left: usize,
    /// What the connection did not take yet.
    unsent: Vec<u8>,
}

/// Says where it listens, and serves until it is killed.
pub async fn serve() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    println!("{}", listener.local_addr().expect("a bound address"));
    let (begin, beginning) = mpsc::unbounded_channel();
    tokio::spawn(beat(beginning));
    while let Ok((connection, _)) = listener.accept().await {
        let begin = begin.clone();
        tokio::spawn(async move {
            // whoever leaves, leaves
            let _ = answer(connection, &begin).await;
        });
    }
}

/// Microseconds since the epoch, the same clock for every process here.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or_default()
}

async fn answer(mut connection: TcpStream, begin: &mpsc::UnboundedSender<Paced>) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let Some(request) = Request::read(&mut connection).await else { return Ok(()) };
    if request.path.ends_with("/models") {
        let list = format!("{{\"object\":\"list\",\"data\":[{{\"id\":\"{MODEL}\",\"object\":\"model\"}}]}}");
        let length = list.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
        return connection.write_all(format!("{head}connection: close\r\n\r\n{list}").as_bytes()).await;
    }
    let tokens: usize = request.prompt().trim_start_matches("paced ").parse().unwrap_or_default();
    if tokens == 0 {
        // a silent model: it keeps the connection for as long as the other side does
        return connection.read_to_end(&mut Vec::new()).await.map(drop);
    }
    connection.write_all(format!("{HEAD}{}", token()).as_bytes()).await?;
    // fails only when the program ends
    let _ = begin.send(Paced { connection, left: tokens - 1, unsent: Vec::new() });
    Ok(())
}

/// Writes to a twentieth of the streams in each millisecond.
async fn beat(mut beginning: mpsc::UnboundedReceiver<Paced>) {
    let mut phases: Vec<Vec<Paced>> = (0..PHASES).map(|_| Vec::new()).collect();
    let mut next = Instant::now();
    for phase in (0..PHASES).cycle() {
        next += TICK;
        tokio::time::sleep_until(next).await;
        next = next.max(Instant::now() - CATCH_UP);
        phases[phase].retain_mut(Paced::goes_on);
        while let Ok(new) = beginning.try_recv() {
            phases[phase].push(new);
        }
        tokio::task::yield_now().await;
    }
}

impl Paced {
    /// Writes the next token. False at the end, and when the reader is gone.
    fn goes_on(&mut self) -> bool {
        match self.write() {
            Ok(()) => self.left > 0 || !self.unsent.is_empty(),
            Err(fault) => fault.kind() == ErrorKind::WouldBlock,
        }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.unsent.is_empty() {
            self.left -= 1;
            write!(self.unsent, "{}", token())?;
            if self.left == 0 {
                self.unsent.extend_from_slice(DONE);
            }
        }
        let written = self.connection.try_write(&self.unsent)?;
        self.unsent.drain(..written);
        Ok(())
    }
}

/// A token that says when it was written.
fn token() -> String {
    format!(
        "data: {{\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"~{}\"}},\
         \"finish_reason\":null}}]}}\n\n",
        now()
    )
}
