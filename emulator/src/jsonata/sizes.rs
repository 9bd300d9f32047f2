//! How large values are, and what the expressions of a field may still make and copy.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr;

use jsonata_core::value::{JValue, with_stack};

/// Most parts that a value may stand for; a text counts as one for each 128 bytes too.
pub(super) const MAX_PARTS: usize = 1_000_000;
/// Deepest value: what is read as JSON is not nested as deep.
const MAX_DEPTH: usize = 500;
/// Most parts of which the steps of paths may put something together.
const MAX_REPEATED: usize = 4_000_000;
/// Most comparisons of parts for which a transform may look.
const MAX_COMPARED: usize = 30_000_000;
/// Most bytes that the expressions of a field may copy or make in large pieces.
const MAX_COPIED: usize = 64 * 1024 * 1024;
/// Smaller pieces are not counted: the time for so many of them is bounded.
const LARGE: usize = 1_024;
/// Values of fewer parts are counted again each time.
const REMEMBERED: usize = 64;
/// Bytes of a member of an object, beside its value's parts.
const MEMBER: usize = 96;

/// Most bytes that a byte of a text takes when it is written as JSON: `\u0000`.
const ESCAPED: usize = 6;
/// Most bytes of a number, with what stands around it.
const NUMBER: usize = 32;

/// Bytes of an item that carries others.
const JOIN: usize = 1_536;

/// The size of a value.
#[derive(Debug, Clone, Copy)]
struct Extent {
    parts: usize,
    depth: usize,
    /// Most bytes that it takes as JSON.
    written: usize,
}

/// What was counted, by where it is; it is held, so that nothing else can come to be there.
#[derive(Default)]
pub(super) struct Sizes {
    counted: RefCell<HashMap<usize, (Extent, JValue)>>,
    repeated: Cell<usize>,
    copies: Copies,
}

impl Sizes {
    /// Forgets what was counted: another expression begins.
    pub(super) fn begin(&self) {
        self.counted.borrow_mut().clear();
        self.repeated.set(0);
    }

    pub(super) fn copies(&self) -> &Copies {
        &self.copies
    }

    /// A value that has been made: whether it is small enough.
    pub(super) fn made(&self, value: &JValue) -> Result<usize, String> {
        if let JValue::String(text) = value {
            self.copies.charge(text.len())?;
        }
        self.count(value, &mut { MAX_PARTS }).map(|size| size.parts)
    }

    /// A value that is written as JSON, each part on a line of its own if it is `indented`; a text stays as it is.
    pub(super) fn written(&self, value: &JValue, indented: bool) -> Result<(), String> {
        if let JValue::String(text) = value {
            return self.copies.charge(text.len());
        }
        let size = self.count(value, &mut { MAX_PARTS })?;
        let indents = if indented { 2 * size.parts * (size.depth + 2) } else { 0 };
        self.copies.charge(size.written + indents)
    }

    /// A value that is put into something for each item.
    pub(super) fn repeated(&self, value: &JValue) -> Result<(), String> {
        let parts = self.made(value)?;
        self.repeat(parts)
    }

    /// A list that is put into another for each item.
    pub(super) fn listed(&self, value: &JValue) -> Result<(), String> {
        self.repeat(value.as_array().map_or(1, Vec::len))
    }

    /// A list each of whose items is joined with an item before it.
    pub(super) fn joined(&self, value: &JValue) -> Result<(), String> {
        self.copies.charge(value.as_array().map_or(1, Vec::len) * JOIN)
    }

    fn repeat(&self, parts: usize) -> Result<(), String> {
        let sum = self.repeated.get() + parts;
        self.repeated.set(sum);
        if sum > MAX_REPEATED {
            return Err(format!("the steps of a path make more than {MAX_REPEATED} parts"));
        }
        Ok(())
    }

    /// A transform, which compares every part of `whole` with each of the `places` and copies it.
    pub(super) fn transformed(&self, places: &JValue, whole: &JValue) -> Result<(), String> {
        let parts = self.made(whole)?;
        self.copies.charge(parts * size_of::<JValue>())?;
        let mut places = match places {
            JValue::Array(places) => places.iter().map(|place| self.made(place)).collect::<Result<Vec<_>, _>>()?,
            place => vec![self.made(place)?],
        };
        places.sort_unstable();
        let sums: Vec<usize> = std::iter::once(0)
            .chain(places.iter().scan(0, |sum, parts| {
                *sum += parts;
                Some(*sum)
            }))
            .collect();
        let mut left = MAX_COMPARED;
        Self::compare(whole, &places, &sums, &mut left).map(drop)
    }

