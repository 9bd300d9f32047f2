//! What an embedder may choose.

use crate::signature::Credentials;
use crate::states::Quotas;
use crate::vtl::Leniency;

/// How the gateway behaves where a deployment does not say it.
#[derive(Debug, Clone)]
pub struct GatewayOptions {
    /// How much that is not JSON a body may be (default: as lenient as API Gateway is inferred to be).
    pub leniency: Leniency,
    /// Whether a caller chooses the request id by a UUID in `x-amzn-RequestId` (default: yes). Documented ("Clients can
    /// override this request ID"); that a mapping template sees it was never measured in public.
    pub caller_request_ids: bool,
    /// Whether the account's and the stage's token buckets are applied (default: off, for load).
    pub quotas: Quotas,
    /// The keys that may sign calls of methods with `AWS_IAM` (default: none).
    pub credentials: Credentials,
    /// The API keys that methods with `apiKeyRequired` accept (default: none).
    pub api_keys: Vec<String>,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            leniency: Leniency::default(),
            caller_request_ids: true,
            quotas: Quotas::default(),
            credentials: Credentials::default(),
            api_keys: Vec::new(),
        }
    }
}
