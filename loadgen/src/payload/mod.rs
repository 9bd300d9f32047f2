//! Request bodies: JSON with seeded functions and rows of data in it. A rendered body is a function of (seed, arrival) and,
//! where it asks for the time, of the arrival's intended instant.
//!
//! What is the same for every arrival is written beforehand, and plain calls such as `{{ uuid() }}` take a short way that
//! allocates nothing; whatever else a template holds, minijinja renders.

mod context;
mod data;
mod expression;
mod functions;
mod rendered;
mod template;

pub(crate) use self::context::Variable;
pub use self::context::{Arriving, TemplateContext};
pub(crate) use self::data::Source;
pub use self::data::{Data, Order};
pub(crate) use self::functions::uuid_text;
pub use self::template::Template;
pub(crate) use self::template::{constant_text, is_template};

use crate::record::Kind;

/// What an arrival may carry.
#[derive(Debug, Clone)]
pub struct Payload {
    /// Name in reports.
    pub name: String,
    /// Share of the arrivals, relative to the other payloads.
    pub weight: u32,
    /// What it asks for.
    pub content: Content,
}

/// What a request asks for, with what it takes to ask it.
#[derive(Debug, Clone)]
pub enum Content {
    /// To start an execution with this input.
    Execute(Template),
    /// To run one with this input, and to answer when it has ended.
    ExecuteSync(Template),
    /// The same of a route whose answers count by their HTTP status.
    ExecuteHttp(Template),
    /// As a browser does, whether a page may send such a request.
    Preflight {
        /// The page's origin.
        origin: String,
        /// Headers that the page wants to send, in lower case.
        headers: Vec<String>,
    },
    /// What became of an execution that the run has started.
    Describe,
}

impl Content {
    /// What a request asks for that starts executions of a kind with this input; `None` for the other kinds.
    pub(crate) fn starting(kind: Kind, input: Template) -> Option<Self> {
        match kind {
            Kind::Execute => Some(Self::Execute(input)),
            Kind::ExecuteSync => Some(Self::ExecuteSync(input)),
            Kind::ExecuteHttp => Some(Self::ExecuteHttp(input)),
            Kind::Preflight | Kind::Describe => None,
        }
    }

    /// What kind of request it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Execute(_) => Kind::Execute,
            Self::ExecuteSync(_) => Kind::ExecuteSync,
            Self::ExecuteHttp(_) => Kind::ExecuteHttp,
            Self::Preflight { .. } => Kind::Preflight,
            Self::Describe => Kind::Describe,
        }
    }

    /// The body, if there is one.
    #[must_use]
    pub const fn template(&self) -> Option<&Template> {
        match self {
            Self::Execute(template) | Self::ExecuteSync(template) | Self::ExecuteHttp(template) => Some(template),
            Self::Preflight { .. } | Self::Describe => None,
        }
    }
}

/// TOML as JSON; keys keep their order, dates become strings.
///
/// # Errors
/// The number that JSON does not have: not-a-number, or an infinite one.
pub(crate) fn from_toml(value: &toml::Value) -> Result<serde_json::Value, f64> {
    use serde_json::Value;
    Ok(match value {
        toml::Value::String(s) => Value::String(s.clone()),
        toml::Value::Integer(i) => Value::from(*i),
        toml::Value::Float(f) if !f.is_finite() => return Err(*f),
        toml::Value::Float(f) => Value::from(*f),
        toml::Value::Boolean(b) => Value::Bool(*b),
        toml::Value::Datetime(d) => Value::String(d.to_string()),
        toml::Value::Array(items) => items.iter().map(from_toml).collect::<Result<_, _>>()?,
        toml::Value::Table(table) => {
            let members = table.iter().map(|(key, value)| Ok((key.clone(), from_toml(value)?)));
            Value::Object(members.collect::<Result<_, f64>>()?)
        }
    })
}
