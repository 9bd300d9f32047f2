//! A plan as it is read on a terminal.

use std::fmt;
use std::time::Duration;

use super::report::{ExecutionOutline, PlanReport, QuotaForecast, QuotaUnit};
use crate::units::{show_duration, show_percent};

impl fmt::Display for PlanReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, seed, region, target, .. } = self;
        writeln!(f, "{:13}{scenario}  seed {seed}  {region}  {target}; nothing was sent to it", "PLAN")?;
        let times = self.seconds.map_or_else(
            || "at most; a closed loop's times follow the answers".to_owned(),
            |seconds| format!("in {}", show(seconds)),
        );
        writeln!(f, "{:13}{} {times}", "ARRIVALS", self.arrivals)?;
        for payload in &self.payloads {
            let (name, kind, arrivals) = (&payload.name, payload.kind.as_str(), payload.arrivals);
            write!(f, "{:13}{name} ({kind}): {arrivals}", "PAYLOAD")?;
            if payload.made > 0 {
                let mean = payload.bytes / arrivals.max(1);
                write!(f, ", {mean} bytes on average, {} at most, {} together", payload.largest_bytes, payload.bytes)?;
                if payload.made < arrivals {
                    write!(f, " (by {} of them)", payload.made)?;
                }
            }
            writeln!(f)?;
        }
        for execution in &self.executions {
            writeln!(f, "{:13}{}", "WORKFLOW", outline(execution))?;
        }
        if self.started > 0 {
            write!(f, "{:13}{} start", "EXECUTIONS", self.started)?;
            if self.seconds.is_some() {
                write!(f, ", at most {} are open at once", self.peak_open)?;
            }
            writeln!(f)?;
        }
        if self.invocations > 0 {
            write!(f, "{:13}{} invocations", "LAMBDA", self.invocations)?;
            if self.seconds.is_some() {
                write!(f, ", at most {} at once", self.peak_concurrency)?;
            }
            writeln!(f)?;
        }
        writeln!(f, "\n{:28}{:>18} {:>10}  FIRST EXCEEDED", "QUOTA", "LIMIT", "ASKED FOR")?;
        for quota in &self.quotas {
            writeln!(f, "{}", row(quota))?;
        }
        if self.seconds.is_some() {
            let share = show_percent(self.throttled_share);
            writeln!(f, "{:13}{} of {} requests ({share})", "THROTTLED", self.throttled, self.arrivals)?;
        }
        write!(f, "\n{}", self.bill)?;
        for remark in &self.remarks {
            writeln!(f, "{:13}{remark}", "NOTE")?;
        }
        Ok(())
    }
}

fn outline(execution: &ExecutionOutline) -> String {
    let ExecutionOutline { payload, status, transitions, invocations, events, .. } = execution;
    let kind = if execution.express { "EXPRESS" } else { "STANDARD" };
    let status = execution.error.as_ref().map_or_else(|| status.clone(), |error| format!("{status} ({error})"));
    let took = show_duration(Duration::from_millis(execution.duration_ms));
    let more = match execution.executions {
        0 | 1 => String::new(),
        n => format!("{n} executions, "),
    };
    format!(
        "{payload}: {kind}, {status} after {took}; {more}{transitions} state transitions, {invocations} Lambda \
         invocations, {events} events"
    )
}

fn row(quota: &QuotaForecast) -> String {
    let limit = match (quota.bucket, quota.limit) {
        (Some(bucket), _) => format!("{} + {}/s", bucket.size, bucket.refill),
        (None, Some(limit)) => limit.to_string(),
        (None, None) => "-".into(),
    };
    let exceeded = match (quota.first_exceeded_s, quota.unit) {
        (None, _) => "never".into(),
        (Some(_), QuotaUnit::Largest) if quota.exceeded == 0 => "by every execution".into(),
        (Some(at), unit) => {
            let (what, share) =
                (if unit == QuotaUnit::Delayed { "delayed" } else { "refused" }, show_percent(quota.share));
            let longest = quota.longest_delay_s.map(|delay| format!(", by up to {}", show(delay))).unwrap_or_default();
            format!("after {}: {} {what} ({share}{longest})", show(at), quota.exceeded)
        }
    };
    format!("{:28}{limit:>18} {:>10}  {exceeded}", quota.name, quota.demand)
}

/// Seconds, to a tenth where they are few.
fn show(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() / 10.0;
    Duration::try_from_secs_f64(tenths).map_or_else(|_| "for ever".into(), show_duration)
}
