//! Request bodies: JSON with seeded functions and rows of data in it. A rendered body is a function of (seed, arrival) and,
//! where it asks for the time, of the arrival's intended instant.

mod data;
mod expression;
mod template;

pub use self::data::{Data, Order, Tables};
pub use self::expression::Expression;
pub(crate) use self::expression::uuid;
pub use self::template::{Arriving, Surroundings, Template, TemplateError};

/// What an arrival may carry.
#[derive(Debug, Clone)]
pub struct Payload {
    /// Name in reports.
    pub name: String,
    /// Share of the arrivals, relative to the other payloads.
    pub weight: u32,
    /// Its body.
    pub template: Template,
}

/// TOML as JSON; keys keep their order, dates become strings.
pub(crate) fn from_toml(value: &toml::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        toml::Value::String(s) => Value::String(s.clone()),
        toml::Value::Integer(i) => Value::from(*i),
        // Not-a-number and infinity have no JSON: they become null, as in JavaScript.
        toml::Value::Float(f) => Value::from(*f),
        toml::Value::Boolean(b) => Value::Bool(*b),
        toml::Value::Datetime(d) => Value::String(d.to_string()),
        toml::Value::Array(items) => items.iter().map(from_toml).collect(),
        toml::Value::Table(table) => table.iter().map(|(k, v)| (k.clone(), from_toml(v))).collect(),
    }
}