    /// Charges the comparison of every part with each of the places, which ends with the smaller of the two.
    fn compare(value: &JValue, places: &[usize], sums: &[usize], left: &mut usize) -> Result<usize, String> {
        let mut parts = 1;
        let mut below = |part: &JValue| {
            parts += Self::compare(part, places, sums, left)?;
            Ok::<(), String>(())
        };
        with_stack(|| match value {
            JValue::Array(items) => items.iter().try_for_each(&mut below),
            JValue::Object(_) => value.as_object().into_iter().flatten().try_for_each(|(_, field)| below(field)),
            _ => Ok(()),
        })?;
        let smaller = places.partition_point(|place| *place <= parts);
        let cost = sums[smaller] + (places.len() - smaller) * parts;
        let rest = left.checked_sub(cost);
        *left = rest.ok_or_else(|| format!("the transform compares more than {MAX_COMPARED} parts"))?;
        Ok(parts)
    }

    fn count(&self, value: &JValue, left: &mut usize) -> Result<Extent, String> {
        let too_large = || format!("the value has more than {MAX_PARTS} parts");
        let (place, bytes) = match value {
            JValue::Array(items) => (ptr::from_ref::<Vec<JValue>>(items).addr(), items.len() * size_of::<JValue>()),
            JValue::Object(members) => {
                let fields = value.as_object().map_or(0, |fields| fields.iter().len());
                (ptr::from_ref(&**members).addr(), fields * MEMBER)
            }
            JValue::String(text) => {
                let parts = 1 + text.len() / 128;
                *left = left.checked_sub(parts).ok_or_else(too_large)?;
                return Ok(Extent { parts, depth: 0, written: ESCAPED * text.len() + NUMBER });
            }
            _ => {
                *left = left.checked_sub(1).ok_or_else(too_large)?;
                return Ok(Extent { parts: 1, depth: 0, written: NUMBER });
            }
        };
        let known = self.counted.borrow().get(&place).map(|(size, _)| *size);
        if let Some(size) = known {
            *left = left.checked_sub(size.parts).ok_or_else(too_large)?;
            return Ok(size);
        }
        *left = left.checked_sub(1).ok_or_else(too_large)?;
        let mut size = Extent { parts: 1, depth: 0, written: NUMBER };
        let mut below = |name: &str, part: &JValue| {
            let part = self.count(part, left)?;
            size = Extent {
                parts: size.parts + part.parts,
                depth: size.depth.max(part.depth + 1),
                written: size.written + part.written + ESCAPED * name.len(),
            };
            Ok::<(), String>(())
        };
        with_stack(|| match value {
            JValue::Array(items) => items.iter().try_for_each(|item| below("", item)),
            _ => value.as_object().into_iter().flatten().try_for_each(|(name, field)| below(name, field)),
        })?;
        if size.depth > MAX_DEPTH {
            return Err(format!("the value is nested deeper than {MAX_DEPTH} levels and has too many parts"));
        }
        if size.parts >= REMEMBERED {
            self.copies.charge(bytes)?;
            self.counted.borrow_mut().insert(place, (size, value.clone()));
        }
        Ok(size)
    }
}

/// What the expressions of a field may still copy.
#[derive(Debug, Clone)]
pub(super) struct Copies(Cell<usize>);

impl Default for Copies {
    fn default() -> Self {
        Self(Cell::new(MAX_COPIED))
    }
}

impl Copies {
    /// As much as those.
    pub(super) fn set(&self, other: &Self) {
        self.0.set(other.0.get());
    }

    /// Charges bytes.
    pub(super) fn charge(&self, bytes: usize) -> Result<(), String> {
        if bytes < LARGE {
            return Ok(());
        }
        let left = self.0.get().checked_sub(bytes);
        self.0.set(left.unwrap_or(0));
        left.map(drop).ok_or_else(|| format!("the expression copies more than {MAX_COPIED} bytes"))
    }

    /// Charges the copy of a value, not of what it refers to.
    pub(super) fn charge_value(&self, value: Option<&JValue>) -> Result<(), String> {
        self.charge(match value {
            Some(JValue::String(text)) => text.len(),
            Some(JValue::Array(items)) => items.len() * size_of::<JValue>(),
            _ => 0,
        })
    }

    /// Charges a list of numbers.
    pub(super) fn charge_span(&self, first: Option<f64>, last: Option<f64>) -> Result<(), String> {
        let Some(last) = last else { return Ok(()) };
        let first = first.unwrap_or(0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate")]
        let length = (last - first + 1.0).max(0.0) as usize;
        self.charge(length.saturating_mul(size_of::<JValue>()))
    }
}
