//! A diagnosis for people.

use std::fmt;

use super::Diagnosis;

impl fmt::Display for Diagnosis<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "doctor  {}", self.execute)?;
        for finding in self.wrong() {
            writeln!(f)?;
            writeln!(f, "✗ {}", finding.case.name.replace('_', " "))?;
            writeln!(f, "    asked    {}", finding.case.request.line(&self.execute))?;
            match &finding.answer {
                Ok(answer) => writeln!(f, "    answer   {} {}", answer.status, answer.excerpt())?,
                Err(error) => writeln!(f, "    answer   none: {error}")?,
            }
            for difference in &finding.differences {
                writeln!(f, "    but      {difference}")?;
            }
            writeln!(f, "    remedy   {}", finding.case.remedy)?;
            writeln!(f, "    known    {}", finding.case.evidence)?;
        }
        let wrong = self.wrong().count();
        writeln!(f)?;
        write!(f, "{} asked, {} as they should be, {wrong} not", self.findings.len(), self.findings.len() - wrong)?;
        match self.left_out {
            0 => writeln!(f),
            left_out => writeln!(f, "; {left_out} left out because they may start a workflow (--read-only)"),
        }
    }
}
