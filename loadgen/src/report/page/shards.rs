//! The processes that sent the load, where these were several.

use super::Page;
use super::markup::{grouped, note, number};
use super::table::Table;
use crate::report::{Attempt, Shards, Statistic};
use crate::units::show_microseconds;

pub(super) fn section(page: &Page<'_>) -> String {
    let Some(shards) = &page.summary.shards else { return note("One process sent the whole load.") };
    let first = shards.attempts.iter().filter_map(Attempt::start_ms).min().unwrap_or(0);
    let (middle, late) = (Statistic::P50.label(), Statistic::P99.label());
    let lag = format!("lag {late}");
    let heads = ["Shard", "ended", "start", "sent", "rate", middle, late, &lag, "clock", "host", ""];
    let mut table = Table::new("The processes that sent the load", heads);
    for attempt in &shards.attempts {
        let shown = |micros: Option<u64>| micros.map_or_else(|| "-".into(), show_microseconds);
        table.row([
            attempt.shard.to_string(),
            attempt.ending.as_str().to_owned(),
            attempt.start_ms().map_or_else(String::new, |start| format!("+{} ms", start.saturating_sub(first))),
            grouped(attempt.sent),
            format!("{}/s", number(attempt.sent_per_second)),
            shown(attempt.response_p50_us),
            shown(attempt.response_p99_us),
            shown(attempt.lag_p99_us),
            attempt.clock_error_us.map_or_else(|| "not kept".into(), |most| format!("±{}", show_microseconds(most))),
            attempt.host.clone(),
            remarks(attempt),
        ]);
    }
    note(&summed_up(shards))
        + &note(
            "What was recorded adds up exactly: percentiles of the run are those of all its requests, never averages of the \
             shards'. Start counts from the first shard's; clock is how far that machine's may be off.",
        )
        + &table.markup()
}

fn summed_up(shards: &Shards) -> String {
    let mut words = vec![format!("{} of {} shards complete", shards.complete, shards.of)];
    if shards.attempts.iter().filter(|attempt| attempt.counts).count() > 1 {
        words.push(format!("begun within {} ms", shards.start_spread_ms));
    }
    words.extend(shards.lacking());
    if shards.twins > 0 {
        words.push(format!(
            "{} names were reported by two attempts at the same arrival; these are not duplicates",
            shards.twins
        ));
    }
    words.join("; ") + "."
}

/// What is to be known about an attempt besides.
fn remarks(attempt: &Attempt) -> String {
    let mut remarks = Vec::new();
    if attempt.attempt > 0 {
        remarks.push(format!("attempt {}", attempt.attempt));
    }
    if attempt.late_us > 0 {
        remarks.push(format!("late by {}", show_microseconds(attempt.late_us)));
    }
    if !attempt.counts {
        remarks.push("not counted: another attempt counts".into());
    }
    remarks.join(", ")
}
