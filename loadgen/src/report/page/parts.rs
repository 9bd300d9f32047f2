//! The run by stage, by payload and by kind of request.

use super::Page;
use super::markup::{grouped, note};
use super::table::Table;
use crate::report::section::success;
use crate::report::{Section, Statistic};

/// The figures of each part.
const FIGURES: [Statistic; 5] = [Statistic::P50, Statistic::P90, Statistic::P99, Statistic::P999, Statistic::Max];

pub(super) fn section(page: &Page<'_>) -> String {
    let s = page.summary;
    let tables =
        table("By stage", &s.stages) + &table("By payload", &s.payloads) + &table("Other kinds of requests", &s.others);
    if tables.is_empty() {
        return note("The load has one stage and one payload: the whole run is its only part.");
    }
    note(
        "A request belongs to the stage in which it was due. Counts are those of the whole run; times are response times, without the warm-up.",
    ) + &tables
}

fn table(title: &str, parts: &[Section]) -> String {
    if parts.is_empty() {
        return String::new();
    }
    let heads = ["", "sent", success(parts), "failed", "not ended"].into_iter();
    let mut table = Table::new(title, heads.chain(FIGURES.map(Statistic::label)));
    for part in parts {
        let failed = part.failed.values().sum();
        let counts = [part.sent, part.succeeded, failed, part.dropped + part.unfinished].map(grouped);
        let figures = FIGURES.map(|statistic| part.response_us.show(statistic));
        let kind = part.kind.as_str();
        let name =
            if part.kind.starts() || part.name == kind { part.name.clone() } else { format!("{} ({kind})", part.name) };
        table.row([name].into_iter().chain(counts).chain(figures));
    }
    format!("<h3>{title}</h3>\n{}", table.markup())
}
