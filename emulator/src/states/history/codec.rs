//! The log: varints, times and predecessors as differences, texts that were just written as references to them.

use super::{Event, EventKind, Note};

/// How many of the last texts an event may refer to.
const RECENT: usize = 4;

const HAS_STATE: u8 = 1;
const HAS_NUMBER: u8 = 2;
const HAS_FIRST: u8 = 4;
const HAS_SECOND: u8 = 8;

/// The events of one execution, from its start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    bytes: Vec<u8>,
    count: u32,
    last_at: u64,
    recent: Recent,
}

/// The last texts, newest first, as ranges of the log.
#[derive(Debug, Clone, Copy, Default)]
struct Recent([(usize, usize); RECENT]);

impl Recent {
    fn remember(&mut self, start: usize, length: usize) {
        self.0.rotate_right(1);
        self.0[0] = (start, length);
    }
}

impl Log {
    /// An empty log with room for a short execution whose input and role are so long together, in bytes.
    pub(crate) fn with_room_for(texts: usize) -> Self {
        Self { bytes: Vec::with_capacity(texts + 64), ..Self::default() }
    }

    /// How many events there are; the id of the last one.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// How many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Adds an event; its id is the answer.
    pub(crate) fn push(&mut self, event: Event<'_>) -> u32 {
        self.count += 1;
        let note = event.note;
        let mut flags = 0;
        for (present, flag) in [
            (note.state.is_some(), HAS_STATE),
            (note.number.is_some(), HAS_NUMBER),
            (note.first.is_some(), HAS_FIRST),
            (note.second.is_some(), HAS_SECOND),
        ] {
            flags |= if present { flag } else { 0 };
        }
        self.bytes.extend([note.kind as u8, flags]);
        // Clocks do not go back, but two threads may have read it in the other order.
        let at = event.at.max(self.last_at);
        put(&mut self.bytes, at - self.last_at);
        self.last_at = at;
        put(&mut self.bytes, u64::from(self.count - event.previous));
        for number in [note.state, note.number].into_iter().flatten() {
            put(&mut self.bytes, u64::from(number));
        }
        for text in [note.first, note.second].into_iter().flatten() {
            self.put_text(text);
        }
        self.count
    }

    /// A text is its length plus the number of references, or a reference to one of the last texts.
    fn put_text(&mut self, text: &str) {
        let known =
            self.recent.0.iter().position(|&(start, length)| {
                length > 0 && self.bytes.get(start..start + length) == Some(text.as_bytes())
            });
        if let Some(reference) = known {
            put(&mut self.bytes, reference as u64);
            return;
        }
        put(&mut self.bytes, (text.len() + RECENT) as u64);
        self.recent.remember(self.bytes.len(), text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// The bytes, as they are kept when nothing more is written: a copy, because allocators give little back when a
    /// block shrinks in its place.
    pub(crate) fn to_bytes(&self) -> Box<[u8]> {
        Box::from(&*self.bytes)
    }

    /// The events so far.
    pub(crate) fn events(&self) -> Events<'_> {
        Events::of(&self.bytes)
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// The events of a log in their order, with their ids.
#[derive(Debug, Clone)]
pub(crate) struct Events<'l> {
    bytes: &'l [u8],
    at: usize,
    id: u32,
    time: u64,
    recent: Recent,
}

impl<'l> Events<'l> {
    /// Reads what [`Log::to_bytes`] gave.
    pub(crate) fn of(bytes: &'l [u8]) -> Self {
        Self { bytes, at: 0, id: 0, time: 0, recent: Recent::default() }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn text(&mut self) -> Option<&'l str> {
        let code = usize::try_from(self.number()?).ok()?;
        let (start, length) = if let Some(known) = self.recent.0.get(code) {
            *known
        } else {
            let found = (self.at, code - RECENT);
            self.recent.remember(found.0, found.1);
            self.at += found.1;
            found
        };
        std::str::from_utf8(self.bytes.get(start..start + length)?).ok()
    }
}

impl<'l> Iterator for Events<'l> {
    type Item = (u32, Event<'l>);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = *EventKind::ALL.get(usize::from(self.byte()?))?;
        let flags = self.byte()?;
        self.id += 1;
        self.time += self.number()?;
        let (at, previous) = (self.time, self.id.checked_sub(self.small()?)?);
        let mut note = Note::new(kind);
        if flags & HAS_STATE != 0 {
            note.state = Some(self.small()?);
        }
        if flags & HAS_NUMBER != 0 {
            note.number = Some(self.small()?);
        }
        if flags & HAS_FIRST != 0 {
            note.first = Some(self.text()?);
        }
        if flags & HAS_SECOND != 0 {
            note.second = Some(self.text()?);
        }
        Some((self.id, Event { note, at, previous }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            events in prop::collection::vec(
                (0..EventKind::ALL.len(), 0_u64..5_000, any::<u32>(), any::<Option<u32>>(), any::<Option<u32>>(),
                 proptest::option::of("[ab]{0,2}"), proptest::option::of("\\PC{0,200}")),
                0..40,
            )
        ) {
            let mut log = Log::default();
            let mut time = 0;
            let mut written = Vec::new();
            for (kind, later, previous, state, number, first, second) in &events {
                time += later;
                let id = log.count() + 1;
                let note = Note {
                    kind: EventKind::ALL[*kind],
                    state: *state,
                    number: *number,
                    first: first.as_deref(),
                    second: second.as_deref(),
                };
                let event = Event { note, at: time, previous: previous % id };
                prop_assert_eq!(log.push(event), id);
                written.push((id, event));
            }
            prop_assert_eq!(log.events().collect::<Vec<_>>(), written.clone());
            let bytes = log.to_bytes();
            prop_assert_eq!(Events::of(&bytes).collect::<Vec<_>>(), written);
        }

        #[test]
        fn damaged_logs_end_instead_of_panicking(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Events::of(&bytes).count() <= bytes.len());
        }
    }

    #[test]
    fn a_text_that_passes_through_is_kept_once() {
        let mut log = Log::default();
        let text = "x".repeat(1_000);
        for _ in 0..10 {
            log.push(Event { note: Note::new(EventKind::StateEntered).first(&text), at: 0, previous: 0 });
        }
        assert!(log.to_bytes().len() < 1_100);
    }
}
