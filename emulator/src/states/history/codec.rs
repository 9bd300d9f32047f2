//! The log: varints, times and predecessors as differences, texts that were just written as references to them.

use std::ops::Range;
use std::sync::Arc;

use super::{Event, EventKind, Note};

/// How many of the last texts an event may refer to.
const RECENT: usize = 4;

/// Bytes after which a log goes on in a block of its own, so that a large one is not copied as it grows.
const BLOCK: usize = 1 << 20;

const HAS_STATE: u8 = 1;
const HAS_NUMBER: u8 = 2;
const HAS_FIRST: u8 = 4;
const HAS_SECOND: u8 = 8;

/// The events of one execution, from its start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    full: Vec<Full>,
    /// Bytes of all full blocks.
    full_size: usize,
    /// The last block.
    bytes: Vec<u8>,
    /// What is known behind the last event.
    known: Known,
}

/// A full block, and what is known behind it: whoever looks for later events begins there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Full {
    bytes: Arc<[u8]>,
    behind: Known,
}

/// What is known between two events: the id and the time of the one before, and the last texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Known {
    id: u32,
    time: u64,
    recent: Recent,
}

/// The last texts, newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Recent([Stretch; RECENT]);

/// Where a text stands in a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stretch {
    block: usize,
    start: usize,
    length: usize,
}

impl Recent {
    fn remember(&mut self, stretch: Stretch) {
        self.0.rotate_right(1);
        self.0[0] = stretch;
    }
}

/// A log to which nothing more is written. A copy shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    full: Box<[Full]>,
    last: Arc<[u8]>,
    count: u32,
}

impl Written {
    /// How many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.full.iter().map(|block| block.bytes.len()).sum::<usize>() + self.last.len()
    }

    /// The events.
    pub(crate) fn events(&self) -> Events<'_> {
        Events::of(&self.full, &self.last)
    }

    /// How many events there are.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The events after so many, up to so many, without their texts: the block in which the first of them stands is gone through,
    /// and none before it.
    pub(crate) fn notes(&self, range: Range<u32>) -> Vec<Noted> {
        let mut events = self.events().after(range.start);
        std::iter::from_fn(|| events.note()).take(range.len()).collect()
    }

    /// An event with its texts.
    pub(crate) fn event(&self, noted: &Noted) -> Option<(u32, Event<'_>)> {
        self.events().blocks.event(noted)
    }
}

impl Log {
    /// An empty log with room for a short execution whose input and role are so long together, in bytes.
    pub(crate) fn with_room_for(texts: usize) -> Self {
        Self { bytes: Vec::with_capacity(texts + 64), ..Self::default() }
    }

    /// How many events there are; the id of the last one.
    pub(crate) fn count(&self) -> u32 {
        self.known.id
    }

    /// How many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.full_size + self.bytes.len()
    }

    /// Adds an event; its id is the answer.
    pub(crate) fn push(&mut self, event: Event<'_>) -> u32 {
        if self.bytes.len() >= BLOCK {
            self.full_size += self.bytes.len();
            self.full.push(Full { bytes: Arc::from(std::mem::take(&mut self.bytes)), behind: self.known });
        }
        self.known.id += 1;
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
        let at = event.at.max(self.known.time);
        put(&mut self.bytes, at - self.known.time);
        self.known.time = at;
        put(&mut self.bytes, u64::from(self.known.id - event.previous));
        for number in [note.state, note.number].into_iter().flatten() {
            put(&mut self.bytes, u64::from(number));
        }
        for text in [note.first, note.second].into_iter().flatten() {
            self.put_text(text);
        }
        self.known.id
    }

    /// A text is its length plus the number of references, or a reference to one of the last texts.
    fn put_text(&mut self, text: &str) {
        let blocks = Blocks { full: &self.full, last: &self.bytes };
        let is_known = |stretch: &Stretch| stretch.length > 0 && blocks.bytes(*stretch) == Some(text.as_bytes());
        if let Some(reference) = self.known.recent.0.iter().position(is_known) {
            put(&mut self.bytes, reference as u64);
            return;
        }
        put(&mut self.bytes, (text.len() + RECENT) as u64);
        let stretch = Stretch { block: self.full.len(), start: self.bytes.len(), length: text.len() };
        self.known.recent.remember(stretch);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Takes what is kept when nothing more is written. The last block is copied, because allocators give little back when
    /// one shrinks in its place.
    pub(crate) fn finish(&mut self) -> Written {
        let full = std::mem::take(&mut self.full).into_boxed_slice();
        Written { full, last: Arc::from(&*self.bytes), count: self.known.id }
    }

    /// What is written so far: no more than the last block is copied.
    pub(crate) fn so_far(&self) -> Written {
        let full = self.full.clone().into_boxed_slice();
        Written { full, last: Arc::from(&*self.bytes), count: self.known.id }
    }

    /// The events so far.
    pub(crate) fn events(&self) -> Events<'_> {
        Events::of(&self.full, &self.bytes)
    }
}

