//! What a load meets: the quotas that apply.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aws::{Bucket, Quotas};
use crate::record::Kind;

/// Which kind of API takes the requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GatewayKind {
    /// A REST API.
    #[default]
    Rest,
    /// An HTTP API.
    Http,
}

/// Limits that are no buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForecastLimits {
    /// Invocations at once, of all functions of an account.
    pub concurrency: u64,
    /// Open STANDARD executions.
    pub open: u64,
    /// Bytes of an execution's input.
    pub input: u64,
    /// Events of an execution's history.
    pub events: u64,
    /// Days for which names are kept.
    pub days: u64,
    /// Executions of a page of `ListExecutions`.
    pub page: u64,
}

/// What a load meets.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The region.
    pub region: String,
    /// The kind of API.
    pub gateway_kind: GatewayKind,
    /// API Gateway's bucket of the account.
    pub gateway: Bucket,
    /// The stage's buckets of the methods, by what asks for them.
    pub methods: BTreeMap<Kind, Bucket>,
    /// Starts of STANDARD executions.
    pub starts: Bucket,
    /// Starts of EXPRESS executions.
    pub express_starts: Bucket,
    /// State transitions of STANDARD executions.
    pub transitions: Bucket,
    /// `DescribeExecution`.
    pub describes: Bucket,
    /// `ListExecutions`.
    pub lists: Bucket,
    /// The others.
    pub limits: ForecastLimits,
}

impl Setting {
    /// The quotas of a region, with the throttles of the stage's methods.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it cannot be")]
    pub fn of_aws(quotas: &Quotas, region: &str, gateway_kind: GatewayKind, methods: BTreeMap<Kind, Bucket>) -> Self {
        let bucket =
            |action| quotas.bucket(action, region).expect("the file of quotas has every action that is asked for");
        let limit = |name| quotas.limit(name).expect("the file of quotas has every limit that is asked for");
        Self {
            region: region.into(),
            gateway_kind,
            gateway: bucket("API Gateway"),
            methods,
            starts: bucket("StartExecution"),
            express_starts: bucket("StartExecution of EXPRESS"),
            transitions: bucket("StateTransition"),
            describes: bucket("DescribeExecution"),
            lists: bucket("ListExecutions"),
            limits: ForecastLimits {
                concurrency: limit("Lambda concurrency"),
                open: limit("open executions"),
                input: limit("input bytes"),
                events: limit("history events"),
                days: limit("days that names are kept"),
                page: limit("executions a page"),
            },
        }
    }
}
