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

pub use self::demand::{Demand, PlannedRequest};
pub use self::report::{ExecutionOutline, ForecastPayload, PlanReport, QuotaForecast, QuotaUnit};
pub use self::second::SecondForecast;
pub use self::setting::{ForecastLimits, GatewayKind, Setting};
