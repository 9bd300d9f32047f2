//! What goes over the pipe to the endpoint: a turn by us, then what came of it. The endpoint describes the format in
//! `emulator/src/simulation/turn.rs`; this is the other end, written by itself.

use std::io::{self, Read, Write};

/// Most bytes of one output: more than the largest answer that is read.
const LONGEST: u32 = 64 << 20;

/// What we do with a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Connect(u32),
    Send(u32, Vec<u8>),
    Close(u32),
}

/// What becomes of a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    /// It is there.
    Connected,
    /// These bytes have come.
    Came(Vec<u8>),
    /// The endpoint has closed it.
    Closed,
    /// The endpoint has reset it.
    Reset,
}

/// What came of a turn.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TurnOutcome {
    /// When the endpoint does something by itself, in nanoseconds from the start; `u64::MAX` is never.
    pub(super) next: u64,
    /// What became of which connection.
    pub(super) happenings: Vec<(u32, Happening)>,
}

/// Writes what we do at an instant, in nanoseconds from the start.
pub(super) fn write_turn(out: &mut impl Write, at: u64, acts: &[Act]) -> io::Result<()> {
    out.write_all(&at.to_le_bytes())?;
    out.write_all(&length(acts.len())?)?;
    for act in acts {
        let (kind, connection, bytes) = match act {
            Act::Connect(connection) => (0_u8, connection, None),
            Act::Send(connection, bytes) => (1, connection, Some(bytes)),
            Act::Close(connection) => (2, connection, None),
        };
        out.write_all(&[kind])?;
        out.write_all(&connection.to_le_bytes())?;
        if let Some(bytes) = bytes {
            out.write_all(&length(bytes.len())?)?;
            out.write_all(bytes)?;
        }
    }
    out.flush()
}

/// Reads what came of it.
pub(super) fn read_outcome(input: &mut impl Read) -> io::Result<TurnOutcome> {
    let mut next = [0; 8];
    input.read_exact(&mut next)?;
    let count = word(input)?;
    let happenings = (0..count).map(|_| read_happening(input)).collect::<io::Result<_>>()?;
    Ok(TurnOutcome { next: u64::from_le_bytes(next), happenings })
}

fn read_happening(input: &mut impl Read) -> io::Result<(u32, Happening)> {
    let mut kind = [0];
    input.read_exact(&mut kind)?;
    let connection = word(input)?;
    let happening = match kind[0] {
        1 => {
            let length = word(input)?;
            if length > LONGEST {
                return Err(invalid(format!("the endpoint announces {length} bytes at once")));
            }
            let mut bytes = vec![0; length as usize];
            input.read_exact(&mut bytes)?;
            Happening::Came(bytes)
        }
        2 => Happening::Closed,
        3 => Happening::Reset,
        kind => return Err(invalid(format!("the endpoint tells of something of the kind {kind}"))),
    };
    Ok((connection, happening))
}

fn word(input: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn length(length: usize) -> io::Result<[u8; 4]> {
    u32::try_from(length).map(u32::to_le_bytes).map_err(|_| invalid("a request is too long for the pipe".to_owned()))
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
