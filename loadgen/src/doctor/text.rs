//! A diagnosis for people.

use std::fmt;

use super::{Complaint, Diagnosis};

impl fmt::Display for Diagnosis<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "doctor  {}", self.execute)?;
        for Complaint { cause, finding, also } in &self.complaints {
            writeln!(f)?;
            let title = cause.title().unwrap_or_else(|| finding.case.name.replace('_', " "));
            writeln!(f, "✗ {title}")?;
            writeln!(f, "    asked    {}", finding.case.request.line(&self.execute))?;
            match &finding.answer {
                Ok(answer) => writeln!(f, "    answer   {} {}", answer.status, answer.excerpt())?,
                Err(error) => writeln!(f, "    answer   none: {error}")?,
            }
            for difference in finding.differences.iter().filter(|_| finding.answer.is_ok()) {
                writeln!(f, "    but      {difference}")?;
            }
            writeln!(f, "    remedy   {}", cause.remedy())?;
            if finding.answer.is_ok() {
                writeln!(f, "    known    {}", finding.case.evidence)?;
            }
            if let [first, more @ ..] = &also[..] {
                write!(f, "    also     {}", first.replace('_', " "))?;
                match more.len() {
                    0 => writeln!(f)?,
                    1 => writeln!(f, ", and one case more")?,
                    count => writeln!(f, ", and {count} cases more")?,
                }
            }
        }
        let wrong = self.wrong();
        writeln!(f)?;
        write!(f, "{} asked, {} answered as they should be, {wrong} not", self.asked, self.asked - wrong)?;
        if self.pointless > 0 {
            write!(f, "; {} not asked, because the target does not answer", self.pointless)?;
        }
        match self.left_out {
            0 => writeln!(f),
            left_out => writeln!(f, "; {left_out} left out because they may start a workflow (--read-only)"),
        }
    }
}
