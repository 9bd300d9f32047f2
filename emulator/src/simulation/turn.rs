//! What goes over the pipe of a simulation: a turn by the caller, then what came of it. Numbers are little-endian.
//!
//! ```text
//! turn     at: u64 (nanoseconds from the start), inputs: u32, and for each of them
//!          0 connection: u32                         the caller has connected
//!          1 connection: u32, length: u32, bytes     the caller has sent them
//!          2 connection: u32                         the caller has closed it
//! outcome  next: u64 (u64::MAX: never), outputs: u32, and for each of them
//!          1 connection: u32, length: u32, bytes     these are sent to the caller
//!          2 connection: u32                         the connection is closed
//!          3 connection: u32                         the connection is reset
//! ```
//!
//! Time never goes back, and no turn is later than the `next` of the outcome before it, so that all that an outcome tells
//! has happened at the instant of its turn.

use std::io::{self, Read, Write};

/// Most bytes of one input: more than the largest request that is read.
const LONGEST: u32 = 64 << 20;

/// What the caller does at an instant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Nanoseconds from the start.
    pub(super) at: u64,
    pub(super) inputs: Vec<Input>,
}

/// What the caller does with a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input {
    Open(u32),
    Bytes(u32, Vec<u8>),
    Close(u32),
}

/// What came of a turn.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// When the next thing happens by itself, in nanoseconds from the start.
    pub(super) next: Option<u64>,
    pub(super) outputs: Vec<Output>,
}

/// What becomes of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Output {
    Bytes(u32, Vec<u8>),
    Closed(u32),
    Reset(u32),
}

impl Turn {
    /// Reads one; none at the end of the pipe.
    pub(super) fn read(input: &mut impl Read) -> io::Result<Option<Self>> {
        let mut at = [0; 8];
        match input.read_exact(&mut at) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let count = word(input)?;
        let inputs = (0..count).map(|_| Input::read(input)).collect::<io::Result<_>>()?;
        Ok(Some(Self { at: u64::from_le_bytes(at), inputs }))
    }
}

impl Input {
    fn read(input: &mut impl Read) -> io::Result<Self> {
        let mut kind = [0];
        input.read_exact(&mut kind)?;
        let connection = word(input)?;
        match kind[0] {
            0 => Ok(Self::Open(connection)),
            1 => {
                let length = word(input)?;
                if length > LONGEST {
                    return Err(invalid(format!("{length} bytes at once are too many")));
                }
                let mut bytes = vec![0; length as usize];
                input.read_exact(&mut bytes)?;
                Ok(Self::Bytes(connection, bytes))
            }
            2 => Ok(Self::Close(connection)),
            kind => Err(invalid(format!("no input is of the kind {kind}"))),
        }
    }
}

impl Outcome {
    pub(super) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&self.next.unwrap_or(u64::MAX).to_le_bytes())?;
        output.write_all(&length(self.outputs.len())?)?;
        for (kind, connection, bytes) in self.outputs.iter().map(Output::parts) {
            output.write_all(&[kind])?;
            output.write_all(&connection.to_le_bytes())?;
            if let Some(bytes) = bytes {
                output.write_all(&length(bytes.len())?)?;
                output.write_all(bytes)?;
            }
        }
        Ok(())
    }
}

impl Output {
    fn parts(&self) -> (u8, u32, Option<&[u8]>) {
        match self {
            Self::Bytes(connection, bytes) => (1, *connection, Some(bytes)),
            Self::Closed(connection) => (2, *connection, None),
            Self::Reset(connection) => (3, *connection, None),
        }
    }
}

fn word(input: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn length(length: usize) -> io::Result<[u8; 4]> {
    u32::try_from(length).map(u32::to_le_bytes).map_err(|_| invalid("an answer is too long for the pipe".to_owned()))
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
