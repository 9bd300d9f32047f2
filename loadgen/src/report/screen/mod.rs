//! The summary on one screen, eighty columns wide but for words that come from elsewhere.

mod latency;
mod lines;
mod outcomes;

use std::fmt::Write;

use self::lines::{inert, wrap};
use super::{Statistic, Summary, Tone};
use crate::judge::{Judged, State, Verdict};
use crate::record::Violation;

/// What a screen tells beside the summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ScreenContext {
    /// The machine that made the load, as a line; none where it is not known.
    pub(crate) host: String,
    /// Where the run directory is.
    pub(crate) directory: String,
    /// Where the page is.
    pub(crate) page: String,
    /// The command line that makes the run again.
    pub(crate) repeat: String,
    /// The command line that accounts for what the answers left open, if they left something open.
    pub(crate) account: String,
    /// Whether to use colours.
    pub(crate) colour: bool,
}

/// The screen of a summary, each line ending with a line feed.
#[must_use]
pub(crate) fn screen(summary: &Summary, context: &ScreenContext) -> String {
    let mut screen = Screen { summary, context, out: String::new() };
    // Writing to a `String` cannot fail.
    let _ = screen.write();
    screen.out
}

struct Screen<'s> {
    summary: &'s Summary,
    context: &'s ScreenContext,
    out: String,
}

/// Columns of the headings.
const HEADING: usize = 13;

