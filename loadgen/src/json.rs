//! Results as JSON, and the schemas of their formats.

use schemars::{JsonSchema, schema_for};
use serde::Serialize;

/// A result with a format of its own, which `docs/schema/` describes. Results are plain data: writing one cannot fail.
pub(crate) trait JsonFormat: Serialize + JsonSchema + Sized {
    /// The result as its file holds it, with a line feed at the end.
    fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers, texts and maps by text are JSON") + "\n"
    }

    /// The JSON schema of the format, as its file below `docs/schema/` holds it.
    fn schema() -> String {
        schema::<Self>()
    }
}

/// The JSON schema of what a file holds.
pub(crate) fn schema<T: JsonSchema>() -> String {
    serde_json::to_string_pretty(&schema_for!(T)).expect("a schema is JSON") + "\n"
}
