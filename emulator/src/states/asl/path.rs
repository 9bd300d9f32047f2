//! Paths as the States Language uses them: into the data (`$`), the context object (`$$`) and variables (`$name`), and
//! where to write.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::variables::{Variables, check_name};
use crate::budget::{Budget, Exhausted};
use crate::jsonata::Evaluation;
use crate::jsonpath::{Path, PathError, ReadError, Segment, hold};
use crate::states::data::{Data, MAX_DEPTH};

/// What a path, template, choice rule or expression can see.
pub(crate) struct Scope<'a> {
    /// `$`
    pub(crate) data: &'a Value,
    /// `$$`
    pub(crate) context: &'a ContextObject<'a>,
    /// `$name`
    pub(crate) variables: &'a Variables,
    /// What JSONata expressions see; states with JSONPath have none.
    pub(crate) evaluation: Option<&'a Evaluation<'a>>,
    /// What all of it may cost.
    pub(crate) budget: &'a Budget,
}

/// Where the context object has the input of the execution.
const EXECUTION_INPUT: [&str; 2] = ["Execution", "Input"];

/// The context object, made when somebody looks and then kept. The input of the execution, which may be most of it, is
/// left out for those who do not look at it, and not copied for those who look at nothing else.
pub(crate) struct ContextObject<'a> {
    make: &'a dyn Fn(bool) -> Value,
    execution_input: Option<&'a Data>,
    whole: OnceCell<Value>,
    without_input: OnceCell<Value>,
}

impl<'a> ContextObject<'a> {
    /// `make` is told whether the input of the execution is wanted; `None` for a context object that was given as a whole.
    pub(crate) fn new(make: &'a dyn Fn(bool) -> Value, execution_input: Option<&'a Data>) -> Self {
        Self { make, execution_input, whole: OnceCell::new(), without_input: OnceCell::new() }
    }

    /// What a path can see of it.
    fn seen_by(&self, path: &Path, budget: &Budget) -> Result<&Value, Exhausted> {
        let with_input = path.leading_names().zip(EXECUTION_INPUT).all(|(name, wanted)| name == wanted);
        let kept = if with_input { &self.whole } else { &self.without_input };
        if let Some(value) = kept.get() {
            return Ok(value);
        }
        let made = kept.get_or_init(|| (self.make)(with_input));
        hold(made, budget)?;
        Ok(made)
    }
}

/// A path that may start with `$`, `$$` or `$name`.
#[derive(Debug, Clone)]
pub(crate) struct StatePath {
    path: Path,
    root: Root,
    /// The path from the input of the execution on, where it leads into that.
    below_input: Option<Box<Path>>,
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Root {
    /// `$`
    Data,
    /// `$$`
    Context,
    /// `$name`
    Variable(Box<str>),
}

impl StatePath {
    /// Reads `$…`, `$$…` or `$name…`. Blanks at the end are left out.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_end();
        let Some(rest) = text.strip_prefix('$') else {
            return Err(format!("`{text}` is not a path: a path begins with `$` or `$$`"));
        };
        let end = rest.find(|symbol: char| !symbol.is_alphanumeric() && symbol != '_').unwrap_or(rest.len());
        let (root, source) = match rest.split_at(end) {
            _ if rest.starts_with('$') => (Root::Context, Cow::Borrowed(rest)),
            ("", _) => (Root::Data, Cow::Borrowed(text)),
            (name, rest) => {
                check_name(name)?;
                (Root::Variable(name.into()), Cow::Owned(format!("${rest}")))
            }
        };
        let path = Path::parse_for_states(&source, text).map_err(|error: PathError| error.to_string())?;
        let into_context = root == Root::Context;
        let below_input = into_context.then(|| path.below(&EXECUTION_INPUT)).flatten().map(Box::new);
        Ok(Self { path, root, below_input })
    }

    /// As written.
    pub(crate) fn as_str(&self) -> &str {
        self.path.as_str()
    }

    /// Whether this is plain `$`.
    fn is_whole(&self) -> bool {
        self.root == Root::Data && self.path.is_root()
    }

    /// The variable that it begins with.
    pub(crate) fn variable(&self) -> Option<&str> {
        match &self.root {
            Root::Variable(name) => Some(name),
            Root::Data | Root::Context => None,
        }
    }

