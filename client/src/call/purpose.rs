use crate::ending::Reply;
use crate::keys::IdempotencyKey;
use crate::session::{RequestMarks, Session};

/// What a request is for: what its answer means, and whether it may be repeated.
pub(crate) trait Purpose {
    /// Whether the request is one that starts an execution, or may, as far as is known now.
    fn may_start(&self, session: &Session) -> bool;

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

    /// The idempotency key of the call.
    fn key(&self) -> Option<&IdempotencyKey> {
        None
    }

    /// The name that an execution has which the request with these marks starts, as far as it can be told.
    fn execution_name<'a>(&'a self, _: &Session, _: &'a RequestMarks) -> Option<&'a str> {
        None
    }

    /// What else to say where it cannot be known whether the request started an execution.
    fn caveat(&self) -> Option<&'static str> {
        None
    }

    /// What the caller wants carried out, which no error may repeat.
    fn payload(&self) -> &[u8] {
        &[]
    }
}
