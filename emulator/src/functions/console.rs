//! What handlers write to their console: the last lines of it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How many lines are kept, and how long each may be, so that a chatty handler cannot fill the memory.
const MAX_LINES: usize = 10_000;
const MAX_LINE: usize = 8_192;

/// A place that all environments write to and anyone may read.
#[derive(Clone, Default)]
pub(crate) struct Console(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    last: VecDeque<String>,
    sink: Option<Sink>,
}

/// Where every line goes besides the ring buffer.
pub(crate) type Sink = Box<dyn FnMut(&str) + Send>;

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Console")
    }
}

impl Console {
    /// Adds a line; the oldest gives way.
    pub(crate) fn write(&self, mut line: String) {
        if line.len() > MAX_LINE {
            line.truncate(line.floor_char_boundary(MAX_LINE));
            line.push('…');
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sink) = &mut lines.sink {
            sink(&line);
        }
        if lines.last.len() == MAX_LINES {
            lines.last.pop_front();
        }
        lines.last.push_back(line);
    }

    /// Also hands every later line to `sink`.
    pub(crate) fn pass_to(&self, sink: Sink) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sink = Some(sink);
    }

    /// The lines that are kept, oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last.iter().cloned().collect()
    }
}
