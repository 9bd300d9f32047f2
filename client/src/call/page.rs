use super::purpose::Purpose;
use crate::ending::{Reply, Verdict};
use crate::session::{RequestMarks, Session};

/// A request as a page's browser sends it, to the path by which executions are started. Every answer is what was asked for,
/// but for one that shows a start: the method may take every HTTP method. So it counts as one that may start, and is not
/// repeated once it was written.
#[derive(Debug)]
pub(crate) struct Page;

impl Purpose for Page {
    fn judge(&self, _: &Session, mut answer: Reply, _: &RequestMarks) -> Reply {
        answer.verdict = if answer.shows_a_start() { Verdict::Unasked } else { Verdict::Done };
        answer
    }

    fn may_start(&self, _: &Session) -> bool {
        true
    }

    fn may_repeat(&self, _: &Session) -> bool {
        false
    }

    fn caveat(&self) -> Option<&'static str> {
        Some("a path that takes every HTTP method (`ANY`) starts a workflow by it")
    }

    fn has_id(&self) -> bool {
        false
    }
}
