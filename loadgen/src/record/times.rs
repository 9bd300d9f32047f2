//! When what happened to a request.

/// The instants of a request, in nanoseconds from the start of the run.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// When it was meant to be sent.
    pub intended: u64,
    /// From when on nothing but the generator itself kept it waiting: there was room for it.
    pub ready: u64,
    /// When a connection took it.
    pub released: u64,
    /// When its last byte was written, if it was.
    pub written: Option<u64>,
    /// When the first byte of the answer came, if one did.
    pub first_byte: Option<u64>,
}
