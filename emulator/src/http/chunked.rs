//! Chunked bodies, joined as they arrive: each byte is looked at once.

use super::BadRequest;

/// Longest line of a chunk's size with its extensions, and longest trailer, in bytes.
const MOST_LINE: usize = 1024;
/// Most bytes of extensions of all chunks together. Nobody reads them.
const MOST_EXTENSIONS: usize = 16 * 1024;
/// Most bytes of trailers. They are dropped.
const MOST_TRAILERS: usize = 16 * 1024;

/// What comes next.
#[derive(Debug)]
enum Expected {
    Size,
    Data(usize),
    DataEnd,
    Trailer,
}

/// A chunked body under way.
#[derive(Debug)]
pub(super) struct Chunked {
    body: Vec<u8>,
    longest: usize,
    expected: Expected,
    /// Bytes of the line at hand in which no end was found.
    searched: usize,
    extensions: usize,
    trailers: usize,
}

/// How far the bytes at hand go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// Bytes that are done with.
    pub(super) consumed: usize,
    /// Whether the body is complete.
    pub(super) complete: bool,
}

impl Chunked {
    /// A body of at most so many bytes.
    pub(super) fn new(longest: usize) -> Self {
        Self { body: Vec::new(), longest, expected: Expected::Size, searched: 0, extensions: 0, trailers: 0 }
    }

    /// How many bytes of the body have arrived.
    pub(super) fn received(&self) -> usize {
        self.body.len()
    }

    pub(super) fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// Takes what has arrived; what is not consumed has to be given again, with more behind it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Progress, BadRequest> {
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            match self.expected {
                Expected::Size => {
                    let Some(line) = self.line(rest)? else { break };
                    at += line.len() + 2;
                    let size = self.size(line)?;
                    self.expected = if size == 0 { Expected::Trailer } else { Expected::Data(size) };
                }
                Expected::Data(missing) => {
                    let taken = missing.min(rest.len());
                    self.body.extend_from_slice(&rest[..taken]);
                    at += taken;
                    if taken < missing {
                        self.expected = Expected::Data(missing - taken);
                        break;
                    }
                    self.expected = Expected::DataEnd;
                }
                Expected::DataEnd => match rest {
                    [b'\r', b'\n', ..] => {
                        at += 2;
                        self.expected = Expected::Size;
                    }
                    [] | [b'\r'] => break,
                    _ => return Err(BadRequest::MALFORMED_CHUNK),
                },
                Expected::Trailer => {
                    let Some(line) = self.line(rest)? else { break };
                    at += line.len() + 2;
                    if line.is_empty() {
                        return Ok(Progress { consumed: at, complete: true });
                    }
                    self.trailers += line.len();
                    let field = [line, b"\r\n\r\n"].concat();
                    let is_field = httparse::parse_headers(&field, &mut [httparse::EMPTY_HEADER; 1]).is_ok();
                    if !is_field || self.trailers > MOST_TRAILERS {
                        return Err(BadRequest::MALFORMED_TRAILER);
                    }
                }
            }
        }
        Ok(Progress { consumed: at, complete: false })
    }

    /// The line that the bytes begin with, once its end is there.
    fn line<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<&'b [u8]>, BadRequest> {
        let searched = self.searched.min(bytes.len());
        let Some(offset) = bytes[searched..].iter().position(|&byte| byte == b'\n') else {
            if bytes.len() > MOST_LINE {
                return Err(BadRequest::MALFORMED_CHUNK);
            }
            self.searched = bytes.len();
            return Ok(None);
        };
        self.searched = 0;
        let line = bytes[..searched + offset].strip_suffix(b"\r").filter(|line| line.len() <= MOST_LINE);
        line.map(Some).ok_or(BadRequest::MALFORMED_CHUNK)
    }

    /// Hexadecimal digits, and perhaps extensions behind a semicolon.
    fn size(&mut self, line: &[u8]) -> Result<usize, BadRequest> {
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let (digits, rest) = line.split_at(digits);
        let blank = rest.trim_ascii_start();
        if digits.is_empty() || digits.len() > 16 || !(blank.is_empty() || blank.starts_with(b";")) {
            return Err(BadRequest::MALFORMED_CHUNK);
        }
        self.extensions += rest.len();
        if self.extensions > MOST_EXTENSIONS {
            return Err(BadRequest::MALFORMED_CHUNK);
        }
        let text = str::from_utf8(digits).unwrap_or_default();
        let size = usize::from_str_radix(text, 16).unwrap_or(usize::MAX);
        if size.saturating_add(self.body.len()) > self.longest {
            return Err(BadRequest::TOO_LONG);
        }
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_the_same_however_it_is_cut() {
        let bytes = b"2;x=y\r\n{\"\r\n3\r\na\"}\r\n0\r\nT: r\r\n\r\nrest";
        for step in 1..bytes.len() {
            let (mut chunked, mut pending, mut complete) = (Chunked::new(100), Vec::new(), false);
            for piece in bytes.chunks(step) {
                pending.extend_from_slice(piece);
                if !complete {
                    let progress = chunked.take(&pending).unwrap();
                    pending.drain(..progress.consumed);
                    complete = progress.complete;
                }
            }
            assert!(complete);
            assert_eq!((chunked.into_body().as_slice(), pending.as_slice()), (&b"{\"a\"}"[..], &b"rest"[..]), "{step}");
        }
    }

    #[test]
    fn what_a_caller_can_send_beside_a_body_is_bounded() {
        let long = "x".repeat(MOST_LINE + 2);
        let extended = format!("1;{}\r\na\r\n", "x".repeat(1000)).repeat(20);
        let trailing = format!("0\r\n{}", format!("T: {}\r\n", "x".repeat(1000)).repeat(20));
        for bytes in [
            format!("1;{long}"),
            format!("1;{long}\r\n"),
            long.clone(),
            format!("0\r\nT: {long}"),
            extended,
            trailing,
            "1\na\r\n".to_owned(),
            "1\r\nab".to_owned(),
            "x\r\n".to_owned(),
            " 1\r\n".to_owned(),
            "1 x\r\n".to_owned(),
            "\r\n".to_owned(),
            "00000000000000001\r\n".to_owned(),
            "0\r\nno field\r\n".to_owned(),
        ] {
            assert!(Chunked::new(100).take(bytes.as_bytes()).is_err(), "{}", &bytes[..bytes.len().min(40)]);
        }
        assert_eq!(Chunked::new(100).take(b"65\r\n"), Err(BadRequest::TOO_LONG));
    }

    #[test]
    fn a_line_that_drips_in_is_searched_once() {
        let mut chunked = Chunked::new(100);
        let line = format!("1;{}", "x".repeat(1000));
        for end in 1..line.len() {
            assert_eq!(chunked.take(&line.as_bytes()[..end]), Ok(Progress { consumed: 0, complete: false }));
            assert_eq!(chunked.searched, end);
        }
    }
}