/// The blocks of a log.
#[derive(Debug, Clone, Copy)]
struct Blocks<'l> {
    full: &'l [Full],
    last: &'l [u8],
}

impl<'l> Blocks<'l> {
    fn block(self, block: usize) -> &'l [u8] {
        self.full.get(block).map_or(self.last, |full| &*full.bytes)
    }

    fn bytes(self, stretch: Stretch) -> Option<&'l [u8]> {
        self.block(stretch.block).get(stretch.start..stretch.start.checked_add(stretch.length)?)
    }

    fn text(self, stretch: Stretch) -> Option<&'l str> {
        std::str::from_utf8(self.bytes(stretch)?).ok()
    }

    /// What was noted, with its texts.
    fn event(self, noted: &Noted) -> Option<(u32, Event<'l>)> {
        let mut note = Note { state: noted.state, number: noted.number, ..Note::new(noted.kind) };
        if let Some(first) = noted.first {
            note.first = Some(self.text(first)?);
        }
        if let Some(second) = noted.second {
            note.second = Some(self.text(second)?);
        }
        Some((noted.id, Event { note, at: noted.at, previous: noted.previous }))
    }
}

/// An event that has been found, and where its texts stand: they may be megabytes, and are read when they are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noted {
    id: u32,
    kind: EventKind,
    at: u64,
    previous: u32,
    state: Option<u32>,
    number: Option<u32>,
    first: Option<Stretch>,
    second: Option<Stretch>,
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
    blocks: Blocks<'l>,
    /// The block that is read, and where in it.
    block: usize,
    at: usize,
    known: Known,
}

impl<'l> Events<'l> {
    /// None.
    pub(crate) fn none() -> Self {
        Self::of(&[], &[])
    }

    fn of(full: &'l [Full], last: &'l [u8]) -> Self {
        Self { blocks: Blocks { full, last }, block: 0, at: 0, known: Known::default() }
    }

    /// Passes over the first so many events, and over whole blocks of them without a look.
    pub(crate) fn after(mut self, count: u32) -> Self {
        let passed = self.blocks.full.partition_point(|full| full.behind.id <= count);
        if let Some(last) = passed.checked_sub(1).filter(|last| *last >= self.block) {
            self.known = self.blocks.full[last].behind;
            (self.block, self.at) = (passed, 0);
        }
        while self.known.id < count && self.note().is_some() {}
        self
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.blocks.block(self.block).get(self.at)?;
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

    fn text(&mut self) -> Option<Stretch> {
        let code = usize::try_from(self.number()?).ok()?;
        if let Some(known) = self.known.recent.0.get(code) {
            return Some(*known);
        }
        let found = Stretch { block: self.block, start: self.at, length: code - RECENT };
        self.known.recent.remember(found);
        self.at = self.at.checked_add(found.length)?;
        Some(found)
    }

    /// The next event, whose texts are passed over.
    fn note(&mut self) -> Option<Noted> {
        // An event stands in one block.
        if self.at >= self.blocks.block(self.block).len() && self.block < self.blocks.full.len() {
            (self.block, self.at) = (self.block + 1, 0);
        }
        let kind = *EventKind::ALL.get(usize::from(self.byte()?))?;
        let flags = self.byte()?;
        let id = self.known.id + 1;
        let at = self.known.time + self.number()?;
        let previous = id.checked_sub(self.small()?)?;
        (self.known.id, self.known.time) = (id, at);
        let state = if flags & HAS_STATE != 0 { Some(self.small()?) } else { None };
        let number = if flags & HAS_NUMBER != 0 { Some(self.small()?) } else { None };
        let first = if flags & HAS_FIRST != 0 { Some(self.text()?) } else { None };
        let second = if flags & HAS_SECOND != 0 { Some(self.text()?) } else { None };
        Some(Noted { id, kind, at, previous, state, number, first, second })
    }
}

impl<'l> Iterator for Events<'l> {
    type Item = (u32, Event<'l>);

    fn next(&mut self) -> Option<Self::Item> {
        let noted = self.note()?;
        self.blocks.event(&noted)
    }

    /// Only the last block is gone through, and the last event's texts alone are read.
    fn last(self) -> Option<Self::Item> {
        let before = self.blocks.full.last().map_or(0, |full| full.behind.id);
        let mut events = self.after(before);
        let last = std::iter::from_fn(|| events.note()).last()?;
        events.blocks.event(&last)
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
            let so_far = log.so_far();
            prop_assert_eq!(so_far.events().collect::<Vec<_>>(), written.clone());
            let kept = log.finish();
            prop_assert_eq!(kept.events().collect::<Vec<_>>(), written);
        }

        #[test]
        fn damaged_logs_end_instead_of_panicking(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Events::of(&[], &bytes).count() <= bytes.len());
            let full = [0, 1].map(|_| Full { bytes: Arc::from(&*bytes), behind: Known::default() });
            prop_assert!(Events::of(&full, &bytes).count() <= 3 * bytes.len());
        }
    }

