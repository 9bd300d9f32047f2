//! What handlers write to their console: the last lines of it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How many lines are kept, how long each may be, and how long all of them, so that a chatty handler cannot fill the memory.
const MAX_LINES: usize = 10_000;
const MAX_LINE: usize = 8_192;
const MAX_BYTES: usize = 16 << 20;

/// A place that all environments write to and anyone may read.
#[derive(Clone, Default)]
pub(crate) struct Console(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    last: VecDeque<String>,
    /// Bytes of these.
    bytes: usize,
    /// Lines that have given way, which is the number of the oldest that is kept.
    gone: u64,
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
        lines.bytes += line.len();
        lines.last.push_back(line);
        while lines.last.len() > MAX_LINES || lines.bytes > MAX_BYTES {
            lines.bytes -= lines.last.pop_front().map_or(0, |oldest| oldest.len());
            lines.gone += 1;
        }
    }

    /// Also hands every later line to `sink`.
    pub(crate) fn pass_to(&self, sink: Sink) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sink = Some(sink);
    }

    /// The lines that are kept from that number on, oldest first, each with its number: those with which there are so many
    /// bytes.
    pub(crate) fn lines(&self, from: u64, bytes: usize) -> Vec<(u64, String)> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from(from.saturating_sub(lines.gone)).unwrap_or(usize::MAX);
        let numbered = (lines.gone..).zip(&lines.last).skip(skip);
        let page = numbered.take_while(room_for(bytes, |(_, line): &(u64, &String)| line.len()));
        page.map(|(number, line)| (number, line.clone())).collect()
    }

    /// The last lines of an invocation, oldest first: those with which there are so many bytes.
    pub(crate) fn last_of(&self, request_id: &str, bytes: usize) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = lines.last.iter().rev().filter(|line| line.split('\t').nth(1) == Some(request_id));
        let mut last: Vec<String> = own.take_while(room_for(bytes, |line: &&String| line.len())).cloned().collect();
        last.reverse();
        last
    }
}

/// Takes things until there are so many bytes: the last one may go beyond.
fn room_for<T>(bytes: usize, length: impl Fn(&T) -> usize) -> impl FnMut(&T) -> bool {
    let mut taken = 0_usize;
    move |thing| {
        let is_room = taken < bytes;
        taken = taken.saturating_add(length(thing));
        is_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_within_their_bytes_and_read_page_by_page_by_their_numbers() {
        let console = Console::default();
        let count = 2 * MAX_BYTES / MAX_LINE;
        for number in 0..count {
            console.write(format!("{number:0MAX_LINE$}"));
        }
        let kept = MAX_BYTES / MAX_LINE;
        let (mut from, mut read) = (0, Vec::new());
        loop {
            let page = console.lines(from, 10 * MAX_LINE);
            assert!(page.len() <= 10, "{}", page.len());
            let Some((last, _)) = page.last() else { break };
            from = last + 1;
            read.extend(page);
        }
        assert_eq!((read.len(), read[0].0, from), (kept, (count - kept) as u64, count as u64));
        assert!(read.iter().all(|(number, line)| line.parse() == Ok(*number)));
        console.write("time\tmine\tINFO\tfirst".to_owned());
        console.write("time\tother\tINFO\tsecond".to_owned());
        console.write("time\tmine\tINFO\tthird".to_owned());
        let last = |bytes| console.last_of("mine", bytes).iter().map(String::len).collect::<Vec<_>>();
        assert_eq!((last(1), last(100), last(0)), (vec![20], vec![20, 20], vec![]));
    }
}
