/// What befalls a request or its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The request is read and not passed on; the connection is reset. HTTP/2: the stream is refused.
    ResetBefore,
    /// A part of the request is passed on; both connections are reset.
    ResetAmid,
    /// The request is passed on, its answer is not; the connection is reset. HTTP/2: the stream is.
    ResetAfter,
    /// A part of the answer is passed on, and then the end of the connection. HTTP/2: the stream is reset there.
    Truncate,
    /// The answer comes twice, one right behind the other.
    Double,
    /// The answer comes once more in front of the next one, when nobody can see it coming.
    Repeat,
    /// The answer comes after the client's patience.
    Late,
    /// The answer comes a little later.
    Delay,
    /// The request is swallowed, and nothing more is said.
    DropRequest,
    /// The answer is swallowed, and nothing more is said.
    DropAnswer,
    /// Two connections get each other's answer.
    Reorder,
    /// Request and answer are passed on a few bytes at a time.
    Drip,
    /// After the answer nothing more comes, though requests are still taken. HTTP/2: `GOAWAY` behind the answer.
    HalfClose,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 13] = [
        Self::ResetBefore,
        Self::ResetAmid,
        Self::ResetAfter,
        Self::Truncate,
        Self::Double,
        Self::Repeat,
        Self::Late,
        Self::Delay,
        Self::DropRequest,
        Self::DropAnswer,
        Self::Reorder,
        Self::Drip,
        Self::HalfClose,
    ];

    /// Its name in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResetBefore => "reset before",
            Self::ResetAmid => "reset amid",
            Self::ResetAfter => "reset after",
            Self::Truncate => "truncate",
            Self::Double => "double",
            Self::Repeat => "repeat",
            Self::Late => "late",
            Self::Delay => "delay",
            Self::DropRequest => "drop request",
            Self::DropAnswer => "drop answer",
            Self::Reorder => "reorder",
            Self::Drip => "drip",
            Self::HalfClose => "half-close",
        }
    }

    /// Whether HTTP/2 has it: there an answer names its request's stream, so it cannot come twice.
    #[must_use]
    pub const fn fits_http2(self) -> bool {
        !matches!(self, Self::Double | Self::Repeat)
    }
}
