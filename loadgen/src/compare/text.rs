//! A comparison on one screen.

use std::fmt::Write;

use super::{Comparison, Conclusion, Difference, Figure};
use crate::units::{show_microseconds, show_percent};

/// A comparison on one screen, each line ending with a line feed.
#[must_use]
pub(crate) fn screen(comparison: &Comparison) -> String {
    let Comparison { baseline, runs, confidence, tolerance, differences, .. } = comparison;
    let mut out = format!(
        "COMPARE      {runs} against {baseline} runs, one observation each, {}% sure\n",
        number(confidence * 100.0)
    );
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "TOLERANCE    times up to {}%, failed requests up to {} percentage points\n",
        number(tolerance * 100.0),
        number(tolerance * 10.0)
    );
    let _ = writeln!(
        out,
        "          {:>9} {:>9} {:>9} {:>8} {:>21}  conclusion",
        "baseline", "new", "change", "", "interval"
    );
    for difference in differences.iter().filter(|d| d.conclusion != Conclusion::NotMeasured) {
        let _ = writeln!(out, "{}", line(difference));
    }
    let any = |conclusion| differences.iter().any(|d| d.conclusion == conclusion);
    if any(Conclusion::CannotTell) {
        let _ = write!(
            out,
            "\ncannot tell: the interval extends beyond the tolerance, or some of the runs are too short for the\n\
             figure. Repeat the runs (at least {} a side for {}%), or make them longer.\n",
            runs_for(*confidence),
            number(confidence * 100.0)
        );
    }
    if any(Conclusion::NotJudged) {
        out += "\nnot judged: no run has enough independent requests to tell the figure of another run. Make them longer.\n";
    }
    out
}

/// The fewest runs a side that can conclude at all: with n of each, the most extreme of their orders and its opposite have a
/// probability of 2 in (2n choose n).
fn runs_for(confidence: f64) -> u32 {
    let mut chance = 1.0;
    (1..=1_000_u32)
        .find(|n| {
            // (2n choose n) = (2n - 2 choose n - 1) · 2(2n - 1) / n
            chance *= f64::from(*n) / (4.0 * f64::from(*n) - 2.0);
            2.0 * chance <= 1.0 - confidence
        })
        .expect("chances fall below every level")
}

fn line(difference: &Difference) -> String {
    let show = |value: f64| match difference.figure {
        Figure::Failed => show_percent(value),
        Figure::Response(_) => show_time(value),
    };
    let signed = |value: f64| format!("{}{}", if value < 0.0 { "-" } else { "+" }, show(value.abs()));
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    let (baseline, value) = (or_unknown(difference.baseline.map(show)), or_unknown(difference.value.map(show)));
    let change = or_unknown(difference.shift.map(|shift| signed(shift.by)));
    let relative = difference.relative.map_or_else(String::new, |share| format!("{:+.1}%", share * 100.0));
    let interval = difference.shift.and_then(|shift| shift.interval);
    let interval = or_unknown(interval.map(|i| format!("[{}, {}]", signed(i.low), signed(i.high))));
    let conclusion = match difference.conclusion {
        Conclusion::Worse => "WORSE",
        Conclusion::Better => "better",
        Conclusion::Same => "no difference",
        Conclusion::CannotTell => "cannot tell",
        Conclusion::NotJudged => "not judged",
        Conclusion::NotMeasured => "not measured",
    };
    let p = match (difference.conclusion, difference.shift) {
        (Conclusion::Worse | Conclusion::Better, Some(shift)) => format!("  p={:.3}", shift.p),
        _ => String::new(),
    };
    let name = match difference.figure {
        Figure::Failed => "failed",
        Figure::Response(statistic) => statistic.label(),
    };
    format!("  {name:8}{baseline:>9} {value:>9} {change:>9} {relative:>8} {interval:>21}  {conclusion}{p}")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative; `as` saturates")]
fn show_time(micros: f64) -> String {
    show_microseconds(micros.round() as u64)
}

/// A number without decimals that say nothing.
fn number(value: f64) -> String {
    format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}
