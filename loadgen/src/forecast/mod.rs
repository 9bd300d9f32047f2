//! What a load will take and where it will be throttled, from its schedule and from what one execution takes. Pure.

mod bucket;
mod demand;
mod report;
mod second;
mod setting;
mod sums;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use self::demand::{Demand, PlannedRequest};
pub(crate) use self::report::{ExecutionOutline, ForecastPayload, PlanReport};
pub(crate) use self::setting::{ForecastLimits, GatewayKind, Setting};
