//! Stands in for the folio program in tests: `child extract …`.

use std::process::ExitCode;

fn main() -> ExitCode {
    folio_extract::child_main(std::env::args_os().skip(2))
}
