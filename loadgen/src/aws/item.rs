//! What AWS charges for.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bytes of a GB, as bills have it.
pub(crate) const GB: f64 = (1_u64 << 30) as f64;

/// Something with a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Item {
    /// A request to a REST API of API Gateway.
    RestRequest,
    /// A request to an HTTP API of API Gateway, of at most 512 KB.
    HttpRequest,
    /// A state that a STANDARD workflow enters, or tries again.
    StateTransition,
    /// A start of an EXPRESS workflow.
    ExpressRequest,
    /// A second of an EXPRESS workflow with one GB of memory.
    ExpressGbSecond,
    /// An invocation of a Lambda function.
    LambdaRequest,
    /// A second of a Lambda function with one GB of memory, on x86.
    LambdaGbSecond,
    /// A GB that is written to CloudWatch Logs.
    LogGb,
}

/// How much of each was used.
pub(crate) type Usage = BTreeMap<Item, f64>;

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RestRequest => "requests to a REST API",
            Self::HttpRequest => "requests to an HTTP API",
            Self::StateTransition => "state transitions",
            Self::ExpressRequest => "starts of EXPRESS workflows",
            Self::ExpressGbSecond => "GB-seconds of EXPRESS workflows",
            Self::LambdaRequest => "Lambda invocations",
            Self::LambdaGbSecond => "GB-seconds of Lambda",
            Self::LogGb => "GB of logs",
        })
    }
}
