//! The picture of a run in progress: state in, lines out. Nothing here knows of a terminal but its width and height.

use super::spark::{Scale, sparkline};
use super::state::{Phase, ProgressState, SHOWN, Second};
use crate::record::{Class, Timing};
use crate::report::{Statistic, Tone, show_microseconds};

/// Columns of the labels.
const LABEL: usize = 14;

/// Columns of a figure before its history, where there is room for words beside it, and where there is little.
const FIGURE: (usize, usize) = (24, 14);

/// Columns of a terminal with room.
const ROOMY: usize = 64;

/// Columns below which a history says nothing.
const LEAST_HISTORY: usize = 6;

/// A line of the picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    parts: Vec<(Tone, String)>,
}

impl Line {
    fn of(label: &str, figure: &str, tone: Tone) -> Self {
        Self { parts: vec![(Tone::Quiet, format!("{label:LABEL$}")), (tone, figure.into())] }
    }

    fn push(&mut self, tone: Tone, text: impl Into<String>) {
        self.parts.push((tone, text.into()));
    }

    /// Columns that it takes: everything in it is one column wide.
    pub(super) fn width(&self) -> usize {
        self.parts.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// The line as text, no wider than `width`.
    pub(super) fn paint(&self, width: usize, colour: bool) -> String {
        let mut left = width;
        let mut out = String::new();
        for (tone, text) in &self.parts {
            let text: String = text.chars().take(left).collect();
            left -= text.chars().count();
            out += &tone.paint(&text, colour);
        }
        out
    }
}

/// The lines of the picture, at most `height` of them, each to be cut at `width`.
pub(super) fn picture(state: &ProgressState, width: usize, height: usize) -> Vec<Line> {
    let mut lines = vec![head(state, width)];
    let recent = state.recent();
    let roomy = width >= ROOMY;
    let start = LABEL + if roomy { FIGURE.0 } else { FIGURE.1 };
    let with_history = |mut line: Line, scale: Scale, figure: &dyn Fn(&Second) -> Option<f64>| {
        if width >= start + LEAST_HISTORY && line.width() < start {
            let gap = start - line.width();
            let history = sparkline(&state.history(width - start, figure), scale);
            line.push(Tone::Plain, " ".repeat(gap) + &history);
        }
        line
    };
    let last = state.last();
    let sent = last.map_or(0, |s| s.sent);
    let rate = match last.and_then(|s| s.asked) {
        Some(asked) => format!("{sent}/s of {}/s{}", show_rate(asked), if roomy { " asked" } else { "" }),
        None => format!("{sent}/s"),
    };
    lines.push(with_history(Line::of("rate", &rate, Tone::Plain), Scale::FromZero, &|s| Some(s.sent as f64)));
    let in_flight = last.map_or(0, |s| s.in_flight);
    let full = in_flight >= state.expected.max_in_flight;
    let in_flight = Line::of(
        "in flight",
        &format!("{in_flight} of {}", state.expected.max_in_flight),
        if full { Tone::Doubtful } else { Tone::Plain },
    );
    lines.push(with_history(in_flight, Scale::FromZero, &|s| Some(s.in_flight as f64)));
    for (at, (times, statistic)) in SHOWN.into_iter().enumerate() {
        let named = match times {
            Timing::Lag => "lag",
            _ if at == 0 => "response",
            _ => "",
        };
        let line = Line::of(&format!("{named:10}{}", statistic.label()), &mark(recent.0[at]), Tone::Plain);
        lines.push(with_history(line, Scale::Ratios, &|s| s.marks().0[at].map(|us| us as f64)));
    }
    lines.extend(outcomes(state, width));
    lines.extend(names(state, width));
    // A picture that is higher than the screen could not be drawn over.
    lines.truncate(height.max(1));
    lines
}

/// Name, time, and how far the run has come.
fn head(state: &ProgressState, width: usize) -> Line {
    let plan = &state.expected;
    let elapsed = state.elapsed();
    let mut line = Line::default();
    line.push(Tone::Strong, plan.name.clone());
    let waiting = state.last().map_or(0, |s| s.in_flight);
    let (text, tone) = match (state.phase, plan.window, plan.requests) {
        (Phase::Interrupted, ..) => {
            (format!("interrupted, {waiting} in flight; interrupt again to end at once"), Tone::Doubtful)
        }
        (Phase::Waiting, ..) => (format!("{elapsed}s, waiting for {waiting} answers"), Tone::Plain),
        (Phase::Running, Some(window), _) => {
            let left = window.saturating_sub(elapsed);
            (format!("{} of {}, {} left", clock(elapsed), clock(window), clock(left)), Tone::Plain)
        }
        (Phase::Running, None, Some(requests)) => {
            (format!("{}, {} of {requests} sent", clock(elapsed), state.counts.sent), Tone::Plain)
        }
        (Phase::Running, None, None) => (clock(elapsed), Tone::Plain),
    };
    line.push(tone, format!("  {text}"));
    let share = match (plan.window, plan.requests) {
        (Some(window), _) if window > 0 => elapsed as f64 / window as f64,
        (None, Some(requests)) if requests > 0 => state.counts.sent as f64 / requests as f64,
        _ => return line,
    };
    let room = width.saturating_sub(line.width() + 3);
    if state.phase == Phase::Running && room >= LEAST_HISTORY {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the room")]
        let done = ((share.clamp(0.0, 1.0) * room as f64).round() as usize).min(room);
        line.push(Tone::Plain, "   ");
        line.push(Tone::Good, "━".repeat(done));
        line.push(Tone::Quiet, "─".repeat(room - done));
    }
    line
}

/// What is left of the picture while workflows of the target still run.
pub(super) fn workflows(state: &ProgressState, running: u64, most: &str) -> Line {
    let mut line = Line::default();
    line.push(Tone::Strong, state.expected.name.clone());
    line.push(Tone::Plain, format!("  {}", waiting(running, most)));
    line
}

/// For how many workflows is waited, and for how long.
pub(super) fn waiting(running: u64, most: &str) -> String {
    format!("{running} workflow{} left, {most} at most", if running == 1 { "" } else { "s" })
}

fn outcomes(state: &ProgressState, width: usize) -> Vec<Line> {
    let counts = &state.counts;
    let success = Class::success_of(state.expected.kind);
    let mut parts = vec![(Tone::Good, format!("{} {}", success.as_str(), counts.ended_in(success)))];
    for class in Class::ALL.into_iter().filter(|class| *class != success) {
        let tone = if class.is_success() { Tone::Good } else { Tone::Bad };
        match counts.ended_in(class) {
            0 => {}
            n => parts.push((tone, format!("{} {n}", class.as_str()))),
        }
    }
    if counts.http_2xx_failed > 0 {
        parts.push((Tone::Bad, format!("HTTP 2xx but failed {}", counts.http_2xx_failed)));
    }
    if counts.dropped > 0 {
        parts.push((Tone::Doubtful, format!("dropped {}", counts.dropped)));
    }
    wrapped("outcomes", parts, width)
}

fn names(state: &ProgressState, width: usize) -> Vec<Line> {
    let counts = &state.counts;
    let tone = |n: u64| if n == 0 { Tone::Plain } else { Tone::Bad };
    let parts = vec![
        (Tone::Plain, format!("{} checked", counts.names_checked)),
        (tone(counts.mismatched), format!("{} mismatched", counts.mismatched)),
        (tone(counts.illegal), format!("{} illegal", counts.illegal)),
    ];
    wrapped("names", parts, width)
}

/// Parts beside a label, on as many lines as they need.
fn wrapped(label: &str, parts: Vec<(Tone, String)>, width: usize) -> Vec<Line> {
    let mut lines = vec![Line::of(label, "", Tone::Plain)];
    for (tone, text) in parts {
        let needs = text.chars().count() + 3;
        let last = lines.len() - 1;
        if lines[last].width() > LABEL && lines[last].width() + needs > width {
            lines.push(Line::of("", "", Tone::Plain));
        }
        let line = lines.last_mut().filter(|line| line.width() > LABEL);
        let gap = if line.is_some() { "   " } else { "" };
        if let Some(line) = lines.last_mut() {
            line.push(Tone::Plain, gap);
            line.push(tone, text);
        }
    }
    lines
}

/// One line with the same, for a log.
pub(super) fn line(state: &ProgressState) -> String {
    let (counts, marks) = (&state.counts, state.recent());
    let success = Class::success_of(state.expected.kind);
    let (sent, in_flight, asked) = state.last().map_or((0, 0, None), |s| (s.sent, s.in_flight, s.asked));
    let of = state.expected.window.map_or_else(String::new, |window| format!("/{}", clock(window)));
    let asked = asked.map_or_else(String::new, |asked| format!(" of {}/s", show_rate(asked)));
    let mut line = format!(
        "{}{of}  sent {}  {sent}/s{asked}  in flight {in_flight}  {} {}  failed {}",
        clock(state.elapsed()),
        counts.sent,
        success.as_str(),
        counts.ended_in(success),
        counts.failed(),
    );
    for ((times, statistic), figure) in SHOWN.into_iter().zip(marks.0) {
        let lag = if times == Timing::Lag { "lag " } else { "" };
        if statistic != Statistic::P90 {
            line.extend(["  ", lag, statistic.label(), " ", &mark(figure)]);
        }
    }
    line
}

fn mark(figure: Option<u64>) -> String {
    figure.map_or_else(|| "-".into(), show_microseconds)
}

/// Seconds as `45s`, `12m05s` or `3h07m`.
fn clock(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// A rate without decimals that say nothing.
fn show_rate(rate: f64) -> String {
    if rate >= 10.0 || rate.fract().abs() < 0.05 { format!("{rate:.0}") } else { format!("{rate:.1}") }
}
