//! The run beside another one.

use super::Page;
use super::markup::{Text, note, number};
use super::spectrum::Spectrum;
use super::table::Table;
use crate::report::{Latency, Statistic, Summary};
use crate::units::{show_microseconds, show_percent};

/// A run to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Its figures.
    pub summary: Summary,
    /// Its response times.
    pub(crate) response: Spectrum,
    /// Its service times.
    pub service: Spectrum,
    /// Why the two may not be comparable, if so.
    pub(crate) unlike: Option<String>,
}

pub(super) fn section(page: &Page<'_>) -> String {
    let Some(baseline) = &page.baseline else {
        return "<p class=\"note\">No baseline was given. <code>loadgen report DIR --baseline DIR</code> overlays the spectra of \
                two runs and shows the shift of each figure.</p>\n"
            .into();
    };
    let (before, after) = (&baseline.summary, page.summary);
    let run = &before.run;
    let unlike = baseline.unlike.as_ref().map_or_else(String::new, |why| {
        format!("<p><b class=\"mark unsure\">!</b> {}: a difference may come from the load.</p>\n", Text(why))
    });
    let mut table = Table::new("This run beside the baseline", ["", "baseline", "this run", "shift", "relative"]);
    let latencies =
        [("response", &before.response_us, &after.response_us), ("service", &before.service_us, &after.service_us)];
    for (name, before, after) in latencies {
        for statistic in Statistic::ALL {
            // A lower bound has no distance to anything.
            let figure = |latency: &Latency| latency.micros(statistic).filter(|_| !latency.is_bound(statistic));
            let (old, new) = (figure(before), figure(after));
            let (shift, relative) = match (old, new) {
                (Some(old), Some(new)) => (signed(old, new), relative(old as f64, new as f64)),
                _ => ("unknown".into(), String::new()),
            };
            let label = format!("{name} {}", statistic.label());
            table.markup_row([label, shown(before, statistic), shown(after, statistic), shift, relative]);
        }
    }
    let share = |s: &Summary| s.outcomes.failed_share().unwrap_or(0.0);
    let (old, new) = (share(before), share(after));
    table.row([
        "failed".into(),
        show_percent(old),
        show_percent(new),
        format!("{}{} points", sign(new < old), show_percent((new - old).abs()).trim_end_matches('%')),
        String::new(),
    ]);
    let (old, new) = (before.plan.completed_per_second, after.plan.completed_per_second);
    let cells = [format!("{}/s", number(old)), format!("{}/s", number(new)), format!("{:+.2}/s", new - old)];
    table.row(["completed".to_owned()].into_iter().chain(cells).chain([relative(old, new)]));
    let of = format!("<p>Baseline: {} of {}, seed {}.</p>\n", Text(&run.scenario), Text(&run.started_at), run.seed);
    of + &unlike
        + &note(
            "Intervals (95%) say where each run's own figure lies. Two runs show how these two differ, not whether the target \
             changed: a run is one observation. loadgen compare concludes from at least four runs a side.",
        )
        + &format!("<div class=\"whole\">{}</div>", table.markup())
}

/// A figure and, smaller, its interval, as markup.
fn shown(latency: &Latency, statistic: Statistic) -> String {
    match latency.show_interval(statistic) {
        interval if interval.is_empty() => latency.show(statistic),
        interval => format!("{} <small>{interval}</small>", latency.show(statistic)),
    }
}

fn signed(old: u64, new: u64) -> String {
    format!("{}{}", sign(new < old), show_microseconds(new.abs_diff(old)))
}

const fn sign(falls: bool) -> char {
    if falls { '−' } else { '+' }
}

fn relative(old: f64, new: f64) -> String {
    if old == 0.0 { String::new() } else { format!("{:+.1}%", (new / old - 1.0) * 100.0) }
}
