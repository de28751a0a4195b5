//! Tables that spreadsheets open without acting on what is in them.

use crate::error::{Error, Result};

/// Rows of comma-separated values (RFC 4180).
pub struct Table(csv::Writer<Vec<u8>>);

impl Table {
    pub fn new() -> Self {
        Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()))
    }

    pub fn row(mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        let cells = cells.into_iter().map(|cell| harmless(cell.as_ref()));
        self.0.write_record(cells).map_err(Error::internal)?;
        Ok(self)
    }

    pub fn text(self) -> String {
        self.0.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// A spreadsheet takes a cell that begins like this for a formula, and a title may come from anyone.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_cells_are_only_text() {
        let table = Table::new().row(["=HYPERLINK(\"http://evil\")", "a, \"b\"\nc"]).expect("a row").text();
        assert_eq!(table, "\"'=HYPERLINK(\"\"http://evil\"\")\",\"a, \"\"b\"\"\nc\"\r\n");
    }
}
