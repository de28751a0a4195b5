//! Children that mean harm, as one might that a book has taken over: the server sees an error and grows no larger.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::Shelf;
use folio_extract::{ExtractError, Extractor};
use folio_types::Format;
use std::path::Path;
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;

/// A line that a good child could print.
const PAGE: &str = r#"{"read":{"page":{"number":1,"label":null,"text":"x"}}}"#;

#[tokio::test]
async fn a_child_that_hangs_is_stopped() {
    let mut shelf = Shelf::new();
    shelf.limits.silence = Duration::from_millis(300);
    let started = Instant::now();
    let read = shelf.reads_with_script(&format!("echo '{PAGE}'; exec /bin/sleep 60")).await;
    assert_eq!(read.texts, ["x"], "what was read before stays");
    assert_eq!(read.error, Some(ExtractError::Silent(shelf.limits.silence)));
    let picture = shelf.script("exec /bin/sleep 60").picture(shelf.path(), 1, 100).await;
    assert_eq!(picture, Err(ExtractError::Silent(shelf.limits.silence)));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_child_that_prints_without_end_is_stopped() {
    let mut shelf = Shelf::new();
    shelf.limits.max_pages = 1000;
    let endless = |line: &str| format!("exec /usr/bin/yes '{line}'");
    assert_eq!(shelf.reads_with_script(&endless(PAGE)).await.error, Some(ExtractError::TooManyPages(1000)));
    shelf.limits.max_pages = u32::MAX;
    shelf.limits.max_output_bytes = MIB;
    assert_eq!(shelf.reads_with_script(&endless(PAGE)).await.error, Some(ExtractError::TooMuchText(MIB)));
    let nonsense = ExtractError::Reader("it printed something that is no page".to_owned());
    assert_eq!(shelf.reads_with_script(&endless("y")).await.error, Some(nonsense.clone()));
    assert_eq!(shelf.reads_with_script("exec /bin/cat /dev/zero").await.error, Some(nonsense));
    let complaints = format!("/usr/bin/head -c 100000000 /dev/zero >&2; echo '{PAGE}'; echo '\"done\"'");
    assert_eq!(shelf.reads_with_script(&complaints).await.error, None);
    let picture = shelf.script("exec /bin/cat /dev/zero").picture(shelf.path(), 1, 100).await;
    assert!(matches!(picture, Err(ExtractError::Reader(_))), "{picture:?}");
    assert!(most_memory_ever() < 250 * MIB, "{} MiB", most_memory_ever() / MIB);
}

#[tokio::test]
async fn the_end_of_a_child_is_told_truly() {
    let shelf = Shelf::new();
    for (script, error) in [
        ("ulimit -v 100000; exec /usr/bin/tail /dev/zero", ExtractError::TooMuchMemory(1 << 30)),
        ("ulimit -S -t 1; while :; do :; done", ExtractError::TooMuchWork(shelf.limits.cpu)),
        ("kill -SEGV $$", ExtractError::Crashed),
        ("kill -KILL $$", ExtractError::Killed),
        ("exit 101", ExtractError::Crashed),
        ("exit 0", ExtractError::Reader("it ended without a word".to_owned())),
        ("echo what now >&2; exit 2", ExtractError::Reader("what now".to_owned())),
    ] {
        assert_eq!(shelf.reads_with_script(script).await.error, Some(error.clone()), "{script}");
        assert_eq!(shelf.script(script).picture(shelf.path(), 1, 100).await, Err(error), "picture: {script}");
    }
    let nobody = Extractor::new("/nowhere/folio", "/nowhere").read(shelf.path(), Format::Text).await;
    assert!(matches!(nobody.err(), Some(ExtractError::Reader(_))));
    let gone = shelf.extractor().read(Path::new("/nowhere/book.txt"), Format::Text).await;
    assert!(matches!(gone.err(), Some(ExtractError::Unreadable(_))));
}

#[tokio::test]
async fn a_child_sees_nothing_of_the_servers_secrets_and_goes_with_its_stream() {
    let shelf = Shelf::new();
    // cargo sets this variable for every test
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let line = PAGE.replace("\"x\"", "\"'${CARGO_MANIFEST_DIR-none}'\"").replace("number\":1", "number\":'$$'");
    let extractor = shelf.script(&format!("echo '{line}'; exec /bin/sleep 60"));
    let mut stream = extractor.read(shelf.path(), Format::Text).await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    let folio_extract::Extracted::Page { number: pid, text, .. } = first else { panic!("{first:?}") };
    assert_eq!(text, "none");
    assert!(is_alive(pid));
    drop(stream);
    let dropped = Instant::now();
    while is_alive(pid) {
        assert!(dropped.elapsed() < Duration::from_secs(5), "it outlived its stream");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a process runs; one that ended and was not waited for yet is not alive.
fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// The most memory that this test process has had, in bytes.
fn most_memory_ever() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}
