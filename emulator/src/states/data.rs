//! JSON that flows through a workflow: kept as the text it came as, parsed only when somebody looks inside.

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::java::{readable_json, written_json};

/// A JSON document. Cheap to clone; what passes through unchanged is neither parsed nor written again.
#[derive(Clone)]
pub(crate) struct Data(Arc<Forms>);

/// At least one of the two is there from the beginning.
#[derive(Debug)]
struct Forms {
    text: OnceLock<Box<str>>,
    value: OnceLock<Value>,
}

impl Data {
    /// Takes a text that must be one JSON document.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        // Skipping over a document is several times cheaper than building its tree, but lets through what a tree
        // cannot hold: numbers beyond a double. Halves of surrogate pairs are kept by what stands for them.
        if text.contains('\\') || text.as_bytes().contains(&0xF4) || has_exponent(text) {
            let value: Value = serde_json::from_str(&readable_json(text))?;
            let forms = Forms { text: OnceLock::from(Box::from(text)), value: OnceLock::from(value) };
            return Ok(Self(Arc::new(forms)));
        }
        serde_json::from_str::<IgnoredAny>(text)?;
        Ok(Self(Arc::new(Forms { text: OnceLock::from(Box::from(text)), value: OnceLock::new() })))
    }

    /// The compact text.
    pub(crate) fn text(&self) -> &str {
        self.0.text.get_or_init(|| written_json(self.value().to_string().into()).into())
    }

    /// The tree.
    pub(crate) fn value(&self) -> &Value {
        // Without a value there is a text, which `parse` has read through.
        self.0
            .value
            .get_or_init(|| self.0.text.get().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default())
    }
}

impl Data {
    /// Which document it is: another number than that of any other document that is there, or that a [`WeakData`] remembers.
    pub(crate) fn number(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

/// A document that may be gone.
#[derive(Debug)]
pub(crate) struct WeakData(Weak<Forms>);

impl WeakData {
    /// Whether nobody has it any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

impl From<&Data> for WeakData {
    fn from(data: &Data) -> Self {
        Self(Arc::downgrade(&data.0))
    }
}

impl From<Value> for Data {
    fn from(value: Value) -> Self {
        Self(Arc::new(Forms { text: OnceLock::new(), value: OnceLock::from(value) }))
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.value() == other.value()
    }
}

/// Whether a number has an exponent, as in `1e400`. Strings of this text have no escapes, and end with the next quote.
fn has_exponent(text: &str) -> bool {
    let outside_strings = text.split('"').step_by(2);
    outside_strings
        .into_iter()
        .any(|text| text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_digit() && matches!(pair[1], b'e' | b'E')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_passes_through_keeps_its_spaces() {
        assert_eq!(Data::parse(r#"{ "a": 1 }"#).unwrap().text(), r#"{ "a": 1 }"#);
    }

    #[test]
    fn half_of_a_surrogate_pair_flows_through() {
        for text in [r#"{"a":"x\ud800y","b":["\udfff"]}"#, "[\"\u{10d800}\"]"] {
            let data = Data::parse(text).unwrap();
            assert_eq!(data.text(), text);
            assert_eq!(Data::from(data.value().clone()).text(), text);
        }
    }

    #[test]
    fn what_parses_can_always_be_looked_into() {
        for text in ["1e400", r#"["e", 1E400]"#, r#""\ud80""#, "{", "", "1 2"] {
            assert!(Data::parse(text).is_err(), "{text}");
        }
        assert_eq!(Data::parse("[1e3]").unwrap().value(), &serde_json::json!([1000.0]));
    }
}
