/// What the client may do when it cannot be known whether a workflow was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Delivery {
    /// Sends again only what provably started nothing: no connection, throttling. An ambiguous failure is reported with
    /// [`Error::may_have_started`](crate::Error::may_have_started). The default.
    #[default]
    AtMostOnce,
    /// Sends one key with every attempt, as `Idempotency-Key` and, when it is a UUID, as `x-amzn-RequestId`; a
    /// deployment that makes the key the execution's name starts it once however often it is asked.
    ///
    /// An ambiguous attempt is sent again only after this client has seen the deployment honour a key of the same form
    /// (or was told so by [`keys_honoured`](crate::ClientBuilder::keys_honoured)); until then, and for good once an
    /// answer had another name, it behaves as `AtMostOnce`. An execution that is not named after the key is never a
    /// success: it is an [`ErrorKind::Mismatch`](crate::ErrorKind::Mismatch).
    Idempotent,
    /// Sends again whatever may have failed to start. A workflow can run twice:
    /// [`Started::possible_duplicates`](crate::Started::possible_duplicates) tells which attempts to look for.
    AtLeastOnce,
}
