//! What became of the requests.

use super::Screen;
use super::lines::inert;
use crate::report::{Statistic, Tone};
use crate::units::show_part;

/// Characters of an answer that stand on the screen; the page and `summary.json` have more.
const SAID: usize = 160;

impl Screen<'_> {
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
