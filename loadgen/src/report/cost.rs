//! What a run costs, as its summary has it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::show_usd;

/// What a run costs on AWS, without free tiers and taxes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunCost {
    /// US dollars.
    pub(crate) usd: f64,
    /// The region whose prices these are.
    pub(crate) region: String,
    /// How it is known.
    pub(crate) basis: CostBasis,
}

/// How it is known what a run costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CostBasis {
    /// It was planned before the run, by `plan` or for `--max-cost`.
    Plan,
    /// By the deployment's records, which `reconcile` read.
    Records,
}

impl RunCost {
    /// Where, and how it is known.
    pub(super) fn origin(&self) -> String {
        let basis = match self.basis {
            CostBasis::Plan => "as planned",
            CostBasis::Records => "by the deployment's records",
        };
        format!("in {}, {basis}", self.region)
    }
}

impl fmt::Display for RunCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", show_usd(self.usd), self.origin())
    }
}