impl Screen<'_> {
    fn write(&mut self) -> std::fmt::Result {
        let run = &self.summary.run;
        let kind = if run.closed_loop { "closed loop" } else { "open loop" };
        let name = self.paint(Tone::Strong, &run.scenario);
        writeln!(self.out, "loadgen {}  {name}  seed {}  {kind}  {:.1} s", run.loadgen, run.seed, run.seconds)?;
        writeln!(self.out)?;
        self.measurement()?;
        self.plan()?;
        self.outcomes()?;
        self.names()?;
        self.workflows()?;
        if let Some(cost) = &self.summary.cost {
            self.words("COST", &cost.to_string())?;
        }
        self.shards()?;
        writeln!(self.out)?;
        self.latencies()?;
        self.sections("STAGES", &self.summary.stages)?;
        self.sections("PAYLOADS", &self.summary.payloads)?;
        writeln!(self.out)?;
        self.thresholds()?;
        self.verdict()?;
        let ScreenContext { directory, page, repeat, account, .. } = self.context;
        for (label, text) in [("RUN", directory), ("PAGE", page), ("REPEAT", repeat), ("ACCOUNT", account)] {
            if !text.is_empty() {
                self.heading(label)?;
                writeln!(self.out, "{text}")?;
            }
        }
        Ok(())
    }

    fn paint(&self, tone: Tone, text: &str) -> String {
        tone.paint(text, self.context.colour)
    }

    /// The beginning of a line: its heading.
    fn heading(&mut self, text: &str) -> std::fmt::Result {
        let heading = self.paint(Tone::Strong, &format!("{text:HEADING$}"));
        self.out.write_str(&heading)
    }

    /// Words beside a heading, on as many lines as they need.
    fn words(&mut self, heading: &str, text: &str) -> std::fmt::Result {
        for (i, line) in wrap(text).iter().enumerate() {
            self.heading(if i == 0 { heading } else { "" })?;
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Parts beside a heading, on as many lines as they need.
    fn parts(&mut self, heading: &str, parts: &[(Tone, String)]) -> std::fmt::Result {
        let mut taken = 0;
        self.heading(heading)?;
        for (i, (tone, text)) in parts.iter().enumerate() {
            let columns = text.chars().count() + 3;
            if i > 0 && HEADING + taken + columns > lines::WIDTH {
                writeln!(self.out)?;
                self.heading("")?;
                taken = 0;
            } else if i > 0 {
                self.out += "   ";
            }
            taken += columns;
            self.out += &self.paint(*tone, text);
        }
        writeln!(self.out)
    }

    /// Whether the figures may be believed, and what bears on that.
    fn measurement(&mut self) -> std::fmt::Result {
        let s = self.summary;
        let (tone, word) = match s.verdict {
            Verdict::Pass | Verdict::Fail | Verdict::Inconclusive => (Tone::Good, "valid"),
            Verdict::Invalid => (Tone::Bad, "invalid"),
            Verdict::Interrupted => (Tone::Doubtful, "interrupted"),
            Verdict::Aborted => (Tone::Doubtful, "aborted"),
            Verdict::Partial => (Tone::Doubtful, "partial"),
            Verdict::Torn => (Tone::Bad, "torn"),
        };
        if let Some(simulated) = &s.run.simulated {
            let word = if s.verdict == Verdict::Invalid { "invalid" } else { "nothing was sent and nothing measured" };
            let rests = format!("on virtual time, where answers take {}", simulated.answers_take);
            return self.parts("SIMULATION", &[(Tone::Doubtful, word.to_owned()), (Tone::Plain, rests)]);
        }
        let late = |statistic| s.lateness_us.show(statistic).trim_start_matches('~').to_owned();
        let late = format!("generator late by p50 {} max {}", late(Statistic::P50), late(Statistic::Max));
        let mut parts = vec![(tone, word.to_owned()), (Tone::Plain, late)];
        if s.warmup_seconds > 0 {
            parts.push((Tone::Plain, format!("without a warm-up of {} s", s.warmup_seconds)));
        }
        parts.extend(s.pauses.told().map(|text| (Tone::Doubtful, text)));
        self.parts("MEASUREMENT", &parts)?;
        if s.room_wait_us.count > 0 {
            let wait = |statistic| s.room_wait_us.show(statistic).trim_start_matches('~').to_owned();
            let (p50, max) = (wait(Statistic::P50), wait(Statistic::Max));
            let text =
                format!("{} of {} requests waited for room, p50 {p50} max {max}", s.room_wait_us.count, s.plan.sent);
            self.parts("ROOM", &[(Tone::Doubtful, text)])?;
        }
        if !self.context.host.is_empty() {
            self.words("HOST", &self.context.host)?;
        }
        Ok(())
    }

    fn plan(&mut self) -> std::fmt::Result {
        let plan = &self.summary.plan;
        let (planned, sent, dropped, unsent) = (plan.planned, plan.sent, plan.dropped, plan.unsent);
        // What a full disk did not take, or was cut off since.
        let unknown = match planned.saturating_sub(sent + dropped + unsent) {
            0 => String::new(),
            unknown => format!(" + not written down {unknown}"),
        };
        let equation = format!("planned {planned} = sent {sent} + dropped {dropped} + unsent {unsent}{unknown}");
        self.words("PLAN", &equation)?;
        let mut rates = Vec::new();
        if let Some(asked) = plan.asked_per_second {
            rates.push(format!("asked {asked}/s"));
        }
        if !self.summary.run.closed_loop {
            rates.push(format!("drawn {}/s", plan.offered_per_second));
        }
        rates
            .extend([format!("sent {}/s", plan.sent_per_second), format!("completed {}/s", plan.completed_per_second)]);
        self.words("RATE", &rates.join("   "))
    }

    fn names(&mut self) -> std::fmt::Result {
        let names = &self.summary.names;
        self.heading("NAMES")?;
        let bad = |n: u64| if n == 0 { Tone::Plain } else { Tone::Bad };
        let counted = |n: u64, what: &str| self.paint(bad(n), &format!("{n} {what}"));
        let (duplicates, mismatched, illegal) = (
            counted(names.duplicates, "duplicates"),
            counted(names.mismatched, "mismatched"),
            counted(names.illegal, "illegal"),
        );
        writeln!(self.out, "{} unique of {}, {duplicates}, {mismatched}, {illegal}", names.unique, names.checked)?;
        for example in names.examples.iter().take(3) {
            let what = match example.violation {
                Violation::Mismatched => example.mismatch(),
                Violation::Illegal => format!("request {} got the illegal name {:?}", example.k, example.name),
                Violation::Duplicate => {
                    format!("requests {} and {} got the same name {}", example.expected, example.k, example.name)
                }
            };
            writeln!(self.out, "             {}", inert(&what))?;
        }
        Ok(())
    }

    fn workflows(&mut self) -> std::fmt::Result {
        let Some(workflows) = &self.summary.workflows else { return Ok(()) };
        let on = match (&self.summary.run.simulated, self.summary.run.embedded) {
            (Some(_), _) => "   (simulated)",
            (None, true) => "   (embedded, not AWS)",
            (None, false) => "",
        };
        let (succeeded, failed, open) = (workflows.succeeded, workflows.failed, workflows.open);
        self.words("WORKFLOWS", &format!("succeeded {succeeded}   failed {failed}   open {open}{on}"))?;
        self.failed_workflows(workflows)?;
        if workflows.time_us.count == 0 {
            return Ok(());
        }
        let figures = [Statistic::P50, Statistic::P95, Statistic::P99, Statistic::Max];
        let figures = figures.map(|statistic| format!("{} {}", statistic.label(), workflows.time_us.show(statistic)));
        self.words("", &format!("took {}", figures.join("   ")))
    }

    fn shards(&mut self) -> std::fmt::Result {
        let Some(shards) = &self.summary.shards else { return Ok(()) };
        self.heading("SHARDS")?;
        self.out.write_str(&shards.screen())
    }

    fn thresholds(&mut self) -> std::fmt::Result {
        let mut head = "THRESHOLDS";
        let mut judged: Vec<&Judged> = self.summary.thresholds.iter().collect();
        judged.sort_by_key(|judged| judged.rank());
        for judged in judged {
            let tone = match (judged.state, judged.undecided) {
                (State::Pass, false) => Tone::Good,
                (State::Fail, _) => Tone::Bad,
                (State::Pass, true) | (State::Inconclusive, _) => Tone::Doubtful,
            };
            self.heading(head)?;
            let mark = self.paint(tone, judged.mark());
            let measured = self.paint(Tone::Quiet, &format!("({})", judged.measured));
            writeln!(self.out, "{mark} {} {} {measured}", judged.metric, judged.expression)?;
            head = "";
        }
        Ok(())
    }

    fn verdict(&mut self) -> std::fmt::Result {
        let s = self.summary;
        let tone = match s.verdict {
            Verdict::Pass => Tone::Good,
            Verdict::Fail | Verdict::Invalid | Verdict::Torn => Tone::Bad,
            Verdict::Inconclusive | Verdict::Interrupted | Verdict::Aborted | Verdict::Partial => Tone::Doubtful,
        };
        let mut verdict = s.verdict.as_str().to_uppercase();
        if let (Verdict::Partial, Some(shards)) = (s.verdict, &s.shards) {
            write!(verdict, " {}/{}", shards.complete, shards.of)?;
        }
        let verdict = self.paint(tone, &verdict);
        let why = s.reason.as_ref().map_or_else(String::new, |reason| format!("  {reason}"));
        writeln!(self.out, "{verdict} exit {}{why}", s.exit_code)?;
        let said = |remark: &&String| s.reason.as_ref().is_some_and(|reason| reason.ends_with(remark.as_str()));
        for remark in s.remarks.iter().filter(|remark| !said(remark)) {
            self.words("NOTE", remark)?;
        }
        Ok(())
    }
}
