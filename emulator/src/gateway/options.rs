//! What an embedder may choose.

use crate::signature::Credentials;
use crate::states::Quotas;
use crate::switches::Switches;

/// How API Gateway behaves where the deployment leaves it open.
#[derive(Debug, Clone, Default)]
pub struct GatewayOptions {
    /// Behaviours of AWS that are only inferred (default: see [`crate::switches::SWITCHES`]).
    pub switches: Switches,
    /// Whether the account's and the stage's token buckets are applied (default: off, for load).
    pub quotas: Quotas,
    /// The keys that may sign calls of methods with `AWS_IAM` (default: none).
    pub credentials: Credentials,
    /// The API keys that methods with `apiKeyRequired` accept beside those of the deployment (default: none).
    pub api_keys: Vec<String>,
}
