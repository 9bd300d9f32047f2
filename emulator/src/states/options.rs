//! What an embedder may choose.

/// How Step Functions behaves where a deployment does not say it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Whether AWS's token buckets are applied (default: off, for load).
    pub quotas: Quotas,
    /// How many finished executions are remembered; the name of a forgotten one may be used again
    /// (default: 1,000,000; AWS: 90 days).
    pub retain: usize,
    /// Seeds retry jitter and generated names (default: 0 draws a seed from the operating system).
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { quotas: Quotas::Off, retain: 1_000_000, seed: 0 }
    }
}

/// Whether calls are throttled as AWS throttles them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quotas {
    /// Never.
    #[default]
    Off,
    /// By the region's token buckets (Step Functions developer guide, "Quotas related to API action throttling").
    Aws,
}
