//! A comparison on one screen.

use std::fmt::Write;

use super::{Comparison, Conclusion, Difference, Figure};

/// A comparison on one screen, each line ending with a line feed.
#[must_use]
pub fn screen(Comparison { baseline, runs, differences, .. }: &Comparison) -> String {
    let mut out = format!("COMPARE      {runs} against {baseline} runs, one observation each\n\n");
    out += "             baseline     change                 interval  conclusion\n";
    for difference in differences.iter().filter(|d| d.conclusion != Conclusion::NotMeasured) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{}", line(difference));
    }
    if differences.iter().any(|d| d.conclusion == Conclusion::CannotTell) {
        out += "\ncannot tell: the interval reaches beyond what would not matter. Repeat the runs (at least four a side\n\
                for 95%), or make them longer where a percentile is n/a.\n";
    }
    out
}

fn line(difference: &Difference) -> String {
    let show = |value: f64| match difference.figure {
        Figure::Failed => format!("{:.2}%", value * 100.0),
        Figure::Response(_) => milliseconds(value),
    };
    let signed = |value: f64| format!("{}{}", if value < 0.0 { "-" } else { "+" }, show(value.abs()));
    let baseline = difference.baseline.map_or_else(|| "n/a".into(), show);
    let change = difference.shift.map_or_else(|| "n/a".into(), |shift| signed(shift.by));
    let interval = difference.shift.and_then(|shift| shift.interval);
    let interval = interval.map_or_else(|| "n/a".into(), |i| format!("[{}, {}]", signed(i.low), signed(i.high)));
    let conclusion = match difference.conclusion {
        Conclusion::Worse => "WORSE",
        Conclusion::Better => "better",
        Conclusion::Same => "no difference",
        Conclusion::CannotTell => "cannot tell",
        Conclusion::NotMeasured => "not measured",
    };
    let p = match (difference.conclusion, difference.shift) {
        (Conclusion::Worse | Conclusion::Better, Some(shift)) => format!("  p={:.3}", shift.p),
        _ => String::new(),
    };
    format!("  {:8} {baseline:>10} {change:>10} {interval:>24}  {conclusion}{p}", difference.figure.as_str())
}

fn milliseconds(micros: f64) -> String {
    format!("{:.2}ms", micros / 1e3)
}
