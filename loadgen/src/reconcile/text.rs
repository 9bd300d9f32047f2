//! The account on a screen.

use std::fmt;

use super::durations::WorkflowTimes;
use super::reconciliation::{Endings, Reconciliation};
use crate::units::show_microseconds;

/// Columns of the headings, as on the screen of a run.
const HEADING: usize = 13;

/// Errors that are shown.
const ERRORS: usize = 8;

impl fmt::Display for Endings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { succeeded, failed, timed_out, aborted, open } = self;
        write!(f, "succeeded {succeeded}   failed {failed}   timed out {timed_out}   aborted {aborted}   open {open}")
    }
}

impl fmt::Display for Reconciliation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |heading: &str, text: String| writeln!(f, "{heading:HEADING$}{text}");
        let Self { planned, sent, dropped, unsent, executes, answered_started, not_started, lost, .. } = self;
        line("MACHINE", self.state_machines.join(", "))?;
        line("RECORDS", format!("{} listed, {} described, at {}", self.listed, self.described, self.read_at))?;
        line("PLAN", format!("planned {planned} = sent {sent} + dropped {dropped} + unsent {unsent}"))?;
        line(
            "ANSWERS",
            format!(
                "to {executes} starts: started {answered_started}   not started {not_started}   may have started {}",
                lost.may_have_started
            ),
        )?;
        line("STARTED", format!("{}   unknown {}", self.started, self.unknown))?;
        if lost.may_have_started > 0 || lost.did_start > 0 {
            let most = if lost.exact { "" } else { "at most " };
            line("LOST", format!("{most}{} of {} did start", lost.did_start, lost.may_have_started))?;
        }
        if self.unwritten > 0 {
            line(
                "UNWRITTEN",
                format!("{} started by requests that the killed run had not written down", self.unwritten),
            )?;
        }
        if lost.endings.total() > 0 {
            let whose = if lost.exact { "" } else { "of all that nothing else accounts for: " };
            line("", format!("{whose}{}", lost.endings))?;
        }
        if self.replaced.total() > 0 {
            line("REPLACED", format!("{} by attempts that another one replaced", self.replaced))?;
        }
        let others = self.others;
        let told = match (lost.exact, self.broken_off) {
            (true, _) => format!("{others} executions in the time of the run are not its own"),
            (false, false) => format!("at least {others} executions in the time of the run are not its own"),
            (false, true) => format!("{others} executions in the time of the run that it does not know of"),
        };
        line("OTHERS", told)?;
        if let Some(WorkflowTimes { count, p50, p95, p99, max, .. }) = &self.workflow_time_ms {
            let [p50, p95, p99, max] = [p50, p95, p99, max].map(|ms| show_microseconds(ms.saturating_mul(1_000)));
            line("WORKFLOWS", format!("{count} took p50 {p50}   p95 {p95}   p99 {p99}   max {max}"))?;
        }
        let mut errors: Vec<(&String, &u64)> = self.errors.iter().collect();
        errors.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (i, (error, count)) in errors.iter().take(ERRORS).enumerate() {
            line(if i == 0 { "ERRORS" } else { "" }, format!("{count} {error}"))?;
        }
        if let Some(bill) = &self.bill {
            f.write_str(&bill.to_string())?;
        }
        let mut line = |heading: &str, text: String| writeln!(f, "{heading:HEADING$}{text}");
        if self.stopped > 0 {
            line("STOPPED", format!("{} executions", self.stopped))?;
        }
        for remark in &self.remarks {
            line("NOTE", remark.clone())?;
        }
        for question in &self.open_questions {
            line("OPEN", question.clone())?;
        }
        writeln!(f, "{}", if self.closes() { "CLOSES exit 0" } else { "DOES NOT CLOSE exit 99" })
    }
}