    #[test]
    fn a_text_that_passes_through_is_kept_once() {
        let mut log = Log::default();
        let text = "x".repeat(1_000);
        for _ in 0..10 {
            log.push(Event { note: Note::new(EventKind::StateEntered).first(&text), at: 0, previous: 0 });
        }
        assert!(log.size() < 1_100);
    }

    #[test]
    fn a_large_log_is_read_across_its_blocks() {
        let mut log = Log::default();
        let text = |n: usize| format!("{n}{}", "x".repeat(300_000));
        // Each text stands twice, the second time as a reference, which may lead into another block.
        for n in (0..10).flat_map(|n| [n, n]) {
            log.push(Event { note: Note::new(EventKind::StateEntered).first(&text(n)), at: 7, previous: 0 });
        }
        let size = log.size();
        assert!((3_000_000..3_001_000).contains(&size) && log.full.len() == 2, "{size} {}", log.full.len());
        let read = |events: Events<'_>| {
            events.map(|(id, event)| (id, event.note.first.map(str::to_owned))).collect::<Vec<_>>()
        };
        let expected: Vec<_> = (1..21).map(|id| (id, Some(text((id as usize - 1) / 2)))).collect();
        assert_eq!(read(log.events()), expected);
        assert_eq!(read(log.finish().events()), expected);
    }

    #[test]
    fn what_is_shown_of_a_log_shares_its_blocks() {
        let mut log = Log::default();
        let push = |log: &mut Log, n: usize| {
            let text = format!("{n}{}", "x".repeat(300_000));
            log.push(Event { note: Note::new(EventKind::StateEntered).first(&text), at: 7, previous: 0 });
        };
        (0..10).for_each(|n| push(&mut log, n));
        let so_far = log.so_far();
        push(&mut log, 10);
        assert_eq!((so_far.events().count(), log.events().count()), (10, 11));
        let kept = log.finish();
        let shown = kept.clone();
        assert!(so_far.full.iter().zip(&kept.full).all(|(one, other)| Arc::ptr_eq(&one.bytes, &other.bytes)));
        assert!(so_far.full.len() == 2 && Arc::ptr_eq(&kept.last, &shown.last));
    }

    #[test]
    fn a_page_reads_the_blocks_that_it_shows_and_none_before() {
        let mut log = Log::default();
        let text = |n: u32| format!("{n}{}", "x".repeat(100_000));
        for n in 1..41 {
            // Each text stands twice, the second time as a reference, which may lead into another block.
            for _ in 0..2 {
                log.push(Event { note: Note::new(EventKind::StateEntered).first(&text(n)), at: n.into(), previous: 0 });
            }
        }
        let mut kept = log.finish();
        let all: Vec<_> =
            kept.clone().events().map(|(id, event)| (id, event.at, event.note.first.map(str::to_owned))).collect();
        assert!(all.len() == 80 && kept.full.len() == 3);
        let page = |kept: &Written, range: Range<u32>| -> Vec<_> {
            let noted = kept.notes(range);
            let shown = noted.iter().filter_map(|it| kept.event(it));
            shown.map(|(id, event)| (id, event.at, event.note.first.map(str::to_owned))).collect()
        };
        for range in [0..0, 0..7, 18..25, 40..80, 79..90, 80..81, 500..510] {
            let of_all = all.iter().skip(range.start as usize).take(range.len());
            assert!(page(&kept, range).iter().eq(of_all));
        }
        // Nothing can be read of these any more.
        let passed = kept.full[1].behind.id;
        kept.full[..2].iter_mut().for_each(|block| block.bytes = Arc::from(&[u8::MAX; 8][..]));
        assert_eq!((kept.count(), kept.events().last().map(|(id, _)| id)), (80, Some(80)));
        let shown = passed + 2..80;
        assert_eq!(page(&kept, shown.clone()), all[shown.start as usize..]);
    }
}
