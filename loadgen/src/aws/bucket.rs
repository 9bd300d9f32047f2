//! Token buckets, and where figures come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A token bucket: so many calls at once, and so many more each second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Bucket {
    /// Calls that a full one holds.
    #[serde(rename = "bucket")]
    pub(crate) size: f64,
    /// Calls that it gains a second.
    pub(crate) refill: f64,
}

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceNote {
    /// The page or file.
    pub(crate) title: String,
    /// When it said so.
    pub(crate) date: String,
}
