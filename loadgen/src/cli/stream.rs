//! Stdout as every command writes to it: what cannot be written is remembered, and told once at the end.

use std::io::{self, ErrorKind, Write};

/// A stream that takes everything. After the first failure it writes nothing more.
///
/// A reader that went away (`loadgen … | head`) asked for no more, which is not an error. A full disk is one: whoever
/// collects the results has to know that they are not whole.
pub(super) struct Stdout<'io> {
    inner: &'io mut dyn Write,
    failure: Option<io::Error>,
}

impl<'io> Stdout<'io> {
    pub(super) fn new(inner: &'io mut dyn Write) -> Self {
        Self { inner, failure: None }
    }

    /// Writes out what is still held back, and tells why something was lost, unless the reader went away.
    pub(super) fn finish(mut self) -> Result<(), io::Error> {
        self.attempt(|inner| inner.flush());
        match self.failure {
            Some(failure) if failure.kind() != ErrorKind::BrokenPipe => Err(failure),
            _ => Ok(()),
        }
    }

    fn attempt(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.failure.is_none() {
            self.failure = write(&mut *self.inner).err();
        }
    }
}

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(|inner| inner.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(|inner| inner.flush());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_a_reader_that_went_away_is_silent() {
        for (kind, told) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
            let mut broken = Broken(kind);
            let mut stdout = Stdout::new(&mut broken);
            writeln!(stdout, "a result").unwrap();
            assert_eq!(stdout.finish().is_err(), told, "{kind}");
        }
    }

    #[test]
    fn what_a_buffer_holds_back_is_written_at_the_end() {
        let mut kept = Vec::new();
        let mut buffered = io::BufWriter::new(&mut kept);
        let mut stdout = Stdout::new(&mut buffered);
        write!(stdout, "a result").unwrap();
        stdout.finish().unwrap();
        drop(buffered);
        assert_eq!(kept, b"a result");
    }
}
