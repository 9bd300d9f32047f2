//! Results as JSON, and the schemas of their formats.

use schemars::{JsonSchema, schema_for};
use serde::Serialize;

/// A result as its file holds it, with a line feed at the end. Results are plain data: there is nothing that could fail.
pub(crate) fn to_json(result: &impl Serialize) -> String {
    serde_json::to_string_pretty(result).expect("numbers, texts and maps by text are JSON") + "\n"
}

/// The JSON schema of a format, as a file below `docs/schema/` holds it.
pub(crate) fn schema<T: JsonSchema>() -> String {
    serde_json::to_string_pretty(&schema_for!(T)).expect("a schema is JSON") + "\n"
}
