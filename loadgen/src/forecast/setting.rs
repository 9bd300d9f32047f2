//! What a load meets: the quotas that apply.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aws::{Bucket, Quotas};
use crate::record::Kind;

/// Which kind of API takes the requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GatewayKind {
    /// A REST API.
    #[default]
    Rest,
    /// An HTTP API.
    Http,
}

/// Limits that are no buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ForecastLimits {
    /// Invocations at once, of all functions of an account.
    pub(crate) concurrency: u64,
    /// Open STANDARD executions.
    pub(crate) open: u64,
    /// Bytes of an execution's input.
    pub(crate) input: u64,
    /// Events of an execution's history.
    pub(crate) events: u64,
    /// Days for which names are kept.
    pub(crate) days: u64,
    /// Executions of a page of `ListExecutions`.
    pub(crate) page: u64,
}

/// What a load meets.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// The region.
    pub(crate) region: String,
    /// The kind of API.
    pub(crate) gateway_kind: GatewayKind,
    /// API Gateway's bucket of the account.
    pub(crate) gateway: Bucket,
    /// The stage's buckets of the methods, by what asks for them.
    pub(crate) methods: BTreeMap<Kind, Bucket>,
    /// Starts of STANDARD executions.
    pub(crate) starts: Bucket,
    /// Starts of EXPRESS executions.
    pub(crate) express_starts: Bucket,
    /// State transitions of STANDARD executions.
    pub(crate) transitions: Bucket,
    /// `DescribeExecution`.
    pub(crate) describes: Bucket,
    /// `ListExecutions`.
    pub(crate) lists: Bucket,
    /// The others.
    pub(crate) limits: ForecastLimits,
}

impl Setting {
    /// The quotas of a region, with the throttles of the stage's methods.
    #[must_use]
    pub(crate) fn of_aws(
        quotas: &Quotas,
        region: &str,
        gateway_kind: GatewayKind,
        methods: BTreeMap<Kind, Bucket>,
    ) -> Self {
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
