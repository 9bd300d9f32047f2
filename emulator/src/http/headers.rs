//! Header fields in one allocation.

use std::ops::Range;

/// Header fields in the order and case in which they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    text: String,
    fields: Vec<(Range<usize>, Range<usize>)>,
}

impl Headers {
    /// No fields.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// No fields, but room for so many with so many bytes.
    pub(super) fn with_capacity(fields: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), fields: Vec::with_capacity(fields) }
    }

    /// How many fields there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Adds a field at the end.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        let name = self.append(name);
        let value = self.append(value);
        self.fields.push((name, value));
    }

    fn append(&mut self, part: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(part);
        start..self.text.len()
    }

    /// The first field of a name, whatever its case.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let named = |field: &&(Range<usize>, Range<usize>)| {
            let (other, _) = field;
            other.len() == name.len() && self.text[other.clone()].eq_ignore_ascii_case(name)
        };
        self.fields.iter().find(named).map(|(_, value)| &self.text[value.clone()])
    }

    /// All fields in order, names in their own case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (&self.text[name.clone()], &self.text[value.clone()]))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(fields: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in fields {
            headers.push(name, value);
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_case_and_keep_their_own() {
        let headers: Headers = [("Content-Type", "application/json")].into_iter().collect();
        assert_eq!(headers.get("content-type"), Some("application/json"));
        assert_eq!(headers.iter().next(), Some(("Content-Type", "application/json")));
    }
}