    /// Whether it may name at most one value.
    pub(crate) fn is_reference(&self) -> bool {
        self.path.segments().is_some()
    }

    /// The value there; `None` when there is none. As recorded on AWS, a path that may name several values gives an
    /// empty list where its beginning is missing.
    pub(crate) fn select(&self, scope: &Scope<'_>) -> Result<Option<Value>, Exhausted> {
        Ok(self.find(scope)?.or_else(|| (!self.path.is_definite()).then(|| Value::Array(Vec::new()))))
    }

    /// The value there; `None` when there is none, when the beginning of the path is missing, or where Jayway throws.
    pub(crate) fn find(&self, scope: &Scope<'_>) -> Result<Option<Value>, Exhausted> {
        let (root, path) = match (&self.below_input, scope.context.execution_input) {
            (Some(path), Some(input)) => (Some(input.value()), &**path),
            _ => (self.root(scope)?, &self.path),
        };
        let Some(root) = root else { return Ok(None) };
        match path.copy_within(root, scope.budget) {
            Ok(found) => Ok(found),
            Err(ReadError::Thrown(_) | ReadError::Refused(_)) => Ok(None),
            Err(ReadError::Exhausted(exhausted)) => Err(exhausted),
        }
    }

    /// In AWS's words, why the path finds nothing.
    pub(crate) fn missing(&self, scope: &Scope<'_>) -> String {
        let Some(segments) = self.path.segments() else { return format!("No results for path: {}", self.as_str()) };
        let mut at = self.root(scope).ok().flatten();
        let found = segments
            .iter()
            .take_while(|segment| {
                at = at.and_then(|value| step(value, **segment));
                at.is_some()
            })
            .count();
        if found + 1 < segments.len() && matches!(segments[found], Segment::Name(_)) {
            return format!("Missing property in path {}", written(&segments[..=found]));
        }
        format!("No results for path: {}", written(&segments))
    }

    /// The value that the path begins with, if there is one.
    fn root<'v>(&self, scope: &Scope<'v>) -> Result<Option<&'v Value>, Exhausted> {
        Ok(match &self.root {
            Root::Data => Some(scope.data),
            Root::Context => Some(scope.context.seen_by(&self.path, scope.budget)?),
            Root::Variable(name) => scope.variables.get(name).map(Data::value),
        })
    }
}

fn step<'v>(value: &'v Value, segment: Segment<'_>) -> Option<&'v Value> {
    match segment {
        Segment::Name(name) => value.get(name),
        Segment::Index(index) => value.get(index),
    }
}

/// `$['a'][0]`, as Jayway writes paths.
fn written(segments: &[Segment<'_>]) -> String {
    let mut path = "$".to_owned();
    for segment in segments {
        match segment {
            Segment::Name(name) => path.extend(["['", name, "']"]),
            Segment::Index(index) => path.extend(["[", &index.to_string(), "]"]),
        }
    }
    path
}

/// `InputPath` and `OutputPath`: a path, or `null` for an empty object.
#[derive(Debug, Clone, Default)]
pub(crate) enum Query {
    /// `null`
    Nothing,
    /// None is given, or `$`.
    #[default]
    Whole,
    /// A path.
    At(StatePath),
}

impl From<StatePath> for Query {
    fn from(path: StatePath) -> Self {
        if path.is_whole() { Self::Whole } else { Self::At(path) }
    }
}

/// Where `ResultPath` puts a result.
#[derive(Debug, Clone, Default)]
pub(crate) enum ReferencePath {
    /// `null`: nowhere, the input goes on.
    Discard,
    /// `$`: in place of the input.
    #[default]
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
        let source = StatePath::parse(text)?;
        match source.root {
            Root::Data => {}
            Root::Context => return Err(format!("`{text}` points into the context object, which cannot be written")),
            Root::Variable(_) => return Err(format!("`{text}` points into a variable: set variables with `Assign`")),
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

    /// Whether it leads deeper down than any data may be.
    pub(crate) fn is_too_deep(&self) -> bool {
        matches!(self, Self::At { steps, .. } if steps.len() > MAX_DEPTH)
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
