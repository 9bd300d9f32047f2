//! Requests one by one, for those who want them all: kept for a second, then handed over.

use super::{Fate, Place, Times};

/// A request as a connection took it.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'t> {
    /// Its number in the run.
    pub k: u64,
    /// Its stage and payload.
    pub place: Place,
    /// Its instants so far.
    pub times: &'t Times,
}

/// What became of one request. Instants are nanoseconds from the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its number in the run.
    pub(crate) k: u64,
    /// Its stage and payload.
    pub(crate) place: Place,
    /// When it was meant to be sent.
    pub(crate) intended: u64,
    /// When a connection took it.
    pub(crate) released: u64,
    /// When the first byte of its answer came, if one did.
    pub(crate) first_byte: Option<u64>,
    /// When it ended; for an unfinished one, when the run did.
    pub(crate) end: u64,
    /// What it came to.
    pub(crate) fate: Fate,
    /// The status of its answer, if one came whole.
    pub(crate) status: Option<u16>,
    /// Where its execution's name ends in [`Rows::names`].
    name_end: usize,
}

/// The rows of a second, in the order in which they ended. Names stand in one text: a row allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    rows: Vec<Row>,
    names: String,
}

impl Rows {
    /// Adds a request that ended.
    pub(crate) fn push(&mut self, sent: &Sent<'_>, fate: Fate, status: Option<u16>, end: u64) {
        let Times { intended, released, first_byte, .. } = *sent.times;
        let name_end = self.names.len();
        self.rows.push(Row {
            k: sent.k,
            place: sent.place,
            intended,
            released,
            first_byte,
            end,
            fate,
            status,
            name_end,
        });
    }

    /// Says under which name the execution of the last row was started.
    pub(crate) fn name_last(&mut self, name: &str) {
        self.names.push_str(name);
        if let Some(last) = self.rows.last_mut() {
            last.name_end = self.names.len();
        }
    }

    /// Each row with the name of its execution, empty where none was started.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Row, &str)> {
        let starts = [0].into_iter().chain(self.rows.iter().map(|row| row.name_end));
        self.rows.iter().zip(starts).map(|(row, start)| (row, &self.names[start..row.name_end]))
    }

    /// All names, one after the other.
    #[must_use]
    pub(crate) fn names(&self) -> &str {
        &self.names
    }

    /// The same rows under other names.
    #[must_use]
    pub(crate) fn renamed(&self, rename: impl Fn(&str) -> String) -> Self {
        let mut renamed = Self::default();
        for (row, name) in self.iter() {
            renamed.names += &rename(name);
            renamed.rows.push(Row { name_end: renamed.names.len(), ..*row });
        }
        renamed
    }

    /// Forgets everything but the memory it took.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.names.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Class;

    #[test]
    fn each_row_has_its_own_name_or_none() {
        let times =
            Times { intended: 1, room: 1, ready: 1, released: 2, unattended: 0, written: None, first_byte: Some(3) };
        let mut rows = Rows::default();
        let mut push = |k: u64, name: &str| {
            let sent = Sent { k, place: Place::default(), times: &times };
            rows.push(&sent, Fate::Ended(Class::Started), Some(200), 4);
            if !name.is_empty() {
                rows.name_last(name);
            }
        };
        push(7, "ü");
        push(8, "");
        push(9, "last");
        let told: Vec<(u64, &str)> = rows.iter().map(|(row, name)| (row.k, name)).collect();
        assert_eq!(told, [(7, "ü"), (8, ""), (9, "last")]);
        let renamed = rows.renamed(|name| name.replace('l', "long "));
        assert_eq!(renamed.iter().map(|(_, name)| name).collect::<Vec<_>>(), ["ü", "", "long ast"]);
        rows.clear();
        assert_eq!(rows.iter().count(), 0);
    }
}
