//! Rows of data files: which row an arrival gets is a function of its number and its seed.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::random::{Random, Stream};

/// Which row an arrival gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Arrival k gets row k, and the first one again after the last.
    #[default]
    Sequential,
    /// Any, with equal chances.
    Random,
    /// Arrival k gets row k; a run with more arrivals than rows is refused before it begins.
    Unique,
}

/// A table of data with the order in which its rows are dealt out.
#[derive(Clone, PartialEq, Eq)]
pub struct Data {
    /// Its name in the scenario.
    pub name: String,
    /// Which row an arrival gets.
    pub order: Order,
    columns: Vec<String>,
    /// Row by row.
    cells: Vec<Cell>,
}

/// Tables by name.
pub type Tables = [Arc<Data>];

/// A value, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    /// As it stands within a JSON string.
    within: Box<str>,
    /// As it stands alone, unless it is that between quotes.
    alone: Option<Box<str>>,
}

impl Data {
    /// Reads CSV (RFC 4180) whose first record names the columns. Every value is a text.
    ///
    /// # Errors
    /// The line that is wrong, in words.
    pub fn csv(name: &str, order: Order, text: &str) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let columns = reader.headers().map_err(|e| e.to_string())?.iter().map(String::from).collect();
        let mut cells = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| e.to_string())?;
            cells.extend(record.iter().map(Cell::text));
        }
        Self { name: name.into(), order, columns, cells }.checked()
    }

    /// Reads JSON Lines: an object a line, all with the keys of the first.
    ///
    /// # Errors
    /// The line that is wrong, in words.
    pub fn json_lines(name: &str, order: Order, text: &str) -> Result<Self, String> {
        let mut data = Self { name: name.into(), order, columns: Vec::new(), cells: Vec::new() };
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let row: serde_json::Map<String, Value> =
                serde_json::from_str(line).map_err(|e| format!("line {number} is not a JSON object: {e}"))?;
            if data.columns.is_empty() {
                data.columns = row.keys().cloned().collect();
            }
            for column in &data.columns {
                let value = row.get(column).ok_or_else(|| format!("line {number} has no `{column}`"))?;
                data.cells.push(Cell::value(value));
            }
        }
        data.checked()
    }

    fn checked(self) -> Result<Self, String> {
        if self.rows() == 0 { Err("it has no rows".into()) } else { Ok(self) }
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        (self.cells.len() / self.columns.len().max(1)) as u64
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Writes the value of a column for arrival `k`: alone as JSON, or as a part of a JSON string.
    pub(super) fn write(&self, column: usize, alone: bool, k: u64, seed: u64, out: &mut Vec<u8>) {
        let row = match self.order {
            Order::Sequential | Order::Unique => k % self.rows(),
            Order::Random => Random::at(seed, Stream::Data, 0).below(self.rows()),
        };
        let index = usize::try_from(row).unwrap_or(0) * self.columns.len() + column;
        let Some(cell) = self.cells.get(index) else { return };
        match &cell.alone {
            Some(json) if alone => out.extend_from_slice(json.as_bytes()),
            None if alone => {
                out.push(b'"');
                out.extend_from_slice(cell.within.as_bytes());
                out.push(b'"');
            }
            _ => out.extend_from_slice(cell.within.as_bytes()),
        }
    }

    /// What decides the bodies that are made of it.
    pub(crate) fn digest(&self, mut update: impl FnMut(&[u8])) {
        update(self.name.as_bytes());
        update(&[self.order as u8]);
        for text in self.columns.iter().map(String::as_str).chain(self.cells.iter().map(|c| &*c.within)) {
            update(&(text.len() as u64).to_le_bytes());
            update(text.as_bytes());
        }
    }
}

/// Not the rows, which may be many and nobody's business.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data").field("name", &self.name).field("rows", &self.rows()).finish_non_exhaustive()
    }
}

impl Cell {
    fn text(text: &str) -> Self {
        let quoted = Value::from(text).to_string();
        Self { within: quoted[1..quoted.len() - 1].into(), alone: None }
    }

    fn value(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::text(text),
            other => {
                let json = other.to_string();
                Self { alone: Some(json.as_str().into()), ..Self::text(&json) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(data: &Data, column: usize, alone: bool, k: u64) -> String {
        let mut out = Vec::new();
        data.write(column, alone, k, k * 7 + 1, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn csv_is_text_and_json_lines_keep_their_types() {
        let data = Data::csv("users", Order::Sequential, "id,name\n7,\"a \"\"b\"\"\"\n8,\"x,y\"\n").unwrap();
        assert_eq!(
            (data.rows(), cell(&data, 0, true, 0), cell(&data, 1, true, 0)),
            (2, "\"7\"".into(), r#""a \"b\"""#.into())
        );
        assert_eq!(cell(&data, 1, false, 3), "x,y", "after the last row comes the first");
        let data =
            Data::json_lines("users", Order::Sequential, "{\"id\":7,\"tags\":[\"a\"]}\n\n{\"id\":8,\"tags\":[]}\n");
        let data = data.unwrap();
        assert_eq!((cell(&data, 0, true, 1), cell(&data, 1, true, 0)), ("8".into(), "[\"a\"]".into()));
        assert_eq!(cell(&data, 1, false, 0), r#"[\"a\"]"#);
    }

    #[test]
    fn random_rows_follow_from_the_seed_and_reach_all() {
        let data = Data::csv("n", Order::Random, "n\n0\n1\n2\n3\n").unwrap();
        let drawn: Vec<String> = (0..100).map(|k| cell(&data, 0, false, k)).collect();
        assert_eq!(drawn, (0..100).map(|k| cell(&data, 0, false, k)).collect::<Vec<_>>());
        for n in ["0", "1", "2", "3"] {
            assert!(drawn.iter().filter(|d| *d == n).count() > 10, "{drawn:?}");
        }
    }

    #[test]
    fn lines_that_do_not_fit_are_named() {
        assert!(Data::csv("x", Order::Unique, "a,b\n1,2\n3\n").unwrap_err().contains("line: 3"));
        assert!(
            Data::json_lines("x", Order::Unique, "{\"a\":1}\n{\"b\":1}\n").unwrap_err().contains("line 2 has no `a`")
        );
        assert!(Data::json_lines("x", Order::Unique, "[1]").unwrap_err().contains("line 1 is not a JSON object"));
        assert_eq!(Data::csv("x", Order::Unique, "a,b\n").unwrap_err(), "it has no rows");
    }
}
