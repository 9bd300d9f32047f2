//! Paths as the States Language uses them: into the data (`$`), into the context object (`$$`), and where to write.

use serde_json::{Map, Value};

use crate::jsonpath::{Path, PathError, Segment};

/// What a path, template or choice rule can see.
pub(crate) struct Scope<'a> {
    /// `$`
    pub(crate) data: &'a Value,
    /// `$$`
    pub(crate) context: &'a dyn Fn() -> Value,
}

/// A path that may start with `$` or `$$`.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    text: String,
    path: Path,
    context: bool,
}

impl Source {
    /// Reads `$…` or `$$…`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (context, rest) = match text.strip_prefix("$$") {
            Some(rest) => (true, format!("${rest}")),
            None if text.starts_with('$') => (false, text.to_owned()),
            None => return Err(format!("`{text}` is not a path: a path begins with `$` or `$$`")),
        };
        let path = Path::parse(&rest).map_err(|error: PathError| error.to_string())?;
        Ok(Self { text: text.to_owned(), path, context })
    }

    /// As written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is plain `$`.
    pub(crate) fn is_whole(&self) -> bool {
        !self.context && self.path.is_root()
    }

    /// Whether it may name at most one value.
    pub(crate) fn is_reference(&self) -> bool {
        self.path.segments().is_some()
    }

    /// The value there; `None` when there is none.
    pub(crate) fn select(&self, scope: &Scope<'_>) -> Option<Value> {
        if self.context {
            let context = (scope.context)();
            return self.path.read(&context).map(std::borrow::Cow::into_owned);
        }
        self.path.read(scope.data).map(std::borrow::Cow::into_owned)
    }
}

/// `InputPath` and `OutputPath`: a path, or `null` for an empty object.
#[derive(Debug, Clone)]
pub(crate) enum Query {
    /// `null`
    Nothing,
    /// A path; `$` where none is given.
    At(Source),
}

/// Where `ResultPath` puts a result.
#[derive(Debug, Clone)]
pub(crate) enum ReferencePath {
    /// `null`: nowhere, the input goes on.
    Discard,
    /// `$`: in place of the input.
    Whole,
    /// Below the input.
    At {
        /// As written.
        text: String,
        /// The way down.
        steps: Vec<Step>,
    },
}

/// One step of a reference path.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A field, made if it is not there.
    Field(String),
    /// An element, which must be there.
    Element(usize),
}

impl ReferencePath {
    /// Reads a reference path into the data.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let source = Source::parse(text)?;
        if source.context {
            return Err(format!("`{text}` points into the context object, which cannot be written"));
        }
        let Some(segments) = source.path.segments() else {
            return Err(format!("`{text}` is not a reference path: only names and indices are allowed here"));
        };
        if segments.is_empty() {
            return Ok(Self::Whole);
        }
        let steps = segments
            .into_iter()
            .map(|segment| match segment {
                Segment::Name(name) => Step::Field(name.to_owned()),
                Segment::Index(index) => Step::Element(index),
            })
            .collect();
        Ok(Self::At { text: text.to_owned(), steps })
    }

    /// Puts `result` into `input`; `None` when the way down is barred by something that is not an object.
    pub(crate) fn put(&self, input: &Value, result: Value) -> Option<Value> {
        match self {
            Self::Discard => Some(input.clone()),
            Self::Whole => Some(result),
            Self::At { steps, .. } => {
                let mut output = input.clone();
                *descend(&mut output, steps)? = result;
                Some(output)
            }
        }
    }
}

fn descend<'v>(value: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    let next = match step {
        Step::Field(name) => {
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            value.as_object_mut()?.entry(name.clone()).or_insert(Value::Null)
        }
        Step::Element(index) => value.as_array_mut()?.get_mut(*index)?,
    };
    descend(next, rest)
}
