use crate::ending::Reply;
use crate::session::{RequestMarks, Session};

/// What a request is for: what its answer means, and whether it may be repeated.
pub(crate) trait Purpose {
    /// Whether the request is one to start an execution.
    const STARTS: bool;

    /// Judges an answer to the request that was sent with these marks.
    fn judge(&self, session: &Session, answer: Reply, marks: &RequestMarks) -> Reply;

    /// Whether a request that may have been carried out may be sent again.
    fn may_repeat(&self, session: &Session) -> bool;

    /// Whether requests carry an id of ours, so that their answers can be told from others.
    fn has_id(&self) -> bool;

    /// A request is about to go out.
    fn leaves(&mut self) {}

    /// What became of it.
    fn returned(&mut self, _may_have_started: bool) {}

    /// What the caller wants carried out, which no error may repeat.
    fn payload(&self) -> &[u8] {
        &[]
    }
}
