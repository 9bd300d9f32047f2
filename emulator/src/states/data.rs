//! JSON that flows through a workflow: kept as the text it came as, parsed only when somebody looks inside.
//!
//! All of it can be read back from its own text, and is nested no deeper than [`MAX_DEPTH`]: whoever prints, copies, compares or
//! drops it needs a bounded stack.

mod bounds;
mod containers;

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use serde::de::Error as _;
use serde_json::Value;

use crate::java::{may_hold_halves, read_json, write_json};

pub(crate) use bounds::{MAX_DEPTH, OutOfBounds};
pub(crate) use containers::{ContainerVisitor, Containers};

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
        // All else is read through without building a tree.
        if may_have_halves(text) {
            let value = read_json(text)?;
            bounds::check(&value).map_err(serde_json::Error::custom)?;
            let forms = Forms { text: OnceLock::from(Box::from(text)), value: OnceLock::from(value) };
            return Ok(Self(Arc::new(forms)));
        }
        bounds::read_through(text)?;
        Ok(Self(Arc::new(Forms { text: OnceLock::from(Box::from(text)), value: OnceLock::new() })))
    }

    /// Takes a tree that has been made of others, and may have become too deep.
    pub(crate) fn made(value: Value) -> Result<Self, OutOfBounds> {
        bounds::check(&value)?;
        Ok(Self::from(value))
    }

    /// Reads back the text of what was data before.
    pub(crate) fn read_back(text: &str) -> Self {
        Self::parse(text).expect("the text of data is data")
    }

    /// Takes a text put together from those of data, of which each may stand as deep as it does there.
    pub(crate) fn joined(text: String) -> Self {
        Self(Arc::new(Forms { text: OnceLock::from(text.into_boxed_str()), value: OnceLock::new() }))
    }

    /// The same as its text alone: a tree takes up to 36 times as much while nobody looks inside.
    pub(crate) fn folded(&self) -> Self {
        Self::joined(self.text().to_owned())
    }

    /// Whether it may stand so many levels below the top of other data.
    pub(crate) fn check_below(&self, levels: usize) -> Result<(), OutOfBounds> {
        bounds::check_below(levels, self.value())
    }

    /// Whether it is what data may be. All that a run makes itself is; what others answer may not be.
    pub(crate) fn check(&self) -> Result<(), OutOfBounds> {
        // A text was read through when it came.
        self.0.value.get().map_or(Ok(()), bounds::check)
    }

    /// The compact text.
    pub(crate) fn text(&self) -> &str {
        self.0.text.get_or_init(|| write_json(self.value()).into())
    }

    /// Whether its tree is there.
    #[cfg(test)]
    pub(crate) fn has_tree(&self) -> bool {
        self.0.value.get().is_some()
    }

    /// Whether [`Data::text`] has nothing to write.
    pub(crate) fn is_written(&self) -> bool {
        self.0.text.get().is_some()
    }

    /// The tree.
    pub(crate) fn value(&self) -> &Value {
        self.0.value.get_or_init(|| {
            let text = self.0.text.get().expect("without a tree there is a text");
            let read = if may_have_halves(text) { read_json(text) } else { serde_json::from_str(text) };
            read.expect("a text without a tree was read through, or written from one")
        })
    }
}

impl Data {
    /// Which document it is: another number than that of any other document that is there, or that a [`WeakData`] remembers.
    pub(crate) fn number(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

/// Whether a text may have halves of surrogate pairs, which trees keep by what stands for them.
fn may_have_halves(text: &str) -> bool {
    text.contains('\\') || may_hold_halves(text.as_bytes())
}

/// The bytes that a tree takes, about.
pub(crate) fn in_memory(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(in_memory).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| 2 * size_of::<String>() + name.len() + in_memory(value)).sum()
        }
        _ => 0,
    };
    size_of::<Value>() + inside
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

/// A tree whose depth is known: a part of other data, or a few members around texts. All else is [`Data::made`].
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
            assert_eq!(Data::from(data.value().clone()).folded().value(), data.value());
        }
    }

    #[test]
    fn what_parses_can_always_be_looked_into() {
        let (digits, list) = ("9".repeat(400), format!("{}1{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH)));
        let private = r#"{"$serde_json::private::RawValue":"1"}"#;
        for text in ["1e400", r#"["e", 1E400]"#, r#""\ud80""#, "{", "", "1 2", &digits, &format!("[{list}]")] {
            assert!(Data::parse(text).is_err(), "{text}");
            assert!(Data::parse(&format!(r#"["\n", {text}]"#)).is_err(), "{text}");
        }
        assert!(Data::parse(private).is_err());
        assert_eq!(Data::parse(&list).unwrap().value().to_string(), list);
        assert_eq!(Data::parse("[1e3]").unwrap().value(), &serde_json::json!([1000.0]));
    }

    #[test]
    fn what_is_made_is_no_deeper_than_what_is_read() {
        let nested = |levels| (0..levels).fold(Value::from(7), |inner, _| serde_json::json!([inner]));
        let deepest = Data::made(nested(MAX_DEPTH)).unwrap();
        assert_eq!(Data::read_back(deepest.text()), deepest);
        let why = Data::made(nested(MAX_DEPTH + 1)).unwrap_err().to_string();
        assert_eq!(why, "nested deeper than 120 levels");
        let [fits, deeper] = [5, 6].map(|below| Data::from(nested(MAX_DEPTH - 5)).check_below(below));
        assert_eq!((fits, deeper), (Ok(()), Err(OutOfBounds::TooDeep)));
        assert!(Data::made(serde_json::json!([{ "$serde_json::private::RawValue": 1 }])).is_err());
    }
}
