//! What became of the requests.

use super::Screen;
use super::lines::inert;
use crate::record::FailedWorkflows;
use crate::report::{Statistic, Tone, Workflows};
use crate::units::show_part;

/// Characters of an answer that stand on the screen; the page and `summary.json` have more.
const SAID: usize = 160;

/// Ways in which workflows failed that stand on the screen.
const WAYS: usize = 3;

impl Screen<'_> {
    /// Why workflows failed, and where there is more of it.
    pub(super) fn failed_workflows(&mut self, workflows: &Workflows) -> std::fmt::Result {
        let known: u64 = workflows.failures.iter().map(|failures| failures.count).sum();
        if known == 0 {
            return Ok(());
        }
        for FailedWorkflows { error, state, cause, count } in workflows.failures.iter().take(WAYS) {
            let cause: String = cause.chars().take(SAID).collect();
            let parts = [error, &cause].map(|part| inert(part)).into_iter().filter(|part| !part.is_empty());
            let why = parts.collect::<Vec<_>>().join(": ");
            let place = if state.is_empty() { String::new() } else { format!(" in state {}", inert(state)) };
            self.parts("", &[(Tone::Bad, format!("{count} failed{place}: {why}"))])?;
        }
        let of = if known < workflows.failed { format!("of the newest {known} that failed; ") } else { String::new() };
        let text = format!("{of}whole histories: GET /_stepgate/history of stepgate-emulator with the same template");
        self.words("", &text)
    }

    pub(super) fn outcomes(&mut self) -> std::fmt::Result {
        let outcomes = &self.summary.outcomes;
        let sent = outcomes.sent;
        let share = show_part(outcomes.started, sent);
        let tone = if outcomes.started > 0 || sent == 0 { Tone::Good } else { Tone::Bad };
        let mut parts = vec![(tone, format!("{} {} ({share})", outcomes.success().as_str(), outcomes.started))];
        parts.extend(outcomes.failed.iter().map(|(class, count)| (Tone::Bad, format!("{class} {count}"))));
        let tone = if outcomes.unfinished == 0 { Tone::Plain } else { Tone::Doubtful };
        parts.push((tone, format!("unfinished {}", outcomes.unfinished)));
        self.parts("OUTCOMES", &parts)?;
        for failures in &self.summary.failures {
            let said: String = failures.show_first().chars().take(SAID).collect();
            let text = format!("{} {}: {}", failures.show_statuses(), failures.class, inert(&said));
            self.parts("", &[(Tone::Bad, text.trim_start().to_owned())])?;
        }
        if outcomes.http_2xx_failed > 0 {
            let text = format!("HTTP 2xx that tells of no start: {}", outcomes.http_2xx_failed);
            self.parts("", &[(Tone::Bad, text)])?;
        }
        for other in &self.summary.others {
            let mut parts = vec![(Tone::Plain, format!("succeeded {} of {}", other.succeeded, other.sent))];
            parts.extend(other.failed.iter().map(|(class, count)| (Tone::Bad, format!("{class} {count}"))));
            parts.push((Tone::Plain, format!("unfinished {}", other.unfinished)));
            parts.push((Tone::Plain, format!("response p99 {}", other.response_us.show(Statistic::P99))));
            self.parts(&other.name.to_uppercase(), &parts)?;
        }
        Ok(())
    }
}
