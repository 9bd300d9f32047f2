//! Where the bytes of a table are.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

/// Bytes that can be read at any place, by several threads.
pub trait Source: Send + Sync {
    /// Reads from `offset` on; 0 at the end.
    ///
    /// # Errors
    /// The bytes cannot be read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Says that bytes from `offset` on are wanted soon.
    fn will_need(&self, _offset: u64, _length: u64) {}
}

impl Source for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn will_need(&self, offset: u64, length: u64) {
        crate::platform::will_need(self, offset, length);
    }
}

impl Source for Vec<u8> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

/// A source from its beginning to its end.
pub(super) struct SourceReader<'s> {
    source: &'s dyn Source,
    at: u64,
}

impl<'s> SourceReader<'s> {
    pub(super) const fn new(source: &'s dyn Source) -> Self {
        Self::from(source, 0)
    }

    /// The source from a byte on.
    pub(super) const fn from(source: &'s dyn Source, at: u64) -> Self {
        Self { source, at }
    }
}

impl Read for SourceReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read_at(buffer, self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}

/// Fills `buffer` with `length` bytes from `offset` on, fewer at the end of the source.
pub(super) fn read_into(source: &dyn Source, buffer: &mut Vec<u8>, offset: u64, length: usize) -> io::Result<()> {
    buffer.resize(length, 0);
    let mut filled = 0;
    while filled < length {
        match source.read_at(&mut buffer[filled..], offset + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    buffer.truncate(filled);
    Ok(())
}
